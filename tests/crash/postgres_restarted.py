"""PostgreSQL crashes and comes back under load.

In between nothing is begun, reads go on, and health says what is missing. Afterwards no doubt remains, because neither
the gateway nor the upstream has lost anything.
"""

import random
import time

from callers import ASKED, pursue
from outage import health_says, is_refused, no_doubt_remains, reads_go_on
from plan import ALLOCATE


def postgres_restarted(trial, server, seed, rounds, report):
    rng = random.Random(seed)
    gateway = trial.start()
    trial.findings += reads_go_on(gateway)
    trial.settlers.keep(1_000_000)  # nobody but the gateway settles anything
    for _ in range(rounds):
        trial.upstream.set_faults([{"path": ALLOCATE, "delay_ms": rng.randint(50, 200)}])
        begun, to_be_begun = trial.line.begun()[ASKED], rng.randint(4, 16)
        trial.callers.want(24)
        trial.wait_for("call", lambda: trial.line.begun()[ASKED] - begun >= to_be_begun)
        time.sleep(rng.uniform(0, 0.1))
        server.stop("immediate")
        trial.findings += health_says(gateway, serving=False)
        refused, found = is_refused(trial, in_a_row=8, most=8)
        trial.findings += [*found, *reads_go_on(gateway)]
        server.start()
        trial.findings += health_says(gateway, serving=True)
        for intent in refused:
            pursue(trial.line, intent, rng)
        trial.wait_for("answer", trial.callers.idle)
    findings = trial.finish()
    in_doubt = sum(intent.answers[-1].reason == "ALLOCATION_IN_DOUBT" for intent in trial.intents())
    report(f"{rounds} crashes of PostgreSQL; {in_doubt} callers were told of a doubt that was settled afterwards")
    return findings + [*no_doubt_remains(trial.intents())]
