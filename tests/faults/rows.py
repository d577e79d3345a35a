"""Does what a row of the catalogue says and finds what differs from what it expects.

Thread safety: one thread per place.
"""

import collections
import time

import judge
from calls import call_all

# `found`: the differences; `pairs`: how many (fault, call) pairs were judged.
Result = collections.namedtuple("Result", "row pairs found seconds", defaults=(0,))
_PATIENCE = 10  # seconds in which what is idle is closed
_ADDRESSES = ("@company.example", "candidate@")  # parts of all that are used here
_MEMORY = 96 << 20  # by which the peak may grow within a row


class Watch:
    """What must be so around a row: metrics that grow as expected, and nothing that is left."""

    def __init__(self, place):
        self._place = place
        self._descriptors = place.gateway.settled_descriptors()
        self._memory = place.gateway.peak_memory()
        self._elsewhere = place.elsewhere.connections
        self.before = place.gateway.metrics()

    def judge_sockets_gone(self):
        """There are as many descriptors as before, although no call has worked since."""
        return judge.judge_descriptors(self._descriptors, self._place.gateway.settled_descriptors(self._descriptors))

    def judge_metrics(self, expected, seen):
        """Once they are as expected, or after a while."""
        def differences(metrics):
            return [*judge.judge_metrics(expected, seen, judge.growth(self.before, metrics)),
                    *judge.judge_idle(metrics)]
        return differences(self._place.metrics_when(lambda metrics: not differences(metrics)))

    def judge_rest(self):
        """The fault is over: the next calls work, and then there are as many descriptors as before.

        The fault may leave good connections that are one too many: the gateway closes them when it next looks at
        what has been idle for long. What leaks stays.
        """
        give_up = time.monotonic() + _PATIENCE
        while True:
            self._place.warm()
            after = self._place.gateway.settled_descriptors(self._descriptors, 0.7)
            if after == self._descriptors or time.monotonic() > give_up:
                break
        yield from judge.judge_descriptors(self._descriptors, after)
        # The log names nobody and holds no key.
        yield from judge.judge_log(self._place.gateway.log_text(), self._place.gateway.secrets, _ADDRESSES)
        if self._place.elsewhere.connections != self._elsewhere:
            yield "a redirect was followed"
        grown = self._place.gateway.peak_memory() - self._memory
        if grown > _MEMORY:
            yield f"the peak of memory grew by {grown >> 20} MiB"


def judge_calls(row, seen, secrets):
    for each in seen:
        yield from judge.judge_call(row.expected[each.rpc], each, secrets)


def run_upstream_row(row, place):
    """A row of which the upstream is the cause."""
    watch = Watch(place)
    place.upstream.arm(row.upstream)
    try:
        rounds = row.options.get("rounds", 1)
        seen = [each for _ in range(rounds) for each in call_all(place.gateway, row.rpcs, row.timeout)]
        found = [*judge_calls(row, seen, place.gateway.secrets), *watch.judge_metrics(row.expected, seen),
                 *judge.judge_arrivals(row.expected, place.upstream.requests(), rounds)]
    finally:
        place.upstream.disarm()
    return [*found, *watch.judge_rest()]
