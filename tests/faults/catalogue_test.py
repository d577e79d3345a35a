"""The catalogue has what it is to have, and whatever its reader does not know is refused.

Usage: catalogue_test.py [unittest arguments]
"""

import pathlib
import re
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

import catalogue  # noqa: E402
from bent import BENDS  # noqa: E402
from catalogue import CatalogueError, load  # noqa: E402
from rpcs import RPCS, STORE_RPCS  # noqa: E402
from script import STEPS  # noqa: E402
from tls import KINDS  # noqa: E402

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
FEWEST_FAULTS = 65
# Calls that reach neither an upstream nor need what a fault takes away: to erase is to write, as to resolve is.
NOT_HERE = {"EraseCandidate"}
OUTCOME = """
[fine.all]
code = "OK"
result = "2xx"
[split.repeatable]
code = "UNAVAILABLE"
reason = "UPSTREAM_UNAVAILABLE"
attempts = 3
arrived = "attempts"
[split.one_shot]
code = "UNKNOWN"
"""
ROW = """
[[fault]]
name = "a"
rpcs = "all"
upstream = {answer = {status = 200}}
outcome = "fine"
"""


class TheCatalogue(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = load()

    def test_has_faults_enough(self):
        self.assertGreaterEqual(len(self.rows), FEWEST_FAULTS)

    def test_does_to_every_call_what_can_be_done_to_it(self):
        calls = set(RPCS) | set(STORE_RPCS) | NOT_HERE
        declared = {name for path in PROTO.glob("*/v1/*.proto") if path.parent.parent.name in ("concero", "proctorexam")
                    for name, streams in re.findall(r"rpc (\w+)\(.*?\) returns \((stream )?", path.read_text())
                    if not streams}
        self.assertEqual(declared, calls)
        for name in RPCS:
            self.assertGreaterEqual(sum(name in row.rpcs for row in self.rows), 40, name)
        for name in STORE_RPCS:
            self.assertGreaterEqual(sum(name in row.rpcs for row in self.rows), 3, name)

    def test_has_a_quick_part_of_every_theme(self):
        self.assertEqual({row.group for row in self.rows if row.quick}, {row.group for row in self.rows})

    def test_uses_everything_that_it_could_say(self):
        upstreams = [row.upstream for row in self.rows if row.upstream]
        faults = upstreams + [turn for upstream in upstreams for turn in upstream.get("turns", [])]
        self.assertEqual({step.partition(": ")[0] for fault in faults for step in fault.get("steps", [])}
                         | {"hang"}, set(STEPS))
        bent = {fault["answer"]["bent"] for fault in faults if "bent" in fault.get("answer", {})}
        self.assertEqual(bent, set(BENDS))
        self.assertEqual({fault["tls"] for fault in faults if "tls" in fault} | {"good"}, set(KINDS))

    def test_names_a_metric_for_every_request_that_arrives(self):
        for row in self.rows:
            if row.upstream is None:
                continue  # a scenario's metrics are its own
            for name, expected in row.expected.items():
                with self.subTest(row.title, call=name):
                    self.assertLessEqual(expected.arrived, expected.attempts)
                    self.assertEqual(sum(expected.results.values()), expected.attempts)


class TheReader(unittest.TestCase):
    def read(self, row, outcomes=OUTCOME, scenarios=None):
        with tempfile.TemporaryDirectory() as directory:
            pathlib.Path(directory, "outcomes.toml").write_text(outcomes)
            pathlib.Path(directory, "theme.toml").write_text(row)
            return load(pathlib.Path(directory), scenarios)

    def refuses(self, row, why, **more):
        with self.assertRaisesRegex(CatalogueError, why):
            self.read(row, **more)

    def test_reads_a_row(self):
        row, = self.read(ROW)
        self.assertEqual((row.title, len(row.rpcs)), ("theme: a", 9))
        self.assertEqual(row.expected["GetReport"].results, {"2xx": 1})

    def test_takes_what_is_said_of_one_call_before_what_is_said_of_a_set(self):
        row, = self.read(ROW.replace('"fine"', '"split"') + 'expect.one_shot = {reason = "A"}\n'
                         'expect.AllocateCandidate = {reason = "B"}\nexpect.GetReport = {attempts = 2}\n')
        reasons = [row.expected[name].reason for name in ("GetReport", "CreateStudentSession", "AllocateCandidate")]
        self.assertEqual(reasons, ["UPSTREAM_UNAVAILABLE", "A", "B"])
        self.assertEqual((row.expected["GetReport"].arrived, row.expected["CancelAllocation"].arrived), (2, 3))

    def test_expects_the_status_of_an_answer_in_the_failure(self):
        row, = self.read(ROW.replace("200", "503").replace('"fine"', '"split"'))
        self.assertEqual(row.expected["GetReport"].metadata, {"http_status": "503"})

    def test_refuses_what_it_does_not_know(self):
        for change, why in ((("name =", "nam ="), "unknown nam"), (('"all"', '"most"'), "unknown calls most"),
                            (("answer =", "anser ="), "unknown anser"), (("status =", "statis ="), "unknown statis"),
                            (('"fine"', '"good"'), "unknown outcome good"),
                            (("answer = {status = 200}", 'steps = ["jump"]'), "unknown step jump"),
                            (("answer = {status = 200}", 'turns = [{steps = ["jump"]}]'), "unknown step jump"),
                            (("status = 200", 'bent = "straight"'), "unknown bent straight"),
                            (("answer = {status = 200}", 'tls = "1.4"'), "unknown tls 1.4"),
                            (("answer = {status = 200}", 'connect = "no"'), "unknown connect no")):
            with self.subTest(why):
                self.refuses(ROW.replace(*change), why)
        self.refuses(ROW + "expect.all = {cod = 1}", "unknown cod")
        self.refuses(ROW + 'expect.nobody = {code = "OK"}', "unknown calls nobody")
        self.refuses(ROW + 'place = "moon"', "unknown place moon")
        self.refuses(ROW + "[[falt]]", "unknown falt")

    def test_refuses_what_is_not_whole(self):
        self.refuses(ROW.replace('outcome = "fine"', ""), "nothing says what")
        self.refuses(ROW + 'scenario = "x"', "either upstream or scenario")
        self.refuses(ROW + ROW, "more than once")

    def test_refuses_a_scenario_that_is_not_there(self):
        row = ROW.replace("upstream = {answer = {status = 200}}", 'scenario = "x"')
        self.assertEqual(self.read(row)[0].scenario, "x")
        self.refuses(row, "unknown scenario x", scenarios={"y": None})

    def test_reads_its_own_directory_unless_told_otherwise(self):
        self.assertEqual(catalogue.HERE.name, "catalogue")


if __name__ == "__main__":
    unittest.main()
