"""Callers that want invitations and ask until they have an answer, whatever happens to the gateways.

Thread safety: everything may be called from any thread.
"""

import random
import time

from concero.v1 import assessment_pb2

from crew import Crew
from history import REFUSED, Answer, Intent
from line import answer_of
from upstream import EXAMINATION

CALL_PATIENCE = 10  # seconds: the deadline of a patient caller, who asks again after it
ASKED, ASKED_AGAIN = "asked", "asked again after a refusal"


def allocate(line, intent, timeout=CALL_PATIENCE, to=None, kind=ASKED):
    """One call for it, by its request_id if it has or was told one; returns its answer."""
    request = assessment_pb2.AllocateCandidateRequest(
        examination_id=EXAMINATION, candidate_email=intent.email, request_id=intent.known_id)

    def send(gateway):
        response = gateway.assessment.AllocateCandidate(request, timeout=timeout)
        return answer_of(response.allocation, response.replayed)

    return line.ask(kind, intent, send, to)


def pursue(line, intent, rng, to=None, impatience=0.0, patience=CALL_PATIENCE):
    """Asks until there is a final answer, or who asks gives up; every answer goes into the intent.

    `impatience`: in which part of the calls the deadline comes early.
    """
    kind = ASKED
    while True:
        timeout = rng.choice((0.2, 0.4)) if rng.random() < impatience else patience
        answer = allocate(line, intent, timeout, to, kind)
        intent.answers.append(answer)
        if answer.final or intent.given_up:
            return answer
        kind = ASKED_AGAIN if answer.reason in REFUSED else ASKED
        time.sleep(rng.uniform(0.005, 0.03))


def cancel(line, intent, rng):
    """Asks until the invitation is cancelled."""
    request = assessment_pb2.CancelAllocationRequest(invite_id=intent.outcome.invite_id)

    def send(gateway):
        gateway.assessment.CancelAllocation(request, timeout=CALL_PATIENCE)
        return Answer("OK")

    while not line.ask("cancel", intent, send).ok:
        time.sleep(rng.uniform(0.005, 0.03))
    intent.cancelled = True


class Callers(Crew):
    """Each has one intent at a time. `in_doubt` is told the intents that end so; `impatience`: see pursue()."""

    def __init__(self, line, seed, count, in_doubt, impatience):
        self._line, self._seed, self._in_doubt, self._impatience = line, seed, in_doubt, impatience
        self._wanted = 0
        self.intents = []
        super().__init__("caller", count)

    def want(self, count):
        """So many more invitations."""
        with self.changed:
            self._wanted += count
            self.changed.notify_all()

    def has_work(self):
        return self._wanted > 0

    def take(self):
        self._wanted -= 1
        number = len(self.intents)
        rng = random.Random(f"{self._seed}/{number}")
        self.intents.append(_new_intent(rng, number))
        return self.intents[-1], rng

    def work(self, taken):
        intent, rng = taken
        time.sleep(rng.uniform(0, 0.01))
        answer = pursue(self._line, intent, rng, impatience=self._impatience)
        if answer.reason == "ALLOCATION_IN_DOUBT":
            self._in_doubt(intent)
        elif answer.ok and intent.wants_cancel:
            cancel(self._line, intent, rng)


def _new_intent(rng, number):
    """Most have a request_id of their own; some leave it to the gateway; some will be cancelled, some given up."""
    request_id = "" if rng.random() < 0.15 else f"{number:06}-{rng.getrandbits(64):016x}"
    return Intent(f"candidate-{number}@crash.example", request_id, wants_cancel=rng.random() < 0.1,
                  gives_up=rng.random() < 0.1)
