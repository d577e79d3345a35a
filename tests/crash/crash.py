"""The crash proof of the ledger: gateways die, callers retry, and what the sandbox executed is the judge.

Usage: crash.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS --store sqlite|postgres [--runs N] [--seed S]
                [--scenario NAME]… [--keep DIRECTORY]

A run is one kill and one start. The other scenarios are repeated in proportion. The seed repeats the plan: which
faults the upstream has, what the callers want, what the kills are aimed at; not what the scheduler makes of it.
"""

import argparse
import ctypes
import os
import pathlib
import random
import signal
import sys

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent
_PR_SET_PDEATHSIG = 1
SCENARIOS = {"sqlite": ("kills", "disk_full"),
             "postgres": ("kills", "replica_killed", "replica_stopped", "postgres_cut", "postgres_restarted",
                          "replicas")}


def arguments():
    parser = argparse.ArgumentParser(prog="crash", allow_abbrev=False)
    parser.add_argument("binaries", type=os.path.abspath, help="the directory of the programs")
    parser.add_argument("stubs", type=os.path.abspath, help="the directory of the generated modules")
    parser.add_argument("--store", required=True, choices=SCENARIOS)
    parser.add_argument("--runs", type=int, default=20, help="kills of the main scenario; 20 unless told otherwise")
    parser.add_argument("--seed", help="of an earlier run, to have its plan again")
    parser.add_argument("--scenario", action="append", help="only this one; all of the store's otherwise")
    parser.add_argument("--keep", type=os.path.abspath,
                        help="a directory in which the logs, configurations and files are kept")
    parser.add_argument("--in-namespace-of", type=int, help=argparse.SUPPRESS)  # who waits for this process
    asked = parser.parse_args()
    asked.seed = asked.seed or f"{random.SystemRandom().getrandbits(32):08x}"
    asked.scenario = asked.scenario or SCENARIOS[asked.store]
    if asked.runs < 1:
        parser.error("--runs must be 1 or more")
    for name in asked.scenario:
        if name not in SCENARIOS[asked.store]:
            parser.error(f"--scenario of {asked.store} is one of {', '.join(SCENARIOS[asked.store])}")
    return asked


def end_in_order(waits_for_us):
    """SIGTERM ends what was started here, too; so does the end of `waits_for_us`, a process id or None."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if waits_for_us is None:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != waits_for_us:
        sys.exit(1)


if __name__ == "__main__":
    ASKED = arguments()
    end_in_order(ASKED.in_namespace_of)
    # Ours are many callers who ask again at once: while none of them waits in a call, gRPC looks at what it connects to
    # this seldom, and its 5 s would have nobody come back for a quarter of a minute after all replicas were away.
    os.environ.setdefault("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "100")
    sys.path += [str(HERE.parent / "support"), str(HERE.parent / "interop" / "python"), ASKED.stubs]
    from scenarios import run  # noqa: E402
    sys.exit(run(ASKED))
