"""The store of the ledger is down, locked or full: nothing is sent that could not be recorded, and what needs no store
goes on.
"""

import contextlib
import pathlib
import shutil
import sqlite3
import subprocess
import time

import full_disk
import judge
from calls import call, in_threads
from places import Place, PlaceError
from rows import Watch, judge_calls
from rpcs import RPCS, prepare

_DISK = 8 << 20
_SOON = 30  # seconds in which the gateway finds its store again
_IN_A_ROW = 20
_ROUNDS = 5
_MOST = 3000  # allocations that find room on a full disk


def sqlite_locked(row, tools):
    """Another process holds the file for writing."""
    with Place("plain", tools, row.settings) as place:
        known = _Known(place)
        watch = Watch(place)
        with contextlib.closing(sqlite3.connect(place.directory / "ledger.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield from _told(row, place, known, watch)
            other.execute("ROLLBACK")
        yield from _works_again(place, known)
        yield from watch.judge_rest()


def sqlite_full(row, tools):
    """The disk of the file has no room left. The gateway sees a disk of its own, in a mount namespace."""
    with Place("plain", tools, row.settings, start=False) as place:
        disk = place.directory / "disk"
        disk.mkdir()
        place.settings = {**place.settings, "ledger": {"sqlite": {"path": str(disk / "ledger.db")}}}
        gateway = place.start((*_namespace(), "sh", "-c", f'mount -t tmpfs -o size={_DISK} tmpfs "$0" && exec "$@"',
                               str(disk)))
        place.warm()
        known = _Known(place)
        filler = pathlib.Path(f"/proc/{gateway.pid}/root{disk}/filler")
        full_disk.fill(filler)
        watch = Watch(place)
        for _ in range(_ROUNDS):
            _use_up_the_room(gateway)
            seen = _ask(row, place, known, watch)
            if all(one.code != "OK" for one in seen if one.rpc == "AllocateCandidate"):
                break
            place.upstream.disarm()  # it was not full, after all
        yield from _judge(row, place, watch, seen)
        filler.unlink()
        yield from _works_again(place, known)
        yield from watch.judge_rest()


def postgres_down(row, tools):
    """The server crashes, and comes back later."""
    with Place("postgres", tools, row.settings) as place:
        known = _Known(place)
        watch = Watch(place)
        tools.postgres.stop("immediate")
        try:
            yield from _told(row, place, known, watch)
        finally:
            tools.postgres.start()
        yield from _works_again(place, known)
        yield from watch.judge_rest()


def postgres_locked(row, tools):
    """Another session holds the tables against writing."""
    with Place("postgres", tools, row.settings) as place:
        known = _Known(place)
        watch = Watch(place)
        tables = [r["tablename"] for r in tools.postgres.query(
            "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")]
        with _session(tools.postgres) as session:
            session(f"BEGIN; LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE;")
            yield from _told(row, place, known, watch)
        yield from _works_again(place, known)
        yield from watch.judge_rest()


class _Known:
    """What the store has before it goes away: an allocation that succeeded, and one in doubt."""

    def __init__(self, place):
        self.succeeded = call(place.gateway, "AllocateCandidate", 30)
        place.upstream.arm({"steps": ["close"], "only": ["AllocateCandidate"]})
        self.in_doubt = call(place.gateway, "AllocateCandidate", 30)
        place.upstream.disarm()
        place.warm()
        if self.succeeded.code != "OK" or self.in_doubt.reason != "ALLOCATION_IN_DOUBT":
            raise PlaceError(f"the store does not work: {self.succeeded} {self.in_doubt}")

    def request(self, name):
        """A request of the call that the store can answer."""
        prepared = prepare(name)
        if name == "GetAllocation":
            prepared.request.request_id = self.succeeded.request_id
        if name == "ResolveAllocation":
            prepared.request.request_id = self.in_doubt.request_id
        if name == "ResolveAllocation":
            return prepared._replace(request_id=self.in_doubt.request_id)
        return prepared


def _told(row, place, known, watch):
    yield from _judge(row, place, watch, _ask(row, place, known, watch))


def _ask(row, place, known, watch):
    """All calls at once. Those that need the store and those that do not."""
    place.upstream.arm({"steps": ["answer", "keep"], "kept": True})
    watch.before = place.gateway.metrics()
    return in_threads([lambda name=name: call(place.gateway, name, row.timeout, known.request(name))
                       for name in row.rpcs])


def _judge(row, place, watch, seen):
    yield from judge_calls(row, seen, place.gateway.secrets)
    yield from watch.judge_metrics(row.expected, seen)
    yield from judge.judge_arrivals({name: row.expected[name] for name in row.rpcs if name in RPCS},
                                    place.upstream.requests())
    place.upstream.disarm()


def _works_again(place, known):
    for name in ("AllocateCandidate", "GetAllocation", "ListAllocations", "ResolveAllocation"):
        give_up = time.monotonic() + _SOON
        while True:
            seen = call(place.gateway, name, 30, known.request(name))
            if seen.code != "UNAVAILABLE" or time.monotonic() > give_up:
                break
            time.sleep(0.1)
        if seen.code != "OK":
            yield f"afterwards {name}: {seen.code} {seen.reason} {seen.text.splitlines()[0]}"


def _namespace():
    for command in (["unshare", "-Urm"], ["unshare", "-m"]):
        if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return command
    raise PlaceError("this machine lets us make no mount namespace (unshare -Urm)")


def _use_up_the_room(gateway):
    """The store's files have some inside, and a checkpoint makes more: until there is none again and again."""
    in_a_row = 0
    for _ in range(_MOST):
        in_a_row = 0 if call(gateway, "AllocateCandidate", 30).code == "OK" else in_a_row + 1
        if in_a_row == _IN_A_ROW:
            return
    raise PlaceError(f"{_MOST} allocations find room on a full disk")


@contextlib.contextmanager
def _session(server):
    """Runs SQL in one session that lasts as long as the block."""
    psql = shutil.which("psql")
    if psql is None:
        raise PlaceError("no psql here; ./dev test installs it (Debian's postgresql)")
    with subprocess.Popen([psql, "-XqAt", "-v", "ON_ERROR_STOP=1", server.url()], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        def run(sql):
            process.stdin.write(f"{sql}\n\\echo done\n")
            process.stdin.flush()
            if process.stdout.readline() != "done\n":
                raise PlaceError(f"psql did not do {sql}")
        try:
            yield run
        finally:
            process.stdin.close()
