"""What the dashboard and the alerts rely on is what a live gateway exports.

Usage: metrics_test.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_PROMETHEUS ROOT_OF_THE_REPOSITORY [unittest arguments]
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from metrics_names import MADE_BY_PROMETHEUS, TARGET_LABELS, Expression, Exposition, problems  # noqa: E402
from metrics_rules import alerts, dashboard, dashboard_expressions  # noqa: E402
from metrics_stand import Sandbox, SeenGateway, concero, make_certificate  # noqa: E402
from unpacked import program  # noqa: E402

BINARIES = PROMETHEUS = ROOT = None
FINAL_REPORT = {"testEndDate": "2025-11-03 10:00:00", "status": "Pass"}


def enum_values(proto, prefix):
    """The names of an enum's values in a proto, without their prefix: what the contract lists."""
    text = pathlib.Path(ROOT, "proto", proto).read_text(encoding="utf-8")
    return set(re.findall(rf"^  {prefix}(\w+) = \d+", text, re.MULTILINE))


def expressions():
    """(where, expression) of all that is in deploy/."""
    deploy = pathlib.Path(ROOT, "deploy")
    found = [("alert " + alert.name, alert.expr) for alert in alerts(deploy)]
    return found + [("panel " + title, expr) for title, expr, _ in dashboard_expressions(dashboard(deploy))]


class LiveTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        directory = cls.enterClassContext(tempfile.TemporaryDirectory())
        make_certificate(directory, 60)
        sandbox = cls.enterClassContext(Sandbox(BINARIES, directory))
        gateway = cls.enterClassContext(SeenGateway(BINARIES, directory, sandbox))
        concero(BINARIES, gateway, "exams", "list")
        concero(BINARIES, gateway, "student", "list")
        concero(BINARIES, gateway, "allocate", "119", "arjun.mehta@company.io")
        invite = re.search(r"^invitation +(\d+)", concero(BINARIES, gateway, "allocations", "get", "--invite", "142"),
                           re.MULTILINE)[1]
        sandbox.ask("PUT", f"reports/{invite}", FINAL_REPORT)
        concero(BINARIES, gateway, "report", "watch", invite)  # a watch is counted when it has ended
        cls.text = gateway.metrics()
        # Not every failure is brought about: of these labels the values are those of the contract.
        cls.known = {"reason": enum_values("gateway/v1/reasons.proto", "REASON_"),
                     "code": enum_values("google/rpc/code.proto", "")}

    def found(self, text):
        exposition = Exposition(text)
        return [f"{where}: {problem}" for where, expr in expressions()
                for problem in problems(expr, exposition, self.known)]

    def test_all_that_is_relied_on_is_there(self):
        self.assertEqual(self.found(self.text), [])

    def test_a_metric_that_is_renamed_is_noticed(self):
        names = {selector.name for _, expr in expressions() for selector in Expression(expr).selectors}
        names -= set(MADE_BY_PROMETHEUS)
        self.assertGreater(len(names), 20)
        for name in sorted(names):
            renamed = re.sub(rf"^{name}\b", name + "_renamed", self.text, flags=re.MULTILINE)
            self.assertNotEqual(renamed, self.text)
            self.assertTrue(any(f"no metric {name}" in line for line in self.found(renamed)), name)

    def test_a_label_that_is_renamed_is_noticed(self):
        labels = set()
        for _, expr in expressions():
            expression = Expression(expr)
            for selector in expression.selectors:
                labels |= {(selector.name, label) for label, _, _ in selector.matchers}
            for grouping, selectors in expression.groupings:
                labels |= {(selector.name, label) for selector in selectors for label in grouping}
        labels = {(name, label) for name, label in labels
                  if name not in MADE_BY_PROMETHEUS and label not in TARGET_LABELS}
        self.assertGreater(len(labels), 20)
        for name, label in sorted(labels):
            renamed = re.sub(rf'^({name}\{{(?:.*,)?){label}=', r"\1renamed=", self.text, flags=re.MULTILINE)
            self.assertNotEqual(renamed, self.text, (name, label))
            self.assertIn(f"{name} has no label {label}", "\n".join(self.found(renamed)))

    def test_a_value_that_is_renamed_is_noticed(self):
        for old, new in (('state="IN_DOUBT"', 'state="DOUBTFUL"'), ("/ListExaminations", "/Examinations"),
                         ('component="concero"', 'component="portal"'), ("/WatchReport", "/FollowReport")):
            self.assertTrue(self.found(self.text.replace(old, new)), old)

    def test_promtool_has_no_complaint(self):
        done = subprocess.run([f"{PROMETHEUS}/usr/bin/promtool", "check", "metrics"], input=self.text, text=True,
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


if __name__ == "__main__":
    BINARIES, PROMETHEUS, ROOT = (os.path.abspath(sys.argv.pop(1)) for _ in range(3))
    program(PROMETHEUS, "promtool")
    unittest.main()
