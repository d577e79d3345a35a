"""The proof of rolling restarts: replicas are ended by SIGTERM, one after the other, and no caller notices.

Usage: rolling.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS [--restarts N] [--pause DURATION]
                  [--without health|retries]… [--seed S]

Callers use nothing but deploy/service-config.json. `--pause` and `--without` take away what this rests on, to see the
proof fail.
"""

import argparse
import os
import pathlib
import random
import signal
import sys

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent
SERVICE_CONFIG = HERE.parent.parent / "deploy" / "service-config.json"


def arguments():
    parser = argparse.ArgumentParser(prog="rolling", allow_abbrev=False)
    parser.add_argument("binaries", type=os.path.abspath, help="the directory of the programs")
    parser.add_argument("stubs", type=os.path.abspath, help="the directory of the generated modules")
    parser.add_argument("--restarts", type=int, default=50, help="50 unless told otherwise")
    parser.add_argument("--pause", default="1s", help="shutdown.pause of the gateways; 1s unless told otherwise")
    parser.add_argument("--without", action="append", default=[], choices=("health", "retries"),
                        help="leave this part of the service config out")
    parser.add_argument("--seed", help="of an earlier run, to have its calls again")
    asked = parser.parse_args()
    asked.seed = asked.seed or f"{random.SystemRandom().getrandbits(32):08x}"
    if asked.restarts < 1:
        parser.error("--restarts must be 1 or more")
    return asked


if __name__ == "__main__":
    ASKED = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started here ends in order
    sys.path += [str(HERE.parent / folder) for folder in ("support", "interop/python", "crash")] + [ASKED.stubs]
    from roll import run  # noqa: E402
    sys.exit(run(ASKED, SERVICE_CONFIG.read_text()))
