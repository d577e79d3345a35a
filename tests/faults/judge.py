"""Compares what was seen with what the catalogue expects. Every difference is a sentence.

Thread safety: pure.
"""

import collections

from rpcs import RPCS, full_name

_CALL = "rpc_server_call_duration_seconds"
_REQUEST = "http_client_request_duration_seconds"
# What no caller may read, whatever happened.
FORBIDDEN = ("canary", "SQLSTATE", "<html", "@")


def judge_call(expected, seen, secrets):
    """`expected`: an Expectation; `seen`: a Seen."""
    if seen.code != expected.code or seen.reason != expected.reason:
        yield (f"{seen.rpc}: {seen.code} {seen.reason or '-'} instead of {expected.code} {expected.reason or '-'}"
               f" ({seen.text.splitlines()[0] if seen.text else ''})")
        return
    if expected.code == "OK":
        return
    if expected.reason:
        yield from _judge_details(expected, seen)
    for text in (*FORBIDDEN, *secrets, *filter(None, [seen.email])):
        if text in seen.text:
            yield f"{seen.rpc}: the failure says {text!r}"


def _judge_details(expected, seen):
    if (seen.retry_delay is not None) != expected.retry_info:
        yield f"{seen.rpc}: {'no' if expected.retry_info else 'a'} RetryInfo"
    elif expected.retry_delay and not expected.retry_delay[0] <= seen.retry_delay <= expected.retry_delay[1]:
        yield f"{seen.rpc}: RetryInfo of {seen.retry_delay} s instead of {expected.retry_delay}"
    wanted = dict(expected.metadata)
    if seen.rpc in RPCS:
        wanted.setdefault("upstream", RPCS[seen.rpc].upstream)
    if seen.request_id:
        wanted["request_id"] = seen.request_id
    for key, value in wanted.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        if seen.metadata.get(key, "") not in values:
            yield f"{seen.rpc}: metadata {key} is {seen.metadata.get(key)!r} instead of {value!r}"


def judge_arrivals(expected, requests, rounds=1):
    """`expected`: Expectation by call; `requests`: how many the upstream got, by call, in so many rounds."""
    for name, expectation in expected.items():
        if expectation.arrived is not None and requests[name] != expectation.arrived * rounds:
            yield f"{name}: the upstream got {requests[name]} requests instead of {expectation.arrived * rounds}"
    for name in requests.keys() - expected.keys():
        yield f"{name}: the upstream got {requests[name]} requests of a call that nobody made"


def judge_metrics(expected, seen, grown):
    """`grown`: by how much each series has grown; `seen`: a Seen of each call made."""
    calls = collections.Counter()
    for each in seen:
        expectation = expected[each.rpc]
        calls[_series(_CALL, code=expectation.code, reason=expectation.reason, rpc_method=full_name(each.rpc))] += 1
    yield from _compare(_CALL, calls, grown)

    exact, either, retries = collections.Counter(), collections.Counter(), collections.Counter()
    for each in seen:
        expectation, upstream = expected[each.rpc], _upstream_of(each.rpc)
        if upstream is None:
            continue
        retries[_series("gateway_retries_total", upstream=upstream)] += max(0, expectation.attempts - 1)
        for results, count in expectation.results.items():
            of = tuple(_series(_REQUEST, result=result, upstream=upstream) for result in results.split("|"))
            if len(of) == 1:
                exact[of[0]] += count
            else:
                either[of] += count
    rest = collections.Counter({name: count for name, count in grown.items() if name.startswith(_REQUEST)})
    for group, count in either.items():
        got = sum(rest.pop(name, 0) - exact.pop(name, 0) for name in group)
        if got != count:
            yield f"{' or '.join(group)} grew by {got:g} instead of {count}"
    yield from _compare(_REQUEST, exact, rest)
    yield from _compare("gateway_retries_total", retries, grown)


def _upstream_of(name):
    return RPCS[name].upstream if name in RPCS else None


def _compare(prefix, wanted, grown):
    got = {name: count for name, count in grown.items() if name.startswith(prefix) and count}
    for name in sorted({name for name, count in wanted.items() if count} | got.keys()):
        if got.get(name, 0) != wanted[name]:
            yield f"{name} grew by {got.get(name, 0):g} instead of {wanted[name]}"


def _series(name, **labels):
    return name + "{" + ",".join(f'{key}="{labels[key]}"' for key in sorted(labels)) + "}"


def growth(before, after):
    return collections.Counter({name: after[name] - before[name] for name in after if after[name] != before[name]})


def calls_in(grown):
    """How many calls have ended."""
    return sum(count for name, count in grown.items() if name.startswith(_CALL))


def judge_idle(metrics):
    """Nothing is under way any more."""
    for name, value in metrics.items():
        if name.startswith("http_client_active_requests") and value:
            yield f"{name} is {value:g} when nothing is under way"


def judge_descriptors(before, after):
    """What is left over; both are counts by kind of the same idle state."""
    for kind in sorted(before.keys() | after.keys()):
        if before[kind] != after[kind]:
            yield f"descriptors of {kind}: {after[kind]} instead of {before[kind]}"


def judge_log(text, secrets, emails):
    for what in (*secrets, *emails):
        if what in text:
            yield f"the log has {what!r} in it"
