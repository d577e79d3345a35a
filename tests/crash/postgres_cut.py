"""The connection to PostgreSQL breaks while commits are under way, so that the gateway does not know if they happened.

Some did, because only the replies are lost, and some did not, because the requests are. An intent of which that is not
known is taken back, since nothing was sent for it, and its caller's next try sends it: once.
"""

import random
import time

from callers import ASKED
from judge import UNEXPECTED, Finding
from outage import no_doubt_remains
from plan import ALLOCATE
from proxy import REPLIES, REQUESTS

_TRIES = 20  # of a cut that is to hit an intent


def postgres_cut(trial, proxy, seed, rounds, report):
    rng = random.Random(seed)
    trial.start()
    trial.settlers.keep(1_000_000)  # nobody but the gateway settles anything
    cuts = 0
    for number in range(2 * rounds):
        what, hit, tries = (REPLIES, REQUESTS)[number % 2], 0, 0
        while not hit and tries < _TRIES:
            hit = _HIT[what](trial, _cut(trial, proxy, what, rng))
            tries, cuts = tries + 1, cuts + 1
        if not hit:
            trial.findings.append(Finding(UNEXPECTED, f"{tries} cuts in a row, with {what} lost, hit no intent"))
    findings = trial.finish()
    taken_back = _taken_back(trial, trial.intents())
    report(f"{cuts} cuts; {taken_back} intents had been recorded, were taken back and sent by a later try")
    return findings + [*no_doubt_remains(trial.intents())]


def _cut(trial, proxy, what, rng):
    """Returns the intents that were wanted at the time."""
    trial.upstream.set_faults([{"path": ALLOCATE, "delay_ms": rng.randint(0, 40)}])
    begun, to_be_begun = trial.line.begun()[ASKED], rng.randint(2, 12)
    first = len(trial.callers.intents)
    trial.callers.want(24)
    trial.wait_for("call", lambda: trial.line.begun()[ASKED] - begun >= to_be_begun, pause=0.001)
    proxy.lose(what)
    time.sleep(rng.uniform(0.02, 0.1))
    proxy.cut()
    time.sleep(rng.choice((0, rng.uniform(0.1, 0.4))))  # what is taken back, and tried again, may come together
    proxy.mend()
    trial.wait_for("answer", trial.callers.idle)
    return trial.callers.intents[first:]


def _refused(_, intents):
    return sum(intent.answers[0].reason == "LEDGER_UNAVAILABLE" for intent in intents)


def _taken_back(trial, intents):
    """The upstream refuses nobody here: there is no other reason for a second attempt."""
    return sum(row.attempt > 1 for row in trial.store.rows({intent.email for intent in intents}))


_HIT = {REPLIES: _taken_back, REQUESTS: _refused}  # how many intents a cut has hit
