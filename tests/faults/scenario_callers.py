"""Callers who do not wait for the end: of what hangs upstream, what can be given up is, and the rest goes on."""

import collections

import judge
from calls import begin, call_all
from places import Place
from rows import Watch, judge_calls
from rpcs import RPCS

_HANG = {"steps": ["hang"]}


def cancels(row, tools):
    """They cancel when their requests are upstream; `aborted`, of `with`: the calls whose connections end then."""
    with Place(row.place, tools, row.settings) as place:
        watch = Watch(place)
        place.upstream.arm(_HANG)
        waits = [begin(place.gateway, name, 60) for name in row.rpcs]
        if not place.upstream.wait_for(lambda came, _: all(came[name] for name in row.rpcs)):
            yield f"not every request came: {dict(place.upstream.requests())}"
        for wait in waits:
            wait.future.cancel()
        seen = [wait() for wait in waits]
        for each in seen:
            if each.code != "CANCELLED":
                yield f"{each.rpc}: {each.code} instead of CANCELLED"
        # The gateway hears of it a little later.
        place.metrics_when(lambda metrics: judge.calls_in(judge.growth(watch.before, metrics)) == len(row.rpcs))
        yield from _aborted(row, place)
        place.upstream.disarm()
        yield from watch.judge_metrics(row.expected, seen)
        yield from judge.judge_arrivals(row.expected, place.upstream.requests())
        yield from watch.judge_rest()


def deadline_passes(row, tools):
    """The upstream hangs for longer than the row's timeout."""
    with Place(row.place, tools, row.settings) as place:
        watch = Watch(place)
        place.upstream.arm(_HANG)
        seen = call_all(place.gateway, row.rpcs, row.timeout)
        yield from judge_calls(row, seen, place.gateway.secrets)
        yield from _aborted(row, place)
        place.upstream.disarm()
        yield from watch.judge_metrics(row.expected, seen)
        yield from judge.judge_arrivals(row.expected, place.upstream.requests())
        yield from watch.judge_rest()


def _aborted(row, place):
    """The upstream sees the end of the connections that it should, and of no other; they hold no place any more."""
    aborted = set(row.options.get("aborted", []))
    place.upstream.wait_for(lambda _, closed: set(closed) >= aborted)
    closed = set(place.upstream.closed_early())
    if closed != aborted:
        yield f"closed connections of {sorted(closed)} instead of {sorted(aborted)}"
    left = collections.Counter()
    for name in row.rpcs:
        if row.expected[name].arrived and name not in aborted:
            left[_gauge(name)] += 1

    def differences(metrics):
        return [f"{gauge} is {metrics[gauge]:g} instead of {left[gauge]}" for gauge in
                (_gauge("GetReport"), _gauge("GetStudentSession")) if metrics[gauge] != left[gauge]]
    yield from differences(place.metrics_when(lambda metrics: not differences(metrics)))


def _gauge(call):
    """Of the requests under way at the upstream of `call`."""
    return f'http_client_active_requests{{upstream="{RPCS[call].upstream}"}}'


