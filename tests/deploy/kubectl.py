"""The kubectl that is there, or Debian's.

Thread safety: everything may be called from any thread, and from several processes.
"""

import fcntl
import pathlib
import shutil
import subprocess

PACKAGE = "kubernetes-client"


def kubectl(tools):
    """Its path: of the one in PATH, or of Debian's in `tools`, which is build/tools."""
    return pathlib.Path(shutil.which("kubectl") or unpacked_kubectl(tools))


def unpacked_kubectl(tools):
    """Debian's kubectl, unpacked into build/tools, which is `tools`, where it stays: installing it would need root."""
    tools = pathlib.Path(tools)
    tools.mkdir(parents=True, exist_ok=True)
    found = tools / PACKAGE / "usr/bin/kubectl"
    with open(tools / f"{PACKAGE}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            subprocess.run([pathlib.Path(__file__).with_name("unpack.sh"), PACKAGE], check=True)
    return found
