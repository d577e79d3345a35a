#!/usr/bin/env python3
"""Fails when the program asks for a shared library of what is to be a part of it: a second copy beside the first would
have variables of its own, and every call would pay for it. usage: linked_test.py PROGRAM"""

import re
import subprocess
import sys

WITHIN = ("libgrpc", "libgpr", "libupb", "libabsl", "libprotobuf", "libsqlite3", "libjemalloc", "libaddress_sorting")


def main(program):
    shown = subprocess.run(["readelf", "--dynamic", "--wide", program], check=True, capture_output=True, text=True).stdout
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", shown)
    if "libc.so.6" not in needed:
        sys.exit(f"{program}: what it needs is not to be read from this:\n{shown}")
    shared = [library for library in needed if library.startswith(WITHIN)]
    if shared:
        sys.exit(f"{program} asks for {', '.join(shared)}; see service/app/CMakeLists.txt")


if __name__ == "__main__":
    main(*sys.argv[1:])
