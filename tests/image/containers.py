"""Runs images as a cluster would: read-only, without capabilities, as the user that the image names.

With podman, on the machine's own network. Its state is shared with buildah's, so what that built can be run.
"""

import json
import pathlib
import resource
import secrets
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from lifetime import bound  # noqa: E402
from processes import Program, ProgramError  # noqa: E402

# What runs where cgroups cannot be managed, and where limits cannot be raised.
PODMAN = ("podman", "--cgroup-manager=cgroupfs", "--runtime=runc")
PATIENCE = 300
PREFIX = "concero-image-test-"
FILES = min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
# --read-only-tmpfs: nothing but the volume is to be written to, not even /tmp.
FENCED = ("--network=host", "--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL",
          "--security-opt=no-new-privileges", "--log-driver=none", f"--ulimit=nofile={FILES}:{FILES}",
          "--ulimit=nproc=4096:4096")


def podman(*arguments, check=True):
    """The finished process."""
    done = subprocess.run(bound([*PODMAN, *arguments], "TERM"), capture_output=True, text=True, timeout=PATIENCE)
    if check and done.returncode:
        raise ProgramError(f"podman {' '.join(map(str, arguments))}:\n{done.stdout}{done.stderr}")
    return done


def run(image, *arguments, options=()):
    """Runs the image to its end, fenced in; the finished process."""
    return podman("run", "--rm", "--no-healthcheck", "--name", new_name(), *FENCED, *options, image, *arguments,
                  check=False)


def new_name():
    """Of a container that remove_leftovers() finds."""
    return f"{PREFIX}{secrets.token_hex(6)}"


def remove_leftovers():
    """Those of a test that was killed."""
    left = podman("ps", "--all", "--quiet", "--filter", f"name={PREFIX}").stdout.split()
    if left:
        podman("rm", "--force", "--volumes", *left)


def ids_of(*names):
    """Those of the images that are there by these names."""
    return {config_of(name)["Id"] for name in names if podman("image", "exists", name, check=False).returncode == 0}


def remove_untagged(ids):
    """Those of the images that have no name any more, with what nothing else stands on."""
    for each in ids:
        if not config_of(each)["RepoTags"]:
            podman("rmi", each)


class Container(Program):
    """A container that prints a line of JSON when it serves, as our programs do: `event`."""

    BOUND_BY = "TERM"  # which podman passes on; without podman the container would stay

    def __init__(self, image, directory, *arguments, options=()):
        self.name = new_name()
        command = [*PODMAN, "run", "--name", self.name, *FENCED, *options, image, *arguments]
        super().__init__(command, directory, patience=120)

    def state(self):
        return json.loads(podman("inspect", "--type=container", self.name).stdout)[0]["State"]

    def execute(self, *command):
        """Runs a command in it; the finished process."""
        return podman("exec", self.name, *command, check=False)

    def wait(self):
        """Until it ends by itself; its exit code."""
        return self._process.wait(self._patience)

    def stop(self):
        code = super().stop()
        podman("rm", "--force", "--volumes", self.name, check=False)
        return code


def config_of(image):
    """What the image says of itself, by docker's names."""
    return json.loads(podman("inspect", "--type=image", image).stdout)[0]


class Mounted:
    """The image's files, at `root`, for the time of a with block."""

    def __init__(self, image):
        self._image = image

    def __enter__(self):
        return pathlib.Path(podman("image", "mount", self._image).stdout.strip())

    def __exit__(self, *_):
        podman("image", "unmount", self._image)
