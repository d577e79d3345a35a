"""What the Dockerfile promises and no build is needed for.

Usage: dockerfile_test.py [unittest arguments]
"""

import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from dockerfile import IMAGE, ROOT, package_list, read, unwanted  # noqa: E402

USER = "65532:65532"
CONFIG = "/etc/concero-gateway/config.yaml"


class Dockerfile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.before, cls.stages = read()
        cls.named = {stage.name: stage for stage in cls.stages}

    def test_what_all_stand_on_is_one_argument(self):
        self.assertEqual(self.before, [("ARG", "BASE=debian:bookworm-slim")])
        for stage in self.stages:
            self.assertIn(stage.base, ("${BASE}", *self.named), stage.name)

    def test_the_gateway_is_what_a_build_makes_by_itself(self):
        self.assertEqual(self.stages[-1].name, "gateway")

    def test_nobody_is_root_and_no_shell_is_asked(self):
        for name in ("gateway", "sandbox"):
            stage = self.named[name]
            with self.subTest(name):
                self.assertEqual(stage.all("USER"), [USER])
                self.assertEqual(stage.all("RUN"), [])
                self.assertEqual(stage.all("STOPSIGNAL"), ["SIGTERM"])
                self.assertEqual(stage.exec_form("ENTRYPOINT"), [f"/usr/bin/concero-{name}"])

    def test_the_gateway_reads_its_configuration_and_writes_to_a_volume(self):
        gateway = self.named["gateway"]
        self.assertEqual(gateway.exec_form("CMD"), ["--config", CONFIG])
        self.assertEqual(gateway.all("WORKDIR"), ["/var/lib/concero-gateway"])
        self.assertEqual(gateway.exec_form("VOLUME"), ["/var/lib/concero-gateway"])
        self.assertEqual(gateway.all("EXPOSE"), ["50051 9901"])

    def test_the_gateway_is_asked_for_its_health_by_itself(self):
        (check,) = self.named["gateway"].all("HEALTHCHECK")
        options, _, command = check.partition("CMD ")
        self.assertEqual(command, f'["/usr/bin/concero-gateway", "--config", "{CONFIG}", "--health-check"]')
        self.assertRegex(options, r"--interval=\d+s --timeout=\d+s --start-period=\d+s --retries=\d+")

    def test_only_what_is_put_together_for_it_is_copied_into_an_image(self):
        for name in ("gateway", "sandbox"):
            self.assertEqual(self.named[name].base, f"{name}-packages")
            self.assertEqual(self.named[name].all("COPY"), [f"--from=contents /contents/{name} /"])

    def test_it_says_what_it_is(self):
        for name in ("gateway", "sandbox"):
            (labels,) = self.named[name].all("LABEL")
            found = dict(re.findall(r'org\.opencontainers\.image\.([a-z.]+)="([^"]*)"', labels))
            self.assertEqual(found.pop("title"), f"concero-{name}")
            self.assertTrue(found.pop("description"))
            self.assertEqual(found, {"version": "${VERSION}", "revision": "${REVISION}", "created": "${CREATED}",
                                     "base.name": "${BASE}"})
            declared = [text.partition("=")[0] for text in self.named[name].all("ARG")]
            self.assertEqual(declared, ["BASE", "VERSION", "REVISION", "CREATED"])


class Context(unittest.TestCase):
    """What .dockerignore lets through."""

    def test_nothing_but_what_is_named(self):
        lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
        self.assertEqual(lines[0], "*")
        let_in = [line[1:] for line in lines if line.startswith("!")]
        _, stages = read()
        wanted = {source for stage in stages for text in stage.all("COPY") if not text.startswith("--from")
                  for source in text.split()[:-1]}
        for source in wanted:
            self.assertTrue((ROOT / source).exists(), source)
            self.assertTrue(any(source == name or source.startswith(name + "/") or name.startswith(source + "/")
                                for name in let_in), source)
        # Of the tests the program that is not one.
        self.assertEqual({name for name in let_in if name.startswith("tests")},
                         {"tests/CMakeLists.txt", "tests/sandbox"})


class Packages(unittest.TestCase):
    def test_lists_are_in_order_and_name_each_once(self):
        for name in ("build", "gateway", "sandbox"):
            self.assertEqual(package_list(name), sorted(set(package_list(name))), name)

    def test_an_image_has_no_compiler_and_nothing_of_tests(self):
        for name in ("gateway", "sandbox"):
            self.assertEqual(unwanted(package_list(name)), [], name)

    def test_an_image_is_built_with_what_dev_builds_with_but_for_the_tests(self):
        dev = (ROOT / "dev").read_text()
        (text,) = re.findall(r"build_packages=\(([^)]*)\)", dev)
        installed_by_dev = set(text.split())
        self.assertEqual(set(package_list("build")) - installed_by_dev, set())
        self.assertEqual(installed_by_dev - set(package_list("build")),
                         {"libgtest-dev", "libgmock-dev", "ccache", "curl", "openssl"})


class Snapshot(unittest.TestCase):
    def sources(self, time):
        with tempfile.TemporaryDirectory() as directory:
            made = subprocess.run([IMAGE / "snapshot.sh", time, directory], capture_output=True, text=True)
            if made.returncode:
                return made.stderr
            return subprocess.run(["apt-get", "--print-uris", "update"], env={"APT_CONFIG": made.stdout.strip(),
                                  "PATH": "/usr/bin:/bin"}, check=True, capture_output=True, text=True).stdout

    def test_apt_asks_for_what_was_there_then_and_for_nothing_else(self):
        asked = re.findall(r"^'http://([^/]*)/archive/(.*)/dists/(.*)/InRelease'", self.sources("20260801T000000Z"),
                           re.MULTILINE)
        self.assertEqual(asked, [("snapshot.debian.org", "debian/20260801T000000Z", "bookworm"),
                                 ("snapshot.debian.org", "debian/20260801T000000Z", "bookworm-updates"),
                                 ("snapshot.debian.org", "debian-security/20260801T000000Z", "bookworm-security")])

    def test_what_is_no_time_is_refused(self):
        for text in ("2026-08-01", "20260801", "20260801T000000Z; id", "latest"):
            self.assertIn("such as 20260801T000000Z", self.sources(text))


if __name__ == "__main__":
    unittest.main()
