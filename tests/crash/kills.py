"""The main scenario: one gateway, killed and started again as the plan says, under callers who do not give up."""

import collections
import time

from aims import await_aim, stock_for
from judge import UNEXPECTED, Finding
from phases import PHASES, STARTING, phase_of
from plan import plan

_LONG = 100  # runs after which every phase has been hit


class Kills:
    """`hit` counts the phases that calls were in when their gateway was killed."""

    def __init__(self, trial):
        self._trial = trial
        self._rows = {}  # of the intents without an answer at the last kill, by e-mail
        self.hit = collections.Counter()

    def run(self, kill):
        trial = self._trial
        trial.upstream.set_faults(kill.faults)
        if kill.cut_start is not None and trial.has_started():
            trial.cut_start(kill.cut_start)
            self.hit[STARTING] += 1
        trial.settlers.keep(stock_for(kill.aim))
        trial.callers.want(kill.new_intents)
        before = trial.line.begun()
        trial.start()
        await_aim(trial, kill.aim, before)
        time.sleep(kill.aim.pause)
        self._classify(trial.kill())

    def _classify(self, cut):
        """Counts where the calls stood that were cut off, by what is there after the kill."""
        posts = self._trial.upstream.turn_over()
        self._trial.store.wait_until_left("gateway")
        wanted = {call.intent.email for call in cut}
        wanted |= {intent.email for intent in self._trial.callers.intents
                   if intent.outcome is None and not intent.given_up}
        # Of several rows without a request_id of the caller's, all but one have failed.
        rows = {row.email: row for row in sorted(self._trial.store.rows(wanted), key=lambda row: row.state != "FAILED")}
        unread = any(not post.email for post in posts)
        for call in cut:
            email = call.intent.email
            self.hit[phase_of(call.kind, rows.get(email), self._rows.get(email),
                              [post for post in posts if post.email == email], unread)] += 1
        self._rows = rows


def kills(trial, seed, runs, report):
    """`report` is called with what has been done, now and then. A long run that does not hit every phase has failed."""
    main = Kills(trial)
    for number, kill in enumerate(plan(seed, runs), 1):
        main.run(kill)
        if number % 50 == 0:
            report(f"{number} kills, {len(trial.callers.intents)} invitations wanted")
    trial.start()
    findings = trial.finish()
    report(f"{runs} kills; the calls that they cut off:")
    for phase in (*PHASES, *sorted(main.hit.keys() - set(PHASES))):
        report(f"{main.hit[phase]:6} {phase}")
    missed = [phase for phase in PHASES if not main.hit[phase]] if runs >= _LONG else []
    return findings + [Finding(UNEXPECTED, f"no kill hit this: {phase}") for phase in missed]
