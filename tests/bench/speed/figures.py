"""From what was counted to figures. Pure."""

import collections
import dataclasses
import re
import statistics


@dataclasses.dataclass(frozen=True)
class Figures:
    """Of one contender under one workload: of one round, or the medians of them all."""
    rate: float  # answers a second
    cpu: float  # µs of the server's CPU for an answer
    p50: float  # ms
    p99: float  # ms
    memory: float  # MiB, afterwards
    answered: int


def percentile(values, percent):
    """The smallest of them that `percent` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def overall_rate(times):
    """Answers a second from the first call's beginning to the last answer."""
    end = max(began + took for began, took in zip(times.began, times.took))
    return 1e6 * len(times.began) / (end - min(times.began))


def steady_rate(times):
    """Answers a second where they come in waves, because an upstream takes its time: the slope of the line that fits
    their number over time best. The first delay, in which none can come, does not count, and of many waves one that
    the end of the run cuts off hardly does."""
    ends = sorted(began + took for began, took in zip(times.began, times.took))
    middle, middle_index = statistics.fmean(ends), (len(ends) - 1) / 2
    return 1e6 * (sum((end - middle) * (index - middle_index) for index, end in enumerate(ends))
                  / sum((end - middle) ** 2 for end in ends))


def medians(rounds):
    """Of each figure by itself."""
    return Figures(*(statistics.median(values) for values in zip(*map(dataclasses.astuple, rounds))))


def ratios(ours, theirs, figure):
    """Of a figure: ours to theirs by the medians, and the lowest and the highest of the rounds."""
    def of(one, other):
        return getattr(one, figure) / getattr(other, figure)
    each = [of(one, other) for one, other in zip(ours, theirs)]
    return of(medians(ours), medians(theirs)), min(each), max(each)


def codes_of(metrics):
    """A gateway's calls by gRPC code, from Prometheus' text."""
    codes = collections.Counter()
    for labels, value in re.findall(r"^rpc_server_call_duration_seconds_count\{(.*)\} (\S+)$", metrics, re.MULTILINE):
        codes[re.search(r'(?:^|,)code="([^"]*)"', labels)[1]] += round(float(value))
    return codes


def by_overlap(times, windows, tail):
    """Durations (µs) of the calls that overlap one of `windows` (pairs of µs, in order), of those that overlap only
    the `tail` (µs) behind one, and of all others."""
    during, after, usual = [], [], []
    for began, took in zip(times.began, times.took):
        end = began + took
        if any(began <= closes and end >= opens for opens, closes in windows):
            during.append(took)
        elif any(began <= closes + tail and end >= closes for _, closes in windows):
            after.append(took)
        else:
            usual.append(took)
    return during, after, usual
