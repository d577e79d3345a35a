"""What a refresh of a large list does to those who want a report meanwhile."""

import time

import grpc
from contenders import Gateway
from figures import by_overlap, percentile
from h2load import Load, LoadError
from workloads import LIST, OF_100000, REFRESH_REQUEST, REPORT, REPORT_REQUEST, Workload

# Reports at a pace far below what the gateway can take. h2load's timer of a connection ticks every 20 ms, and the
# connections begin a millisecond apart: so the calls come evenly, two in a millisecond, and not in bursts.
CLIENTS, RATE, SECONDS = 40, 50, 24
EVENLY = ("--rps", RATE, "-r", 1, "--rate-period", "1ms")
PAUSE = 0.5  # s between refreshes
TAIL = 0.2  # s behind a refresh in which the list is still being saved; those calls are told apart
_WORKLOAD = Workload("refresh", "GetReport during refreshes", REPORT, REPORT_REQUEST, CLIENTS, 64, kind=OF_100000)


def measure(meter, gateway_program, directory, upstream):
    """p99 (ms) of reports during refreshes of 100,000 items, shortly behind them, and else; how many of each, and how
    long the refreshes took (median, ms)."""
    with Gateway("gateway", gateway_program, directory, upstream.base_url(OF_100000)) as gateway:
        meter.check(gateway, _WORKLOAD)
        gateway.ask(LIST, b"")
        with Load(directory, f"http://{gateway.grpc}{REPORT}", REPORT_REQUEST, CLIENTS, 64,
                  ("-n", CLIENTS * RATE * SECONDS, *EVENLY)) as load:
            windows = list(_refresh_for(gateway, SECONDS - 1))
            _, times = load.finish()
        codes = gateway.outcomes()
        if set(codes) != {"OK"}:
            raise LoadError(f"reports during refreshes ended with {dict(codes)}")
    first = min(times.began) + 1_000_000  # the first second opens connections
    during, after, usual = by_overlap(_since(times, first), windows, int(TAIL * 1e6))
    if min(map(len, (during, usual))) < 500:
        raise LoadError(f"{len(during)} reports during refreshes and {len(usual)} others are too few")
    return {"during_p99": percentile(during, 99) / 1e3, "usual_p99": percentile(usual, 99) / 1e3,
            "during_p50": percentile(during, 50) / 1e3, "usual_p50": percentile(usual, 50) / 1e3,
            "after_p99": percentile(after, 99) / 1e3 if after else None,
            "during": len(during), "usual": len(usual), "after": len(after), "refreshes": len(windows),
            "refresh_ms": percentile([closes - opens for opens, closes in windows], 50) / 1e3,
            "offered": CLIENTS * RATE}


def _refresh_for(gateway, seconds):
    """Refreshes, as pairs of µs since 1970: what h2load's log counts in."""
    end = time.monotonic() + seconds
    with grpc.insecure_channel(gateway.grpc, options=[("grpc.enable_http_proxy", 0)]) as channel:
        refresh = channel.unary_unary(LIST)
        while time.monotonic() < end:
            time.sleep(PAUSE)
            opens = time.time_ns() // 1000
            refresh(REFRESH_REQUEST, timeout=60)
            yield opens, time.time_ns() // 1000


def _since(times, first):
    kept = [(began, took) for began, took in zip(times.began, times.took) if began >= first]
    return type(times)(*map(tuple, zip(*kept)))
