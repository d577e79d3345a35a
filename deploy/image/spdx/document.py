"""The SPDX 2.3 document of an image."""

import json
import re
import urllib.parse
import uuid

NOBODY_SAYS = "NOASSERTION"


def document(name, version, created, distribution, installed, programs):
    """The document as a dict.

    `created`: as 2026-08-01T00:00:00Z; `distribution`: as debian-12; `installed`: Entry of each package of the image;
    `programs`: for the name of each of our programs, Entry of each package that is a part of it.
    """
    image = _element(name, version, primaryPackagePurpose="CONTAINER")
    elements = {element["SPDXID"]: element for element in [image]}
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", image)]
    for entry in installed:
        relations.append((image["SPDXID"], "CONTAINS", _debian(entry, distribution)))
    for program, within in sorted(programs.items()):
        ours = _element(f"{program} (program)", version, primaryPackagePurpose="APPLICATION")
        relations.append((image["SPDXID"], "CONTAINS", ours))
        relations += [(ours["SPDXID"], "STATIC_LINK", _debian(entry, distribution)) for entry in within]
    for _, _, element in relations:
        if elements.setdefault(element["SPDXID"], element) != element:
            raise ValueError(f"two things would be called {element['SPDXID']}")
    packages = list(elements.values())
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{name}-{version}",
        # Of what is in it: the same image has the same, another one another.
        "documentNamespace": uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([name, version, created, packages])).urn,
        "creationInfo": {"created": created, "creators": ["Tool: concero-gateway-deploy-image-spdx"]},
        "packages": packages,
        "relationships": [{"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other["SPDXID"]}
                          for one, kind, other in relations],
    }


class Entry:
    """A Debian package with what is known of it besides."""

    def __init__(self, package, checksum=None, licence=None, licence_names=()):
        self.package = package
        self.checksum = checksum
        self.licence = licence
        self.licence_names = licence_names


def purl(package, distribution):
    """Its package URL."""
    name, version = (urllib.parse.quote(part, safe="") for part in (package.name, package.version))
    return f"pkg:deb/debian/{name}@{version}?arch={package.architecture}&distro={distribution}"


def _debian(entry, distribution):
    package = entry.package
    element = _element(package.name, package.version, architecture=package.architecture,
                       supplier="Organization: Debian")
    element["sourceInfo"] = f"built from the source package {package.source} {package.source_version}"
    element["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                "referenceLocator": purl(package, distribution)}]
    if entry.checksum:
        element["checksums"] = [{"algorithm": "SHA256", "checksumValue": entry.checksum}]
    if entry.licence:
        element["licenseDeclared"] = entry.licence
    elif entry.licence_names:
        element["licenseComments"] = "its copyright file names: " + "; ".join(entry.licence_names)
    return element


def _element(name, version, architecture="", supplier=NOBODY_SAYS, **more):
    parts = "-".join(part for part in (name, architecture) if part)
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", parts.replace("+", "plus")).strip("-"),
        "name": name,
        "versionInfo": version,
        "supplier": supplier,
        "downloadLocation": NOBODY_SAYS,
        "filesAnalyzed": False,
        "licenseConcluded": NOBODY_SAYS,
        "licenseDeclared": NOBODY_SAYS,
        "copyrightText": NOBODY_SAYS,
        **more,
    }
