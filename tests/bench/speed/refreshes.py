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
LEAST = 500  # reports, for a p99
_WORKLOAD = Workload("refresh", "GetReport during refreshes", REPORT, REPORT_REQUEST, CLIENTS, 64, kind=OF_100000)


def measure(meter, gateway_program, directory, upstream):
    """Reports during refreshes of 100,000 items, shortly after one, and else ("usual"): how many, p50 and p99 (ms);
    and how many refreshes there were, and how long they took (median, ms)."""
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
    found = {"refreshes": len(windows), "offered": CLIENTS * RATE,
             "refresh_ms": percentile([closes - opens for opens, closes in windows], 50) / 1e3}
    for name, took in (("during", during), ("after", after), ("usual", usual)):
        if len(took) < LEAST:
            raise LoadError(f"{len(took)} reports are too few for a p99 ({name})")
        found |= {name: len(took), name + "_p50": percentile(took, 50) / 1e3, name + "_p99": percentile(took, 99) / 1e3}
    return found


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
