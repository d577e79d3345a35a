"""What python.sh runs has gRPC, which does nothing around a fork.

Usage: python_sh_test.py [unittest arguments]
"""

import os
import pathlib
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
SCRIPT = pathlib.Path(__file__).resolve().parent / "python.sh"
NAME = "GRPC_ENABLE_FORK_SUPPORT"


def told(**environment):
    """What a Python program finds the variable to be when it imports gRPC."""
    kept = {name: value for name, value in os.environ.items() if name != NAME}
    return subprocess.run([SCRIPT, "-c", f"import grpc, os; print(os.environ.get('{NAME}'))"], check=True, text=True,
                          capture_output=True, env=kept | environment).stdout.strip()


class ForkSupport(unittest.TestCase):
    def test_there_is_none(self):
        self.assertEqual(told(), "0")

    def test_who_asks_for_it_has_it(self):
        self.assertEqual(told(**{NAME: "1"}), "1")


if __name__ == "__main__":
    unittest.main()
