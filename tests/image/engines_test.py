"""`./dev image` with stand-ins for docker, podman and buildah: which one is taken, and what it is asked to do.

Usage: engines_test.py [unittest arguments]
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from dockerfile import IMAGE, ROOT  # noqa: E402

# Notes how it was called. Without an engine `info` fails, as a docker client's does; one name can be pulled, and one is
# there already, which is enough for buildah unless it is told to ask the registry; what is taken out of an image is its
# list.
STAND_IN = """\
#!/bin/bash
name=$(basename "$0")
echo "$name $*" >>"$CALLS"
case $1 in
  info) [[ " $WORKING " == *" $name "* ]] ;;
  pull) [[ ${*: -1} == "$PULLED" || ($name == buildah && $* != *"--policy always"* && ${*: -1} == "$HERE") ]] ;;
  inspect) [[ ${*: -1} == "$HERE" ]] ;;
  create | from) echo a-container ;;
  cp) echo '{}' >"$3" ;;
  run) echo '{}' ;;
esac
"""
# What ./dev gives the script.
HOUSE = """
need_packages() { echo "need_packages $*" >>"$CALLS"; }
export -f need_packages
exec "$0" "$@"
"""


class Engines(unittest.TestCase):
    def setUp(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tree = directory / "tree"
        for name in ("deploy/image", "bin"):
            (self.tree / name).mkdir(parents=True)
        for name in ("build.sh", "snapshot.sh"):
            (self.tree / "deploy/image" / name).write_text((IMAGE / name).read_text())
            (self.tree / "deploy/image" / name).chmod(0o755)
        base = self.tree / "deploy/image/base.sh"
        base.write_text('#!/bin/bash\necho "base.sh $* snapshot=$DEBIAN_SNAPSHOT" >>"$CALLS"\n')
        base.chmod(0o755)
        for name in ("CMakeLists.txt", ".dockerignore"):
            (self.tree / name).write_text((ROOT / name).read_text())
        for name in ("docker", "podman", "buildah"):
            program = self.tree / "bin" / name
            program.write_text(STAND_IN)
            program.chmod(0o755)
        self.calls = directory / "calls"

    def run_it(self, *arguments, working="buildah", pulled="debian:bookworm-slim", here="", code=0):
        self.calls.write_text("")
        environment = {"PATH": f"{self.tree}/bin:{os.environ['PATH']}", "CALLS": str(self.calls), "WORKING": working,
                       "PULLED": pulled, "HERE": here, "SOURCE_DATE_EPOCH": "1767225600"}
        done = subprocess.run(["bash", "-c", HOUSE, self.tree / "deploy/image/build.sh", *arguments], env=environment,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr)
        self.said = done.stderr
        return done.stdout.split(), self.calls.read_text().splitlines()

    def built(self, calls):
        return [call for call in calls if call.split()[1] in ("build", "bud")]

    def test_the_first_that_works_is_taken(self):
        for working, taken in (("docker podman buildah", "docker build"), ("podman buildah", "podman build"),
                               ("buildah", "buildah bud")):
            with self.subTest(working):
                images, calls = self.run_it(working=working)
                self.assertEqual(images, ["concero-gateway:0.1.0", "concero-sandbox:0.1.0"])
                self.assertEqual({" ".join(call.split()[:2]) for call in self.built(calls)}, {taken})
                self.assertNotIn("need_packages", "\n".join(calls))

    def test_the_one_that_is_named_is_taken_or_none(self):
        _, calls = self.run_it("--engine", "buildah", working="docker buildah")
        self.assertEqual({" ".join(call.split()[:2]) for call in self.built(calls)}, {"buildah bud"})
        _, calls = self.run_it("--engine", "docker", working="buildah", code=1)
        self.assertEqual(self.built(calls), [])
        self.assertIn("docker does not work here", self.said)

    def test_buildah_is_installed_when_none_works(self):
        _, calls = self.run_it(working="", code=1)  # the stand-in does not work after that, either
        self.assertIn("need_packages buildah", calls)

    def test_what_a_build_is_told(self):
        _, calls = self.run_it("--target", "gateway", "--tag", "of-today", "--no-cache", "--snapshot",
                               "20260801T000000Z")
        (build,) = self.built(calls)
        for part in ("--target gateway --tag concero-gateway:of-today", "--build-arg BASE=debian:bookworm-slim",
                     "--build-arg VERSION=0.1.0", "--build-arg REVISION=", "--build-arg SOURCE_DATE_EPOCH=1767225600",
                     "--build-arg CREATED=2026-01-01T00:00:00Z", "--build-arg DEBIAN_SNAPSHOT=20260801T000000Z",
                     "--format docker", "--timestamp 1767225600", "--no-cache"):
            self.assertIn(f" {part}", build)
        self.assertTrue((self.tree / "build/image/concero-gateway.spdx.json").read_text())
        self.assertFalse((self.tree / "build/image/concero-sandbox.spdx.json").exists())

    def test_a_base_that_can_be_pulled_is_not_made(self):
        pinned = "debian:bookworm-slim@sha256:" + 64 * "0"
        _, calls = self.run_it("--base", pinned, pulled=pinned)
        self.assertNotIn("base.sh", "\n".join(calls))
        self.assertIn(f"--build-arg BASE={pinned} ", self.built(calls)[0])

    def test_a_base_that_cannot_be_pulled_is_made_as_only_root_can(self):
        root = os.geteuid() == 0
        _, calls = self.run_it("--snapshot", "20260801T000000Z", pulled="", code=0 if root else 1)
        self.assertEqual("base.sh debian:bookworm-slim snapshot=20260801T000000Z" in calls, root)
        self.assertIn("made with debootstrap" if root else "only root can make it", self.said)

    def test_one_that_was_made_before_is_made_anew_only_when_asked(self):
        _, calls = self.run_it(pulled="", here="debian:bookworm-slim")
        self.assertNotIn("base.sh", "\n".join(calls))
        self.assertIn("the one that is here is taken", self.said)
        root = os.geteuid() == 0
        _, calls = self.run_it("--no-cache", pulled="", here="debian:bookworm-slim", code=0 if root else 1)
        self.assertEqual("base.sh" in "\n".join(calls), root)

    def test_a_base_with_a_digest_is_never_made(self):
        pinned = "debian:bookworm-slim@sha256:" + 64 * "0"
        _, calls = self.run_it("--base", pinned, pulled="", code=1)
        self.assertEqual((self.built(calls), [call for call in calls if "base.sh" in call]), ([], []))
        self.assertIn(f"{pinned} cannot be had", self.said)

    def test_what_it_does_not_know_is_refused(self):
        for arguments in (["--target", "tests"], ["--tag"], ["--engine", "rkt"], ["--push"], ["gateway"]):
            with self.subTest(arguments):
                self.run_it(*arguments, code=2)
                self.assertIn("Usage: ./dev image", self.said)


if __name__ == "__main__":
    unittest.main()
