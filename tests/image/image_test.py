"""Builds both images with `./dev image` and runs them: a call, the health check, the end, and what is in them.

It needs root, as building without a registry does, and podman and runc to run the images with.
usage: image_test.py [unittest arguments]
"""

import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from containers import (  # noqa: E402
    PREFIX, Container, Mounted, config_of, ids_of, podman, remove_leftovers, remove_untagged, run)
from dockerfile import ROOT, package_list, unwanted  # noqa: E402

TAG = "test"
GATEWAY, SANDBOX = f"concero-gateway:{TAG}", f"concero-sandbox:{TAG}"
USER = 65532
PATIENCE = 120
PROGRAMS = {GATEWAY: {"concero-gateway", "concero"}, SANDBOX: {"concero-sandbox"}}
CONFIG = """\
grpc: {{listen: "127.0.0.1:{grpc}"}}
admin: {{listen: "127.0.0.1:{admin}"}}
shutdown: {{pause: 20s}}
concero:
  base_url: "http://{upstream}/api/v1"
  api_key_file: /run/secrets/concero-gateway/concero-api-key
"""
KILLED = """
import sys, time
sys.path.insert(0, sys.argv[1])
from containers import Container
print(Container(*sys.argv[2:], "--listen", "127.0.0.1:0", "--api-key", "a-key").name, flush=True)
time.sleep(600)
"""
# What no package has although every Debian does: made when packages are installed.
MADE_BY_DEBIAN = re.compile(r"/(etc|var/lib/(apt|dpkg|pam|systemd)|var/cache/debconf)/|/var/lib/shells.state$|"
                            r"/root/\.(bashrc|profile)$|/usr/share/info/dir$")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def setUpModule():
    if os.geteuid() != 0:
        raise AssertionError("the images are built and run by root")
    remove_leftovers()
    before = ids_of(GATEWAY, SANDBOX)
    built = subprocess.run([ROOT / "dev", "image", "--engine", "buildah", "--tag", TAG], stdout=subprocess.PIPE,
                           text=True)
    if built.returncode != 0 or built.stdout.split() != [GATEWAY, SANDBOX]:
        raise AssertionError(f"./dev image ended with {built.returncode} and said {built.stdout!r}; more is above")
    remove_untagged(before)


class Running(unittest.TestCase):
    """A sandbox and a gateway in front of it, each a container."""

    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.directory.chmod(0o755)
        key = secrets.token_urlsafe(16)
        self.sandbox = self.start(SANDBOX, "--listen", "127.0.0.1:0", "--api-key", key)
        self.address = f"127.0.0.1:{(grpc := free_port())}"
        etc, keys = self.made("etc"), self.made("keys")
        (etc / "config.yaml").write_text(CONFIG.format(grpc=grpc, admin=free_port(),
                                                       upstream=self.sandbox.event["http"]))
        (keys / "concero-api-key").write_text(key)
        for file in (keys, keys / "concero-api-key"):
            os.chown(file, USER, USER)
        keys.chmod(0o500)
        self.mounts = (f"--volume={etc}:/etc/concero-gateway:ro", f"--volume={keys}:/run/secrets/concero-gateway:ro")

    def made(self, name):
        path = self.directory / name
        path.mkdir()
        return path

    def start(self, image, *arguments, options=()):
        """A container that is there until the test's end, and its log for when the test fails."""
        logs = self.made(secrets.token_hex(4))
        container = Container(image, logs, *arguments, options=options)
        self.addCleanup(container.stop)
        return container

    def gateway(self):
        return self.start(GATEWAY, options=self.mounts)

    def health(self, container):
        """What the image's own HEALTHCHECK comes to in the container."""
        kind, *command = config_of(GATEWAY)["Healthcheck"]["Test"]
        self.assertEqual(kind, "CMD")
        return container.execute(*command)

    def test_it_answers_a_call_and_its_health_check(self):
        gateway = self.gateway()
        self.assertEqual(gateway.event["grpc"], self.address)
        healthy = self.health(gateway)
        self.assertEqual((healthy.returncode, healthy.stderr), (0, ""))
        self.assertEqual(podman("healthcheck", "run", gateway.name, check=False).returncode, 0)

        listed = gateway.execute("/usr/bin/concero", "--gateway", self.address, "--output", "json", "exams", "list")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn("119", {exam["id"] for exam in json.loads(listed.stdout)["examinations"]})
        # Through the ledger, which is a file on the volume.
        invited = gateway.execute("/usr/bin/concero", "--gateway", self.address, "--output", "json", "allocate", "119",
                                  "arjun.mehta@company.io")
        self.assertEqual(invited.returncode, 0, invited.stderr)
        self.assertIn("gateway.db", gateway.execute("/usr/bin/find", "/var/lib/concero-gateway").stdout)

    def test_it_is_nobody_and_can_write_to_its_volume_only(self):
        gateway = self.gateway()
        process = pathlib.Path("/proc", str(gateway.state()["Pid"]))
        status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
        self.assertEqual(set(status["Uid"].split()) | set(status["Gid"].split()), {str(USER)})
        self.assertEqual({name: int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")},
                         {"CapEff": 0, "CapPrm": 0, "CapBnd": 0})
        self.assertEqual(status["NoNewPrivs"], "1")
        mounts = [line.split() for line in (process / "mountinfo").read_text().splitlines()]
        writable = {fields[4] for fields in mounts if "rw" in fields[5].split(",")}
        self.assertEqual({path for path in writable if not path.startswith(("/proc", "/dev", "/sys"))} - HANDED_IN,
                         {"/var/lib/concero-gateway"})

    def test_it_ends_as_it_is_told(self):
        gateway = self.gateway()
        gateway.signal(15)
        # It answers for a pause, and says that it is about to go. As often as it takes for the signal to come there.
        give_up = time.monotonic() + PATIENCE
        while (health := self.health(gateway)).returncode == 0:
            self.assertLess(time.monotonic(), give_up, f"it goes on answering: {health.stdout}{health.stderr}")
        self.assertEqual(health.returncode, 1, health.stderr)
        self.assertEqual(len(health.stderr.strip().splitlines()), 1, health.stderr)
        self.assertEqual(gateway.wait(), 0)

    def test_it_ends_with_a_test_that_is_killed(self):
        command = [sys.executable, "-c", KILLED, pathlib.Path(__file__).parent, SANDBOX, self.made("killed")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as test:
            name = test.stdout.readline().strip()
            test.kill()
        self.assertTrue(name)
        self.addCleanup(podman, "rm", "--force", "--volumes", name)
        give_up = time.monotonic() + PATIENCE
        while (status := json.loads(podman("inspect", name).stdout)[0]["State"]["Status"]) != "exited":
            self.assertLess(time.monotonic(), give_up, f"it is {status}")
            time.sleep(0.2)

    def test_where_nothing_serves_the_health_check_says_so(self):
        health = run(GATEWAY, "--config", "/etc/concero-gateway/config.yaml", "--health-check", options=self.mounts)
        self.assertEqual(health.returncode, 1)
        self.assertEqual(len(health.stderr.strip().splitlines()), 1, health.stderr)

    def test_every_program_finds_what_it_loads(self):
        for image, programs in PROGRAMS.items():
            for program in programs:
                shown = run(image, "--help", options=["--entrypoint", f"/usr/bin/{program}"])
                self.assertEqual(shown.returncode, 0, shown.stderr)
                self.assertIn("Usage", shown.stdout)


# What podman itself mounts.
HANDED_IN = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run/.containerenv"}


class Leftovers(unittest.TestCase):
    def test_an_image_whose_name_another_took_is_removed(self):
        name = f"{PREFIX}image:{TAG}"
        self.addCleanup(podman, "rmi", "--force", name, check=False)
        directory = self.enterContext(tempfile.TemporaryDirectory())
        with tarfile.open(f"{directory}/files.tar", "w") as files:
            files.add(__file__, "a-file")
        podman("import", "--change", "LABEL number=1", f"{directory}/files.tar", name)
        first = ids_of(name, "localhost/nobody-has-this-name")
        podman("import", "--change", "LABEL number=2", f"{directory}/files.tar", name)
        second = ids_of(name)
        self.assertEqual((len(first), len(second), len(first | second)), (1, 1, 2))
        remove_untagged(first | second)
        self.assertEqual([podman("image", "exists", each, check=False).returncode for each in (*first, *second)], [1, 0])


class Contents(unittest.TestCase):
    """What is in the images."""

    @classmethod
    def setUpClass(cls):
        cls.roots = {image: cls.enterClassContext(Mounted(image)) for image in PROGRAMS}
        cls.files = {image: sorted(files_below(root)) for image, root in cls.roots.items()}

    def test_no_more_than_the_programs_and_their_packages(self):
        for image, root in self.roots.items():
            with self.subTest(image):
                packaged = {line for file in (root / "var/lib/dpkg/info").glob("*.list") for line in
                            file.read_text().splitlines()}
                packaged |= {f"/usr{name}" for name in packaged}  # with /usr merged
                added = {name for name in self.files[image]
                         if name not in packaged and is_file(root / name[1:]) and not MADE_BY_DEBIAN.match(name)}
                self.assertEqual(added, {f"/usr/bin/{program}" for program in PROGRAMS[image]} |
                                 {f"/usr/share/doc/{image.partition(':')[0]}/packages.spdx.json"})
                self.assertEqual(unwanted(name for name, _ in installed(root)), [])

    def test_nothing_is_left_of_how_it_was_made(self):
        for image, root in self.roots.items():
            with self.subTest(image):
                for directory in ("var/lib/apt/lists", "var/cache/apt", "var/log", "tmp", "var/tmp"):
                    self.assertEqual(list((root / directory).iterdir()), [], directory)
                self.assertFalse((root / "image").exists())

    def test_nobody_becomes_somebody_else(self):
        for image, root in self.roots.items():
            self.assertEqual([name for name in self.files[image] if (root / name[1:]).lstat().st_mode & 0o6000
                              and not (root / name[1:]).is_dir()], [], image)

    def test_its_time_is_that_of_the_sources(self):
        for image, root in self.roots.items():
            created = config_of(image)["Labels"]["org.opencontainers.image.created"]
            for program in PROGRAMS[image]:
                time = (root / "usr/bin" / program).stat().st_mtime
                self.assertEqual(subprocess.run(["date", "-u", "-d", f"@{int(time)}", "+%Y-%m-%dT%H:%M:%SZ"],
                                 capture_output=True, text=True).stdout.strip(), created, program)

    def test_the_list_of_packages_is_that_of_dpkg(self):
        for image, root in self.roots.items():
            name = image.partition(":")[0]
            with self.subTest(image):
                text = (root / f"usr/share/doc/{name}/packages.spdx.json").read_text()
                self.assertEqual((ROOT / f"build/image/{name}.spdx.json").read_text(), text)
                listed = json.loads(text)
                self.assertEqual((listed["spdxVersion"], listed["name"].partition("-0")[0]), ("SPDX-2.3", name))
                by_id = {package["SPDXID"]: package for package in listed["packages"]}
                (top,) = [relation["relatedSpdxElement"] for relation in listed["relationships"]
                          if relation["relationshipType"] == "DESCRIBES"]
                within = [by_id[relation["relatedSpdxElement"]] for relation in listed["relationships"]
                          if relation["spdxElementId"] == top and relation["relationshipType"] == "CONTAINS"]
                packages = {(package["name"], package["versionInfo"]) for package in within
                            if "externalRefs" in package}
                self.assertEqual(packages, installed(root))
                self.assertLessEqual(set(package_list(name.removeprefix("concero-"))), {each for each, _ in packages})
                self.assertTrue(any("checksums" in package for package in within))
                linked = {by_id[relation["relatedSpdxElement"]]["name"] for relation in listed["relationships"]
                          if relation["relationshipType"] == "STATIC_LINK"}
                self.assertEqual({"libgrpc-dev", "libsqlite3-dev", "libjemalloc-dev"} <= linked, image == GATEWAY)

    def test_what_the_images_say_of_themselves(self):
        revision = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True,
                                  text=True).stdout.strip()
        for image in PROGRAMS:
            with self.subTest(image):
                said = config_of(image)
                labels = {name.removeprefix("org.opencontainers.image."): text for name, text in said["Labels"].items()}
                self.assertEqual(labels["title"], image.partition(":")[0])
                self.assertEqual(labels["revision"].removesuffix("-dirty"), revision or "unknown")
                self.assertEqual(labels["base.name"], "debian:bookworm-slim")
                self.assertRegex(labels["version"], r"^\d+\.\d+\.\d+$")
                config = said["Config"]
                self.assertEqual(config["User"], f"{USER}:{USER}")
                self.assertEqual(config["StopSignal"], "SIGTERM")
                self.assertEqual(config["Entrypoint"], [f"/usr/bin/{labels['title']}"])
        config = config_of(GATEWAY)["Config"]
        self.assertEqual(config["Cmd"], ["--config", "/etc/concero-gateway/config.yaml"])
        self.assertEqual(config["WorkingDir"], "/var/lib/concero-gateway")
        self.assertEqual(set(config["Volumes"]), {"/var/lib/concero-gateway"})
        self.assertEqual(set(config["ExposedPorts"]), {"50051/tcp", "9901/tcp"})
        self.assertEqual(config_of(GATEWAY)["Healthcheck"]["Test"],
                         ["CMD", "/usr/bin/concero-gateway", *config["Cmd"], "--health-check"])


def installed(root):
    """The packages of an image as (name, version), as dpkg says itself."""
    shown = subprocess.run(["dpkg-query", f"--admindir={root}/var/lib/dpkg", "--show", "--showformat",
                            "${db:Status-Status} ${Package} ${Version}\n"], check=True, capture_output=True,
                           text=True).stdout
    return {(name, version) for status, name, version in map(str.split, shown.splitlines()) if status == "installed"}


def is_file(path):
    return path.is_file() and not path.is_symlink()


def files_below(root):
    """Everything in the image, as it is named within."""
    for directory, names, files in os.walk(root):
        for name in (*names, *files):
            yield "/" + os.path.relpath(os.path.join(directory, name), root)


if __name__ == "__main__":
    if not shutil.which("podman"):
        sys.exit("podman is missing; ./dev test --all installs it")
    unittest.main()
