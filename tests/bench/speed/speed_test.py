"""The pure parts of the speed benchmark: what is read, what is computed, what is judged, what is drawn.

Usage: speed_test.py [unittest arguments]
"""

import pathlib
import sys
import unittest
import xml.etree.ElementTree

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "support"))

import chart  # noqa: E402
import figures  # noqa: E402
import goals  # noqa: E402
import table  # noqa: E402
import upstream  # noqa: E402
from figures import Figures  # noqa: E402
from h2load import LoadError, Summary, Times, parse_log, parse_summary  # noqa: E402

H2LOAD = """\
finished in 1.00s, 45326.00 req/s, 30.15MB/s
requests: 45326 total, 45582 started, 45326 done, 45320 succeeded, 1 failed, 2 errored, 3 timeout
status codes: 45320 2xx, 0 3xx, 0 4xx, 6 5xx
traffic: 30.15MB (31613794) total, 133.38KB (136578) headers (space savings 96.28%), 28.79MB (30187116) data
                     min         max         mean         sd        +/- sd
"""

METRICS = """\
# TYPE rpc_server_call_duration_seconds histogram
rpc_server_call_duration_seconds_count{code="OK",reason="",rpc_method="a/List"} 70
rpc_server_call_duration_seconds_sum{code="OK",reason="",rpc_method="a/List"} 0.5
rpc_server_call_duration_seconds_count{rpc_method="a/Get",code="OK",reason=""} 1e+02
rpc_server_call_duration_seconds_count{rpc_method="a/Get",code="UNAVAILABLE",reason="x"} 3
"""


def of(rate=100.0, cpu=10.0, p50=1.0, p99=2.0):
    return Figures(rate, cpu, p50, p99, memory=30.0, answered=1000)


class WhatH2loadSays(unittest.TestCase):
    def test_its_last_lines_are_read(self):
        self.assertEqual(parse_summary(H2LOAD), Summary(started=45582, answered=45326, refused=6, lost=6,
                                                        data_bytes=30187116))

    def test_other_words_are_an_error(self):
        for text in ("", H2LOAD.replace("traffic", "trafic"), H2LOAD.replace("2xx", "3xx")):
            with self.subTest(text), self.assertRaises(LoadError):
                parse_summary(text)

    def test_its_log_has_beginnings_and_durations(self):
        self.assertEqual(parse_log("1000\t200\t7\n1002\t200\t9\n"), Times((1000, 1002), (7, 9)))


class Computing(unittest.TestCase):
    def test_a_percentile_is_one_of_the_values(self):
        hundred = list(range(100, 0, -1))
        for values, percent, expected in ((hundred, 50, 50), (hundred, 99, 99), (hundred, 100, 100), ([3], 99, 3),
                                          ([1, 2, 3], 50, 2), ([1, 2, 3], 99, 3), ([4, 1], 50, 1)):
            with self.subTest(values=values, percent=percent):
                self.assertEqual(figures.percentile(values, percent), expected)

    def test_the_overall_rate_is_from_the_first_beginning_to_the_last_answer(self):
        # Three answers; from 1 s to 3 s.
        times = Times((1_000_000, 1_500_000, 2_000_000), (100, 100, 1_000_000))
        self.assertAlmostEqual(figures.overall_rate(times), 1.5)

    def test_the_steady_rate_of_whole_waves_knows_no_first_delay(self):
        # Ten calls at once, each wave 0.1 s: 100/s, however late the first began.
        began = tuple(wave * 100_000 for wave in range(3) for _ in range(10))
        self.assertAlmostEqual(figures.steady_rate(Times(began, (100_000,) * 30)), 100)
        cut = began + (300_000,) * 3  # of a fourth wave three answers came before the end
        # Sums of squares and products in units of a wave: 340 / 11, and 290 answers.
        self.assertAlmostEqual(figures.steady_rate(Times(cut, (100_000,) * 33)), 10 * 290 * 11 / 340)

    def test_the_steady_rate_of_even_answers_is_exact(self):
        self.assertAlmostEqual(figures.steady_rate(Times((0, 10, 20, 30), (5, 5, 5, 5))), 100_000)

    def test_medians_are_of_each_figure(self):
        self.assertEqual(figures.medians([of(1, 30), of(3, 10), of(2, 20)]), of(2, 20))
        self.assertEqual(figures.medians([of(1), of(2)]), of(1.5))

    def test_ratios_are_of_the_medians_with_the_range_of_the_rounds(self):
        ours, theirs = [of(10), of(20), of(60)], [of(20), of(10), of(40)]
        self.assertEqual(figures.ratios(ours, theirs, "rate"), (1.0, 0.5, 2.0))

    def test_calls_are_counted_by_code(self):
        self.assertEqual(dict(figures.codes_of(METRICS)), {"OK": 170, "UNAVAILABLE": 3})

    def test_calls_belong_to_the_windows_that_they_overlap(self):
        windows = [(100, 200), (1000, 1100)]
        cases = ((0, 99, "usual"), (0, 100, "during"), (0, 5000, "during"), (150, 1, "during"), (200, 1, "during"),
                 (201, 1, "after"), (250, 500, "after"), (251, 1, "usual"), (900, 99, "usual"), (1150, 1, "after"))
        for began, took, expected in cases:
            with self.subTest(began=began, took=took):
                found = figures.by_overlap(Times((began,), (took,)), windows, tail=50)
                self.assertEqual(dict(zip(("during", "after", "usual"), found))[expected], [took])


class Judging(unittest.TestCase):
    def judged(self, **more):
        return {goal.what: goal for goal in goals.judge({"rounds": {}, **more})}

    def one(self, **more):
        (goal,) = self.judged(**more).values()
        return goal

    def test_nothing_measured_is_nothing_judged(self):
        self.assertEqual(self.judged(), {})

    def test_the_list_is_held_against_the_limit(self):
        found = self.judged(rounds={"list": {"limit": [of(100, 20)], "gateway": [of(95, 21.1)], "go": [of(500, 1)]}})
        self.assertEqual([goal.met for goal in found.values()], [True, False])
        self.assertEqual([goal.goal for goal in found.values()], ["≥ 0.95 × limit", "≤ 1.05 × limit"])

    def test_one_at_a_time_is_held_against_go(self):
        for ours, met in ((0.05, True), (0.0501, False)):
            goal = self.one(rounds={"list1": {"limit": [of(p50=0.01)], "gateway": [of(p50=ours)],
                                              "go": [of(p50=0.05)]}})
            self.assertEqual(goal.met, met)

    def test_reports_are_held_against_go(self):
        rate, cpu = self.judged(rounds={"report": {"gateway": [of(139, 68)], "go": [of(100, 100)]}}).values()
        self.assertEqual((rate.met, cpu.met), (False, True))
        self.assertEqual(rate.verdict(), "MISSED by 0.7 %")  # 1.39 of 1.4

    def test_waiting_reports_are_held_against_the_delay_and_go(self):
        rate, cpu = self.judged(rounds={"slow": {"gateway": [of(6622, 65)], "go": [of(9, 100)]}}).values()
        self.assertTrue(rate.met)  # 97 % of 6,826.7 is 6,621.9
        self.assertTrue(cpu.met)
        rate, _ = self.judged(rounds={"slow": {"gateway": [of(6621, 66)], "go": [of(9, 100)]}}).values()
        self.assertFalse(rate.met)

    def test_a_crowd_is_held_against_few(self):
        found = self.judged(rounds={"crowd": {"gateway": [of(cpu=26)]}, "report": {"gateway": [of(cpu=20)]}})
        self.assertEqual([goal.met for goal in found.values()], [True])

    def test_allocations_are_held_against_go_and_single_commits(self):
        found = self.judged(rounds={"allocate": {"gateway": [of(299)], "go": [of(300)]}}, single_commits=[90, 100, 300])
        self.assertEqual([goal.met for goal in found.values()], [False, False])
        self.assertEqual(list(found.values())[1].verdict(), "MISSED by 0.3 %")

    def test_refreshes_may_double_the_p99(self):
        self.assertTrue(self.one(refresh={"during_p99": 4, "usual_p99": 2}).met)
        goal = self.one(refresh={"during_p99": 5, "usual_p99": 2, "refresh_ms": 200})
        self.assertEqual((goal.met, goal.verdict()), (False, "MISSED by 25 %"))

    def test_a_start_is_soon_and_small(self):
        soon, small = self.judged(start={"seconds": 0.049, "idle_mib": 33.0}).values()
        self.assertEqual((soon.met, small.met), (True, False))

    def test_what_is_missed_is_never_missed_by_nothing(self):
        _, small = self.judged(start={"seconds": 0.1, "idle_mib": 32.01}).values()
        self.assertEqual(small.verdict(), "MISSED by a hair")

    def test_what_holds_back_is_said_of_what_is_missed(self):
        rounds = {"report": {"limit": [of(cpu=21.7)], "gateway": [of(139, 67)], "go": [of(100, 100)]}}
        rate, cpu = self.judged(rounds=rounds).values()
        for words in ("67.0 µs", "21.7 µs", "libcurl"):
            self.assertIn(words, rate.held_back)
        self.assertEqual((cpu.met, cpu.held_back), (True, ""))

    def test_what_holds_back_each_goal_needs_only_what_it_is_judged_by(self):
        slow = {"slow": {"gateway": [of(6000, 90)], "go": [of(9, 100)]}}
        self.assertIn("not measured", list(self.judged(rounds=slow).values())[0].held_back)
        allocate = {"allocate": {"gateway": [of(1, 181)], "go": [of(2)]}}
        go, single = self.judged(rounds=allocate, single_commits=[1]).values()
        self.assertIn("181.0 µs", go.held_back)
        self.assertIn("disk", single.held_back)
        refresh = {"during_p99": 5, "usual_p99": 2, "refresh_ms": 197.4}
        self.assertIn("197 ms", self.one(refresh=refresh).held_back)
        soon, small = self.judged(start={"seconds": 1, "idle_mib": 33.0}).values()
        self.assertEqual(soon.held_back, "not known")
        self.assertIn("program", small.held_back)

    def test_all_of_the_many_are_answered(self):
        many = {"asked": 40000, "answered": 40000, "kib_per_call": 45.06}
        self.assertTrue(self.one(many=many).met)
        self.assertIn("45.1 KiB", self.one(many=many).seen)
        self.assertFalse(self.one(many={**many, "answered": 39999}).met)


class Telling(unittest.TestCase):
    TITLES = {"list": "a <list>", "report": "reports"}
    ROUNDS = {"list": {"limit": [of(1000, 20)], "gateway": [of(950, 21)], "go": [of(500, 40)]},
              "report": {"gateway": [of(140, 68)], "go": [of(100, 100)], "old": [of(50, 200)]}}

    def test_the_table_has_the_ratio_to_the_reference(self):
        lines = table.workloads(self.TITLES, self.ROUNDS).splitlines()
        self.assertEqual([line.split() for line in lines if line.startswith("  gateway")],
                         ["gateway 950 21.0 1.000 2.000 30 0.95 × limit 1.05 × limit".split(),
                          "gateway 140 68.0 1.000 2.000 30 1.40 × go 0.68 × go".split()])
        self.assertEqual([line for line in lines if line.startswith("  limit") and "×" in line], [])

    def test_what_holds_back_stands_below_a_goal_that_is_missed(self):
        rounds = {"list": {"limit": [of(100, 20)], "gateway": [of(94, 21)]}}
        lines = table.goals(goals.judge({"rounds": rounds})).splitlines()
        self.assertEqual([line[:4] for line in lines if not line.startswith(" ")], ["MISS", "met "])
        self.assertEqual([i for i, line in enumerate(lines) if "held back by: what the gateway does" in line], [2])
        self.assertLessEqual(max(map(len, lines)), 120)

    def test_the_longest_bar_is_that_of_the_highest_value(self):
        root = xml.etree.ElementTree.fromstring(chart.draw(self.TITLES, self.ROUNDS, "two & two"))
        bars = [(bar.get("class"), float(bar.get("width"))) for bar in root.iter("{http://www.w3.org/2000/svg}rect")]
        self.assertEqual(bars[:3], [("limit", 270), ("gateway", 256.5), ("go", 135)])  # 1000, 950, 500
        self.assertEqual(bars[3:6], [("limit", 135), ("gateway", 141.8), ("go", 270)])  # 20, 21, 40
        self.assertEqual(bars[6:9], [("gateway", 270), ("go", 192.9), ("other", 96.4)])  # 140, 100, 50
        texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
        for expected in ("two & two", "a <list>", "1,000", "950", "21.0", "old"):
            self.assertIn(expected, texts)

    def test_the_upstream_has_a_path_for_each_kind(self):
        text = upstream.config("/x", 1234, 512, [upstream.Kind("now"), upstream.Kind("late", 0.15, 1000)])
        self.assertIn("listen 127.0.0.1:1234 ", text)
        self.assertIn("location = /late/api/v1/report { echo_read_request_body; echo_sleep 0.15; echo -n '{", text)
        self.assertIn("location = /now/api/v1/report { echo_read_request_body;  echo -n '{", text)
        self.assertIn('location = /late/api/v1/examinations { alias "/x/examinations-1000.json"; }', text)


if __name__ == "__main__":
    unittest.main()
