"""Whether the promises were kept, judged by what the upstream executed. Pure."""

import collections
import typing

from history import NOT_YET, REFUSED, Invite

DOUBLE = "double"  # an allocation executed twice, or sent when its outcome was known
LOST = "lost"  # an acknowledged result that is not told again
STUCK = "stuck"  # a PENDING that nobody owns, or a caller who never gets an answer
UNTRUE = "untrue"  # what is told or recorded is not what was executed
UNEXPECTED = "unexpected"  # an answer that has no place here, or evidence that is not complete
KINDS = (DOUBLE, LOST, STUCK, UNTRUE, UNEXPECTED)

_INVITED = {"SUCCEEDED", "CANCELLED"}


class Finding(typing.NamedTuple):
    kind: str
    what: str

    def __str__(self):
        return f"{self.kind}: {self.what}"


def judge(evidence):
    """Every broken promise."""
    invites = collections.defaultdict(list)
    for invite in evidence.invites:
        invites[invite.email].append(invite)
    findings = [*_doubles(evidence, invites), *_accounts(evidence, invites), *_stuck(evidence),
                *_rows(evidence, invites)]
    failed = {row.request_id for row in evidence.rows if row.state == "FAILED"}
    for intent in evidence.intents:
        findings += [*_unexpected(intent), *_told(intent, invites), *_told_again(intent, intent.known_id in failed)]
    return findings


def _doubles(evidence, invites):
    for email, of_one in invites.items():
        if len(of_one) > 1:
            yield Finding(DOUBLE, f"{email} was invited {len(of_one)} times: {[i.invite_id for i in of_one]}")
    may_be_sent = _may_be_sent(evidence)
    for email in evidence.sent_again:
        if email in may_be_sent:
            may_be_sent.remove(email)  # once
        else:
            yield Finding(DOUBLE, f"{email} was sent when its outcome had been told")


def _may_be_sent(evidence):
    """The e-mails of doubts that the gateway has settled itself since: the upstream had refused.

    So it is where a gateway had the answer, but not its store: the caller heard of a doubt, and the refusal was
    recorded later. What was refused may be asked for again. That is of the row that the caller was told of: a first
    try without a request_id may have failed in a row of its own.
    """
    return {intent.email for intent in evidence.intents
            if intent.outcome and intent.outcome.reason == "ALLOCATION_IN_DOUBT"
            and intent.known_id in evidence.not_executed}


def _accounts(evidence, invites):
    """The upstream's own two accounts; where they differ, it is the evidence that is wrong."""
    for email in sorted(invites.keys() | evidence.executed.keys()):
        kept, journalled = len(invites.get(email, ())), evidence.executed.get(email, 0)
        if kept != journalled:
            yield Finding(UNEXPECTED, f"the upstream keeps {kept} invites of {email} and its journal has {journalled}")


def _stuck(evidence):
    for row in evidence.rows:
        if row.state == "PENDING":
            yield Finding(STUCK, f"{row.request_id} of {row.email} is PENDING at attempt {row.attempt}")
    for request_id in evidence.pending:
        yield Finding(STUCK, f"ListAllocations has {request_id} as PENDING")


def _rows(evidence, invites):
    states = collections.defaultdict(list)
    for row in evidence.rows:
        states[row.email].append(row.state)
        if row.state in _INVITED and Invite(row.invite_id, row.email) not in invites.get(row.email, ()):
            yield Finding(UNTRUE, f"the row of {row.email} is {row.state} with invite {row.invite_id}, "
                                  "which was never made")
    for email, of_one in states.items():
        if sum(state != "FAILED" for state in of_one) > 1:
            yield Finding(UNTRUE, f"{email} has more than one row that may stand for an invitation: {of_one}")
    for email, of_one in invites.items():
        if not any(state in _INVITED or state == "IN_DOUBT" for state in states.get(email, ())):
            yield Finding(UNTRUE, f"{email} was invited and its rows say {states.get(email, 'nothing')}")


def _unexpected(intent):
    for answer in intent.answers:
        if not answer.final and answer.reason not in NOT_YET | REFUSED:
            yield Finding(UNEXPECTED, f"{intent.email} was told {answer}")


def _told(intent, invites):
    """What was told while the gateways came and went."""
    if intent.outcome is None and not intent.given_up:
        yield Finding(STUCK, f"{intent.email} got no answer; the last of {len(intent.answers)} attempts: "
                             f"{intent.answers[-1:]}")
    acknowledged = None
    for answer in filter(lambda a: a.final, intent.answers):
        if answer.ok and (answer.email != intent.email
                          or Invite(answer.invite_id, intent.email) not in invites.get(intent.email, ())):
            yield Finding(UNTRUE, f"{intent.email} was told the invite {answer.invite_id} of {answer.email}, "
                                  "which was never made")
        if acknowledged and answer.result != acknowledged.result:
            yield Finding(LOST, f"{intent.email} was told {acknowledged} and then {answer}")
        acknowledged = acknowledged or (answer if answer.ok else None)


def _told_again(intent, has_failed):
    """What is told when everything is over. `has_failed`: by its row in the ledger."""
    first, again = intent.outcome, intent.again
    if first is None:
        return
    if again is None:
        yield Finding(UNEXPECTED, f"{intent.email} was not asked for again")
    elif first.ok:
        if not again.ok or again.result != first.result:
            yield Finding(LOST, f"{intent.email} was told {first} and now {again}")
        elif not again.replayed:
            yield Finding(UNTRUE, f"{intent.email} is not told that its result is an old one")
        elif again.state not in _states_of(intent):
            yield Finding(UNTRUE, f"{intent.email} is {again.state}; cancel wanted: {intent.wants_cancel}, "
                                  f"acknowledged: {intent.cancelled}")
    elif again.reason != first.reason and not (first.reason == "ALLOCATION_IN_DOUBT"
                                               and _is_settled(again, has_failed)):
        yield Finding(UNEXPECTED, f"{intent.email} was told {first} and now {again}")


def _is_settled(answer, has_failed):
    """By a person, or by the upstream's answer when it could be recorded."""
    return (answer.ok or answer.reason == "ALLOCATION_ABANDONED"
            or answer.reason == "UPSTREAM_ALLOCATION_FAILED" and has_failed)


def _states_of(intent):
    if intent.cancelled:
        return {"CANCELLED"}
    return _INVITED if intent.wants_cancel else {"SUCCEEDED"}
