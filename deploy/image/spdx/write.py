"""Writes what is in an image, as SPDX 2.3, in a stage of the Dockerfile.

usage: write.py NAME VERSION CREATED ROOT BUILD FILE PROGRAM...
ROOT has /var/lib/dpkg, /usr/share/doc and /usr/lib/os-release of the image, BUILD is where Ninja made the programs;
CREATED is in seconds since 1970. The packages that the programs are linked with are those of the machine it runs on.
"""

import datetime
import json
import pathlib
import sys

from document import Entry, document
from dpkg import apt_lists, checksums, installed
from licences import declared
from linked import packages_within


def entries(root, packages, known):
    """What the document says of the packages, which are installed in the tree at `root`."""
    return [Entry(package, known.get((package.name, package.version, package.architecture)),
                  *declared(root, package.name)) for package in packages]


def distribution(root):
    """As a package URL names it, for example debian-12."""
    lines = pathlib.Path(root, "usr/lib/os-release").read_text(encoding="utf-8").splitlines()
    fields = {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}
    return f"{fields['ID']}-{fields['VERSION_ID']}"


def main(name, version, created, root, build, file, *programs):
    known = checksums(apt_lists())
    here = {package.name: package for package in installed("/")}
    within = {program: entries("/", sorted(here[part] for part in packages_within(build, program)), known)
              for program in programs}
    when = datetime.datetime.fromtimestamp(int(created), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = document(name, version, when, distribution(root), entries(root, installed(root), known), within)
    pathlib.Path(file).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(file).write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 8:
        sys.exit(__doc__)
    main(*sys.argv[1:])
