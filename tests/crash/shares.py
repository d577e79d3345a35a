"""Whether calls were spread over the replicas, by what those answered that lived through a round. Pure."""

import collections

from judge import UNEXPECTED, Finding

_LEAST = 0.1  # of an even share
_ENOUGH = 50  # calls of an even share, from which on it is an assertion


class Shares:
    """The bound is far below what round_robin does, one or another of its connections missing for a while; of a channel
    that keeps to one replica, the others get nothing."""

    def __init__(self):
        self._calls, self._even = collections.Counter(), collections.Counter()
        self._fewest = self._even_of_them = 0

    def add(self, calls):
        """`calls` of a round, by the names of the replicas that lived through it."""
        if len(calls) < 2:
            return
        even = sum(calls.values()) / len(calls)
        for name, count in calls.items():
            self._calls[name] += count
            self._even[name] += even
        self._fewest += min(calls.values())
        self._even_of_them += even

    def tell(self):
        """A line for a report."""
        parts = ", ".join(f"{count} by the {name}" for name, count in sorted(self._calls.items()))
        return (f"calls answered in rounds that a replica lived through: {parts or 0}; who answered the fewest, "
                f"answered {self._fewest / max(1, self._even_of_them):.0%} of an even share")

    def findings(self):
        for name, even in sorted(self._even.items()):
            if even >= _ENOUGH and self._calls[name] < _LEAST * even:
                yield Finding(UNEXPECTED, f"{name} answered {self._calls[name]} calls where {even:.0f} were its share")
        # Who is kept to may be another in each round.
        if self._even_of_them >= _ENOUGH and self._fewest < _LEAST * self._even_of_them:
            yield Finding(UNEXPECTED, f"calls are not spread: who answered the fewest in a round, answered "
                                      f"{self._fewest} where {self._even_of_them:.0f} were its share")
