"""The kubectl that is there, or Debian's.

Thread safety: everything may be called from any thread.
"""

import pathlib
import shutil

from unpacked import program

PACKAGE = "kubernetes-client"


def kubectl(tools):
    """Its path: of the one in PATH, or of Debian's in `tools`, which is build/tools."""
    return pathlib.Path(shutil.which("kubectl") or program(pathlib.Path(tools, PACKAGE), "kubectl"))
