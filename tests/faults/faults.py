"""The fault catalogue: whatever either side does, callers are told what is documented, nothing leaks, and the next
call works.

Usage: faults.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS [--quick] [--only TEXT] [--list] [--markdown]
                 [--shim FILE] [--at-once N]
"""

import argparse
import os
import pathlib
import signal
import sys

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent


def arguments():
    parser = argparse.ArgumentParser(prog="faults", allow_abbrev=False)
    parser.add_argument("binaries", type=os.path.abspath, help="the directory of the programs")
    parser.add_argument("stubs", type=os.path.abspath, help="the directory of the generated modules")
    parser.add_argument("--quick", action="store_true", help="a part that has some of every theme")
    parser.add_argument("--only", default="", help="the rows with this text in their title")
    parser.add_argument("--list", action="store_true", help="print the catalogue and run nothing")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--shim", type=os.path.abspath,
                        help="the library of shim.cc; libfaults_shim.so beside the programs' directory unless told")
    parser.add_argument("--at-once", type=int, default=5, help="how many gateways run beside each other")
    asked = parser.parse_args()
    asked.shim = asked.shim or os.path.join(os.path.dirname(asked.binaries), "tests", "faults", "libfaults_shim.so")
    return asked


if __name__ == "__main__":
    ASKED = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.path += [str(HERE.parent / "support"), str(HERE.parent / "interop" / "python"), ASKED.stubs]
    from run import run  # noqa: E402
    sys.exit(run(ASKED))
