"""The example of a language in client/README.md: the text that a reader copies, as it stands there."""

import dataclasses
import re
import shlex

ADDRESS = "127.0.0.1:50051"  # the gateway's, in the commands


@dataclasses.dataclass(frozen=True)
class Example:
    """`program` is to be written into the file `name`; `prepare` is lines for sh, `run` the words of one command."""

    name: str
    program: str
    prepare: str
    run: list
    prints: list


def example_of(language, text):
    """That of the section `### language` below "Other languages"; what it prints stands before all of them."""
    part = text.split("\n## Other languages\n")[1].split("\n## ")[0]
    before, *sections = re.split(r"^### ", part, flags=re.MULTILINE)
    (section,) = (section for section in sections if section.startswith(f"{language}\n"))
    blocks = _blocks(section)
    commands = [body for _, kind, body in blocks if kind == "sh"]
    ((line_before, _, program),) = (block for block in blocks if block[1] != "sh")
    *prepare, run = "".join(commands).splitlines()
    (prints,) = (body for _, kind, body in _blocks(before) if kind == "text")
    return Example(name=re.search(r"`([\w.]+)`:$", line_before)[1], program=program, prepare="\n".join(prepare),
                   run=shlex.split(run), prints=prints.splitlines())


def _blocks(text):
    """Of each fenced block the line before, its kind, and what is in it."""
    return [(before, kind, body) for before, kind, body in re.findall(
        r"(?:^([^\n]+)\n)?\n```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]
