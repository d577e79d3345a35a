"""Names and the wall clock, both of the gateway's alone: see shim.cc."""

import time

import judge
from calls import begin, call_all
from places import Place
from rows import Watch, judge_calls

_KEPT = 31  # seconds after which a name is asked for again


def name(row, tools):
    """A name that was never asked for, and is as `with` says: `address` after `seconds`."""
    with Place("names", tools, row.settings, warm=False, start=False) as place:
        place.set_name(row.options["address"], row.options.get("after", 0))
        place.start()
        watch = Watch(place)
        place.upstream.arm({"steps": ["answer", "keep"], "kept": True})
        seen = call_all(place.gateway, row.rpcs, row.timeout)
        yield from judge_calls(row, seen, place.gateway.secrets)
        yield from watch.judge_metrics(row.expected, seen)
        yield from judge.judge_arrivals(row.expected, place.upstream.requests())
        place.upstream.disarm()
        if row.options["address"] == "fail":
            yield from watch.judge_sockets_gone()
        address = row.options["address"].replace("fail", "127.0.0.1")
        if address != place.upstream.host:  # it is kept, so the upstream moves there
            place.upstream.deafen()
            place.upstream.listen(address)
        place.set_name(address)
        place.warm()
        # Now that every call has worked once: the same again.
        watch = Watch(place)
        place.upstream.deafen()
        call_all(place.gateway, row.rpcs, row.timeout)
        place.upstream.listen(address)
        yield from watch.judge_rest()


def name_known_before(row, tools):
    """A name that all calls have used becomes `with.address`; where that is another one, the upstream moves there."""
    address = row.options["address"]
    with Place("names", tools, row.settings) as place:
        watch = Watch(place)
        if address != "fail":
            place.upstream.deafen()
            place.upstream.listen(address)
        place.set_name(address)
        time.sleep(_KEPT)
        # What is kept is used once more, while it is asked for anew.
        call_all(place.gateway, ["GetReport", "GetStudentSession"], row.timeout)
        time.sleep(1)
        place.upstream.arm({"steps": ["answer", "keep"], "kept": True})
        watch.before = place.gateway.metrics()
        seen = call_all(place.gateway, row.rpcs, row.timeout)
        yield from judge_calls(row, seen, place.gateway.secrets)
        yield from watch.judge_metrics(row.expected, seen)
        yield from judge.judge_arrivals(row.expected, place.upstream.requests())
        place.upstream.disarm()
        yield from watch.judge_rest()


def clock(row, tools):
    """The wall clock jumps by `with.jump` seconds: before the calls, or while they are upstream (`within`)."""
    with Place("clock", tools, row.settings) as place:
        watch = Watch(place)
        within = row.options.get("within", False)
        steps = ["wait: 0.5", "answer", "keep"] if within else ["answer", "keep"]
        place.upstream.arm({"steps": steps, "kept": not row.options.get("new_connections", False)})
        if not within:
            place.set_clock(row.options["jump"])
        waits = [begin(place.gateway, each, row.timeout) for each in row.rpcs]
        if within:
            place.upstream.wait_for(lambda came, _: all(came[each] for each in row.rpcs))
            place.set_clock(row.options["jump"])
        seen = [wait() for wait in waits]
        yield from judge_calls(row, seen, place.gateway.secrets)
        yield from watch.judge_metrics(row.expected, seen)
        yield from judge.judge_arrivals(row.expected, place.upstream.requests())
        place.upstream.disarm()
        place.set_clock(0)
        yield from watch.judge_rest()
