"""The verdict over rolling restarts: everything that a caller must not notice is found, and nothing else."""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "crash"))

from history import Row  # noqa: E402

from verdict import verdict  # noqa: E402

KEPT, CANCELLED = "kept@rolling.example", "cancelled@rolling.example"


def evidence(**changes):
    """Of a run in which all went well, but for the changes."""
    good = {"failed": [], "wanted": [KEPT, CANCELLED], "cancelled": {CANCELLED},
            "executed": {KEPT: 1, CANCELLED: 1},
            "rows": [Row("1", KEPT, "SUCCEEDED", 1, 7), Row("2", CANCELLED, "CANCELLED", 1, 8)],
            "answered": {"first": 3, "second": 4}, "codes": [0, 0]}
    return good | changes


class Verdict(unittest.TestCase):
    def finds(self, part, **changes):
        found = verdict(**evidence(**changes))
        self.assertEqual(1, len(found), found)
        self.assertIn(part, found[0])

    def test_nothing_is_found_when_all_went_well(self):
        self.assertEqual([], verdict(**evidence()))

    def test_every_failed_call_is_found(self):
        self.assertEqual(["one", "another"], verdict(**evidence(failed=["one", "another"])))

    def test_an_invitation_that_was_not_executed_is_found(self):
        self.finds(f"{KEPT} was invited 0 times", executed={CANCELLED: 1})

    def test_an_invitation_that_was_executed_twice_is_found(self):
        self.finds(f"{KEPT} was invited 2 times", executed={KEPT: 2, CANCELLED: 1})

    def test_an_invitation_of_a_stranger_is_found(self):
        self.finds("stranger was invited", executed={KEPT: 1, CANCELLED: 1, "stranger": 1})

    def test_a_row_in_doubt_pending_or_missing_is_found(self):
        good = evidence()["rows"]
        for state in ("IN_DOUBT", "PENDING", "FAILED"):
            self.finds(state, rows=[good[0]._replace(state=state), good[1]])
        self.finds(KEPT, rows=good[1:])

    def test_a_second_row_of_a_candidate_is_found(self):
        good = evidence()["rows"]
        self.finds(KEPT, rows=[*good, Row("3", KEPT, "FAILED", 1, 0)])

    def test_a_cancel_that_is_not_recorded_is_found(self):
        good = evidence()["rows"]
        self.finds(CANCELLED, rows=[good[0], good[1]._replace(state="SUCCEEDED")])

    def test_a_replica_without_calls_is_found(self):
        self.finds("second", answered={"first": 3, "second": 0})

    def test_an_exit_code_other_than_0_is_found(self):
        self.finds("-9", codes=[0, -9])


if __name__ == "__main__":
    unittest.main()
