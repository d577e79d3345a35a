"""Runs the scenarios that were asked for, and tells how they ended."""

import collections
import contextlib
import os
import subprocess
import sys

from postgres import Postgres

from disk_full import disk_full, namespace, small_disk
from judge import KINDS, STUCK, Finding
from kills import kills
from patience import Stuck
from postgres_cut import postgres_cut
from postgres_restarted import postgres_restarted
from proxy import Proxy
from replica_killed import replica_killed
from replica_stopped import replica_stopped
from replicas import replicas
from replicas_plan import STYLES
from stores import PostgresStore, SqliteStore
from trial import Trial

_MOST_FINDINGS = 20  # that are printed


def run(asked):
    """The exit code: 0 when every promise was kept."""
    if asked.in_namespace_of is None:
        print(f"crash: --store {asked.store} --runs {asked.runs} --seed {asked.seed}", flush=True)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Postgres()) if asked.store == "postgres" else None
        return max([_scenario(asked, name, server) for name in asked.scenario])


def _scenario(asked, name, server):
    if name == "disk_full" and asked.in_namespace_of is None:
        return _in_namespace(asked)
    keep = asked.keep and os.path.join(asked.keep, name)
    if keep:
        os.makedirs(keep)
    print(f"== {name}", flush=True)
    trial, findings = _RUN[name](asked, keep, server)
    _tell(trial, findings)
    return 1 if findings else 0


def _report(line):
    print(f"  {line}", flush=True)


def _tell(trial, findings):
    told = collections.Counter(intent.outcome.reason or intent.outcome.state
                               for intent in trial.intents() if intent.outcome)
    _report(f"{len(trial.intents())} invitations wanted, {len(trial.evidence.invites)} executed; callers were told: "
            + ", ".join(f"{count} {what}" for what, count in sorted(told.items())))
    counts = collections.Counter(finding.kind for finding in findings)
    _report(", ".join(f"{counts[kind]} {kind}" for kind in KINDS))
    for finding in findings[:_MOST_FINDINGS]:
        print(f"  FOUND {finding}")
    if len(findings) > _MOST_FINDINGS:
        print(f"  and {len(findings) - _MOST_FINDINGS} more")
    sys.stdout.flush()


def _in_namespace(asked):
    """This scenario, by another process that may mount."""
    command = namespace()
    if command is None:
        print("== disk_full\n  NOT RUN: this machine lets us make no mount namespace (unshare -Urm)", flush=True)
        return 0
    arguments = [sys.argv[0], asked.binaries, asked.stubs, "--store", asked.store, "--runs", str(asked.runs),
                 "--seed", asked.seed, "--scenario", "disk_full", "--in-namespace-of", str(os.getpid())]
    if asked.keep:
        arguments += ["--keep", asked.keep]
    return subprocess.run([*command, sys.executable, *arguments], check=False).returncode


def _kills(asked, keep, server):
    make_store = SqliteStore if server is None else _store_on(server, "kills")
    with Trial(asked.binaries, asked.seed, make_store, keep) as trial:
        return trial, _findings(trial, kills, asked.seed, asked.runs, _report)


def _disk_full(asked, keep, _):
    with (small_disk() as disk,
          Trial(asked.binaries, asked.seed, lambda _: SqliteStore(disk), keep, impatience=0, timeout="10s") as trial):
        return trial, _findings(trial, disk_full, disk, asked.seed, _rounds(asked, 30), _report)


def _replica_killed(asked, keep, server):
    with Trial(asked.binaries, asked.seed, _store_on(server, "replica_killed"), keep, impatience=0) as trial:
        return trial, _findings(trial, replica_killed, asked.seed, _rounds(asked, 15), _report)


def _postgres_restarted(asked, keep, server):
    make_store = _store_on(server, "postgres_restarted", lease=15)
    with Trial(asked.binaries, asked.seed, make_store, keep, impatience=0, timeout="10s") as trial:
        return trial, _findings(trial, postgres_restarted, server, asked.seed, _rounds(asked, 15), _report)


def _postgres_cut(asked, keep, server):
    with (Proxy(server.port) as proxy,
          Trial(asked.binaries, asked.seed, _store_on(server, "postgres_cut", lease=15, port=proxy.port), keep,
                impatience=0, timeout="10s") as trial):
        return trial, _findings(trial, postgres_cut, proxy, asked.seed, _rounds(asked, 15), _report)


def _replica_stopped(asked, keep, server):
    with Trial(asked.binaries, asked.seed, _store_on(server, "replica_stopped"), keep) as trial:
        return trial, _findings(trial, replica_stopped, asked.seed, _rounds(asked, 15), _report)


def _replicas(asked, keep, server):
    with Trial(asked.binaries, asked.seed, _store_on(server, "replicas"), keep, callers=24) as trial:
        return trial, _findings(trial, replicas, server, asked.seed, max(len(STYLES), asked.runs // 2), _report)


def _findings(trial, scenario, *arguments):
    try:
        return scenario(trial, *arguments)
    except Stuck as stuck:
        return [Finding(STUCK, str(stuck)), *trial.finish()]


def _store_on(server, database, **options):
    return lambda directory: PostgresStore(server, database, directory, **options)


def _rounds(asked, runs_to_a_round):
    return max(1, asked.runs // runs_to_a_round)


_RUN = {"kills": _kills, "disk_full": _disk_full, "replica_killed": _replica_killed,
        "replica_stopped": _replica_stopped, "postgres_cut": _postgres_cut, "postgres_restarted": _postgres_restarted,
        "replicas": _replicas}
