"""Reads the catalogue, which is data: catalogue/*.toml. Whatever it does not know is refused.

outcomes.toml has what callers are told, by kind of outcome; the other files have the faults, by theme.

Thread safety: pure.
"""

import collections
import dataclasses
import pathlib
import tomllib

from bent import BENDS
from rpcs import RPCS, SETS, STORE_RPCS
from script import STEPS
from tls import KINDS

HERE = pathlib.Path(__file__).resolve().parent / "catalogue"
_PLACES = ("plain", "tls", "names", "clock", "postgres")
_ROW = {"name", "rpcs", "upstream", "scenario", "outcome", "result", "results", "expect", "place", "quick",
        "settings", "timeout", "with"}
# `kept`: the connections of the calls before are not dropped first; `together`: so many requests are answered when all
# of them are here; `only`: the calls that it is for; `turns`: for each request another one.
_UPSTREAM = {"connect", "tls", "answer", "steps", "times", "turns", "kept", "together", "only"}
_ANSWER = {"status", "headers", "body", "bent", "close"}
_OUTCOME = {"code", "reason", "retry_info", "retry_delay", "attempts", "arrived", "metadata", "result", "results",
            "outcome"}


class CatalogueError(Exception):
    """The catalogue says something that is not known; the message names where."""


@dataclasses.dataclass
class Expectation:
    """Of one call. `results`: how often each result of a request, or either of `a|b`, is counted."""
    code: str
    reason: str = ""
    retry_info: bool = False
    retry_delay: tuple = ()
    attempts: int = 1
    arrived: int | None = None
    metadata: dict = dataclasses.field(default_factory=dict)
    results: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Row:
    group: str
    name: str
    rpcs: list
    expected: dict  # Expectation by call
    upstream: dict | None = None
    scenario: str | None = None
    place: str = "plain"
    quick: bool = False
    settings: dict = dataclasses.field(default_factory=dict)
    timeout: float = 15
    options: dict = dataclasses.field(default_factory=dict)  # `with`, for the scenario

    @property
    def title(self):
        return f"{self.group}: {self.name}"


def load(directory=HERE, scenarios=None):
    """Every row, in order. `scenarios`: the names that are known; any, when None."""
    outcomes = _read(directory / "outcomes.toml")
    rows = []
    for path in sorted(directory.glob("*.toml")):
        if path.name == "outcomes.toml":
            continue
        data = _read(path)
        _only(data, {"fault"}, path.name)
        for entry in data.get("fault", []):
            rows.append(_row(path.stem, entry, outcomes, scenarios))
    repeated = [name for name, count in collections.Counter(row.title for row in rows).items() if count > 1]
    if repeated:
        raise CatalogueError(f"more than once: {', '.join(repeated)}")
    return rows


def _read(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


def _only(table, known, where):
    unknown = set(table) - set(known)
    if unknown:
        raise CatalogueError(f"{where}: unknown {', '.join(sorted(unknown))}")


def _row(group, entry, outcomes, scenarios):
    where = f"{group}: {entry.get('name', '?')}"
    _only(entry, _ROW, where)
    for key in ("name", "rpcs"):
        if key not in entry:
            raise CatalogueError(f"{where}: no {key}")
    if ("upstream" in entry) == ("scenario" in entry):
        raise CatalogueError(f"{where}: needs either upstream or scenario")
    if "scenario" in entry and scenarios is not None and entry["scenario"] not in scenarios:
        raise CatalogueError(f"{where}: unknown scenario {entry['scenario']}")
    if entry.get("place", "plain") not in _PLACES:
        raise CatalogueError(f"{where}: unknown place {entry['place']}")
    _check_upstream(entry.get("upstream", {}), where)
    rpcs = _calls(entry["rpcs"], where)
    for selector in entry.get("expect", {}):
        _calls(selector, where)
    expected = {name: _expectation(entry, name, outcomes, where) for name in rpcs}
    return Row(group, entry["name"], rpcs, expected, entry.get("upstream"), entry.get("scenario"),
               entry.get("place", "plain"), entry.get("quick", False),
               entry.get("settings", {}), entry.get("timeout", 15), entry.get("with", {}))


def _check_upstream(upstream, where):
    _only(upstream, _UPSTREAM, where)
    _only(upstream.get("answer", {}), _ANSWER, where)
    bent = upstream.get("answer", {}).get("bent")
    if bent is not None and bent not in BENDS:
        raise CatalogueError(f"{where}: unknown bent {bent}")
    for turn in upstream.get("turns", []):
        _check_upstream(turn, where)
    for step in upstream.get("steps", []):
        if step.partition(": ")[0] not in STEPS:
            raise CatalogueError(f"{where}: unknown step {step}")
    if upstream.get("tls", "good") not in KINDS:
        raise CatalogueError(f"{where}: unknown tls {upstream['tls']}")
    if upstream.get("connect", "refuse") not in ("refuse", "black_hole"):
        raise CatalogueError(f"{where}: unknown connect {upstream['connect']}")


def _calls(selector, where):
    """The calls that a name, the name of a set, or a list of both stands for."""
    names = []
    for one in selector if isinstance(selector, list) else [selector]:
        if one not in SETS and one not in RPCS and one not in STORE_RPCS:
            raise CatalogueError(f"{where}: unknown calls {one}")
        names += SETS.get(one, [one])
    return names


def _expectation(entry, name, outcomes, where):
    """What the outcome says of the call, then the row, each first for sets of calls and then for the call itself."""
    merged = {}
    if "outcome" in entry:
        _apply(merged, _outcome(entry["outcome"], outcomes, name, where), where)
    own = {key: entry[key] for key in ("result", "results") if key in entry}
    _apply(merged, own, where)
    selected = entry.get("expect", {})
    for selector in sorted(selected, key=lambda s: (s == name, s != "all")):
        if name in _calls(selector, where):
            changes = dict(selected[selector])
            if "outcome" in changes:
                merged = dict(_outcome(changes.pop("outcome"), outcomes, name, where))
            _apply(merged, changes, where)
    if "code" not in merged:
        raise CatalogueError(f"{where}: nothing says what {name} is told")
    return _finished(merged, entry.get("upstream", {}))


def _outcome(kind, outcomes, name, where):
    """The table of the outcome for the call `name`."""
    if kind not in outcomes:
        raise CatalogueError(f"{where}: unknown outcome {kind}")
    found = {}
    table = outcomes[kind]
    for selector in sorted(table, key=lambda s: (s == name, s != "all")):
        if name in _calls(selector, f"outcomes: {kind}"):
            found |= table[selector]
    return found


def _apply(merged, changes, where):
    _only(changes, _OUTCOME, where)
    if "metadata" in changes:
        changes = {**changes, "metadata": {**merged.get("metadata", {}), **changes["metadata"]}}
    merged.update(changes)


def _finished(merged, upstream):
    """With what follows from the rest: the results by the attempts, the status that failures of an answer name."""
    result, results = merged.pop("result", None), merged.pop("results", None)
    attempts = merged.setdefault("attempts", 1)
    if results is None:
        results = {result: attempts} if result and attempts else {}
    merged["results"] = results
    merged["retry_delay"] = tuple(merged.get("retry_delay", ()))
    if merged.get("arrived") == "attempts":
        merged["arrived"] = attempts
    status = upstream.get("answer", {}).get("status")
    if status and merged["code"] != "OK" and "steps" not in upstream:
        merged["metadata"] = {"http_status": str(status), **merged.get("metadata", {})}
    return Expectation(**merged)
