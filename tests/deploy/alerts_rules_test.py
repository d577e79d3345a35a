"""The alerts, the runbook and the dashboard are well made and belong together.

Usage: alerts_rules_test.py DIRECTORY_OF_PROMETHEUS ROOT_OF_THE_REPOSITORY [unittest arguments]
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

import yaml  # noqa: E402

from metrics_names import TARGET_LABELS, Expression  # noqa: E402
from metrics_rules import alerts, dashboard, dashboard_expressions, sections  # noqa: E402
from unpacked import program  # noqa: E402

DEPLOY = PROMTOOL = None
RUNBOOK = "deploy/runbook.md#"
TESTS = ("alerts_test.yaml", "alerts_days_test.yaml")
FIRING = 'ALERTS{alertstate="firing"}'
SEVERITIES = {"page", "ticket", "info"}


def promtool(*arguments, cwd=None):
    done = subprocess.run([PROMTOOL, *arguments], cwd=cwd or DEPLOY / "prometheus", text=True, capture_output=True,
                          timeout=300)
    return done.returncode, done.stdout + done.stderr


def expected(text):
    """Those that a file of promtool's tests expects to fire, at some time in some test."""
    checks = [check for test in yaml.safe_load(text)["tests"] for check in test["promql_expr_test"]]
    return {name for check in checks if FIRING in check["expr"] for sample in check["exp_samples"]
            for name in re.findall(r'\balertname="(\w+)"', sample["labels"])}


class RulesTest(unittest.TestCase):
    def test_the_rules_are_valid(self):
        code, said = promtool("check", "rules", "alerts.yaml")
        self.assertEqual(code, 0, said)
        self.assertIn(f"{len(alerts(DEPLOY))} rules found", said)

    def test_the_configuration_beside_them_is_valid(self):
        code, said = promtool("check", "config", "prometheus.yaml")
        self.assertEqual(code, 0, said)

    def test_each_fires_when_it_must_and_only_then(self):
        for tests in TESTS:
            code, said = promtool("test", "rules", tests)
            self.assertEqual(code, 0, said)

    def test_each_is_tested_to_fire(self):
        texts = [(DEPLOY / "prometheus" / name).read_text(encoding="utf-8") for name in TESTS]
        fired = set().union(*map(expected, texts))
        self.assertEqual(fired, {alert.name for alert in alerts(DEPLOY)})

    def test_what_is_not_tested_to_fire_is_noticed(self):
        """So that the test above can fail: what is only named, or must not fire, does not count."""
        text = (DEPLOY / "prometheus" / TESTS[0]).read_text(encoding="utf-8")
        name = "ConceroGatewayHoldsMuch"
        samples = f"""exp_samples: [{{labels: '{{alertname="{name}"}}', value: 1}}]}}"""
        self.assertEqual(text.count(samples), 1)
        self.assertIn(name, expected(text))
        self.assertNotIn(name, expected(text.replace(samples, f'exp_samples: []}} # alertname="{name}"')))

    def test_a_rule_that_is_wrong_is_noticed(self):
        with tempfile.TemporaryDirectory() as directory:
            shutil.copy(DEPLOY / "prometheus" / TESTS[0], directory)
            rules = (DEPLOY / "prometheus/alerts.yaml").read_text(encoding="utf-8")
            pathlib.Path(directory, "alerts.yaml").write_text(rules.replace("gateway_ledger_lag_seconds) > 5",
                                                                            "gateway_ledger_lag_seconds) >= 5"))
            code, said = promtool("test", "rules", TESTS[0], cwd=directory)
            self.assertNotEqual(code, 0)
            self.assertIn("ConceroGatewayLedgerLag", said)

    def test_each_says_what_it_should(self):
        for alert in alerts(DEPLOY):
            with self.subTest(alert.name):
                self.assertIn(alert.severity, SEVERITIES)
                self.assertEqual(set(alert.annotations), {"summary", "description", "runbook"})
                kept = Expression(alert.expr).labels_left()
                for label in re.findall(r"\$labels\.(\w+)", alert.annotations["description"]):
                    if kept is not None:
                        self.assertIn(label, kept | TARGET_LABELS)


class RunbookTest(unittest.TestCase):
    def test_each_alert_has_a_section_that_knows_it(self):
        known = sections(DEPLOY)
        for alert in alerts(DEPLOY):
            with self.subTest(alert.name):
                runbook = alert.annotations["runbook"]
                self.assertTrue(runbook.startswith(RUNBOOK), runbook)
                section = known.get(runbook.removeprefix(RUNBOOK))
                self.assertIsNotNone(section, runbook)
                self.assertEqual(section.alerts.get(alert.name), alert.severity)

    def test_each_section_is_of_alerts_that_there_are(self):
        names = {alert.name for alert in alerts(DEPLOY)}
        for section in sections(DEPLOY).values():
            self.assertLessEqual(set(section.alerts), names, section.heading)

    def test_each_section_says_what_it_must(self):
        for section in sections(DEPLOY).values():
            for word in ("**Means**", "**Do", "**Clears**") if section.alerts else ():
                self.assertIn(word, section.text, section.heading)

    def test_each_link_leads_somewhere(self):
        known = sections(DEPLOY)
        text = (DEPLOY / "runbook.md").read_text(encoding="utf-8")
        for name in re.findall(r"\]\(#([^)]*)\)", text):
            self.assertIn(name, list(known))
        for name in re.findall(r"\]\(([^#)]+)", text):
            self.assertTrue((DEPLOY / name).exists(), name)

    def test_it_knows_each_reason_that_is_not_the_callers_doing(self):
        text = sections(DEPLOY)["by-what-a-caller-sees"].text
        proto = (DEPLOY.parent / "proto/gateway/v1/reasons.proto").read_text(encoding="utf-8")
        callers_own = {"UNSPECIFIED", "INVALID_FIELD", "PAGE_TOKEN_INVALID", "PAGE_TOKEN_EXPIRED", "CANCELLED",
                       "UPSTREAM_NOT_CONFIGURED", "UPSTREAM_NOT_FOUND", "UPSTREAM_REJECTED_FIELD",
                       "UPSTREAM_ALLOCATION_FAILED", "REQUEST_ID_REUSED", "ALLOCATION_ABANDONED",
                       "ALLOCATION_NOT_IN_DOUBT", "ALLOCATION_NOT_FOUND"}
        for reason in set(re.findall(r"^  REASON_(\w+) = ", proto, re.MULTILINE)) - callers_own:
            self.assertRegex(text, rf"\b{reason}\b")


class DashboardTest(unittest.TestCase):
    def setUp(self):
        self.board = dashboard(DEPLOY)

    def test_panels_have_what_they_need_and_do_not_overlap(self):
        taken, ids = {}, set()
        for panel in self.board["panels"]:
            place = panel["gridPos"]
            self.assertNotIn(panel["id"], ids)
            ids.add(panel["id"])
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            for spot in ((x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])):
                self.assertNotIn(spot, taken, f"{panel['title']} covers {taken.get(spot)}")
                taken[spot] = panel["title"]
            if panel["type"] != "row":
                self.assertTrue(panel["description"] and panel["targets"], panel["title"])
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], panel["title"])

    def test_legends_name_labels_that_are_left(self):
        for title, expr, legend in dashboard_expressions(self.board):
            kept = Expression(expr).labels_left()
            self.assertLessEqual(set(legend), TARGET_LABELS if kept is None else kept, title)

    def test_all_but_a_few_expressions_heed_the_variables(self):
        of_all = {"Replicas up", "Alerts that fire", "the variable job", "the variable instance"}
        for title, expr, _ in dashboard_expressions(self.board):
            if title not in of_all:
                self.assertEqual(expr.count('job=~"$job",instance=~"$instance"'),
                                 len(Expression(expr).selectors), title)

    def test_links_lead_to_sections(self):
        links = [link["url"] for panel in self.board["panels"] for link in panel.get("links", ())]
        links += [link["url"] for link in self.board["links"]]
        self.assertGreater(len(links), 20)
        for link in links:
            self.assertIn(link.removeprefix("${runbook}#"), list(sections(DEPLOY)))


if __name__ == "__main__":
    PROMTOOL = program(sys.argv.pop(1), "promtool")
    DEPLOY = pathlib.Path(sys.argv.pop(1), "deploy").resolve()
    unittest.main()
