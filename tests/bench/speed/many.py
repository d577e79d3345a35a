"""Ten thousand calls at once, and what each of them takes of memory."""

from contenders import Gateway
from h2load import LoadError
from upstream import Most
from workloads import MANY

LEAST_AT_ONCE = 0.9  # of them were at the upstream at one time
DESCRIPTORS = 12_000  # a connection to the upstream for each call, and some


def measure(meter, gateway_program, directory, upstream):
    """All are answered, or LoadError; MiB before and at the most, and KiB for each call."""
    with Gateway("gateway", gateway_program, directory, upstream.base_url(MANY.kind)) as gateway:
        meter.check(gateway, MANY)
        idle = gateway.memory_mib()
        most = Most(upstream)
        figures = meter.run(gateway, MANY, 0, lambda: most)
        peak = gateway.memory_mib("VmHWM")
    if most.seen < LEAST_AT_ONCE * MANY.in_flight:
        raise LoadError(f"of {MANY.in_flight} calls in flight the upstream had {most.seen} at once at the most")
    return {"idle_mib": idle, "peak_mib": peak, "kib_per_call": (peak - idle) * 1024 / MANY.in_flight,
            "at_once": most.seen, "asked": MANY.calls, "answered": figures.answered, "rate": figures.rate,
            "cpu": figures.cpu, "p50": figures.p50, "p99": figures.p99}
