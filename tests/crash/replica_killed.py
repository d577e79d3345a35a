"""Two gateways on one PostgreSQL, and one is killed: the other answers for it.

Nobody can know what became of what the dead one was sending, so after its lease each of these is in doubt.
"""

import random
import time

from judge import UNEXPECTED, Finding
from line import wait_until
from plan import ALLOCATE
from trial import PATIENCE

REPLICAS = ("first", "second")


def replica_killed(trial, seed, rounds, report):
    rng = random.Random(seed)
    for name in REPLICAS:
        trial.start(name)
    trial.settlers.keep(1_000_000)  # not before the survivor's word is heard
    orphans = []
    for number in range(rounds):
        victim = REPLICAS[number % 2]
        trial.upstream.set_faults([{"path": ALLOCATE, "delay_ms": rng.randint(100, 300)}])
        posted, to_be_posted = len(trial.upstream.posts()), rng.randint(3, 8)
        trial.callers.want(24)
        wait_until(lambda: len(trial.upstream.posts()) - posted >= to_be_posted, PATIENCE)
        time.sleep(rng.uniform(0, 0.2))
        with trial.line.held():  # so that nothing of the survivor's is taken for the victim's
            cut = {call.intent.email: call.intent for call in trial.kill(victim)}
            trial.store.wait_until_left(victim)
            orphans += [cut[row.email] for row in trial.store.rows(cut) if row.state == "PENDING"]
        wait_until(trial.callers.idle, PATIENCE)
        trial.start(victim)
    report(f"{rounds} kills left {len(orphans)} PENDING for the other replica to answer for")
    wrong = [intent for intent in orphans
             if (intent.outcome.ok if intent.outcome else not intent.given_up)]
    trial.settlers.keep(0)
    wait_until(trial.settlers.idle, PATIENCE)
    findings = [Finding(UNEXPECTED, f"the gateway that sent {intent.email} was killed, and its caller was told "
                                    f"{intent.outcome}") for intent in wrong]
    return findings + trial.finish()
