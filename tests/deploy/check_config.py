"""Has the gateway itself check the configuration of an overlay, with the files that it names put into a folder."""

import pathlib
import subprocess

import yaml

from objects import container_of, strings_in

SHORT = 30  # seconds; it reads a few files


class Checker:
    """Runs `concero-gateway --check-config`. Secrets are invented; certificates are made with openssl."""

    def __init__(self, program, scratch):
        self.program = program
        self.scratch = pathlib.Path(scratch)
        self.tls = make_certificates(self.scratch / "tls")

    def check(self, text, files, *arguments, where="config"):
        """(exit code, what was said) of the configuration `text`; each path of `files` stands for its content."""
        root = self.scratch / where
        for path, content in files.items():
            file = root / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            if content is not None:
                file.write_text(content)
            text = text.replace(path, str(file))
        root.mkdir(parents=True, exist_ok=True)
        (root / "config.yaml").write_text(text)
        done = subprocess.run([self.program, "--config", str(root / "config.yaml"), "--check-config", *arguments],
                              capture_output=True, text=True, timeout=SHORT, check=False)
        return done.returncode, done.stdout + done.stderr

    def check_bundle(self, bundle, *arguments):
        return self.check(bundle.config_text(), self.files_of(bundle), *arguments, where=bundle.name)

    def files_of(self, bundle):
        """What stands in the pod under each path that the configuration names."""
        gateway = bundle.gateway()
        files = {}
        for key, path in strings_in(bundle.config()):
            if not path.startswith("/"):
                continue
            _, volume, rest = bundle.mount_of(gateway, container_of(gateway), path)
            if "configMap" in volume:
                files[path] = bundle.find("ConfigMap", volume["configMap"]["name"])["data"][rest]
            elif key.startswith("grpc.tls."):
                files[path] = self.tls[rest]
            elif "secret" in volume:
                files[path] = invented(key)
            else:
                files[path] = None  # made by the gateway
        return files


def invented(key):
    """What a Secret might have for one key of the configuration."""
    if key.endswith("url_file"):
        return "postgresql://gateway:made-up@postgres.example/gateway?sslmode=verify-full\n"
    if key.endswith("credentials_file"):
        return "gateway:made-up\n"
    return "made-up-and-long-enough\n"


def make_certificates(folder):
    """tls.crt, tls.key and ca.crt as texts, as cert-manager would write them."""
    folder.mkdir(parents=True)

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=SHORT)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout")
    openssl("req", "-x509", *key, "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=made up")
    openssl("req", *key, "tls.key", "-out", "tls.csr", "-subj", "/CN=concero-gateway")
    (folder / "names").write_text("subjectAltName=DNS:concero-gateway\n")
    openssl("x509", "-req", "-in", "tls.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1",
            "-extfile", "names", "-out", "tls.crt")
    return {name: (folder / name).read_text() for name in ("tls.crt", "tls.key", "ca.crt")}


def without(text, key):
    """The configuration without one key, named with dots: something for the gateway to refuse."""
    config = yaml.safe_load(text)
    *way, last = key.split(".")
    part = config
    for name in way:
        part = part[name]
    del part[last]
    return yaml.safe_dump(config)
