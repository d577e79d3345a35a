"""Holds what the programs load against the lists of packages that the images get.

Usage: linked_test.py DIRECTORY_OF_THE_PROGRAMS [unittest arguments]
"""

import os
import re
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from dockerfile import package_list  # noqa: E402

LOADED_BY_NAME = {"ca-certificates"}  # no library


def loaded(*programs):
    """The packages whose libraries the programs themselves ask for."""
    files = set()
    for program in programs:
        needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", shown_by("readelf", "--dynamic", "--wide", program)))
        found = re.findall(r"^\s*(\S+) => (/\S+)", shown_by("ldd", program), re.MULTILINE)
        files |= {os.path.realpath(file) for name, file in found if name in needed}
    # With /usr merged, dpkg may know a file without it: it does not find one of the two names.
    owners = subprocess.run(["dpkg-query", "--search", *files, *(file.removeprefix("/usr") for file in files)],
                            capture_output=True, text=True).stdout
    found = {line.split(": ")[1]: line.partition(":")[0] for line in owners.splitlines()}
    return {found.get(file) or found[file.removeprefix("/usr")] for file in files}


def shown_by(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Linked(unittest.TestCase):
    binaries = ""  # set once, below

    def loaded(self, *names):
        return loaded(*(os.path.join(self.binaries, name) for name in names))

    def test_the_gateway_and_the_command(self):
        self.assertEqual(self.loaded("concero-gateway", "concero") | LOADED_BY_NAME,
                         set(package_list("gateway")))

    def test_the_sandbox(self):
        self.assertEqual(self.loaded("concero-sandbox"), set(package_list("sandbox")))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: linked_test.py DIRECTORY_OF_THE_PROGRAMS [unittest arguments]")
    Linked.binaries = sys.argv.pop(1)
    unittest.main()
