"""Reads the Dockerfile: its stages with their instructions."""

import dataclasses
import fnmatch
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGE = ROOT / "deploy/image"
# Compilers, and what tests need.
NOT_IN_AN_IMAGE = ("*gtest*", "*gmock*", "*benchmark*", "postgresql*", "*-dev", "g++*", "gcc*", "cmake", "python3*",
                   "curl", "*clang*", "nginx*", "golang*", "nodejs", "git", "make", "ninja*", "protobuf-compiler*",
                   "libc6-dbg")


@dataclasses.dataclass
class Stage:
    base: str
    name: str
    instructions: list  # of (WORD, arguments)

    def all(self, word):
        return [arguments for each, arguments in self.instructions if each == word]

    def exec_form(self, word):
        """What is run by its one instruction `word`, as a list; an error when a shell would run it."""
        (text,) = self.all(word)
        return json.loads(text)


def instructions(text):
    """Each instruction of a Dockerfile as (WORD, arguments)."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, arguments = line.strip().partition(" ")
        yield word.upper(), " ".join(arguments.split())


def read(text=None):
    """What stands before the first stage, and the stages in their order."""
    before, stages = [], []
    for word, arguments in instructions(text if text is not None else (ROOT / "Dockerfile").read_text()):
        if word == "FROM":
            base, _, name = arguments.partition(" AS ")
            stages.append(Stage(base, name, []))
        elif stages:
            stages[-1].instructions.append((word, arguments))
        else:
            before.append((word, arguments))
    return before, stages


def package_list(name):
    """The packages of deploy/image/packages/NAME.txt."""
    lines = (IMAGE / "packages" / f"{name}.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def unwanted(packages):
    """Those of the packages that no image is to have, in order."""
    return sorted(name for name in packages if name != "gcc-12-base" and  # every Debian has it; it is a text
                  any(fnmatch.fnmatchcase(name, pattern) for pattern in NOT_IN_AN_IMAGE))
