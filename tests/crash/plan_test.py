"""A seed is a plan, and a plan has every style of kill.

Usage: plan_test.py [unittest arguments]
"""

import collections
import json
import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from plan import ALLOCATE, plan  # noqa: E402


class Plan(unittest.TestCase):
    def test_a_seed_has_one_plan(self):
        self.assertEqual(plan("a seed", 50), plan("a seed", 50))
        self.assertNotEqual(plan("a seed", 50), plan("another", 50))

    def test_a_shorter_plan_is_the_beginning_of_a_longer_one(self):
        self.assertEqual(plan("a seed", 20), plan("a seed", 50)[:20])

    def test_every_style_comes_equally_often(self):
        styles = set(kill.style for kill in plan("a seed", 1000))
        counts = collections.Counter(kill.style for kill in plan("a seed", 3 * len(styles)))
        self.assertEqual(counts, {style: 3 for style in styles})

    def test_faults_act_on_allocations_alone(self):
        for kill in plan("a seed", 200):
            for fault in kill.faults:
                self.assertEqual(fault["path"], ALLOCATE)
                json.dumps(fault)

    def test_no_fault_reports_as_failed_what_was_executed(self):
        # With an action a request is executed whatever status is answered: then the answer may not be believable.
        for kill in plan("a seed", 500):
            for fault in kill.faults:
                self.assertFalse("action" in fault and "status" in fault, fault)


if __name__ == "__main__":
    unittest.main()
