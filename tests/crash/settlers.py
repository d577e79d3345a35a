"""Operators who settle allocations in doubt, as the documents tell them to: look in the portal first, then decide.

Thread safety: everything may be called from any thread.
"""

import collections
import random
import time

from concero.v1 import allocation_pb2

from callers import CALL_PATIENCE, pursue
from crew import Crew
from line import answer_of

CONFIRM, RESEND, ABANDON = "confirm", "resend", "abandon"


class Settlers(Crew):
    """Each has one intent at a time, as long as more than keep() of them wait."""

    def __init__(self, line, upstream, seed, count):
        self._line, self._upstream, self._seed = line, upstream, seed
        self._waiting = collections.deque()
        self._kept = 0
        self.told = collections.Counter()  # how the attempts to settle ended
        super().__init__("settler", count)

    def add(self, intent):
        """Its outcome is ALLOCATION_IN_DOUBT. Every third is left so."""
        if random.Random(f"{self._seed}/{intent.email}").random() < 1 / 3:
            return
        with self.changed:
            self._waiting.append(intent)
            self.changed.notify_all()

    def keep(self, count):
        """How many may wait: a stock for the runs that want many at once."""
        with self.changed:
            self._kept = count
            self.changed.notify_all()

    def has_work(self):
        return len(self._waiting) > self._kept

    def take(self):
        return self._waiting.popleft()

    def work(self, intent):
        rng = random.Random(f"{self._seed}/settle/{intent.email}")
        abandons = rng.random() < 0.2
        while intent.outcome.reason == "ALLOCATION_IN_DOUBT":
            # Every attempt looks anew: the one before may have been carried out although nobody was told.
            answer = resolve(self._line, self._upstream, intent, abandons)
            with self.changed:
                self.told[answer.reason or answer.state] += 1
            if answer.ok and answer.state == "SUCCEEDED":
                intent.answers.append(answer)
            time.sleep(rng.uniform(0.005, 0.03))
            pursue(self._line, intent, rng)


def resolve(line, upstream, intent, abandons=False, to=None):
    """One attempt to settle it, by what the upstream has executed; returns its answer."""
    request = allocation_pb2.ResolveAllocationRequest(request_id=intent.known_id, note="looked it up")
    invite_id = upstream.invite_of(intent.email)
    if invite_id is not None:
        kind = CONFIRM
        request.confirm.invite_id, request.confirm.invite_link = invite_id, f"https://crash.example/{invite_id}"
    elif abandons:
        kind = ABANDON
        request.abandon.SetInParent()
    else:
        kind = RESEND
        request.resend.SetInParent()

    def send(gateway):
        return answer_of(gateway.allocation.ResolveAllocation(request, timeout=CALL_PATIENCE).allocation)

    return line.ask(kind, intent, send, to)
