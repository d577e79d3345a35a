"""Runs the parts, and tells what was seen."""

import contextlib
import dataclasses
import json
import os
import pathlib
import sys
import tempfile
import time

import chart
import goals
import grpc
import many
import processes
import refreshes
import starts
import table
import workloads
from contenders import Gateway, Go, Limit
from h2load import LoadError
from measure import Meter, rounds
from process_figures import Others, machine, raise_descriptors
from upstream import Upstream

# Which workloads a part has; those of one kind of upstream are in the same rounds.
_WORKLOADS = {"list": (workloads.CACHED,), "list1": (workloads.ONE,), "report": (workloads.REPORTS,),
              "crowd": (workloads.REPORTS, workloads.CROWD), "allocate": (workloads.ALLOCATIONS,),
              "slow": (workloads.WAITING,), "lists": workloads.LISTS}
MOST_OF_OTHERS = 0.05  # of the machine's CPU; beyond that the figures are noise
_DRAWN = ("list", "list1", "report", "crowd", "slow", "allocate")


def _told(words):
    print(f"  {words}", file=sys.stderr, flush=True)


class _Bench:
    def __init__(self, asked, directory, upstream):
        self._asked = asked
        self._directory = directory
        self._upstream = upstream
        self._meter = Meter(directory, upstream)
        self.found = {"rounds": {}}

    def _folder(self, name):
        path = f"{self._directory}/{name}"
        os.makedirs(path)
        return path

    def side_by_side(self):
        """The workloads, by kind of upstream."""
        asked = dict.fromkeys(workload for part in self._asked.only for workload in _WORKLOADS.get(part, ()))
        for kind in workloads.KINDS:
            for page in dict.fromkeys(workload.page for workload in asked if workload.kind == kind):
                self._group(kind, page, [one for one in asked if (one.kind, one.page) == (kind, page)])

    def _group(self, kind, page, group):
        with contextlib.ExitStack() as stack:
            beside = []
            if workloads.ALLOCATIONS in group:
                beside.append(self._single_commits)
            roles = {role for workload in group for role in workload.contenders}
            contenders = {one.name: stack.enter_context(one) for one in self._contenders(kind, page, roles)}
            self.found["rounds"] |= rounds(self._meter, contenders, group, self._asked.rounds, self._asked.seconds,
                                           _told, beside)

    def _single_commits(self):
        """Allocations a second of the gateway's ledger when it commits each write by itself, on the same disk."""
        program = processes.launch([f"{self._asked.binaries}/speed_single", self._directory, "1000"], self._directory)
        output, _ = program.communicate()
        if program.returncode != 0:
            raise LoadError("speed_single failed, see its log")
        self.found.setdefault("single_commits", []).append(float(output))

    def _contenders(self, kind, page, roles):
        folder = self._folder(f"{kind.name}-{page}")
        url = self._upstream.base_url(kind)
        if "limit" in roles:
            yield Limit(f"{self._asked.binaries}/speed_limit", f"{folder}/limit", page)
        for name, program in {"gateway": self._asked.gateway, **self._asked.beside}.items():
            yield Gateway(name, program, f"{folder}/{name}", url)
        if "go" in roles:
            yield Go(f"{self._asked.results}/speed_peer", f"{folder}/go", url)

    def alone(self):
        """What is measured of the gateway alone."""
        if "many" in self._asked.only:
            _told("10,000 in flight")
            self.found["many"] = many.measure(self._meter, self._asked.gateway, self._folder("many"), self._upstream)
        if "refresh" in self._asked.only:
            _told("reports during refreshes")
            self.found["refresh"] = refreshes.measure(self._meter, self._asked.gateway, self._folder("refresh"),
                                                      self._upstream)
        if "start" in self._asked.only:
            _told("starts")
            self.found["start"] = starts.measure(self._asked.gateway, self._folder("start"), self._upstream)


def run(asked):
    """The exit code."""
    here = machine()
    descriptors = raise_descriptors()
    if "many" in asked.only and descriptors < many.DESCRIPTORS:
        print(f"speed: a process may have {descriptors} open files here, and 10,000 calls in flight need "
              f"{many.DESCRIPTORS}: raise the hard limit (ulimit -Hn), or leave the part `many` out", file=sys.stderr)
        return 2
    size = f"{here['cores']} cores ({here['processor']}), {here['memory_gib']:g} GiB"
    print(f"{size}, Linux {here['kernel']}\n{asked.rounds} rounds, {asked.seconds} s for each load", flush=True)
    os.makedirs(asked.results, exist_ok=True)
    began, others = time.monotonic(), Others()
    try:
        # Not in /tmp, which may be a memory: the ledger is to be on a disk.
        with tempfile.TemporaryDirectory(prefix="speed.", dir=asked.results) as directory, \
                Upstream(directory, workloads.KINDS, min(descriptors, 40_000) - 100) as upstream:
            bench = _Bench(asked, directory, upstream)
            bench.side_by_side()
            bench.alone()
    except (LoadError, processes.ProgramError, grpc.RpcError) as error:
        print(f"speed: this run means nothing: {error}", file=sys.stderr)
        return 2
    bench.found["others"] = others.share()
    judged = goals.judge(bench.found)
    _tell(asked, here, size, bench.found, judged)
    noisy = bench.found["others"] > MOST_OF_OTHERS
    print(f"\n{time.monotonic() - began:.0f} s, in which others took {bench.found['others']:.1%} of this machine"
          + (": it was not quiet, and these figures are not to be trusted" if noisy else ""))
    return 1 if asked.strict and not all(goal.met for goal in judged) else 0


def _tell(asked, here, size, found, judged):
    titles = {one.name: one.title for group in _WORKLOADS.values() for one in group}
    sections = [table.workloads(titles, found["rounds"]) if found["rounds"] else "", table.others(found),
                table.goals(judged)]
    print("\n" + "\n\n".join(filter(None, sections)))
    json_file = pathlib.Path(asked.results, "speed.json")
    json_file.write_text(json.dumps(
        {"machine": here, "asked": {"rounds": asked.rounds, "seconds": asked.seconds, "parts": asked.only},
         **found, "goals": [{**dataclasses.asdict(goal), "met": goal.met, "by": goal.by} for goal in judged]},
        default=dataclasses.asdict, indent=1, ensure_ascii=False) + "\n")
    print(f"\n{json_file}")
    if drawn := {name: found["rounds"][name] for name in _DRAWN if name in found["rounds"]}:
        chart_file = pathlib.Path(asked.results, "speed.svg")
        subtitle = f"medians of {asked.rounds} rounds of {asked.seconds} s on {size}"
        chart_file.write_text(chart.draw(titles, drawn, subtitle))
        print(chart_file)
