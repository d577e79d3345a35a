"""Programs of Debian packages that are unpacked and not installed, see unpack.sh."""

import pathlib
import sys


def program(package, name):
    """The program's path; `package`: its directory in build/tools. Where it is missing nothing goes on."""
    path = pathlib.Path(package, "usr/bin", name).resolve()
    if not path.exists():
        sys.exit(f"{path} is missing; ./dev test unpacks it")
    return path
