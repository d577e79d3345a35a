"""What a store waits for comes to an end.

Usage: stores_test.py [unittest arguments]
"""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from patience import Stuck  # noqa: E402
from stores import PostgresStore  # noqa: E402


class Server:
    """A PostgreSQL of which `sessions` says which are there, one answer for each question; the last stays."""

    def __init__(self, *sessions):
        self._sessions = list(sessions)

    def url(self, database, _port):
        return f"postgresql://nobody/{database}"

    def create_database(self, name):
        pass

    def query(self, _sql):
        return self._sessions.pop(0) if len(self._sessions) > 1 else self._sessions[0]


def wait_until_left(*sessions, patience):
    with tempfile.TemporaryDirectory() as directory:
        PostgresStore(Server(*sessions), "trial", directory).wait_until_left("first", patience)


class Left(unittest.TestCase):
    def test_who_is_gone_has_left_when_its_sessions_have_ended(self):
        wait_until_left([{"pid": 7}, {"pid": 8}], [{"pid": 7}], [], patience=60)

    def test_a_session_that_does_not_end_is_stuck(self):
        with self.assertRaisesRegex(Stuck, "end of what first had sent"):
            wait_until_left([{"pid": 7}], patience=0.05)


if __name__ == "__main__":
    unittest.main()
