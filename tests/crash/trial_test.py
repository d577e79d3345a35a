"""A trial notices what becomes of its gateways.

Usage: trial_test.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS [unittest arguments]
"""

import os
import pathlib
import signal
import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent
BINARIES, STUBS = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
sys.path += [str(HERE.parent / "support"), str(HERE.parent / "interop" / "python"), STUBS]


from judge import UNEXPECTED  # noqa: E402
from stores import SqliteStore  # noqa: E402
from trial import Trial  # noqa: E402


def end_by_itself(gateway):
    """As somebody else would have it, and nobody is told."""
    gateway.signal(signal.SIGTERM)
    os.waitid(os.P_PID, gateway.pid, os.WEXITED | os.WNOWAIT)


class Ends(unittest.TestCase):
    def setUp(self):
        self.trial = self.enterContext(Trial(BINARIES, "seed", SqliteStore))
        self.gateway = self.trial.launch("gateway")
        self.trial.line.open("gateway", self.gateway.grpc)

    def check(self, *kinds):
        """That these are the kinds of what the trial has found, at once and at its end."""
        self.assertEqual([finding.kind for finding in self.trial.findings], list(kinds), self.trial.findings)
        self.trial.start()
        self.assertEqual([finding.kind for finding in self.trial.finish()], list(kinds))

    def test_a_kill_is_none(self):
        self.trial.kill()
        self.check()

    def test_who_ended_before_the_kill_is_found(self):
        end_by_itself(self.gateway)
        self.trial.kill()
        self.check(UNEXPECTED)

    def test_so_is_one_that_is_killed_with_others(self):
        self.trial.line.shut("gateway").channel.close()
        end_by_itself(self.gateway)
        self.trial.end(["gateway"])
        self.check(UNEXPECTED)

    def test_one_that_drains_may_end_before_it_is_killed(self):
        self.trial.line.shut("gateway").channel.close()
        end_by_itself(self.gateway)
        self.trial.end(["gateway"], draining={"gateway"})
        self.check()

    def test_a_start_is_cut_by_nothing_but_the_kill(self):
        self.trial.kill()
        self.trial.cut_start(0.02)
        self.check()

    def test_a_start_that_fails_by_itself_is_found(self):
        self.trial.kill()
        pathlib.Path(self.trial.directory, "gateway", "gateway.yaml").write_text("nothing: that it knows\n")
        for seconds in (0.5, 2, 8):
            self.trial.cut_start(seconds)
            if self.trial.findings:
                break
        self.check(UNEXPECTED)


class Killed(unittest.TestCase):
    def test_a_program_tells_how_it_ended(self):
        with Trial(BINARIES, "seed", SqliteStore) as trial:
            self.assertEqual(trial.launch("killed").kill(), -signal.SIGKILL)
            other = trial.launch("ended")
            end_by_itself(other)
            self.assertEqual(other.kill(), 0)


if __name__ == "__main__":
    unittest.main()
