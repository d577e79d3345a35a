"""Three replicas on one PostgreSQL behind one round_robin channel: they and it are killed, stopped and started.

After each round there is quiet, and each replica in turn fetches a new list, which the others are to serve.
"""

import collections
import time

from aims import await_aim, stock_for
from convergence import Convergence
from heard import late, tell
from judge import STUCK, UNEXPECTED, Finding
from patience import Stuck
from phases import EXECUTED, NOT_SENT, PHASES, UPSTREAM_HAS_IT, phase_of
from replicas_plan import ALONE, CRASH, DRAIN, FALSE_START, KILL, NAMES, RECOVER, START, replicas_plan
from shares import Shares
from trio import ALL, Trio

_LONG = 50  # rounds after which the phases of _ALWAYS have been hit
_ALWAYS = (NOT_SENT, UPSTREAM_HAS_IT, EXECUTED)


class Replicas:
    """`hit` counts the phases that allocations were in when their replica was killed, `done` the steps."""

    def __init__(self, trial, server, trio):
        self._trial, self._server, self._trio = trial, server, trio
        self._convergence = Convergence(trial, trio)
        self._database = True
        self._unclassified = []  # kills since PostgreSQL went: the names, whether none was left, the calls
        self.shares = Shares()
        self.hit, self.done = collections.Counter(), collections.Counter()

    @property
    def took(self):
        return self._convergence.took

    def run(self, planned):
        trial = self._trial
        answered = self._trio.calls()
        trial.upstream.set_faults(planned.run.faults)
        trial.settlers.keep(stock_for(planned.run.aim))
        before = trial.line.begun()
        trial.callers.want(2 * planned.run.new_intents)
        await_aim(trial, planned.run.aim, before)
        time.sleep(planned.run.aim.pause)
        for step in planned.steps:
            if step.do != FALSE_START:
                time.sleep(step.pause)
            self._do(step)
            if step.do == CRASH and planned.style == ALONE:
                trial.findings += self._convergence.fetch(planned.refreshers[0])
            self.done[step.do] += max(1, len(step.names))
        self.await_quiet()
        self.shares.add({process[0]: count - answered[process] for process, count in self._trio.calls().items()
                         if process in answered})
        if planned.style == ALONE:
            trial.findings += self._convergence.await_heard("a fetch while PostgreSQL was away")
        self.converge(planned.refreshers, _what_happened(planned))

    def converge(self, refreshers, after):
        """Lets each of `refreshers` fetch a list; there is quiet."""
        for name in refreshers:
            self._trial.findings += self._convergence.check(name, after)
        self._trial.upstream.turn_over()

    def await_quiet(self):
        """Until nobody asks anything and everything is as it should be."""
        trial = self._trial
        trial.upstream.set_faults([])  # some refuse, or put in doubt, whatever comes
        trial.wait_for("answer", lambda: trial.callers.idle() and trial.settlers.idle(), pause=0.02)
        trial.wait_for("end of what is PENDING", lambda: trial.store.pending() == 0, pause=0.05)
        since = trial.store.now()
        trial.wait_for("lease of every replica", lambda: trial.store.renewed(since) == set(NAMES), pause=0.02)

    def _do(self, step):
        if step.do == CRASH:
            self._server.stop("immediate")
            self._database = False
        elif step.do == RECOVER:
            self._server.start()
            self._database = True
            self._classify()
        elif step.do == KILL:
            self._kill(step.names)
        elif step.do == DRAIN:
            self._trio.drain(*step.names)
        elif step.do == FALSE_START:
            self._trio.false_start(*step.names, step.pause)
        elif step.do == START:
            # What was killed cannot be told from what begins now.
            self._unclassified = []
            self._trio.start(*step.names)

    def _kill(self, names):
        calls = self._trial.line.under_way(ALL)
        self._trio.kill(names)
        self._unclassified.append((set(names), not self._trio.running(), calls))
        if self._database:
            for name in names:
                self._trial.store.wait_until_left(name)
            self._classify()

    def _classify(self):
        """Counts where the allocations stood that the killed replicas had, by what is there after the kill.

        Which call was on which replica nobody knows but gRPC; whose a row is, the ledger says as long as it is PENDING.
        When none was left running, every call was on one that was killed.
        """
        posts = self._trial.upstream.posts()
        unread = any(not post.email for post in posts)
        for names, none_left, calls in self._unclassified:
            intents = {call.intent.email: call for call in calls if not _is_answered(call)}
            if none_left:
                rows = {row.email: row for row in self._trial.store.rows(intents)}
            else:
                rows = {row.email: row for gateway, row in self._trial.store.owned(intents) if gateway in names}
            for email, call in intents.items():
                if email in rows or none_left:
                    self.hit[phase_of(call.kind, rows.get(email), None,
                                      [post for post in posts if post.email == email], unread)] += 1
        self._unclassified = []


def replicas(trial, server, seed, rounds, report):
    with Trio(trial) as trio:
        main = Replicas(trial, server, trio)
        done = 0
        try:
            main.await_quiet()
            main.converge(NAMES, "a start")
            for planned in replicas_plan(seed, rounds):
                main.run(planned)
                done += 1
                if done % 25 == 0:
                    report(f"{done} rounds, {len(trial.callers.intents)} invitations wanted")
        except Stuck as stuck:
            trial.findings.append(Finding(STUCK, str(stuck)))
        findings = trial.finish()
    report(f"{done} rounds: " + ", ".join(f"{count} × {step}" for step, count in sorted(main.done.items())))
    report("the allocations that the kills hit:")
    for phase in (*PHASES, *sorted(main.hit.keys() - set(PHASES))):
        if main.hit[phase]:
            report(f"{main.hit[phase]:6} {phase}")
    for line in (main.shares.tell(), *tell(main.took)):
        report(line)
    missed = [phase for phase in _ALWAYS if not main.hit[phase]] if done >= _LONG else []
    findings += [*main.shares.findings(), *late(main.took)]
    return findings + [Finding(UNEXPECTED, f"no kill hit this: {phase}") for phase in missed]


def _is_answered(call):
    """Whether it had its answer before the kill."""
    return call.ended.is_set() and call.answer is not None and call.answer.final and not call.answer.replayed


def _what_happened(planned):
    return "a crash of PostgreSQL" if any(step.do == CRASH for step in planned.steps) else "a restart of replicas"
