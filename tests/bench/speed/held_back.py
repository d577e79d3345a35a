"""What holds a goal back that is missed, as far as it is known. Pure.

What a run has measured is told from it. The counts of instructions are callgrind's, of a release build on x86-64 with
Debian 12's libraries; the README has more of them, and what was tried.
"""

from figures import medians

NOT_KNOWN = "not known"


def why(key, found):
    """Of the goal with that key (goals.Goal); `found` as for goals.judge()."""
    reason = _REASONS.get(key)
    return reason(found) if callable(reason) else reason or NOT_KNOWN


def _cpu(found, workload, contender):
    """Its CPU for an answer, in words."""
    rounds = found["rounds"].get(workload, {}).get(contender)
    return f"{medians(rounds).cpu:.1f} µs" if rounds else "not measured"


def _report(found):
    return ("libcurl: 51,000 of the 159,000 instructions, 17,000 of them to print header lines (the gateway's own "
            f"code: 16,000); of its {_cpu(found, 'report', 'gateway')} gRPC alone takes "
            f"{_cpu(found, 'report', 'limit')} under the same load")


def _slow(found):
    return (f"the waiting: with 64 in flight and no delay a report takes {_cpu(found, 'report', 'gateway')}, and "
            f"{_cpu(found, 'report', 'go')} Go's; 1,024 in flight cost 7 % more instructions, and half as much time "
            "again (50 KiB each: probably the caches); fewer wake-ups and one loop thread saved nothing")


def _allocate(found):
    return (f"the ledger, which Go does without: {_cpu(found, 'allocate', 'gateway')} of CPU, a report takes "
            f"{_cpu(found, 'report', 'gateway')}; SQLite has 97,000 of the 321,000 instructions")


def _refresh(found):
    return (f"its sharing the cores: for the {found['refresh']['refresh_ms']:.0f} ms of a refresh its decoding takes "
            "one, and what comes at once keeps a loop thread for milliseconds")


_REASONS = {
    "list": "what the gateway does and the limit does not: counting a call, its deadline, its line in the log",
    "report": _report,
    "slow": _slow,
    "allocate": _allocate,
    "commits": "the disk: where it syncs fast, a write alone hardly waits, and nothing is won by waiting together",
    "crowd": "50 KiB for each call in flight: probably the caches",
    "refresh": _refresh,
    "idle": "most of it is the program itself, read from its file",
}
