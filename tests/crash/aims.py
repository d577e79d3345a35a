"""When the moment has come that a run of the plan is aimed at."""

from callers import ASKED, ASKED_AGAIN
from patience import wait_until
from settlers import CONFIRM, RESEND

STOCK = 12  # allocations in doubt that wait for the runs that are aimed at their resolution
_PATIENCE = 10  # seconds that a run waits for its event
_JOURNAL_EVENTS = {"posted": lambda post: True, "executed": lambda post: post.executed,
                   "answered": lambda post: post.answered}


def stock_for(aim):
    """How many allocations in doubt are to wait meanwhile."""
    return 0 if aim.event in (CONFIRM, RESEND) else STOCK


def await_aim(trial, aim, before):
    """Until its event has come, or nothing is left that could bring it. `before`: calls begun before the run."""
    wait_until(lambda: _has_come(trial, aim, before) or _nothing_is_left(trial), _PATIENCE, pause=0.001)


def _has_come(trial, aim, before):
    if aim.event in _JOURNAL_EVENTS:
        return sum(map(_JOURNAL_EVENTS[aim.event], trial.upstream.posts())) >= aim.count
    if aim.event in (ASKED, ASKED_AGAIN, CONFIRM, RESEND):
        return (trial.line.begun() - before)[aim.event] >= aim.count
    return aim.event == "started"


def _nothing_is_left(trial):
    return trial.callers.idle() and trial.settlers.idle()
