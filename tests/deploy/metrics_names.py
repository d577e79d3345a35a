"""Which metrics and labels a PromQL expression relies on, and what of it an exposition does not have.

It reads selectors, aggregations (`by`) and matchings (`on`), by brackets and words, which is enough for what is in
deploy/; it does not know what an expression means.
"""

import re

# Labels that Prometheus puts on a series, and series that it makes itself.
TARGET_LABELS = frozenset({"job", "instance", "namespace"})
MADE_BY_PROMETHEUS = {"up": frozenset(), "ALERTS": frozenset({"alertname", "alertstate", "severity", "component",
                                                              "upstream"})}
_WORDS = frozenset("and or unless by without on ignoring group_left group_right bool offset inf nan".split())
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[A-Za-z_:][A-Za-z0-9_:]*|\d[\w.]*|=~|!~|!=|[^\s]')
_SAMPLE = re.compile(r'([A-Za-z_:][\w:]*)(?:\{(.*)\})? \S+$')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Exposition:
    """What /metrics said: of each series' name, its samples' labels."""

    def __init__(self, text):
        self.samples = {}
        for line in text.splitlines():
            sample = _SAMPLE.match(line) if not line.startswith("#") else None
            if sample:
                self.samples.setdefault(sample[1], []).append(dict(_LABEL.findall(sample[2] or "")))

    def labels(self, name):
        """Those that every sample of the name has."""
        return set.intersection(*(set(labels) for labels in self.samples[name]))

    def values(self, name, label):
        return {labels[label] for labels in self.samples[name] if label in labels}


class Selector:
    """`name{…}`: its matchers are (label, operator, text)."""

    def __init__(self, name, at):
        self.name, self.at, self.matchers = name, at, []


class Expression:
    """`selectors`, and for each `by (…)` or `on (…)` its labels with the selectors that must have them."""

    def __init__(self, text):
        # What Grafana puts in is of no interest, but must be a token.
        self._tokens = _TOKEN.findall(re.sub(r"\$__\w+", "5m", text))
        self.selectors, self.groupings = [], []
        groups = []
        i = 0
        while i < len(self._tokens):
            token = self._tokens[i]
            if token in ("by", "on", "without", "ignoring"):
                end = self._closing(i + 1)
                labels = [word for word in self._tokens[i + 2:end] if word != ","]
                groups.append((token, labels, end + 1))
                i = end
            elif token == "{":
                end = self._tokens.index("}", i)
                self._read_matchers(i + 1, end)
                i = end
            elif re.match(r"[A-Za-z_]", token) and token not in _WORDS and self._after(i) not in ("(", "by"):
                self.selectors.append(Selector(token, i))
            i += 1
        for word, labels, after in groups:
            if word == "by":
                inside = range(after, self._closing(after))
                found = [selector for selector in self.selectors if selector.at in inside]
            else:
                found = self.selectors
            self.groupings.append((labels, found))

    def labels_left(self):
        """Which labels its result may have; None: those of its selectors."""
        kept = [set(labels) for labels, _ in self.groupings]
        return set.union(*kept) if kept else None

    def _after(self, i):
        return self._tokens[i + 1] if i + 1 < len(self._tokens) else ""

    def _closing(self, i):
        if self._after(i - 1) != "(":
            raise ValueError(f"no bracket where one is expected: {' '.join(self._tokens)}")
        depth = 0
        for at in range(i, len(self._tokens)):
            depth += {"(": 1, ")": -1}.get(self._tokens[at], 0)
            if depth == 0:
                return at
        raise ValueError(f"brackets do not match: {' '.join(self._tokens)}")

    def _read_matchers(self, begin, end):
        for i in range(begin, end):
            if self._tokens[i] in ("=", "!=", "=~", "!~"):
                text = self._tokens[i + 1][1:-1]
                self.selectors[-1].matchers.append((self._tokens[i - 1], self._tokens[i], text))


def problems(text, exposition, known=None):
    """A line for each thing that the expression relies on and the exposition does not have.

    `known`: further values of labels, by label: what the contract lists and a test does not bring about.
    """
    expression = Expression(text)
    found = []
    if not expression.selectors:
        found.append("it names no metric")
    for selector in expression.selectors:
        if selector.name in MADE_BY_PROMETHEUS:
            continue
        if selector.name not in exposition.samples:
            found.append(f"no metric {selector.name}")
            continue
        for label, _, wanted in selector.matchers:
            if label in TARGET_LABELS:
                continue
            if label not in exposition.labels(selector.name):
                found.append(f"{selector.name} has no label {label}")
                continue
            seen = exposition.values(selector.name, label) | set((known or {}).get(label, ()))
            found += [f"{selector.name} has no {label}=~{part!r}" for part in wanted.split("|")
                      if not any(re.fullmatch(part, value) for value in seen)]
    for labels, selectors in expression.groupings:
        for selector in selectors:
            had = set(MADE_BY_PROMETHEUS.get(selector.name, ()))
            if selector.name in exposition.samples:
                had = exposition.labels(selector.name)
            elif selector.name not in MADE_BY_PROMETHEUS:
                continue  # said above
            found += [f"{selector.name} has no label {label}" for label in labels
                      if label not in had and label not in TARGET_LABELS]
    return found
