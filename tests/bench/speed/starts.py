"""How soon a gateway serves, and what it takes of memory when nobody calls."""

import statistics
import time

import processes
from contenders import Gateway
from workloads import FAST

STARTS, PATIENCE, QUIET = 10, 20, 2


def measure(gateway_program, directory, upstream):
    """Seconds from the start of the process until it has said that it listens and /readyz is 200 (the median of
    STARTS, each with a ledger that is to be made), and its memory (MiB) when it has been quiet for QUIET seconds."""
    took = []
    for number in range(STARTS):
        began = time.monotonic()
        with Gateway("gateway", gateway_program, f"{directory}/{number}", upstream.base_url(FAST)) as gateway:
            while not gateway.ready():
                if time.monotonic() > began + PATIENCE:
                    raise processes.ProgramError(f"/readyz is not 200 after {PATIENCE} s")
                time.sleep(0.001)
            took.append(time.monotonic() - began)
            if number == STARTS - 1:
                time.sleep(QUIET)
                memory = gateway.memory_mib()
    return {"seconds": statistics.median(took), "slowest": max(took), "idle_mib": memory}
