"""What the scenario `replicas` has found is told also when it does not get to its end.

Usage: replicas_test.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS [unittest arguments]
"""

import contextlib
import os
import pathlib
import sys
import unittest
import unittest.mock

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent
_, STUBS = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
sys.path += [str(HERE.parent / "support"), str(HERE.parent / "interop" / "python"), STUBS]

import replicas  # noqa: E402
from judge import DOUBLE, STUCK, UNEXPECTED, UNTRUE, Finding  # noqa: E402
from patience import Stuck  # noqa: E402


class Trial:
    def __init__(self):
        self.findings = []
        self.upstream = unittest.mock.Mock()

    def finish(self):
        return [*self.findings, Finding(DOUBLE, "by the judge")]


class Found(unittest.TestCase):
    def setUp(self):
        self.trial, self.told = Trial(), []
        for name, what in (("Trio", contextlib.nullcontext), ("Convergence", self.convergence)):
            self.enterContext(unittest.mock.patch.object(replicas, name, what))

    def convergence(self, *_):
        return unittest.mock.Mock(took={}, check=lambda name, _: [Finding(UNTRUE, name)])

    def run_rounds(self, run):
        with (unittest.mock.patch.object(replicas.Replicas, "await_quiet", lambda _: None),
              unittest.mock.patch.object(replicas.Replicas, "run", run)):
            found = replicas.replicas(self.trial, None, "seed", 3, self.told.append)
        return [finding.kind for finding in found]

    def test_all_of_it_at_the_end(self):
        self.assertEqual(self.run_rounds(lambda *_: None), [UNTRUE] * 3 + [DOUBLE])
        self.assertIn("3 rounds: ", self.told)

    def test_all_of_it_when_it_is_stuck(self):
        def run(_, planned):
            self.trial.findings.append(Finding(UNEXPECTED, planned.style))
            raise Stuck("for 1 s there was no end")

        self.assertEqual(self.run_rounds(run), [UNTRUE] * 3 + [UNEXPECTED, STUCK, DOUBLE])
        self.assertIn("0 rounds: ", self.told)


if __name__ == "__main__":
    unittest.main()
