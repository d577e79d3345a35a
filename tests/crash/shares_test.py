"""Calls that are not spread over the replicas are found, and a replica that lacks some of its is not.

Usage: shares_test.py [unittest arguments]
"""

import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from judge import UNEXPECTED  # noqa: E402
from shares import Shares  # noqa: E402


def shares(*rounds):
    made = Shares()
    for one in rounds:
        made.add(one)
    return made


class Spread(unittest.TestCase):
    def check(self, made, *parts):
        """That these are parts of what is found, one each."""
        found = list(made.findings())
        self.assertEqual(len(found), len(parts), found)
        for finding, part in zip(found, parts):
            self.assertEqual(finding.kind, UNEXPECTED)
            self.assertIn(part, finding.what)

    def test_even_shares_are_good(self):
        self.check(shares({"first": 40, "second": 41, "third": 40}, {"first": 30, "third": 29}))

    def test_some_rounds_without_calls_are_good(self):
        self.check(shares({"first": 80, "second": 0}, {"first": 80, "second": 80}, {"first": 0, "second": 80},
                          {"first": 60, "third": 55}))

    def test_a_replica_without_calls_is_found(self):
        self.check(shares({"first": 90, "second": 90, "third": 6}, {"first": 60, "second": 60}), "third answered 6")

    def test_a_channel_that_keeps_to_one_replica_is_found_also_when_it_is_another_each_time(self):
        self.check(shares({"first": 120, "second": 0, "third": 0}, {"second": 80, "third": 0},
                          {"first": 0, "third": 110}), "not spread")

    def test_few_calls_say_nothing(self):
        self.check(shares({"first": 98, "second": 0}))
        self.check(shares())

    def test_who_lived_alone_shares_with_nobody(self):
        made = shares({"first": 500}, {})
        self.check(made)
        self.assertIn("lived through: 0;", made.tell())

    def test_what_is_told_is_of_each(self):
        self.assertEqual(shares({"second": 30, "first": 10}).tell(),
                         "calls answered in rounds that a replica lived through: 10 by the first, 30 by the second; "
                         "who answered the fewest, answered 50% of an even share")


if __name__ == "__main__":
    unittest.main()
