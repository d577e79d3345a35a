"""The list of an image's packages: what is read from dpkg and apt, and the document that comes of it.

Usage: spdx_test.py [unittest arguments]
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from dockerfile import IMAGE  # noqa: E402

sys.path.insert(0, str(IMAGE / "spdx"))

from document import Entry, document, purl  # noqa: E402
from dpkg import Package, checksums, installed  # noqa: E402
from licences import declared, expression  # noqa: E402

STATUS = """\
Package: zlib1g
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: zlib
Version: 1:1.2.13.dfsg-1
Description: compression library - runtime
 zlib is a library implementing the deflate compression method.
 Version: 9 is not a field here.

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: libgrpc++1.51
Status: install ok installed
Architecture: amd64
Source: grpc (1.51.1-3)
Version: 1.51.1-3+b1

Package: base-files
Status: hold ok installed
Architecture: amd64
Version: 12.4+deb12u12
"""
LISTS = """\
Package: zlib1g
Version: 1:1.2.13.dfsg-1
Architecture: amd64
SHA256: 1111

Package: zlib1g
Version: 1:1.3
Architecture: amd64
SHA256: 2222
"""
ZLIB = Package("zlib1g", "1:1.2.13.dfsg-1", "amd64", "zlib", "1:1.2.13.dfsg-1")
GRPC = Package("libgrpc++1.51", "1.51.1-3+b1", "amd64", "grpc", "1.51.1-3")
BASE_FILES = Package("base-files", "12.4+deb12u12", "amd64", "base-files", "12.4+deb12u12")
GRPC_DEV = Package("libgrpc++-dev", "1.51.1-3+b1", "amd64", "grpc", "1.51.1-3")
FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
IDENTIFIER = re.compile(r"SPDXRef-[A-Za-z0-9.-]+$")


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


class Dpkg(Case):
    def test_what_is_installed_with_its_source(self):
        self.write("var/lib/dpkg/status", STATUS)
        self.assertEqual(installed(self.root), [BASE_FILES, GRPC, ZLIB])

    def test_it_is_what_dpkg_says_of_this_machine(self):
        fields = "${db:Status-Status} ${Package} ${Version} ${Architecture} ${source:Package} ${source:Version}\n"
        shown = subprocess.run(["dpkg-query", "--show", "--showformat", fields], check=True, capture_output=True,
                               text=True).stdout
        lines = (line.split() for line in shown.splitlines())
        self.assertEqual(installed("/"), sorted(Package(*words[1:]) for words in lines if words[0] == "installed"))

    def test_a_checksum_is_that_of_the_version(self):
        self.assertEqual(checksums(LISTS), {("zlib1g", "1:1.2.13.dfsg-1", "amd64"): "1111",
                                            ("zlib1g", "1:1.3", "amd64"): "2222"})


class Licences(Case):
    def test_names_of_debian_as_spdx_has_them(self):
        for text, expected in (("Expat", "MIT"), ("GPL-2+", "GPL-2.0-or-later"), ("LGPL-2.1", "LGPL-2.1-only"),
                               ("GPL-2+ or Expat", "GPL-2.0-or-later OR MIT"), ("GPL-3+ and BSD-3-clause",
                               "GPL-3.0-or-later AND BSD-3-Clause"), ("GPL-2+ or Expat, and Zlib", None),
                               ("GPL-2+ with OpenSSL exception", None), ("permissive", None), ("", None)):
            with self.subTest(text):
                self.assertEqual(expression(text), expected)

    def declared(self, text):
        self.write("usr/share/doc/it/copyright", text)
        return declared(self.root, "it")

    def test_all_that_hold_for_files(self):
        self.assertEqual(self.declared(FORMAT + "Files: *\nLicense: GPL-2+ or Expat\n\nFiles: a\nCopyright: me\n"
                                       "License: Zlib\n text\n\nLicense: MPL-2.0\n is quoted only\n"),
                         ("(GPL-2.0-or-later OR MIT) AND Zlib", ["GPL-2+ or Expat", "Zlib"]))
        self.assertEqual(self.declared(FORMAT + "Files: *\nLicense: Zlib and Expat\n\nFiles: a\nLicense: Expat\n")[0],
                         "MIT AND Zlib")

    def test_one_that_nobody_knows_and_all_is_left_open(self):
        self.assertEqual(self.declared(FORMAT + "Files: *\nLicense: Zlib\n\nFiles: a\nLicense: mine\n"),
                         (None, ["Zlib", "mine"]))

    def test_what_is_not_for_machines_says_nothing(self):
        self.assertEqual(self.declared("Copyright: all of us\n\nFiles: *\nLicense: Zlib\n"), (None, []))
        self.assertEqual(self.declared(""), (None, []))
        self.assertEqual(declared(self.root, "without"), (None, []))


class Document(Case):
    def setUp(self):
        entries = [Entry(BASE_FILES, licence="GPL-2.0-or-later"), Entry(GRPC, "abc", None, ["Apache-2.0", "odd"]),
                   Entry(ZLIB)]
        self.made = document("concero-gateway", "0.1.0", "2026-08-01T00:00:00Z", "debian-12", entries,
                             {"concero-gateway": [Entry(GRPC_DEV)], "concero": []})
        self.named = {package["name"]: package for package in self.made["packages"]}

    def test_what_spdx_asks_of_a_document(self):
        self.assertEqual({name: self.made[name] for name in ("spdxVersion", "dataLicense", "SPDXID", "name")},
                         {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
                          "name": "concero-gateway-0.1.0"})
        self.assertRegex(self.made["documentNamespace"], r"^urn:uuid:[0-9a-f-]{36}$")
        self.assertEqual(self.made["creationInfo"]["created"], "2026-08-01T00:00:00Z")
        identifiers = [package["SPDXID"] for package in self.made["packages"]]
        self.assertEqual(len(identifiers), len(set(identifiers)))
        for package in self.made["packages"]:
            self.assertRegex(package["SPDXID"], IDENTIFIER)
            self.assertIs(package["filesAnalyzed"], False)
            self.assertEqual(package["downloadLocation"], "NOASSERTION")
        for relation in self.made["relationships"]:
            self.assertIn(relation["spdxElementId"], ["SPDXRef-DOCUMENT", *identifiers])
            self.assertIn(relation["relatedSpdxElement"], identifiers)

    def test_what_is_in_what(self):
        names = {package["SPDXID"]: package["name"] for package in self.made["packages"]}
        self.assertEqual([(names.get(relation["spdxElementId"]), relation["relationshipType"],
                           names[relation["relatedSpdxElement"]]) for relation in self.made["relationships"]],
                         [(None, "DESCRIBES", "concero-gateway"),
                          ("concero-gateway", "CONTAINS", "base-files"),
                          ("concero-gateway", "CONTAINS", "libgrpc++1.51"),
                          ("concero-gateway", "CONTAINS", "zlib1g"),
                          ("concero-gateway", "CONTAINS", "concero (program)"),
                          ("concero-gateway", "CONTAINS", "concero-gateway (program)"),
                          ("concero-gateway (program)", "STATIC_LINK", "libgrpc++-dev")])

    def test_a_package_says_where_it_is_from(self):
        grpc = self.named["libgrpc++1.51"]
        self.assertEqual(grpc["versionInfo"], "1.51.1-3+b1")
        self.assertEqual(grpc["sourceInfo"], "built from the source package grpc 1.51.1-3")
        self.assertEqual(grpc["checksums"], [{"algorithm": "SHA256", "checksumValue": "abc"}])
        self.assertEqual(grpc["externalRefs"][0]["referenceLocator"],
                         "pkg:deb/debian/libgrpc%2B%2B1.51@1.51.1-3%2Bb1?arch=amd64&distro=debian-12")
        self.assertEqual(purl(ZLIB, "debian-12"), "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64&distro=debian-12")
        self.assertNotIn("checksums", self.named["zlib1g"])

    def test_its_licence_as_far_as_it_is_known(self):
        self.assertEqual(self.named["base-files"]["licenseDeclared"], "GPL-2.0-or-later")
        self.assertEqual(self.named["libgrpc++1.51"]["licenseDeclared"], "NOASSERTION")
        self.assertEqual(self.named["libgrpc++1.51"]["licenseComments"], "its copyright file names: Apache-2.0; odd")
        self.assertEqual(self.named["zlib1g"]["licenseDeclared"], "NOASSERTION")

    def test_two_that_would_be_called_the_same_are_an_error(self):
        other = Package("zlib1g", "2", "amd64", "zlib", "2")
        with self.assertRaisesRegex(ValueError, "SPDXRef-zlib1g-amd64"):
            document("it", "1", "now", "debian-12", [Entry(ZLIB), Entry(other)], {})


if __name__ == "__main__":
    unittest.main()
