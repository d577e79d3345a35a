"""What a run does: which faults the upstream has, and at what moment the gateway is killed. Pure: one seed, one plan."""

import itertools
import random
import typing

ALLOCATE = "/api/v1/allocate-candidate"
# The most that an answer may be late and still be one: the gateways of a trial wait 1 s.
_SLOW_MS = 300
_ENVELOPE = '{"success": false, "message": "Allocation failed.", "error": "SQLSTATE[HY000]"}'
_PAGE = {"headers": {"Content-Type": "text/html"}, "body": "<title>Bad gateway</title>"}


class Aim(typing.NamedTuple):
    """Kill `pause` seconds after `event` has happened `count` times since the gateway serves.

    Events: `started` (at once); `asked`, `asked again after a refusal`, `resend`, `confirm` (calls that were begun);
    `posted`, `executed`, `answered` (POSTs, as the upstream's journal has them).
    """
    event: str
    count: int
    pause: float


class Kill(typing.NamedTuple):
    style: str
    faults: tuple
    aim: Aim
    new_intents: int  # how many invitations are wanted anew in this run
    cut_start: typing.Optional[float]  # a gateway before it is killed so long after its start, ready or not


def plan(seed, runs):
    """The kills of a trial. All styles come equally often."""
    rng = random.Random(seed)
    return [_kill(rng, style) for style in itertools.islice(_shuffled_styles(rng), runs)]


def _shuffled_styles(rng):
    while True:
        styles = list(_STYLES)
        rng.shuffle(styles)
        yield from styles


def _kill(rng, style):
    faults, aim = _STYLES[style](rng)
    cut_start = rng.uniform(0, 0.1) if style == "start" else None
    return Kill(style, tuple({"path": ALLOCATE, **fault} for fault in faults), aim, rng.randint(16, 32), cut_start)


def _any_time(rng):
    faults = [{"every": rng.randint(2, 5), "delay_ms": rng.randint(20, _SLOW_MS)},
              {"every": 3, **rng.choice(_BROKEN)}, {"every": 4, **rng.choice(_REFUSALS)}]
    return rng.sample(faults, rng.randint(0, 3)), Aim("started", 0, rng.uniform(0, 0.4))


def _recording(rng):
    """Aimed at the moment before there is a row."""
    return [], Aim("asked", rng.randint(1, 20), rng.uniform(0, 0.003))


def _queueing(rng):
    """Those that the upstream is busy with keep others waiting, recorded and not sent."""
    return [{"delay_ms": rng.randint(100, _SLOW_MS)}], Aim("posted", rng.randint(2, 6), rng.uniform(0, 0.1))


def _held(rng):
    """The upstream has it and thinks about its refusal."""
    fault = {**rng.choice(_REFUSALS + _FAILURES), "delay_ms": rng.randint(100, _SLOW_MS)}
    return [fault], Aim("posted", rng.randint(1, 6), rng.uniform(0, 0.1))


def _executed(rng):
    fault = {"every": rng.randint(1, 2), "delay_ms": rng.randint(50, _SLOW_MS)}
    return [fault], Aim("executed", rng.randint(1, 8), rng.uniform(0, 0.05))


def _settling(rng):
    """Aimed at the moment between the record of an outcome and the caller's hearing it."""
    return [], Aim("answered", rng.randint(1, 16), rng.uniform(0, 0.003))


def _refused(rng):
    fault = {"every": rng.randint(1, 2), **rng.choice(_REFUSALS), "delay_ms": rng.randint(0, 40)}
    return ([fault, {"delay_ms": rng.randint(0, 40)}],
            Aim("asked again after a refusal", rng.randint(1, 8), rng.uniform(0, 0.03)))


def _broken(rng):
    """Doubts of a gateway that lives."""
    return ([{"every": rng.randint(1, 3), **rng.choice(_BROKEN)}, {"every": 2, "delay_ms": rng.randint(0, 60)}],
            Aim("posted", rng.randint(4, 16), rng.uniform(0, 0.1)))


def _resending(rng):
    return [{"delay_ms": rng.randint(0, 100)}], Aim("resend", rng.randint(1, 2), rng.uniform(0, 0.05))


def _confirming(rng):
    return [{"delay_ms": rng.randint(0, 20)}], Aim("confirm", rng.randint(1, 3), rng.uniform(0, 0.004))


# Definite: nothing was executed.
_REFUSALS = ({"status": 422, "body": '{"message": "Invalid.", "errors": {"candidate_email": ["Invalid."]}}'},
             {"status": 429, "body": '{"message": "Too Many Attempts."}'}, {"status": 403, **_PAGE})
_FAILURES = ({"status": 500, "body": _ENVELOPE}, {"status": 502, **_PAGE})

# Executed or not, the gateway cannot know.
_BROKEN = ({"action": "reset_before"}, {"action": "reset_after"}, {"action": "close"}, {"action": "truncate"},
           {"action": "reset_mid"}, {"body": "{"}, {"status": 502, **_PAGE}, {"delay_ms": 1500})

_STYLES = {
    "any time": _any_time, "recording": _recording, "queueing": _queueing, "held": _held, "executed": _executed,
    "settling": _settling, "refused": _refused, "broken": _broken, "resending": _resending, "confirming": _confirming,
    "start": _any_time,
}
