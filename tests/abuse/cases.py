"""The cases: each a function of the gateway's address that does one kind of harm and says what was seen.

A case raises AssertionError when its own expectation is not met; that the process lives, serves others, keeps within
its memory and gives descriptors back is expected of all (run.py).
"""

import collections

Case = collections.namedtuple("Case", "name act long")

CASES = []


def case(name, long=False):
    """Adds a case. `long`: it takes its time and runs only when asked for."""
    def add(act):
        CASES.append(Case(name, act, long))
        return act
    return add


def expect(holds, what):
    if not holds:
        raise AssertionError(what)
