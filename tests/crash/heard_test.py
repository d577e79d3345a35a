"""Lists that are heard of late are found, and one that is late by itself is not.

Usage: heard_test.py [unittest arguments]
"""

import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from heard import late, tell  # noqa: E402
from judge import UNTRUE  # noqa: E402


class Heard(unittest.TestCase):
    def check(self, took, *kinds):
        self.assertEqual([finding.kind for finding in late(took)], list(kinds))

    def test_half_of_them_are_to_be_in_time(self):
        self.check({"a start": [0.015] * 11, "a restart": [9.0] * 10})
        self.check({"a start": [0.015] * 10, "a restart": [1.01] * 11}, UNTRUE)

    def test_a_second_is_in_time(self):
        self.check({"a start": [1.0] * 20})

    def test_few_say_nothing(self):
        self.check({"a start": [9.0] * 10, "a restart": [9.0] * 9})
        self.check({})

    def test_what_is_told_is_of_all_and_of_each(self):
        self.assertEqual(list(tell({"b": [0.5, 1.5], "a": [0.1], "c": []})), [
            "lists heard of, after all: 3, 2 within 1 s; median 500 ms, largest 1500 ms",
            "lists heard of, after a: 1, 1 within 1 s; median 100 ms, largest 100 ms",
            "lists heard of, after b: 2, 1 within 1 s; median 1000 ms, largest 1500 ms"])


if __name__ == "__main__":
    unittest.main()
