"""Looks at /statusz in Chromium, with an outage in progress: what it shows, that it needs nothing else, and that the
numbers are those of /metrics.

Usage: statusz_test.py DIRECTORY_OF_THE_PROGRAMS NODE_MODULES CHROMIUM [--keep DIRECTORY]
--keep: leave the pictures there
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from browser import SHOTS, look  # noqa: E402
from processes import Gateway, Sandbox  # noqa: E402

ARGUMENTS = None
PATIENCE = 60
_SAMPLE = re.compile(r'(?P<name>[a-z_]+)(?:\{(?P<labels>.*)\})?$')
_LABEL = re.compile(r'([a-z_]+)="([^"]*)"')
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Impatient(Gateway):
    """Its breaker opens soon and stays open, and nothing is sent twice."""

    CONFIG = Gateway.CONFIG.replace('  api_key_file', """\
  retry: {{max_attempts: 1}}
  breaker: {{window: 10m, min_calls: 5, open_for: 10m}}
  api_key_file""")


def sample(text):
    """A sample's name and labels, whatever the order of these."""
    found = _SAMPLE.match(text)
    return found["name"], frozenset(_LABEL.findall(found["labels"] or ""))


def metrics_of(text):
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {sample(name): float(value) for name, value in lines if "_bucket" not in name}


class StatuszTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.directory = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.pictures = ARGUMENTS.keep or cls.directory
        cls.sandbox = cls.enterClassContext(Sandbox(ARGUMENTS.binaries, cls.directory))
        cls.gateway = cls.enterClassContext(Impatient(ARGUMENTS.binaries, cls.directory, cls.sandbox))
        cls.cause_an_outage()
        cls.before = metrics_of(cls.read("/metrics"))
        cls.seen = look(ARGUMENTS.node_modules, ARGUMENTS.chromium, f"http://{cls.gateway.admin}/statusz",
                        cls.pictures)
        cls.after = metrics_of(cls.read("/metrics"))
        cls.status = json.loads(cls.read("/statusz.json"))

    @classmethod
    def read(cls, path):
        with _direct.open(f"http://{cls.gateway.admin}{path}", timeout=PATIENCE) as answer:
            return answer.read().decode()

    @classmethod
    def concero(cls, *arguments):
        """The exit code of the command."""
        return subprocess.run(
            [os.path.join(ARGUMENTS.binaries, "concero"), "--gateway", cls.gateway.grpc, "--timeout", "5s", *arguments],
            check=False, capture_output=True, timeout=PATIENCE).returncode

    @classmethod
    def until(cls, path, seen, meanwhile):
        """Reads it again and again, with something in between, until `seen` says that it is as it should be."""
        give_up = time.monotonic() + PATIENCE
        while not seen(text := cls.read(path)):
            assert time.monotonic() < give_up, f"after {PATIENCE} s {path} still says:\n{text}"
            meanwhile()

    @classmethod
    def cause_an_outage(cls):
        """One allocation that succeeded, one in doubt, and so many failures that the breaker is open."""
        codes = [cls.concero("exams", "list"), cls.concero("allocate", "119", "first@company.io")]
        cls.sandbox.ask("PUT", "faults", [{"path": "/api/v1/allocate-candidate", "action": "reset_after"}])
        codes.append(cls.concero("allocate", "119", "second@company.io"))
        assert codes == [0, 0, 6], codes
        cls.sandbox.ask("PUT", "faults", [{"path": "/api/v1/report", "status": 503}])
        cls.until("/readyz", lambda text: '"breaker":"open"' in text, cls.fail_to_get_a_report)
        # Rows are counted about once a second; the rest is still.
        rows = sample('gateway_ledger_rows{state="IN_DOUBT"}')
        cls.until("/metrics", lambda text: metrics_of(text).get(rows) == 1, lambda: time.sleep(0.05))

    @classmethod
    def fail_to_get_a_report(cls):
        assert cls.concero("report", "get", "142") == 5, "a report in spite of the faults"

    def test_it_needs_nothing_else_and_the_console_is_clean(self):
        self.assertEqual(self.seen["console"], [])
        self.assertEqual([url for url in self.seen["requests"] if not url.startswith("data:")],
                         [f"http://{self.gateway.admin}/statusz"])

    def test_it_says_first_what_is_wrong(self):
        self.assertEqual(self.seen["verdict"], "Serving; concero fails: UPSTREAM_UNAVAILABLE; "
                                               "concero's breaker is open; 1 allocation in doubt")
        self.assertEqual(self.status["verdict"], self.seen["verdict"])
        self.assertTrue(self.seen["title"].startswith("! concero-gateway on "), self.seen["title"])

    def test_its_numbers_are_those_of_the_metrics(self):
        """Nothing happens meanwhile: a value is between the one before and the one after, which are the same but for
        ages."""
        self.assertGreater(len(self.seen["shown"]), 30)
        for shown in self.seen["shown"]:
            with self.subTest(shown["metric"]):
                before, after = self.before[sample(shown["metric"])], self.after[sample(shown["metric"])]
                self.assertLessEqual(before, shown["value"] + 1e-9)
                self.assertLessEqual(shown["value"], after + 1e-9)
                self.assertTrue(shown["visible"])
                if not sample(shown["metric"])[0].endswith("age_seconds"):
                    self.assertEqual(before, after)

    def test_it_shows_what_people_look_for(self):
        shown = {sample(one["metric"]): one["text"] for one in self.seen["shown"]}
        for metric, text in (('gateway_ledger_rows{state="IN_DOUBT"}', "1"),
                             ('gateway_ledger_rows{state="SUCCEEDED"}', "1"),
                             ('gateway_component_failing{component="concero",reason="UPSTREAM_UNAVAILABLE"}', "fails"),
                             ('gateway_component_failing{component="ledger",reason=""}', "well")):
            self.assertEqual(shown[sample(metric)], text)
        keys = {name for name, _ in shown}
        self.assertLessEqual({"gateway_key_info", "gateway_key_age_seconds", "gateway_cache_age_seconds",
                              "gateway_ledger_lag_seconds", "http_client_connections_opened_total"}, keys)

    def test_its_hour_counts_what_the_histogram_counts(self):
        concero = next(upstream for upstream in self.status["upstreams"] if upstream["name"] == "concero")
        requests = sum(value for (name, labels), value in self.after.items()
                       if name == "http_client_request_duration_seconds_count" and ("upstream", "concero") in labels)
        self.assertEqual(sum(sum(minute[:3]) for minute in concero["hour"]), requests)

    def test_it_fits_a_phone_and_has_contrast_in_light_and_dark(self):
        for (name, width, _), measured, contrast in zip(SHOTS, self.seen["widths"], self.seen["contrasts"]):
            with self.subTest(name):
                self.assertLessEqual(measured["content"], width)
                self.assertGreaterEqual(contrast["contrast"], 4.5, contrast["text"])  # WCAG 2.1, level AA

    def test_what_has_no_contrast_is_seen(self):
        """So that the test above can fail."""
        for text in ('<p style="color: rgba(0, 0, 0, .3)">faint</p>',
                     '<div style="background: #000"><p style="background: rgba(255, 255, 255, .1)">faint</p></div>',
                     '<svg style="color: #000"><text y="20" fill="#eee">faint</text></svg>',
                     '<svg><text y="20" fill="#000" fill-opacity=".3">faint</text></svg>'):
            page = f'<body style="color: #000; background: #fff"><h1 id="verdict">well</h1>{text}'
            with self.subTest(text), tempfile.TemporaryDirectory() as directory:
                seen = look(ARGUMENTS.node_modules, ARGUMENTS.chromium, "data:text/html," + urllib.parse.quote(page),
                            directory)
                self.assertEqual({one["text"] for one in seen["contrasts"]}, {"faint"})
                self.assertLess(max(one["contrast"] for one in seen["contrasts"]), 2.2)

    def test_it_is_photographed_in_light_and_dark(self):
        pictures = [pathlib.Path(self.pictures, f"{name}.png").read_bytes() for name, _, _ in SHOTS]
        for picture in pictures:
            self.assertTrue(picture.startswith(b"\x89PNG"))
        self.assertEqual(len(set(pictures)), len(SHOTS))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("binaries")
    parser.add_argument("node_modules")
    parser.add_argument("chromium")
    parser.add_argument("--keep")
    ARGUMENTS = parser.parse_args()
    ARGUMENTS.binaries = os.path.abspath(ARGUMENTS.binaries)
    unittest.main(argv=sys.argv[:1])
