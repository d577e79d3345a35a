"""What tests of the sandbox over TLS start from: a certificate made for them, and HTTPS."""

import functools
import os
import ssl
import subprocess
import tempfile

from sandbox_case import SandboxCase

_directory = tempfile.TemporaryDirectory()


@functools.lru_cache(maxsize=None)
def certificate(name):
    """Paths of a self-signed certificate for 127.0.0.1 and of its key; another name is another."""
    cert, key = (os.path.join(_directory.name, name + end) for end in (".crt", ".key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=sandbox",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    return cert, key


class TlsCase(SandboxCase):
    """Tests that are written for HTTP run over HTTPS when this class comes before theirs."""

    scheme = "https"

    def setUp(self):
        self.cert, self.key = certificate("served")
        self.arguments = ("--tls-cert", self.cert, "--tls-key", self.key)
        self.curl_arguments = ("--cacert", self.cert)
        super().setUp()

    def client_context(self):
        return ssl.create_default_context(cafile=self.cert)

    def connect(self, context=None):
        host = self.address.rsplit(":", 1)[0]
        return (context or self.client_context()).wrap_socket(
            super().connect(), server_hostname=host, suppress_ragged_eofs=False)
