"""Key files that are not what they should be: a gateway does not start with them, and one that runs goes on."""

import os
import subprocess

import judge
from calls import call_all
from gateway import write_config, write_keys
from places import Place
from rows import Watch, judge_calls

_PATIENCE = 60  # seconds after which something counts as hanging


def does_not_start(row, tools):
    """With `with.file` changed as `with.change` says: exit code 2, and one line that names the file and no key."""
    with Place(row.place, tools, row.settings, start=False) as place:
        keys = write_keys(place.directory)
        write_config(place.directory, place.configuration())
        _change(place, row.options["file"], row.options["change"])
        command = [os.path.join(tools.binaries, "concero-gateway"), "--config", str(place.directory / "gateway.yaml")]
        try:
            done = subprocess.run(command, cwd=place.directory, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, check=False, timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            yield "it starts, or hangs"
            return
        if done.returncode != 2:
            yield f"exit code {done.returncode} instead of 2"
        if done.stdout:
            yield f"it prints {done.stdout!r}"
        if row.options["file"] not in done.stderr:
            yield f"the refusal does not name {row.options['file']}: {done.stderr!r}"
        yield from judge.judge_log(done.stderr, [part for key in keys for part in (key, key[:len(key) // 2])], [])


def files_change(row, tools):
    """While the gateway runs: it keeps what it has."""
    with Place(row.place, tools, row.settings) as place:
        watch = Watch(place)
        place.upstream.arm({"steps": ["answer", "keep"]})
        for name in ("concero.key", "proctorexam.token", "proctorexam.key"):
            _change(place, name, row.options["change"])
        seen = call_all(place.gateway, row.rpcs, row.timeout)
        yield from judge_calls(row, seen, place.gateway.secrets)
        yield from watch.judge_metrics(row.expected, seen)
        yield from judge.judge_arrivals(row.expected, place.upstream.requests())
        place.upstream.disarm()
        yield from watch.judge_rest()


def _change(place, name, change):
    path = place.directory / name
    key = path.read_text()
    if change == "missing":
        path.unlink()
    elif change == "empty":
        path.write_text("")
    elif change == "blank":
        path.write_text(" \n\n")
    elif change == "half written":
        # As a copy looks of which the second half is not on the disk yet: zero bytes.
        path.write_text(key[:len(key) // 2] + "\0" * (len(key) // 2))
    elif change == "two lines":
        path.write_text(f"{key}\n{key}\n")
    elif change == "a directory":
        path.unlink()
        path.mkdir()
    elif change == "endless":
        path.write_text(key * 10_000)
    else:
        raise ValueError(f"unknown change {change}")
