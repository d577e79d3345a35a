"""A sandbox and a gateway that has all there is to see in its metrics: TLS towards callers, and quotas.

Thread safety: one thread at a time.
"""

import os
import pathlib
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from processes import Gateway, Sandbox  # noqa: E402

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PATIENCE = 120  # seconds after which something counts as hanging


def make_certificate(directory, days):
    """server.pem and server.key for 127.0.0.1, valid for so many days; each is in place at once."""
    new = [str(pathlib.Path(directory, name)) for name in ("new.key", "new.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=gateway", "-addext", "subjectAltName=IP:127.0.0.1", "-days", str(days),
                    "-keyout", new[0], "-out", new[1]], check=True, capture_output=True)
    for name, to in zip(new, ("server.key", "server.pem")):
        os.replace(name, pathlib.Path(directory, to))


class SeenGateway(Gateway):
    """Callers come over TLS; `certificate` is what they are to trust."""

    CONFIG = Gateway.CONFIG.replace('grpc: {{listen: "127.0.0.1:0"}}', """\
grpc:
  listen: "127.0.0.1:0"
  tls: {{cert_file: "{directory}/server.pem", key_file: "{directory}/server.key"}}
quotas: {{default: {{per_second: 1000, in_flight: 100}}}}""")

    def __init__(self, binaries, directory, sandbox):
        self.certificate = str(pathlib.Path(directory, "server.pem"))
        super().__init__(binaries, directory, sandbox)

    def metrics(self):
        with _direct.open(f"http://{self.admin}/metrics", timeout=PATIENCE) as answer:
            return answer.read().decode()


def environment(binaries, gateway):
    """In which `concero` reaches the gateway."""
    return {"PATH": f"{os.path.abspath(binaries)}:{os.environ['PATH']}", "CONCERO_GATEWAY": gateway.grpc,
            "CONCERO_TLS_CA": gateway.certificate, "ADMIN": gateway.admin, "no_proxy": "127.0.0.1", "NO_COLOR": "1"}


def concero(binaries, gateway, *arguments):
    return subprocess.run(["concero", *arguments], env=environment(binaries, gateway), check=True, text=True,
                          capture_output=True, timeout=PATIENCE).stdout


__all__ = ["PATIENCE", "SeenGateway", "Sandbox", "concero", "environment", "make_certificate"]
