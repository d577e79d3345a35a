"""Where an allocation stood when its gateway was killed. Pure.

What is known of it: the call that was cut off, the row as it was found after the kill and as it was found after the
kill before, and the POSTs that the upstream saw in between.
"""

import typing

STARTING = "the gateway was starting"
NO_ROW = "no row yet"
NOT_SENT = "PENDING, not sent"
UPSTREAM_HAS_IT = "PENDING, the upstream has it"
EXECUTED = "PENDING, executed"
NOT_ANSWERED = "settled, caller not answered"
BEGUN_AGAIN = "PENDING, begun again after a refusal"
CONFIRMING = "during resolution: confirm"
RESENDING = "during resolution: resend"
# Every one of these is hit in a long run.
PHASES = (STARTING, NO_ROW, NOT_SENT, UPSTREAM_HAS_IT, EXECUTED, NOT_ANSWERED, BEGUN_AGAIN, CONFIRMING, RESENDING)

# These may be hit, and say nothing about what is new.
CANCELLING = "cancelling"
ABANDONING = "during resolution: abandon"
REPLAYING = "asking after an old result"
LEFT_BEHIND = "PENDING of an owner killed before"
OTHER = "not known"

_BY_KIND = {"confirm": CONFIRMING, "resend": RESENDING, "abandon": ABANDONING, "cancel": CANCELLING}


class Post(typing.NamedTuple):
    """What the upstream's journal has of one POST. The e-mail is empty when the body was not read."""
    email: str
    executed: bool
    answered: bool


def phase_of(kind, row, row_before, posts, unread):
    """`kind` of the call: one of _BY_KIND, or anything else for an allocation. `row` and `row_before` may be None.

    `posts`: of this e-mail, since the last kill. `unread`: a POST came of which nobody knows whose it was.
    """
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    if row is None:
        return OTHER if posts else NO_ROW
    if row.state != "PENDING":
        return NOT_ANSWERED if posts and row != row_before else REPLAYING
    if row == row_before:
        return LEFT_BEHIND
    if row.attempt > 1:
        return BEGUN_AGAIN
    if any(post.executed for post in posts):
        return EXECUTED
    if posts:
        return UPSTREAM_HAS_IT
    return OTHER if unread else NOT_SENT
