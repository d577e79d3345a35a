"""What callers wanted, what they were told, and what the upstream did: the evidence that judge.py reads."""

import dataclasses
import typing

# What a caller asks no further after, as after OK: the gateway promises to say the same again and to send nothing.
FINAL = {"ALLOCATION_IN_DOUBT", "UPSTREAM_ALLOCATION_FAILED", "ALLOCATION_ABANDONED"}

# What a caller asks again after, with the same request: the upstream refused, nothing was sent, or nobody knows yet.
REFUSED = {"UPSTREAM_REJECTED_FIELD", "UPSTREAM_RATE_LIMITED", "UPSTREAM_NOT_FOUND", "UPSTREAM_IP_NOT_ALLOWED"}
CONNECTION_LOST = "CONNECTION_LOST"  # gRPC's own UNAVAILABLE, which has no ErrorInfo
NOT_YET = {CONNECTION_LOST, "LEDGER_UNAVAILABLE", "ALLOCATION_IN_PROGRESS", "SHUTTING_DOWN", "OVERLOADED",
           "DEADLINE_EXCEEDED", "CANCELLED", "UPSTREAM_UNAVAILABLE", "UPSTREAM_CIRCUIT_OPEN"}


@dataclasses.dataclass(frozen=True)
class Answer:
    """What one call was told. `reason` is ErrorInfo's."""
    code: str
    reason: str = ""
    request_id: str = ""
    email: str = ""
    state: str = ""
    invite_id: int = 0
    invite_link: str = ""
    replayed: bool = False

    @property
    def ok(self):
        return self.code == "OK"

    @property
    def final(self):
        return self.ok or self.reason in FINAL

    @property
    def result(self):
        """What was acknowledged, and must be told again."""
        return (self.email, self.invite_id, self.invite_link)


@dataclasses.dataclass
class Intent:
    """One invitation that a caller wants. Its e-mail is nobody else's, so it names the intent everywhere."""
    email: str
    request_id: str = ""  # empty: the gateway makes one
    wants_cancel: bool = False  # as soon as it has an invitation
    gives_up: bool = False  # its caller dies with the gateway: nobody ever asks again
    answers: list[Answer] = dataclasses.field(default_factory=list)
    cancelled: bool = False  # the cancel was acknowledged
    again: typing.Optional[Answer] = None  # what it is told after everything

    @property
    def known_id(self):
        """The request_id, if need be the one that the gateway made; empty as long as nobody was told one."""
        return self.request_id or next((a.request_id for a in reversed(self.answers) if a.final), "")

    @property
    def outcome(self):
        """The last final answer, or None."""
        return next((answer for answer in reversed(self.answers) if answer.final), None)

    @property
    def given_up(self):
        return self.gives_up and self.answers[-1:] != [] and self.answers[-1].reason == CONNECTION_LOST


class Invite(typing.NamedTuple):
    """An allocation that the upstream executed."""
    invite_id: int
    email: str


class Row(typing.NamedTuple):
    """A row of the ledger's table `allocations`."""
    request_id: str
    email: str
    state: str
    attempt: int
    invite_id: int


@dataclasses.dataclass
class Evidence:
    """All of a trial when it is over: no gateway is missing, and callers have had time to get their answers."""
    intents: list[Intent]
    invites: list[Invite]  # as the upstream keeps them
    executed: dict[str, int]  # by e-mail, as its journal counted them
    rows: list[Row]
    pending: list[str]  # the request_ids that ListAllocations calls PENDING
    sent_again: list[str]  # the e-mails of POSTs that were made when every outcome had been told
    # The request_ids of what the ledger knew not to be executed before it was asked again: FAILED, and not for good.
    not_executed: set[str] = dataclasses.field(default_factory=set)
