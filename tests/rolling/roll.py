"""One history of rolling restarts, from the first call to the verdict."""

import collections
import json
import tempfile

from postgres import Postgres
from processes import Sandbox

from fleet import NAMES, Fleet, Stuck
from plan import ALLOCATE
from stores import PostgresStore
from traffic import Traffic
from upstream import Upstream
from verdict import verdict

_CALLERS = 12
_MOST_FINDINGS = 20  # that are printed
_LEASE = 30  # seconds; longer than a gateway waits for Concero, as its configuration wants it
# So that there are calls under way whenever a replica is told to stop.
_SLOW = ({"path": ALLOCATE, "delay_ms": 100}, {"path": "/api/v1/report", "delay_ms": 50},
         {"path": "/api/v3/*", "delay_ms": 50})


def run(asked, service_config):
    """The exit code: 0 when no caller noticed anything."""
    print(f"rolling: --restarts {asked.restarts} --pause {asked.pause} --seed {asked.seed}"
          + "".join(f" --without {part}" for part in asked.without), flush=True)
    with (tempfile.TemporaryDirectory(prefix="rolling-") as directory, Postgres() as server,
          Sandbox(asked.binaries, directory) as sandbox):
        upstream = Upstream(sandbox)
        upstream.set_faults(_SLOW)
        store = PostgresStore(server, "rolling", directory, _LEASE)
        with Fleet(asked.binaries, directory, sandbox, store, asked.pause, _CALLERS) as fleet:
            traffic = Traffic(_CALLERS, fleet.addresses(), _without(asked.without, service_config), asked.seed)
            stuck = _restart(fleet, traffic, asked.restarts)
            traffic.stop()
        upstream.turn_over()
        refused = fleet.refused()
        wanted = [email for caller in traffic.callers for email in caller.wanted]
        cancelled = {email for caller in traffic.callers for email in caller.cancelled}
        found = stuck + verdict(traffic.failed, wanted, cancelled, upstream.executed, store.rows(), fleet.answered,
                                fleet.codes)
    _tell(traffic, fleet, refused, len(wanted), sum(upstream.executed.values()), found)
    return 1 if found else 0


def _restart(fleet, traffic, restarts):
    """Returns what did not come, in a list that is empty when all went on."""
    try:
        fleet.wait_until_shared()
        for number in range(restarts):
            fleet.restart(NAMES[number % len(NAMES)])
            if (number + 1) % 10 == 0:
                print(f"  {number + 1} restarts, {sum(traffic.made.values())} calls, {len(traffic.failed)} failed",
                      flush=True)
    except Stuck as stuck:
        return [str(stuck)]
    return []


def _without(parts, service_config):
    config = json.loads(service_config)
    if "health" in parts:
        del config["healthCheckConfig"]
    if "retries" in parts:
        for method in config["methodConfig"]:
            method.pop("retryPolicy", None)
    return json.dumps(config)


def _tell(traffic, fleet, refused, wanted, executed, found):
    print("  calls: " + ", ".join(f"{count} {kind}" for kind, count in sorted(traffic.made.items())))
    print("  answered: " + ", ".join(f"{count} by the {name}" for name, count in fleet.answered.items())
          + f"; refused by one that was stopping: {refused}; exit codes: {dict(collections.Counter(fleet.codes))}")
    print(f"  {wanted} invitations wanted, {executed} executed; {len(traffic.failed)} of "
          f"{sum(traffic.made.values())} calls failed")
    for line in found[:_MOST_FINDINGS]:
        print(f"  FOUND {line}")
    if len(found) > _MOST_FINDINGS:
        print(f"  and {len(found) - _MOST_FINDINGS} more")
