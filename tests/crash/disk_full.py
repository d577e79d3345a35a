"""The disk of the SQLite file is full, and later it is not.

Runs in a mount namespace of its own, with the file on a small tmpfs.
"""

import contextlib
import pathlib
import random
import subprocess
import tempfile

import full_disk
from callers import pursue
from outage import health_says, is_refused, no_doubt_remains, reads_go_on
from plan import ALLOCATE

_SIZE = 32 << 20
_IN_FLIGHT = 4  # as many as the gateways have under way at most


def namespace():
    """The command that runs another one in a namespace; None where this machine does not let us."""
    for command in (["unshare", "-Urm"], ["unshare", "-m"]):
        if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return command
    return None


@contextlib.contextmanager
def small_disk():
    """Its directory, during the block. Only within the namespace."""
    with tempfile.TemporaryDirectory(prefix="crash-disk-") as directory:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", directory], check=True)
        try:
            yield directory
        finally:
            subprocess.run(["umount", directory], check=True)


class Filler:
    """A file that takes all the room that is left."""

    def __init__(self, directory):
        self._path = pathlib.Path(directory, "filler")

    def fill(self):
        full_disk.fill(self._path)

    def remove(self):
        self._path.unlink()


def disk_full(trial, disk, seed, rounds, report):
    """`disk`: that of small_disk(), where the store of `trial` is."""
    rng = random.Random(seed)
    filler = Filler(disk)
    gateway = trial.start()
    trial.findings += reads_go_on(gateway)
    trial.settlers.keep(1_000_000)  # nobody but the gateway settles anything
    let_in = 0
    for _ in range(rounds):
        trial.callers.want(24)
        trial.wait_for("answer", trial.callers.idle)
        trial.upstream.set_faults([{"path": ALLOCATE, "delay_ms": rng.randint(200, 500)}])
        posted = len(trial.upstream.posts())
        trial.callers.want(_IN_FLIGHT)
        trial.wait_for("POST", lambda: len(trial.upstream.posts()) - posted >= _IN_FLIGHT)
        filler.fill()
        # Not all of them may end now: who cancels, asks until that is recorded.
        trial.wait_for("answer with the disk full", lambda: all(i.outcome for i in trial.callers.intents))
        trial.upstream.set_faults([])
        asked, found = is_refused(trial, in_a_row=8, most=3000)
        let_in += sum(intent.outcome is not None for intent in asked)
        trial.findings += [*found, *reads_go_on(gateway)]
        filler.remove()
        for intent in asked:
            pursue(trial.line, intent, rng)
        trial.findings += health_says(gateway, serving=True)
    findings = trial.finish()
    in_doubt = sum(intent.answers[-1].reason == "ALLOCATION_IN_DOUBT" for intent in trial.intents())
    report(f"the disk was full {rounds} times; {let_in} allocations still found room; {in_doubt} callers were told of "
           "a doubt that was settled afterwards")
    return findings + [*no_doubt_remains(trial.intents())]
