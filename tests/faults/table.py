"""The catalogue, and what was seen, as a table.

Thread safety: pure, but for tell(), which prints.
"""

import collections

from rpcs import SETS

_MOST = 12  # differences of a row that are printed


def of_rows(rows, markdown):
    return _table(("fault", "calls", "code", "reason", "metric", "pairs"), [_cells(row) for row in rows], markdown)


def of_results(results, markdown):
    return _table(("fault", "calls", "code", "reason", "metric", "pairs", "seen"),
                  [(*_cells(result.row), "as expected" if not result.found else f"{len(result.found)} DIFFERENCES")
                   for result in results], markdown)


def sum_of(rows):
    return f"{len(rows)} faults, {sum(len(row.rpcs) for row in rows)} (fault × RPC) pairs"


def tell(results, seconds):
    """Prints the differences and the sum; the exit code."""
    bad = [result for result in results if result.found]
    for result in bad:
        print(f"\n{result.row.title}")
        for difference in result.found[:_MOST]:
            print(f"  {difference}")
        if len(result.found) > _MOST:
            print(f"  and {len(result.found) - _MOST} more")
    end = "all green" if not bad else f"{len(bad)} NOT AS EXPECTED"
    print(f"\n{sum_of([result.row for result in results])}, {end} ({seconds:.0f} s)")
    return 1 if bad else 0


def _cells(row):
    """Classes of calls that are told different things are divided by a slash."""
    told = collections.OrderedDict()
    for name in row.rpcs:
        expectation = row.expected[name]
        told.setdefault((expectation.code, expectation.reason), []).append(name)
    metrics = collections.OrderedDict()
    for expectation in row.expected.values():
        for result, count in expectation.results.items():
            metrics[f"{result}"] = max(count, metrics.get(result, 0))
    return (row.title, _calls_of(row.rpcs), " / ".join(dict.fromkeys(code for code, _ in told)),
            " / ".join(dict.fromkeys(reason for _, reason in told if reason)) or "-",
            " + ".join(f"{result} ×{count}" for result, count in metrics.items()) or "-", str(len(row.rpcs)))


def _calls_of(names):
    for name, members in SETS.items():
        if sorted(members) == sorted(names):
            return name
    return ", ".join(names) if len(names) <= 2 else f"{len(names)} calls"


def _table(head, rows, markdown):
    if markdown:
        lines = [head, tuple("---" for _ in head), *rows]
        return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in [head, *rows])
