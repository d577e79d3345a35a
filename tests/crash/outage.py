"""What holds while a gateway's store is away, whatever took it away."""

from concero.v1 import assessment_pb2

from callers import allocate
from judge import UNEXPECTED, UNTRUE, Finding
from patience import PATIENCE, wait_until


def is_refused(trial, in_a_row, most):
    """Asks for new allocations until so many in a row are refused. Returns their intents, and findings.

    A store that is full may have room for a few more.
    """
    intents, refused = [], 0
    while refused < in_a_row and len(intents) < most:
        intent = trial.intend("outage")
        intent.answers.append(allocate(trial.line, intent))
        intents.append(intent)
        refused = refused + 1 if intent.answers[0].reason == "LEDGER_UNAVAILABLE" else 0
    findings = []
    if refused < in_a_row:
        findings.append(Finding(UNEXPECTED, f"not refused although the store is away: {intents[-1].answers}"))
    posted = {post.email for post in trial.upstream.posts()}
    for intent in intents:
        if intent.answers[0].reason == "LEDGER_UNAVAILABLE" and intent.email in posted:
            findings.append(Finding(UNTRUE, f"{intent.email} was refused for want of the ledger, and sent"))
    return intents, findings


def reads_go_on(gateway):
    """Findings where they do not."""
    response = gateway.assessment.ListExaminations(assessment_pb2.ListExaminationsRequest(), timeout=PATIENCE)
    if not response.examinations:
        yield Finding(UNEXPECTED, "no examinations are listed while the store is away")
    if not gateway.serving("", PATIENCE):
        yield Finding(UNEXPECTED, "the gateway calls itself NOT_SERVING for want of its store")


def health_says(gateway, serving):
    """Findings where the ledger's own health does not become so."""
    if not wait_until(lambda: gateway.serving("ledger", PATIENCE) == serving, PATIENCE):
        yield Finding(UNEXPECTED, f"the health of the ledger is not {'SERVING' if serving else 'NOT_SERVING'}")


def no_doubt_remains(intents):
    """Findings where it does: the gateway has heard every outcome, and has had the time to write it down."""
    for intent in intents:
        if intent.again is not None and not intent.again.ok:
            yield Finding(UNEXPECTED, f"{intent.email} was executed and answered, and is told as {intent.again}")
