"""What was measured, as text. Pure."""

import textwrap

from figures import medians

_HEAD = ("", "answers/s", "CPU µs each", "p50 ms", "p99 ms", "MiB after", "rate", "CPU")
_WIDTHS = (12, 12, 12, 10, 10, 10, 14, 14)


def workloads(titles, rounds):
    """`titles`: {workload: its title}; `rounds` as measure.rounds() gives them."""
    lines = [_line(_HEAD)]
    for workload, contenders in rounds.items():
        lines.append(titles[workload])
        middle = {name: medians(each) for name, each in contenders.items()}
        # The limit where it does the same work; it asks no upstream.
        reference = "limit" if workload.startswith(("list", "page")) else "go"
        for name, figures in middle.items():
            ratios = ("", "")
            if reference in middle and name not in ("limit", "go"):
                other = middle[reference]
                ratios = [f"{ours / theirs:.2f} × {reference}"
                          for ours, theirs in ((figures.rate, other.rate), (figures.cpu, other.cpu))]
            lines.append(_line((f"  {name}", f"{figures.rate:,.0f}", f"{figures.cpu:.1f}", f"{figures.p50:.3f}",
                                f"{figures.p99:.3f}", f"{figures.memory:.0f}", *ratios)))
    return "\n".join(lines)


def _line(words):
    return "".join(word.ljust(width) if i == 0 else word.rjust(width)
                   for i, (word, width) in enumerate(zip(words, _WIDTHS))).rstrip()


def goals(judged):
    lines = []
    for goal in judged:
        lines.append(f"{goal.verdict():<18} {goal.what}")
        lines.append(f"{'':<18}   goal {goal.goal}; seen {goal.seen}")
        if goal.held_back:
            lines += textwrap.wrap(f"held back by: {goal.held_back}", 120, initial_indent=" " * 21,
                                   subsequent_indent=" " * 23)
    return "\n".join(lines)


def others(found):
    """What is told besides the goals."""
    lines = []
    if many := found.get("many"):
        lines.append(f"10,000 in flight, {many['at_once']:,} at once at the upstream: {many['rate']:,.0f} answers/s, "
                     f"{many['cpu']:.1f} µs of CPU each, p50 {many['p50']:,.0f} ms, p99 {many['p99']:,.0f} ms; "
                     f"memory from {many['idle_mib']:.0f} to {many['peak_mib']:.0f} MiB")
    if refresh := found.get("refresh"):
        lines.append(f"{refresh['refreshes']} refreshes of 100,000, {refresh['refresh_ms']:.0f} ms each (median), "
                     f"under {refresh['offered']:,} reports/s: ms of p50 and p99")
        for name, words in (("during", "during one"), ("after", "in the 200 ms behind one"), ("usual", "else")):
            p50, p99 = (refresh[f"{name}_{which}"] for which in ("p50", "p99"))
            lines.append(f"  {words:<26}{refresh[name]:>7,} reports {p50:8.3f} {p99:8.3f}")
    if start := found.get("start"):
        lines.append(f"start to ready: the slowest took {start['slowest']:.3f} s")
    return "\n".join(lines)
