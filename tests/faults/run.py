"""Runs the rows that were asked for, those of a place one after the other and the places beside each other.

Thread safety: none; the threads are its own.
"""

import concurrent.futures
import os
import sys
import tempfile
import threading
import time
import traceback

from postgres import Postgres

import table
from catalogue import load
from places import Place, Tools
from rows import Result, run_upstream_row
from scenarios import SCENARIOS
from tls import Authority

_SLICE = 8  # rows that share a gateway


def run(asked):
    """The exit code: 0 when all is as the catalogue says."""
    rows = [row for row in load(scenarios=SCENARIOS)
            if asked.only.lower() in row.title.lower() and (row.quick or not asked.quick)]
    if asked.list:
        print(table.of_rows(rows, asked.markdown))
        print(table.sum_of(rows))
        return 0
    if not rows:
        print("faults: no row has that in its title", file=sys.stderr)
        return 2
    if not os.path.exists(asked.shim):
        print(f"faults: {asked.shim} is not there; ./dev build makes it", file=sys.stderr)
        return 2
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-tls-") as directory:
        tools = Tools(asked.binaries, asked.shim, Authority(directory), Postgres)
        try:
            results = _run_all(rows, tools, asked.at_once)
        finally:
            tools.close()
    print(table.of_results(results, asked.markdown))
    return table.tell(results, time.monotonic() - began)


def _run_all(rows, tools, at_once):
    results, lock = {}, threading.Lock()

    def run_group(group):
        for result in _group_results(group, tools):
            with lock:
                results[result.row.title] = result
                print(f"  {'ok ' if not result.found else 'BAD'} {result.seconds:5.1f} s  {result.row.title}",
                      file=sys.stderr, flush=True)

    # PostgreSQL's rows share one server, and are in one group. What takes long begins first.
    groups = sorted(_groups(rows), key=lambda group: -sum(_weight(row) for row in group))
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for future in [pool.submit(run_group, group) for group in groups]:
            future.result()
    return [results[row.title] for row in rows]


def _weight(row):
    return row.options.get("seconds", 3 if row.upstream and "steps" in row.upstream else 1)


def _groups(rows):
    """Rows that share a gateway: those of a place with the same settings; each scenario has its own."""
    shared, groups = {}, []
    for row in rows:
        if row.scenario and row.place != "postgres":
            groups.append([row])
        else:
            own = "" if row.place == "postgres" else str(row.settings)
            shared.setdefault((row.place, own), []).append(row)
    for key, some in shared.items():
        size = len(some) if key[0] == "postgres" else _SLICE
        groups += [some[i:i + size] for i in range(0, len(some), size)]
    return groups


def _group_results(rows, tools):
    """A Result of each row. A place that breaks is made anew for the next row."""
    if rows[0].scenario:
        for row in rows:
            yield _result_of(row, lambda row=row: SCENARIOS[row.scenario](row, tools))
        return
    place = None
    try:
        for row in rows:
            began = time.monotonic()
            try:
                place = place or Place(row.place, tools, row.settings)
                found = run_upstream_row(row, place)
            except Exception as error:
                found = [_broken(error)]
            yield Result(row, len(row.rpcs), found, time.monotonic() - began)
            if found and place is not None:
                place.close()
                place = None
    finally:
        if place is not None:
            place.close()


def _result_of(row, scenario):
    began = time.monotonic()
    try:
        found = list(scenario())
    except Exception as error:
        found = [_broken(error)]
    return Result(row, len(row.rpcs), found, time.monotonic() - began)


def _broken(error):
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({os.path.basename(where.filename)}:{where.lineno})"
