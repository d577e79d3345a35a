"""The end of a gateway: what is under way is answered, the rest is told where it stands, and the process ends."""

import contextlib
import signal
import sqlite3
import time
import urllib.error

import judge
from calls import begin, call_all
from places import Place
from rows import judge_calls

_SOON = 15  # seconds in which a process ends that is to end at once, on however busy a machine


def sigterm(row, tools):
    """Every call is upstream when SIGTERM comes, and is answered a moment later."""
    with Place(row.place, tools, row.settings) as place:
        place.upstream.arm({"steps": ["wait: 1", "answer", "keep"]})
        waits = _begin_all(row, place)
        place.gateway.signal(signal.SIGTERM)
        yield from judge_calls(row, [wait() for wait in waits], place.gateway.secrets)
        yield from judge.judge_arrivals(row.expected, place.upstream.requests())
        yield from _ends(place, 0, 60)


def sigterm_before(row, tools):
    """A call hangs when SIGTERM comes, so that the gateway is still there for those who come afterwards."""
    with Place(row.place, tools, row.settings) as place:
        place.upstream.arm({"steps": ["hang"]})
        first = begin(place.gateway, "GetReport", 60)
        place.upstream.wait_for(lambda came, _: came["GetReport"] == 1)
        place.gateway.signal(signal.SIGTERM)
        _wait_until_draining(place)
        seen = call_all(place.gateway, row.rpcs, row.timeout)
        yield from judge_calls(row, seen, place.gateway.secrets)
        if place.upstream.requests() != {"GetReport": 1}:
            yield "a call that came after SIGTERM was sent"
        place.upstream.disarm()
        first()
        yield from _ends(place, 0, 60)


def sigterm_twice(row, tools):
    """Calls hang and the grace is long: the second signal ends all of it."""
    with Place(row.place, tools, row.settings) as place:
        place.upstream.arm({"steps": ["hang"]})
        waits = _begin_all(row, place)
        place.gateway.signal(signal.SIGTERM)
        _wait_until_draining(place)
        place.gateway.signal(signal.SIGTERM)
        yield from _ends(place, None, _SOON)
        yield from judge_calls(row, [wait() for wait in waits], place.gateway.secrets)


def sigterm_and_no_end(row, tools):
    """Calls hang for longer than the grace."""
    with Place(row.place, tools, row.settings) as place:
        place.upstream.arm({"steps": ["hang"]})
        waits = _begin_all(row, place)
        place.gateway.signal(signal.SIGTERM)
        yield from _ends(place, 0, _SOON)
        yield from judge_calls(row, [wait() for wait in waits], place.gateway.secrets)


def sigterm_and_no_store(row, tools):
    """Allocations have been sent when the store hangs, and are answered: nobody can write down that they were."""
    with Place(row.place, tools, row.settings) as place:
        place.upstream.arm({"steps": ["wait: 1", "answer", "keep"]})
        waits = _begin_all(row, place)
        with contextlib.closing(sqlite3.connect(place.directory / "ledger.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            place.gateway.signal(signal.SIGTERM)
            yield from _ends(place, 0, _SOON)
        yield from judge_calls(row, [wait() for wait in waits], place.gateway.secrets)


def _begin_all(row, place):
    waits = [begin(place.gateway, name, 60) for name in row.rpcs]
    place.upstream.wait_for(lambda came, _: all(came[name] for name in row.rpcs))
    return waits


def _wait_until_draining(place):
    give_up = time.monotonic() + _SOON
    while time.monotonic() < give_up:
        try:
            place.gateway.ready()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 503:
                return
        time.sleep(0.01)


def _ends(place, code, patience):
    """Within `patience` seconds, with the exit code; with any, when None."""
    found = place.gateway.wait(patience)
    if found is None:
        yield f"the gateway has not ended {patience} s later"
    elif code is not None and found != code:
        yield f"the gateway ended with exit code {found} instead of {code}"
