"""The expressions of deploy/: those of the dashboard and of the alerts; and the sections of the runbook."""

import json
import pathlib
import re

import yaml

_BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"# (confirm|do)(?: ([\w-]+))?$")


class Alert:
    def __init__(self, rule):
        self.name, self.expr = rule["alert"], rule["expr"]
        self.severity, self.annotations = rule["labels"]["severity"], rule["annotations"]


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
    rules = yaml.safe_load(pathlib.Path(deploy, "prometheus/alerts.yaml").read_text(encoding="utf-8"))
    return [Alert(rule) for group in rules["groups"] for rule in group["rules"]]


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
