"""What dpkg and apt know of packages: those that are installed below a root, and the checksums of their files."""

import dataclasses
import pathlib
import subprocess


@dataclasses.dataclass(frozen=True, order=True)
class Package:
    name: str
    version: str
    architecture: str
    source: str
    source_version: str


def paragraphs(text):
    """Each paragraph of a control file as a dict; the lines that continue a field are a part of it."""
    for paragraph in text.split("\n\n"):
        fields, name = {}, None
        for line in paragraph.splitlines():
            if line[:1] in (" ", "\t"):
                if name:
                    fields[name] += "\n" + line.strip()
            elif ":" in line and not line.startswith("#"):
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        if fields:
            yield fields


def installed(root):
    """The packages that are installed in the tree at `root`, in order."""
    status = pathlib.Path(root, "var/lib/dpkg/status").read_text(encoding="utf-8")
    return sorted(_package(fields) for fields in paragraphs(status)
                  if fields.get("Status", "").split()[-1:] == ["installed"])


def _package(fields):
    # "Source: gcc-12 (12.2.0-14)", where the version is left out when it is the same, and all when the name is, too.
    name, _, version = fields.get("Source", fields["Package"]).partition(" ")
    return Package(name=fields["Package"], version=fields["Version"], architecture=fields["Architecture"], source=name,
                   source_version=version.strip("()") or fields["Version"])


def checksums(lists):
    """SHA256 of the package files, by (name, version, architecture), as apt's lists of what can be had have them."""
    return {(fields["Package"], fields["Version"], fields["Architecture"]): fields["SHA256"]
            for fields in paragraphs(lists) if "SHA256" in fields}


def apt_lists():
    """The lists that apt fetched here."""
    files = subprocess.run(["apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Packages"], check=True,
                           capture_output=True, text=True).stdout.split()
    return subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", *files], check=True, capture_output=True,
                          text=True).stdout


def owners(files):
    """The names of the packages that the files are of."""
    shown = subprocess.run(["dpkg-query", "--search", *files], check=True, capture_output=True, text=True).stdout
    return {line.partition(":")[0] for line in shown.splitlines() if not line.startswith("diversion ")}
