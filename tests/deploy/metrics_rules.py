"""The expressions of deploy/: those of the dashboard and of the alerts; and the sections of the runbook.

The YAML of the alerts is read by their own style (a rule begins with `- alert:`): the Python of the tests has no YAML,
and promtool checks the file itself.
"""

import json
import pathlib
import re

_RULE = re.compile(r"^ {6}- alert: (\w+)\n(.*?)(?=^ {6}- |^ {2}- |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"# (confirm|do)(?: ([\w-]+))?$")


class Alert:
    def __init__(self, name, text):
        text = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE)
        self.name = name
        self.expr = re.search(r"^ {8}expr: (?:\|\n)?(.*?)(?=^ {8}\w)", text, re.MULTILINE | re.DOTALL)[1]
        self.wait = (re.search(r"^ {8}for: (\w+)$", text, re.MULTILINE) or [None, "0s"])[1]
        self.severity = re.search(r"severity: (\w+)", text)[1]
        annotations = text[text.index("annotations:"):]
        self.annotations = dict(re.findall(r'^ {10}(\w+): "?(.*?)"?$', annotations, re.MULTILINE))


class Section:
    """`alerts` are those that it says it is for; `confirm` and `do` have its commands, the latter by their name."""

    def __init__(self, heading, text):
        self.heading, self.text = heading, text
        line = re.search(r"^Alerts: (.*)$", text, re.MULTILINE)
        self.alerts = dict(re.findall(r"`(\w+)` \((\w+)\)", line[1])) if line else {}
        self.confirm, self.do = [], {}
        for indent, block in _BLOCK.findall(text):
            lines = [line.removeprefix(indent) for line in block.splitlines()]
            mark = _MARK.match(lines[0])
            if mark and mark[1] == "confirm":
                self.confirm += [command for command in lines[1:] if command]
            elif mark:
                self.do[mark[2] or ""] = lines[1:]


def alerts(deploy):
    text = pathlib.Path(deploy, "prometheus/alerts.yaml").read_text(encoding="utf-8")
    found = [Alert(*rule) for rule in _RULE.findall(text)]
    if len(found) != text.count("alert: "):
        raise ValueError("alerts.yaml is not written as it is read here")
    return found


def sections(deploy):
    """Those of the runbook, by the anchor that GitHub gives them."""
    text = pathlib.Path(deploy, "runbook.md").read_text(encoding="utf-8")
    parts = re.split(r"^(#{2,3}) (.*)$", text, flags=re.MULTILINE)
    return {anchor(heading): Section(heading, body) for heading, body in zip(parts[2::3], parts[3::3])}


def functions(deploy):
    """Those of the shell that the runbook has one set first."""
    text = pathlib.Path(deploy, "runbook.md").read_text(encoding="utf-8")
    return re.search(r"^```sh\n(?:export [^\n]*\n)+(.*?)^```", text, re.MULTILINE | re.DOTALL)[1]


def anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def dashboard(deploy):
    return json.loads(pathlib.Path(deploy, "grafana/concero-gateway.json").read_text(encoding="utf-8"))


def dashboard_expressions(board):
    """(where it stands, the expression, what its legend names) of each."""
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"], re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
    for annotation in board["annotations"]["list"]:
        yield annotation["name"], annotation["expr"], re.findall(r"\{\{(\w+)\}\}", annotation["titleFormat"])
    for variable in board["templating"]["list"]:
        values = re.fullmatch(r"label_values\((.*), (\w+)\)", variable.get("definition", ""))
        if values:
            yield "the variable " + variable["name"], values[1], []
