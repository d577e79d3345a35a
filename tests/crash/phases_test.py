"""A kill is counted for the phase that the call was in.

Usage: phases_test.py [unittest arguments]
"""

import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

import phases  # noqa: E402
from history import Row  # noqa: E402
from phases import Post, phase_of  # noqa: E402

PENDING, AGAIN, SETTLED, DOUBTFUL = (Row("id", "e", state, attempt, 0) for state, attempt in (
    ("PENDING", 1), ("PENDING", 2), ("SUCCEEDED", 1), ("IN_DOUBT", 1)))
SEEN, DONE = Post("e", executed=False, answered=False), Post("e", executed=True, answered=False)

# The kind of call, the row now and before, the POSTs, whether there are others that nobody knows; and the phase.
CASES = (
    ("asked", None, None, [], False, phases.NO_ROW),
    ("asked", None, None, [DONE], False, phases.OTHER),
    ("asked", PENDING, None, [], False, phases.NOT_SENT),
    ("asked", PENDING, None, [], True, phases.OTHER),
    ("asked", PENDING, None, [SEEN], False, phases.UPSTREAM_HAS_IT),
    ("asked", PENDING, None, [SEEN], True, phases.UPSTREAM_HAS_IT),
    ("asked", PENDING, None, [DONE], False, phases.EXECUTED),
    ("asked", PENDING, PENDING, [], False, phases.LEFT_BEHIND),
    ("asked", AGAIN, PENDING, [], False, phases.BEGUN_AGAIN),
    ("asked again after a refusal", AGAIN, None, [SEEN], False, phases.BEGUN_AGAIN),
    ("asked", SETTLED, None, [DONE], False, phases.NOT_ANSWERED),
    ("asked", DOUBTFUL, None, [SEEN], False, phases.NOT_ANSWERED),
    ("asked", DOUBTFUL, PENDING, [], False, phases.REPLAYING),
    ("asked", SETTLED, SETTLED, [], False, phases.REPLAYING),
    ("confirm", DOUBTFUL, None, [], False, phases.CONFIRMING),
    ("resend", AGAIN, DOUBTFUL, [DONE], False, phases.RESENDING),
    ("abandon", DOUBTFUL, None, [], False, phases.ABANDONING),
    ("cancel", SETTLED, SETTLED, [], False, phases.CANCELLING),
)


class Phases(unittest.TestCase):
    def test_each_is_told_from_the_others(self):
        for *known, phase in CASES:
            with self.subTest(known=known):
                self.assertEqual(phase_of(*known), phase)

    def test_all_that_a_long_run_must_hit_can_be(self):
        self.assertEqual(set(phases.PHASES) - {case[-1] for case in CASES}, {phases.STARTING})


if __name__ == "__main__":
    unittest.main()
