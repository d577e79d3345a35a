"""Runs the cases against one gateway, and holds against each what is expected of all."""

import json
import tempfile
import time

import processes
import subject
from cases import CASES, expect

MOST_MEMORY = subject.MEMORY_LIMIT >> 20  # MiB
# After a case; what the process keeps for itself is not much.
MEMORY_AFTER = 128  # MiB


def chosen(asked):
    return [one for one in CASES if (asked.long or not one.long) and asked.only in one.name]


def _descriptors_back(gateway, before):
    # Those to the upstream come and go with the age of the list.
    before["upstream"] = subject.KEPT_CONNECTIONS
    seconds = subject.PATIENCE
    end = time.monotonic() + seconds
    while (left := gateway.descriptors() - before) and time.monotonic() < end:
        time.sleep(0.05)
    more = ", ".join(f"{count} × {kind}" for kind, count in sorted(left.items()))
    expect(not left, f"descriptors more than before are open, {seconds} s after the end: {more}")


def _memory_back(gateway, seconds=40):
    end = time.monotonic() + seconds
    while gateway.memory() > MEMORY_AFTER and time.monotonic() < end:
        time.sleep(0.05)
    expect(gateway.memory() <= MEMORY_AFTER, f"{gateway.memory():.0f} MiB are kept, {seconds} s after the end")


def _run_one(case, gateway, memory_counts):
    """What was seen; raises AssertionError."""
    before = gateway.descriptors()
    gateway.forget_peak()
    began = time.monotonic()
    with subject.Caller(gateway.grpc) as caller:
        seen = case.act(gateway.grpc)
    took = time.monotonic() - began
    with subject.channel_to(gateway.grpc) as channel:
        subject.ask(channel)  # one who comes new
    _descriptors_back(gateway, before)
    if memory_counts:
        expect(gateway.peak() <= MOST_MEMORY, f"more than {MOST_MEMORY} MiB of memory")
        _memory_back(gateway)
    return f"{seen} [{took:.1f} s; beside it {caller.served} calls served, the slowest in {1000 * caller.slowest:.0f} ms]"


def stray_lines(log):
    """Lines that are no JSON: libraries write as much as callers cause."""
    def is_json(line):
        try:
            return isinstance(json.loads(line), dict)
        except ValueError:
            return False
    return [line for line in log.read_text(errors="replace").splitlines() if not is_json(line)]


def run(asked):
    """The exit code."""
    cases, failed, highest = chosen(asked), 0, 0.0
    if asked.no_bound:
        subject.MEMORY_LIMIT = 8 << 30
        subject.PATIENCE *= 6  # a sanitizer takes its time, too
    with tempfile.TemporaryDirectory() as directory, processes.Sandbox(asked.binaries, directory) as sandbox:
        gateway = subject.Gateway(asked.binaries, directory, sandbox)
        try:
            subject.warm_up(gateway)
            print(f"{len(cases)} cases; at rest the gateway has {gateway.memory():.0f} MiB", flush=True)
            for case in cases:
                try:
                    seen, mark = _run_one(case, gateway, not asked.no_bound), "ok  "
                except AssertionError as failure:
                    seen, mark = str(failure), "FAIL"
                    failed += 1
                try:
                    peak = gateway.peak()
                except (AssertionError, OSError):
                    print(f"FAIL {case.name}\n     the gateway is gone:\n{gateway.log.read_text()[-4000:]}")
                    return 1
                highest = max(highest, peak)
                print(f"{mark} {peak:4.0f} MiB  {case.name}\n     {seen}", flush=True)
            print(f"peak memory {highest:.0f} MiB, at the end {gateway.memory():.0f} MiB")
        finally:
            code = gateway.stop()
        strays = stray_lines(gateway.log)
    for line in strays[:3]:
        print(f"FAIL a line of the log is not ours: {line[:200]}")
        failed += 1
    if code != 0:
        print(f"FAIL the gateway ended with exit code {code}")
        failed += 1
    return 1 if failed else 0
