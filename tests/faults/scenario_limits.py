"""Our own limits: places, the breaker, the retry budget, descriptors."""

import os
import resource
import time

import judge
from calls import begin, call, call_all
from places import Place
from rows import Watch, judge_calls
from rpcs import RPCS

_UPSTREAMS = {"concero": "GetReport", "proctorexam": "GetStudentSession"}
_ENOUGH = 30  # seconds
_QUICK = 10  # seconds within which a refusal comes on however busy a machine


def overloaded(row, tools):
    """Every place is taken by a call that hangs, and nobody may wait for one."""
    with Place(row.place, tools, row.settings, warm=False) as place:
        place.upstream.arm({"steps": ["hang"], "only": list(_UPSTREAMS.values())})
        holders = [begin(place.gateway, name, 60) for name in _UPSTREAMS.values()]
        place.upstream.wait_for(lambda came, _: all(came[name] for name in _UPSTREAMS.values()))
        watch = Watch(place)
        came = place.upstream.requests()
        began = time.monotonic()
        seen = call_all(place.gateway, row.rpcs, row.timeout)
        if time.monotonic() - began > _QUICK:
            yield f"the refusals took {time.monotonic() - began:.0f} s"
        yield from judge_calls(row, seen, place.gateway.secrets)
        yield from _grown(watch, place, row, seen)
        if place.upstream.requests() != came:
            yield "something was sent although there was no place"
        place.upstream.disarm()
        for holder in holders:
            yield from _is_ok(holder(), "who had a place")
        for name in row.rpcs:
            yield from _is_ok(call(place.gateway, name, 15), "afterwards")


def flood(row, tools):
    """More one-shots than there is room for hang; the others have places of their own."""
    with Place(row.place, tools, row.settings, warm=False) as place:
        one_shots = [name for name in RPCS if RPCS[name].one_shot]
        place.upstream.arm({"steps": ["hang"], "only": one_shots})
        waits = [begin(place.gateway, name, 60) for name in one_shots for _ in range(row.options["flood"])]
        place.upstream.wait_for(lambda came, _: all(came[name] for name in one_shots))
        seen = [call(place.gateway, name, row.timeout) for name in row.rpcs]
        yield from judge_calls(row, seen, place.gateway.secrets)
        yield from judge.judge_arrivals({name: row.expected[name] for name in row.rpcs},
                                        _only(place.upstream.requests(), row.rpcs))
        place.upstream.disarm()
        refused = [seen for seen in (wait() for wait in waits) if seen.reason == "OVERLOADED"]
        if not refused:
            yield "none of the flood was refused"
        for name in RPCS:
            yield from _is_ok(call(place.gateway, name, 15), "afterwards")


def breaker_open(row, tools):
    """The upstream fails until the breaker opens; later it works again and the breaker closes."""
    with Place(row.place, tools, row.settings, warm=False) as place:
        place.upstream.arm({"answer": {"status": 503}})
        give_up = time.monotonic() + _ENOUGH
        while _breakers(place) != {"open"} and time.monotonic() < give_up:
            call_all(place.gateway, list(_UPSTREAMS.values()), 15)
        watch = Watch(place)
        came = place.upstream.requests()
        seen = call_all(place.gateway, row.rpcs, row.timeout)
        yield from judge_calls(row, seen, place.gateway.secrets)
        yield from _grown(watch, place, row, seen)
        if place.upstream.requests() != came:
            yield "something was sent although the breaker was open"
        for upstream in _UPSTREAMS:
            state = watch.before[f'gateway_breaker_state{{upstream="{upstream}"}}']
            if state != 1:
                yield f"gateway_breaker_state of {upstream} is {state:g} instead of 1"
        place.upstream.disarm()
        give_up = time.monotonic() + _ENOUGH
        while _breakers(place) != {"closed"} and time.monotonic() < give_up:
            call_all(place.gateway, list(_UPSTREAMS.values()), 15)
            time.sleep(0.1)
        if _breakers(place) != {"closed"}:
            yield f"the breakers are {_breakers(place)} instead of closed"
        place.warm()


def no_budget(row, tools):
    """The upstream fails so often that nothing may be tried again any more."""
    with Place(row.place, tools, row.settings, warm=False) as place:
        place.upstream.arm({"answer": {"status": 503}})
        for _ in range(row.options["before"]):
            call_all(place.gateway, list(_UPSTREAMS.values()), 15)
        watch = Watch(place)
        place.upstream.arm({"answer": {"status": 503}})
        seen = call_all(place.gateway, row.rpcs, row.timeout)
        yield from judge_calls(row, seen, place.gateway.secrets)
        yield from _grown(watch, place, row, seen)
        yield from judge.judge_arrivals(row.expected, place.upstream.requests())
        place.upstream.disarm()
        place.warm()


def no_descriptors(row, tools):
    """The gateway may open nothing more, and its connections are gone."""
    # Without a descriptor UBSan takes every object for one of the wrong type (it looks at memory through a pipe).
    environment = {"UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "") + ":halt_on_error=0"}
    with Place(row.place, tools, row.settings, environment=environment) as place:
        watch = Watch(place)
        pid = place.gateway.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            place.upstream.arm({"steps": ["hang"]})
            seen = call_all(place.gateway, row.rpcs, row.timeout)
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        yield from judge_calls(row, seen, place.gateway.secrets)
        yield from watch.judge_metrics(row.expected, seen)
        yield from judge.judge_arrivals(row.expected, place.upstream.requests())
        place.upstream.disarm()
        yield from watch.judge_rest()


def _grown(watch, place, row, seen):
    """The metrics alone: others are under way."""
    def differences(metrics):
        return list(judge.judge_metrics(row.expected, seen, judge.growth(watch.before, metrics)))
    return differences(place.metrics_when(lambda metrics: not differences(metrics)))


def _breakers(place):
    components = place.gateway.ready()["components"]
    return {components[upstream].get("breaker") for upstream in _UPSTREAMS}


def _only(requests, names):
    return type(requests)({name: requests[name] for name in names})


def _is_ok(seen, who):
    if seen.code != "OK":
        yield f"{seen.rpc}, {who}: {seen.code} {seen.reason} {seen.text.splitlines()[0] if seen.text else ''}"
