"""Which packages are a part of a program itself: those of the archives that it was linked with, and of headers that
have all of their code in them. No package of the image has them, so nobody else would name them."""

import re
import subprocess

from dpkg import owners

HEADER_ONLY = {"libcli11-dev", "nlohmann-json3-dev"}
_ARCHIVE = re.compile(r"(?<=\s)/usr/lib/\S+\.a(?=\s)")
_OBJECT = re.compile(r"-o (\S+\.o)(?=\s)")


def packages_within(build, program):
    """Their names, for a program that Ninja made in the directory `build`."""
    commands = _ninja(build, "commands", program)
    *_, link = commands.splitlines()
    files = set(_ARCHIVE.findall(link + " "))
    within = owners(sorted(files)) if files else set()
    objects = set(_OBJECT.findall(commands))
    return within | (owners(sorted(_headers(_ninja(build, "deps"), objects))) & HEADER_ONLY)


def _headers(deps, objects):
    """Those of the system among what the objects include, by what `ninja -t deps` prints."""
    found = set()
    for block in deps.split("\n\n"):
        head, *files = block.strip().splitlines() or [""]
        if head.partition(": ")[0] in objects:
            found.update(file.strip() for file in files if re.match(r"/usr/include/(nlohmann|CLI)/", file.strip()))
    return found


def _ninja(build, tool, *arguments):
    return subprocess.run(["ninja", "-C", build, "--quiet", "-t", tool, *arguments], check=True, capture_output=True,
                          text=True).stdout
