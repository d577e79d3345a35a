"""Two gateways on one PostgreSQL, and one is killed: the other answers for it.

Nobody can know what became of what the dead one was sending, so after its lease each of these is in doubt.
"""

import random
import time

from judge import UNEXPECTED, Finding
from plan import ALLOCATE

_REPLICAS = ("first", "second")
_TRIES = 20  # of a kill that is to leave something PENDING


def replica_killed(trial, seed, rounds, report):
    rng = random.Random(seed)
    for name in _REPLICAS:
        trial.start(name)
    trial.settlers.keep(1_000_000)  # not before the survivor's word is heard
    orphans, killed = [], 0
    for _ in range(rounds):
        left, tries = [], 0
        while not left and tries < _TRIES:
            left = _orphans_of(trial, _REPLICAS[killed % 2], rng)
            tries, killed = tries + 1, killed + 1
        if not left:
            trial.findings.append(Finding(UNEXPECTED, f"{tries} kills in a row left nothing PENDING"))
        orphans += left
    report(f"{killed} kills left {len(orphans)} PENDING for the other replica to answer for")
    trial.findings += [Finding(UNEXPECTED, f"the gateway that sent {intent.email} was killed, and its caller was told "
                                           f"{intent.outcome}")
                       for intent in orphans if (intent.outcome.ok if intent.outcome else not intent.given_up)]
    trial.settlers.keep(0)
    trial.wait_for("resolution", trial.settlers.idle)
    return trial.finish()


def _orphans_of(trial, victim, rng):
    """Kills it, starts it again when all callers have been answered, and returns the intents that it left PENDING."""
    trial.upstream.set_faults([{"path": ALLOCATE, "delay_ms": rng.randint(200, 400)}])
    posted, to_be_posted = len(trial.upstream.posts()), rng.randint(3, 8)
    trial.callers.want(24)
    trial.wait_for("POST", lambda: len(trial.upstream.posts()) - posted >= to_be_posted)
    time.sleep(rng.uniform(0, 0.15))
    with trial.line.held():  # so that nothing of the survivor's is taken for the victim's
        cut = {call.intent.email: call.intent for call in trial.kill(victim)}
        trial.store.wait_until_left(victim)
        left = [cut[row.email] for row in trial.store.rows(cut) if row.state == "PENDING"]
    trial.wait_for("answer of the other replica", trial.callers.idle)
    trial.start(victim)
    return left
