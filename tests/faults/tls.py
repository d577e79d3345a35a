"""Certificates, good ones and others, made with the program openssl; and the TLS contexts that use them.

Thread safety: context() may be called from any thread.
"""

import pathlib
import ssl
import subprocess

_KINDS = ("good", "expired", "not_yet_valid", "wrong_host", "unknown_ca", "self_signed", "only_1_2", "client_cert")
KINDS = frozenset(_KINDS) | {"stalled", "plain", "closed", "reset"}
_VALID = ("20200101000000Z", "20400101000000Z")  # also for clocks that jump
_NAMES = "subjectAltName=IP:127.0.0.1,DNS:upstream.test"
_CA = """\
[ca]
default_ca=d
[d]
database={d}/index
new_certs_dir={d}
serial={d}/serial
default_md=sha256
policy=p
copy_extensions=copy
unique_subject=no
rand_serial=yes
[p]
commonName=supplied
"""


class Authority:
    """A certificate authority of its own in `directory`; `ca_file` is what a gateway is to trust."""

    def __init__(self, directory):
        self._directory = pathlib.Path(directory)
        self.ca_file = self._path("ca.pem")
        for name in ("ca", "other"):
            self._make(name, name, _VALID, "basicConstraints=critical,CA:TRUE")
        for name, issuer, days, names in (("good", "ca", _VALID, _NAMES),
                                          ("expired", "ca", ("20200101000000Z", "20210101000000Z"), _NAMES),
                                          ("not_yet_valid", "ca", ("20390101000000Z", "20400101000000Z"), _NAMES),
                                          ("wrong_host", "ca", _VALID, "subjectAltName=DNS:other.test"),
                                          ("unknown_ca", "other", _VALID, _NAMES),
                                          ("self_signed", "self_signed", _VALID, _NAMES)):
            self._make(name, issuer, days, names)
        self._contexts = {kind: self._context(kind) for kind in _KINDS}

    def context(self, kind):
        return self._contexts[kind]

    def _context(self, kind):
        name = kind if kind not in ("only_1_2", "client_cert") else "good"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._path(name + ".pem"), self._path(name + ".key"))
        if kind == "only_1_2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if kind == "client_cert":
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca_file)
        return context

    def _make(self, name, issuer, days, extension):
        """A certificate by `issuer`, which may be the name itself. Only `openssl ca` lets one say since when."""
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                      "-addext", extension, "-keyout", self._path(name + ".key"), "-out", self._path(name + ".csr"))
        books = self._directory / f"books-{name}"
        books.mkdir()
        (books / "index").touch()
        (books / "ca.cnf").write_text(_CA.format(d=books))
        signed_by = ["-selfsign"] if name == issuer else ["-cert", self._path(issuer + ".pem")]
        self._openssl("ca", "-batch", "-notext", "-config", str(books / "ca.cnf"), *signed_by,
                      "-keyfile", self._path(issuer + ".key"), "-startdate", days[0], "-enddate", days[1],
                      "-in", self._path(name + ".csr"), "-out", self._path(name + ".pem"))

    def _path(self, name):
        return str(self._directory / name)

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
