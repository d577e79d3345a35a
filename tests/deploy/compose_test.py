"""deploy/compose.yaml keeps its rules, its configurations are accepted, and its keys fit each other.

Usage: compose_test.py ROOT_OF_THE_REPOSITORY DIRECTORY_OF_THE_PROGRAMS [unittest arguments]
"""

import copy
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

import yaml  # noqa: E402

from check_config import Checker  # noqa: E402
from compose_rules import findings  # noqa: E402
from live import calls_go_through  # noqa: E402
from objects import seconds, strings_in  # noqa: E402
from pod_rules import DEFAULT_GRACE, DEFAULT_PAUSE, LOG, MARGIN, RECORDING, TELLING  # noqa: E402

GONE = object()
SECRETS = "/run/secrets/"
# service, key, what stands there now, a part of what must be said
MUTATIONS = (
    ("gateway", "read_only", False, "can be written"),
    ("postgres", "cap_drop", GONE, "capabilities"),
    ("prometheus", "cap_add", ["NET_ADMIN"], "capabilities"),
    ("sandbox", "security_opt", [], "gain privileges"),
    ("gateway", "user", "0:0", "runs as 0:0"),
    ("postgres", "user", GONE, "runs as None"),
    ("gateway", "network_mode", "host", "the machine's"),
    ("prometheus", "image", "prom/prometheus", "not pinned"),
    ("postgres", "image", "postgres:${POSTGRES_TAG:-latest}", "not pinned"),
    ("sandbox", "mem_limit", GONE, "limit"),
    ("postgres", "healthcheck", GONE, "health check"),
    ("sandbox", "healthcheck", {"test": ["CMD-SHELL", "true"]}, "(CMD)"),
    ("gateway", "healthcheck", {"test": ["CMD", "/bin/true"]}, "by itself"),
    ("gateway", "ports", ["50051:50051"], "beyond this machine"),
    ("prometheus", "ports", ["0.0.0.0:9090:9090"], "beyond this machine"),
    ("gateway", "volumes", ["./compose/other.yaml:/etc/concero-gateway/config.yaml:ro"], "there is no ./compose"),
    ("gateway", "volumes", ["./compose/gateway.yaml:/etc/concero-gateway/config.yaml"], "read-only"),
    ("postgres", "volumes", ["data:/var/lib/postgresql/data"], "no volume data"),
    ("gateway", "secrets", ["other"], "no secret other"),
    ("gateway", "depends_on", {"redis": {}}, "redis"),
    ("postgres", "environment", {"POSTGRES_PASSWORD": "x"}, "written down"),
)


class Compose(unittest.TestCase):
    root = programs = None  # set once, below

    @classmethod
    def setUpClass(cls):
        cls.deploy = cls.root / "deploy"
        cls.compose = yaml.safe_load((cls.deploy / "compose.yaml").read_text())
        cls.services = cls.compose["services"]
        cls.config = (cls.deploy / "compose/gateway.yaml").read_text()
        cls.secrets = {SECRETS + name: (cls.deploy / secret["file"]).read_text()
                       for name, secret in cls.compose["secrets"].items()}

    def test_it_keeps_the_rules(self):
        self.assertEqual(findings(self.compose, self.deploy), [])

    def test_what_is_broken_is_named(self):
        for service, key, value, text in MUTATIONS:
            with self.subTest(service=service, key=key, value=value):
                changed = copy.deepcopy(self.compose)
                changed["services"][service].pop(key, None)
                if value is not GONE:
                    changed["services"][service][key] = value
                found = findings(changed, self.deploy)
                self.assertTrue(any(text in said for said in found), found)

    def test_secrets_are_files_that_exist_and_are_made_up(self):
        with tempfile.TemporaryDirectory() as copied:
            deploy = pathlib.Path(copied, "deploy")
            shutil.copytree(self.deploy, deploy)
            (deploy / "compose/secrets/postgres-url").unlink()
            (deploy / "compose/secrets/concero-api-key").write_text("live-key")
            (deploy / "compose/secrets/log-hash-key").chmod(0o600)
            found = "\n".join(findings(self.compose, deploy))
        for text in ("postgres-url has no file", "concero-api-key does not say", "log-hash-key cannot be read"):
            self.assertIn(text, found)

    def test_the_gateway_is_given_what_its_configuration_names(self):
        named = {path for _, path in strings_in(yaml.safe_load(self.config)) if path.startswith("/")}
        self.assertEqual(named, {SECRETS + name for name in self.services["gateway"]["secrets"]})

    def test_the_gateway_accepts_its_configuration(self):
        with tempfile.TemporaryDirectory() as scratch:
            checker = Checker(self.programs / "concero-gateway", scratch)
            code, said = checker.check(self.config, self.secrets)
            self.assertEqual((code, "warning" in said), (0, False), said)
            code, said = checker.check(self.config.replace("allow_plaintext", "allow_plain"), self.secrets)
            self.assertEqual(code, 2, said)

    def test_a_stop_has_time_for_the_drain(self):
        shutdown = yaml.safe_load(self.config).get("shutdown", {})
        needed = (seconds(shutdown.get("pause"), DEFAULT_PAUSE) + seconds(shutdown.get("grace"), DEFAULT_GRACE)
                  + TELLING + RECORDING + LOG + MARGIN)
        self.assertGreaterEqual(seconds(self.services["gateway"]["stop_grace_period"], 0), needed)

    def test_the_database_is_the_one_of_the_url(self):
        environment = self.services["postgres"]["environment"]
        password = self.secrets[SECRETS + "postgres-password"].strip()
        self.assertEqual(self.secrets[SECRETS + "postgres-url"].strip(),
                         f"postgresql://{environment['POSTGRES_USER']}:{password}@postgres/"
                         f"{environment['POSTGRES_DB']}?sslmode=disable")

    def test_the_keys_of_the_gateway_are_those_of_the_sandbox(self):
        with tempfile.TemporaryDirectory() as scratch:
            preflight, call = calls_go_through(self.programs, scratch, self.services["sandbox"]["command"], self.config,
                                               self.secrets)
        self.assertEqual(preflight[0], 0, preflight[1])
        self.assertEqual(call[0], 0, call[1])

    def test_prometheus_asks_the_gateways_admin_port(self):
        config = yaml.safe_load((self.deploy / "prometheus/prometheus.yaml").read_text())
        targets = [target for job in config["scrape_configs"] for static in job["static_configs"]
                   for target in static["targets"]]
        admin = yaml.safe_load(self.config)["admin"]["listen"].rsplit(":", 1)[1]
        self.assertEqual(targets, [f"gateway:{admin}"])
        self.assertEqual(config["rule_files"], ["alerts.yaml"])
        self.assertIn("./prometheus:/etc/prometheus:ro", self.services["prometheus"]["volumes"])
        self.assertIn("--config.file=/etc/prometheus/prometheus.yaml", self.services["prometheus"]["command"])

    def test_the_client_of_docker_takes_it_where_it_is(self):
        """Without an engine it only reads the file. Where it is not, the tests above are all there is."""
        docker = shutil.which("docker")
        if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
            print("no docker compose here: compose.yaml was read by our own rules alone", file=sys.stderr)
            return
        done = subprocess.run([docker, "compose", "-f", str(self.deploy / "compose.yaml"), "config", "--quiet"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: compose_test.py ROOT PROGRAMS [unittest arguments]")
    Compose.root, Compose.programs = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(2))
    unittest.main()
