"""Two gateways on one PostgreSQL, and one is stopped with SIGSTOP for longer than its lease.

Meanwhile the other answers for it, and an operator sends again what the upstream has not executed. When the stopped
one goes on, it must not send what it had in its hands.
"""

import random
import signal
import threading
import time

from callers import pursue
from judge import UNEXPECTED, Finding
from line import Closed
from patience import PATIENCE
from plan import ALLOCATE
from settlers import resolve

_CALLS = 12  # three times as many as may be in flight: some are sent, some wait, some are about to be recorded
_TRIES = 20  # of a stop that is to put something in doubt
_LONG = 60  # seconds: so that it is not the callers' deadline that keeps the stopped gateway from sending


def replica_stopped(trial, seed, rounds, report):
    rng = random.Random(seed)
    trial.start("stopped")
    trial.start("running")
    in_doubt, stops = 0, 0
    for _ in range(rounds):
        found, tries = 0, 0
        while not found and tries < _TRIES:
            found = _put_in_doubt(trial, rng)
            tries, stops = tries + 1, stops + 1
        if not found:
            trial.findings.append(Finding(UNEXPECTED, f"{tries} stops in a row put nothing in doubt"))
        in_doubt += found
    report(f"{stops} stops put {in_doubt} of {stops * _CALLS} allocations in doubt")
    return trial.finish()


def _put_in_doubt(trial, rng):
    """Stops a gateway until everything that it was asked for is settled elsewhere. How many were in doubt meanwhile."""
    trial.upstream.set_faults([{"path": ALLOCATE, "delay_ms": rng.randint(50, 300)}])
    intents = [trial.intend("stopped") for _ in range(_CALLS)]
    askers = [_start(pursue, trial.line, intent, random.Random(rng.random()), "stopped", 0, _LONG)
              for intent in intents]
    time.sleep(rng.uniform(0, 0.4))
    trial.signal("stopped", signal.SIGSTOP)
    try:
        _join([_start(_answer_elsewhere, trial, intent, random.Random(rng.random())) for intent in intents])
    finally:
        trial.signal("stopped", signal.SIGCONT)
    _join(askers)
    return sum(any(answer.reason == "ALLOCATION_IN_DOUBT" for answer in intent.answers) for intent in intents)


def _answer_elsewhere(trial, intent, rng):
    """The caller asks the other replica, and the operator settles there what is in doubt."""
    answer = pursue(trial.line, intent, rng, "running")
    while answer.reason == "ALLOCATION_IN_DOUBT":
        resolve(trial.line, trial.upstream, intent, to="running")
        answer = pursue(trial.line, intent, rng, "running")


def _start(work, *arguments):
    def run():
        try:
            work(*arguments)
        except Closed:
            pass

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def _join(threads):
    give_up = time.monotonic() + PATIENCE
    for thread in threads:
        thread.join(max(0, give_up - time.monotonic()))
