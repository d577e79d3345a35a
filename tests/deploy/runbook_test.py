"""The runbook tried: each alert is caused at a real gateway under a real Prometheus, its section's commands are run as
they stand there, and it clears.

Usage: runbook_test.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS DIRECTORY_OF_PROMETHEUS ROOT_OF_THE_REPOSITORY
                       [--only TEXT] [--at-once N] [--list]
"""

import argparse
import concurrent.futures
import os
import pathlib
import signal
import sys
import traceback

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent
HEAD = ("alert", "severity", "caused by", "fired after", "commands run", "cleared after")


def arguments():
    parser = argparse.ArgumentParser(prog="runbook_test", allow_abbrev=False)
    for name in ("binaries", "stubs", "prometheus", "root"):
        parser.add_argument(name, type=os.path.abspath)
    parser.add_argument("--only", default="", help="tries with this text in their name")
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def not_covered(alerts, runbook):
    """Alerts and sections that no try is about."""
    from runbook_process_tries import TRIES
    tried = {alert for _, _, alerts, _ in TRIES.values() for alert in alerts}
    followed = {section for _, _, _, sections in TRIES.values() for section in sections}
    return sorted(set(alerts) ^ tried) + sorted(
        anchor for anchor, section in runbook.items() if section.alerts and anchor not in followed)


def attempt(one):
    try:
        one.go()
        return None
    except Exception:
        return f"{one.name}: {traceback.format_exc()}\nthe end of its log:\n{one.log}"


def run(asked):
    from kubectl import kubectl
    from metrics_rules import alerts, functions, sections
    from runbook_process_tries import LAST, TRIES
    from runbook_prometheus import Prometheus, shortened
    from runbook_stand import Place
    from runbook_try import Try

    deploy = pathlib.Path(asked.root, "deploy")
    known, runbook = {alert.name: alert for alert in alerts(deploy)}, sections(deploy)
    missing = not_covered(known, runbook)
    if missing:
        print("no try is about:", *missing)
        return 1
    names = [name for name in TRIES if asked.only in name]
    if asked.list:
        print(*(f"{name}: {TRIES[name][1]}" for name in names), sep="\n")
        return 0
    failures, rows = [], []
    with Prometheus(asked.prometheus, shortened((deploy / "prometheus/alerts.yaml").read_text())) as prometheus:
        place = Place(asked.binaries, prometheus, kubectl(pathlib.Path(asked.root, "build/tools")), functions(deploy))
        tries = [Try(name, TRIES[name], known, runbook, place) for name in names]
        beside = [one for one in tries if one.name not in LAST]
        with concurrent.futures.ThreadPoolExecutor(asked.at_once) as pool:
            results = list(pool.map(attempt, beside))
        alone = [one for one in tries if one.name in LAST]
        results += [attempt(one) for one in alone]
        for one, failure in zip(beside + alone, results):
            rows += [] if failure else one.rows()
            failures += [failure] if failure else []
    widths = [max(len(row[i]) for row in [HEAD, *rows]) for i in range(len(HEAD))]
    for row in [HEAD, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    for failure in failures:
        print("\nFAILED", failure)
    print(f"\n{len(rows)} alerts caused, seen and cleared; {len(failures)} tries failed")
    return 1 if failures or not rows else 0


if __name__ == "__main__":
    ASKED = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started here ends in order
    sys.path += [str(HERE.parent / "support"), ASKED.stubs]
    sys.exit(run(ASKED))
