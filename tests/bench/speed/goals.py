"""The goals, and whether what was measured meets them. Pure."""

import dataclasses
import statistics

import held_back
from figures import medians, ratios


@dataclasses.dataclass(frozen=True)
class Goal:
    key: str  # of what may hold it back
    what: str
    goal: str
    seen: str
    value: float
    bound: float
    at_most: bool
    held_back: str = ""  # by what, when it is missed

    @property
    def met(self):
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    @property
    def by(self):
        """How far from the goal, as a part of it: 0.07 is 7 %, on whichever side."""
        return abs(self.value / self.bound - 1)

    def verdict(self):
        if self.met:
            return "met"
        if self.by < 0.001:
            return "MISSED by a hair"
        return f"MISSED by {100 * self.by:.{0 if self.by >= 0.01 else 1}f} %"


# What is held against whom: the workload, what it is called, the figure, the bound, whether it is an upper one, and the
# reference.
_AGAINST_OTHERS = (
    ("list", "cached list, 256 in flight: rate", "rate", 0.95, False, "limit"),
    ("list", "cached list, 256 in flight: CPU per request", "cpu", 1.05, True, "limit"),
    ("list1", "cached list, one at a time: p50", "p50", 1.0, True, "go"),
    ("report", "report, 64 in flight: rate", "rate", 1.4, False, "go"),
    ("report", "report, 64 in flight: CPU per request", "cpu", 0.68, True, "go"),
    ("slow", "report, 1,024 in flight, 150 ms: CPU per request", "cpu", 0.65, True, "go"),
    ("allocate", "allocation, 64 in flight, ledger at FULL: rate", "rate", 1.0, False, "go"),
)
_UNITS = {"rate": ("{:,.0f}", "/s"), "cpu": ("{:.1f}", " µs"), "p50": ("{:.3f}", " ms"), "p99": ("{:.3f}", " ms")}
SLOW_SHARE, CROWD, COMMITS, REFRESH, START, IDLE = 0.97, 1.3, 3.0, 2.0, 0.5, 32
SLOW_LIMIT = 1024 / 0.15


def judge(found):
    """`found`: "rounds" {workload: {contender: [Figures]}}, and what else was measured: "single_commits", "many",
    "refresh", "start". Goals that there are no figures for are left out."""
    return [goal if goal.met else dataclasses.replace(goal, held_back=held_back.why(goal.key, found))
            for goal in _all(found) if goal is not None]


def _all(found):
    rounds = found["rounds"]
    for workload, what, figure, bound, at_most, reference in _AGAINST_OTHERS:
        yield _against(workload, rounds.get(workload, {}), what, figure, bound, at_most, reference)
        if workload == "report" and figure == "cpu":
            yield _share_of_the_delay(rounds)
    yield _single_commits(rounds, found.get("single_commits"))
    yield _crowd(rounds)
    yield from _others(found)


def _against(workload, contenders, what, figure, bound, at_most, reference):
    ours, theirs = contenders.get("gateway"), contenders.get(reference)
    if not ours or not theirs:
        return None
    ratio, low, high = ratios(ours, theirs, figure)
    return Goal(workload, what, f"{_sign(at_most)} {bound:g} × {reference}",
                f"{ratio:.2f} × ({_both(figure, medians(ours), medians(theirs))}; rounds {low:.2f} … {high:.2f})",
                ratio, bound, at_most)


def _sign(at_most):
    return "≤" if at_most else "≥"


def _both(figure, ours, theirs):
    number, unit = _UNITS[figure]
    return f"{number.format(getattr(ours, figure))} to {number.format(getattr(theirs, figure))}{unit}"


def _share_of_the_delay(rounds):
    ours = rounds.get("slow", {}).get("gateway")
    if not ours:
        return None
    rate = medians(ours).rate
    return Goal("slow", "report, 1,024 in flight, 150 ms: rate", f"≥ {SLOW_SHARE:.0%} of {SLOW_LIMIT:,.0f}/s",
                f"{rate / SLOW_LIMIT:.1%} ({rate:,.0f}/s)", rate / SLOW_LIMIT, SLOW_SHARE, False)


def _single_commits(rounds, commits):
    ours = rounds.get("allocate", {}).get("gateway")
    if not ours or not commits:
        return None
    rate, single = medians(ours).rate, statistics.median(commits)
    ratio = rate / single
    return Goal("commits", "allocation, 64 in flight: against one commit per write", f"≥ {COMMITS:g} ×",
                f"{ratio:.2f} × ({rate:,.0f} to {single:,.0f}/s)", ratio, COMMITS, False)


def _crowd(rounds):
    crowd, few = rounds.get("crowd", {}).get("gateway"), rounds.get("report", {}).get("gateway")
    if not crowd or not few:
        return None
    ratio, low, high = ratios(crowd, few, "cpu")
    return Goal("crowd", "report, 4,096 in flight: CPU per request", f"≤ {CROWD:g} × that of 64 in flight",
                f"{ratio:.2f} × ({_both('cpu', medians(crowd), medians(few))}; rounds {low:.2f} … {high:.2f})",
                ratio, CROWD, True)


def _others(found):
    many, refresh, start = (found.get(name) for name in ("many", "refresh", "start"))
    if many:
        yield Goal("many", "report, 10,000 in flight", "all answered OK",
                   f"{many['answered']:,} answered; {many['kib_per_call']:.1f} KiB of memory for each call in flight",
                   many["answered"], many["asked"], False)
    if refresh:
        ratio = refresh["during_p99"] / refresh["usual_p99"]
        yield Goal("refresh", "report during a 100,000-item refresh: p99", f"≤ {REFRESH:g} × its usual",
                   f"{ratio:.2f} × ({refresh['during_p99']:.2f} to {refresh['usual_p99']:.2f} ms)",
                   ratio, REFRESH, True)
    if start:
        seconds, idle = start["seconds"], start["idle_mib"]
        yield Goal("start", "start to ready", f"< {START:g} s", f"{seconds:.3f} s", seconds, START, True)
        yield Goal("idle", "idle memory", f"< {IDLE} MiB", f"{idle:.2f} MiB", idle, IDLE, True)
