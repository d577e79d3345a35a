"""Runs the libFuzzer programs, each from its committed corpus, several beside each other.

Usage: fuzz.py [--build DIRECTORY] [--minutes N] [--jobs N] [--list] [NAME …]

What is found on the way stays in DIRECTORY/corpus and is where the next run begins; findings are in DIRECTORY/findings.
Exit codes: 0, 1 with a finding, 2 wrong usage.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGETS = sorted(path.name for path in (HERE / "corpus").iterdir())

# No input of the targets takes longer or needs more.
LIMITS = ("-max_len=16384", "-timeout=10", "-rss_limit_mb=2048")


def arguments():
    parser = argparse.ArgumentParser(prog="fuzz", allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which targets; all unless told otherwise")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "fuzz", help="where the programs are")
    parser.add_argument("--minutes", type=float, default=5, help="for each target; 5 unless told otherwise")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="targets at once; as many as processors")
    parser.add_argument("--list", action="store_true", help="print the targets and run nothing")
    asked = parser.parse_args()
    for name in asked.names:
        if name not in TARGETS:
            parser.error(f"there is no target '{name}'; --list names them")
    if asked.minutes <= 0 or asked.jobs < 1:
        parser.error("--minutes and --jobs must be above 0")
    return asked


def last(pattern, text):
    """The number in the last match; 0 without one."""
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def fuzz(name, build, seconds):
    """Runs one target; a line that says how it went, and whether it found something."""
    corpus, findings, log = build / "corpus" / name, build / "findings", build / "logs" / f"{name}.log"
    for folder in (corpus, findings, log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    before = {*findings.iterdir(), *corpus.iterdir()}
    with open(log, "wb") as output:
        code = subprocess.run(
            [build / "bin" / f"fuzz_{name}", corpus, HERE / "corpus" / name, *LIMITS, "-print_final_stats=1",
             f"-max_total_time={seconds}", f"-dict={HERE / 'words.dict'}", f"-artifact_prefix={findings}/{name}-"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=build, check=False).returncode
    said = log.read_text(errors="replace")
    runs = last(r"stat::number_of_executed_units: (\d+)", said) or last(r"(?m)^#(\d+)\s", said)
    edges, new = last(r" cov: (\d+) ", said), len(set(corpus.iterdir()) - before)
    line = f"{name:22} {runs:>12,} runs {edges:>7,} edges {new:>6,} new inputs  "
    if code == 0:
        return line + "no finding", False
    kept = sorted(set(findings.iterdir()) - before)
    return line + f"FINDING: {', '.join(map(str, kept)) or 'no input was kept'}; see {log}", True


def run(asked):
    names, seconds = asked.names or TARGETS, max(1, round(60 * asked.minutes))
    minutes = -(-len(names) // asked.jobs) * asked.minutes
    print(f"{len(names)} targets, {asked.minutes:g} min each, {asked.jobs} at once: {minutes:g} min", flush=True)
    found = False
    with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        under_way = [pool.submit(fuzz, name, asked.build, seconds) for name in names]
        for done in concurrent.futures.as_completed(under_way):
            line, bad = done.result()
            print(line, flush=True)
            found |= bad
    print("a finding: to see it again, give the kept file to build/fuzz/bin/fuzz_NAME" if found else "no finding")
    return 1 if found else 0


if __name__ == "__main__":
    ASKED = arguments()
    if ASKED.list:
        print("\n".join(TARGETS))
        sys.exit(0)
    sys.exit(run(ASKED))
