"""How soon lists were heard of, told and judged. Pure.

`took` is what Convergence has: the seconds, by what had happened before; each is of one replica and one list.
"""

import statistics

from judge import UNTRUE, Finding

AIM = 1  # seconds in which a list is to be heard of
_ENOUGH = 20  # lists, from which on half of them are an assertion


def tell(took):
    """Lines for a report."""
    for after, seconds in [("all", _all(took)), *sorted(took.items())]:
        if seconds:
            yield (f"lists heard of, after {after}: {len(seconds)}, {sum(one <= AIM for one in seconds)} within "
                   f"{AIM} s; median {statistics.median(seconds) * 1000:.0f} ms, largest {max(seconds) * 1000:.0f} ms")


def late(took):
    """A finding when half of them were too late: a machine that is busy delays one list or another, not those."""
    seconds = _all(took)
    if len(seconds) >= _ENOUGH and statistics.median(seconds) > AIM:
        yield Finding(UNTRUE, f"half of {len(seconds)} lists took more than {AIM} s to be heard of: the median is "
                              f"{statistics.median(seconds):.2f} s")


def _all(took):
    return [one for some in took.values() for one in some]
