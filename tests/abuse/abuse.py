"""Raw HTTP/2 abuse of the gRPC port: the process must live, serve others and keep within its memory.

Usage: abuse.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS [--long] [--only TEXT] [--list] [--no-bound]
"""

import argparse
import os
import pathlib
import signal
import sys

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent


def arguments():
    parser = argparse.ArgumentParser(prog="abuse", allow_abbrev=False)
    parser.add_argument("binaries", type=os.path.abspath, help="the directory of the programs")
    parser.add_argument("stubs", type=os.path.abspath, help="the directory of the generated modules")
    parser.add_argument("--long", action="store_true", help="also the cases that take minutes")
    parser.add_argument("--only", default="", metavar="TEXT", help="the cases with this text in their name")
    parser.add_argument("--list", action="store_true", help="print the cases and run nothing")
    parser.add_argument("--no-bound", action="store_true", help="memory is printed and not judged: for sanitizers")
    return parser.parse_args()


if __name__ == "__main__":
    ASKED = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started here ends in order
    sys.path += [str(HERE.parent / "support"), ASKED.stubs]
    import cases_connections  # noqa: E402, F401
    import cases_floods  # noqa: E402, F401
    import cases_frames  # noqa: E402, F401
    import cases_headers  # noqa: E402, F401
    import cases_streams  # noqa: E402, F401
    import run  # noqa: E402
    if ASKED.list:
        print("\n".join(case.name for case in run.chosen(ASKED)))
        sys.exit(0)
    sys.exit(run.run(ASKED))
