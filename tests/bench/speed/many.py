"""Ten thousand calls at once, and what each of them takes of memory."""

from contenders import Gateway
from workloads import MANY

DESCRIPTORS = 12_000  # a connection to the upstream for each call, and some


def measure(meter, gateway_program, directory, upstream):
    """All are answered, or LoadError; MiB before and at the most, and KiB for each call."""
    with Gateway("gateway", gateway_program, directory, upstream.base_url(MANY.kind)) as gateway:
        meter.check(gateway, MANY)
        idle = gateway.memory_mib()
        figures = meter.run(gateway, MANY, 0)
        peak = gateway.memory_mib("VmHWM")
    return {"idle_mib": idle, "peak_mib": peak, "kib_per_call": (peak - idle) * 1024 / MANY.in_flight,
            "asked": MANY.calls, "answered": figures.answered, "rate": figures.rate, "cpu": figures.cpu,
            "p50": figures.p50, "p99": figures.p99}
