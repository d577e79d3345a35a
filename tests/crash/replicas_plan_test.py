"""A seed is a plan, and every round of it gives back what it took.

Usage: replicas_plan_test.py [unittest arguments]
"""

import collections
import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from replicas_plan import (CRASH, DRAIN, FALSE_START, KILL, NAMES, RECOVER, START, STYLES,  # noqa: E402
                           replicas_plan)

MANY = replicas_plan("a seed", 400)


class ReplicasPlan(unittest.TestCase):
    def test_a_seed_has_one_plan(self):
        self.assertEqual(replicas_plan("a seed", 50), MANY[:50])
        self.assertNotEqual(replicas_plan("another", 50), MANY[:50])

    def test_every_style_comes_equally_often(self):
        counts = collections.Counter(planned.style for planned in MANY[:3 * len(STYLES)])
        self.assertEqual(counts, {style: 3 for style in STYLES})

    def test_every_round_takes_what_is_there_and_gives_it_back(self):
        for planned in MANY:
            up, draining, database = set(NAMES), set(), True
            for step in planned.steps:
                names = set(step.names)
                with self.subTest(steps=planned.steps, step=step):
                    if step.do == KILL:
                        self.assertLessEqual(names, up | draining)
                        up, draining = up - names, draining - names
                    elif step.do == DRAIN:
                        self.assertLessEqual(names, up)
                        up, draining = up - names, draining | names
                    elif step.do in (START, FALSE_START):
                        self.assertFalse(names & up)
                        self.assertEqual(len(names), 1)
                        if step.do == START:
                            up, draining = up | names, draining - names
                    else:
                        self.assertEqual((step.do, names), (CRASH if database else RECOVER, set()))
                        database = not database
            self.assertEqual((up, draining, database), (set(NAMES), set(), True), planned)

    def test_each_replica_fetches_a_list_after_each_round(self):
        for planned in MANY:
            self.assertEqual(sorted(planned.refreshers), sorted(NAMES))

    def test_what_may_come_comes(self):
        def comes(what):
            return any(what([step.do for step in planned.steps]) for planned in MANY)

        self.assertTrue(comes(lambda steps: FALSE_START in steps))
        self.assertTrue(comes(lambda steps: CRASH in steps and START in steps[:steps.index(RECOVER)]),
                        "a replica starts while there is no PostgreSQL")
        self.assertTrue(comes(lambda steps: CRASH in steps and KILL in steps[steps.index(CRASH):]))
        self.assertTrue(comes(lambda steps: CRASH in steps and KILL in steps[:steps.index(CRASH)]))
        self.assertTrue(any(step.do == KILL and len(step.names) == 3 for planned in MANY for step in planned.steps))
        self.assertTrue(any(planned.steps[0].do == DRAIN and planned.steps[1].do == KILL
                            and planned.steps[0].names == planned.steps[1].names for planned in MANY),
                        "a replica is killed while it stops")


if __name__ == "__main__":
    unittest.main()
