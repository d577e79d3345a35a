"""How fast the gateway is, beside gRPC C++ alone and beside a gateway in Go.

Usage: speed.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS DIRECTORY_OF_THE_RESULTS [--rounds N] [--seconds N]
                [--only NAME,…] [--list] [--gateway PATH] [--beside NAME=PATH]… [--strict]
"""

import argparse
import os
import pathlib
import re
import signal
import sys

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent

PARTS = {
    "list": "the cached list, 256 in flight",
    "list1": "the cached list, one at a time",
    "report": "reports from an upstream that answers at once, 64 in flight",
    "crowd": "the same, 4,096 in flight (and 64)",
    "allocate": "allocations, 64 in flight, and one commit per write",
    "slow": "reports from an upstream that takes 150 ms, 1,024 in flight",
    "many": "10,000 in flight",
    "lists": "lists of 1,000 and 100,000",
    "refresh": "reports during refreshes of 100,000",
    "start": "start to ready, and idle memory",
}


def arguments():
    parser = argparse.ArgumentParser(prog="speed", allow_abbrev=False)
    parser.add_argument("binaries", type=os.path.abspath, help="the directory of concero-gateway and speed_limit")
    parser.add_argument("stubs", type=os.path.abspath, help="the directory of the generated modules")
    parser.add_argument("results", type=os.path.abspath, help="the directory that has speed_peer and gets the results")
    parser.add_argument("--rounds", type=int, default=5, help="that count, 5 unless told otherwise")
    parser.add_argument("--seconds", type=int, default=3, help="of each load; 3 unless told otherwise")
    parser.add_argument("--only", default="", help="these parts, by commas: " + ", ".join(PARTS))
    parser.add_argument("--gateway", type=os.path.abspath, help="another program to measure instead of the built one")
    parser.add_argument("--beside", action="append", default=[], metavar="NAME=PATH",
                        help="another gateway to measure in the same rounds")
    parser.add_argument("--strict", action="store_true", help="exit code 1 when a goal is missed")
    asked = parser.parse_args()
    asked.only = asked.only.split(",") if asked.only else list(PARTS)
    if unknown := set(asked.only) - set(PARTS):
        parser.error(f"--only {', '.join(sorted(unknown))}: the parts are {', '.join(PARTS)}")
    if asked.rounds < 1 or asked.seconds < 1:
        parser.error("--rounds and --seconds are 1 or more")
    asked.gateway = asked.gateway or os.path.join(asked.binaries, "concero-gateway")
    for one in asked.beside:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,7}=.+", one) or one.split("=")[0] in ("limit", "gateway", "go"):
            parser.error("--beside takes NAME=PATH, with a short name of its own")
    asked.beside = {name: os.path.abspath(path) for name, path in (one.split("=", 1) for one in asked.beside)}
    return asked


if __name__ == "__main__":
    if "--list" in sys.argv[1:]:
        for part, words in PARTS.items():
            print(f"{part:<10}{words}")
        sys.exit(0)
    ASKED = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends in order
    sys.path += [str(HERE.parent.parent / "support"), ASKED.stubs]
    from run import run  # noqa: E402
    try:
        sys.exit(run(ASKED))
    except KeyboardInterrupt:
        sys.exit(130)
