"""The judge finds every difference, and nothing where there is none.

Usage: judge_test.py [unittest arguments]
"""

import collections
import dataclasses
import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

import judge  # noqa: E402
from catalogue import Expectation  # noqa: E402

Seen = collections.namedtuple("Seen", "rpc code reason metadata retry_delay text request_id email")
REPORT, ALLOCATE = "GetReport", "AllocateCandidate"
UNAVAILABLE = Expectation("UNAVAILABLE", "UPSTREAM_UNAVAILABLE", retry_info=True, retry_delay=(1, 2), attempts=3,
                          arrived=3, metadata={"stopped_because": "max_attempts"}, results={"5xx": 3})
SEEN = Seen(REPORT, "UNAVAILABLE", "UPSTREAM_UNAVAILABLE", {"upstream": "concero", "stopped_because": "max_attempts"},
            1.5, "concero failed", "", "candidate1@company.example")
DOUBT = Expectation("UNKNOWN", "ALLOCATION_IN_DOUBT", results={"connection_lost": 1}, arrived=1)
IN_DOUBT = Seen(ALLOCATE, "UNKNOWN", "ALLOCATION_IN_DOUBT", {"upstream": "concero", "request_id": "r-1"}, None,
                "the allocation was sent", "r-1", "candidate1@company.example")
CALL = ('rpc_server_call_duration_seconds{code="UNAVAILABLE",reason="UPSTREAM_UNAVAILABLE",'
        'rpc_method="concero.v1.AssessmentService/GetReport"}')
REQUEST = 'http_client_request_duration_seconds{result="%s",upstream="concero"}'
RETRIES = 'gateway_retries_total{upstream="concero"}'


def grown(**changes):
    found = collections.Counter({CALL: 1, REQUEST % "5xx": 3, RETRIES: 2})
    found.update(changes)
    return found


class TheJudge(unittest.TestCase):
    def of_call(self, expected, seen, *secrets):
        return list(judge.judge_call(expected, seen, secrets))

    def finds(self, found, *texts):
        self.assertEqual(len(found), len(texts), found)
        for one, text in zip(found, texts):
            self.assertIn(text, one)

    def test_finds_nothing_in_what_is_expected(self):
        self.finds(self.of_call(UNAVAILABLE, SEEN, "key"))
        self.finds(self.of_call(DOUBT, IN_DOUBT, "key"))
        self.finds(list(judge.judge_metrics({REPORT: UNAVAILABLE}, [SEEN], grown())))

    def test_finds_a_wrong_code_and_a_wrong_reason(self):
        self.finds(self.of_call(UNAVAILABLE, SEEN._replace(code="INTERNAL")), "INTERNAL UPSTREAM_UNAVAILABLE instead")
        self.finds(self.of_call(UNAVAILABLE, SEEN._replace(reason="OVERLOADED")), "UNAVAILABLE OVERLOADED instead of")
        self.finds(self.of_call(Expectation("OK"), SEEN), "instead of OK")
        self.finds(self.of_call(UNAVAILABLE, SEEN._replace(code="OK", reason="")), "OK - instead of")

    def test_finds_a_retry_info_that_is_missing_or_too_much_or_wrong(self):
        self.finds(self.of_call(UNAVAILABLE, SEEN._replace(retry_delay=None)), "no RetryInfo")
        self.finds(self.of_call(DOUBT, IN_DOUBT._replace(retry_delay=1.0)), "a RetryInfo")
        self.finds(self.of_call(UNAVAILABLE, SEEN._replace(retry_delay=3600.0)), "RetryInfo of 3600.0 s")

    def test_finds_wrong_metadata(self):
        self.finds(self.of_call(UNAVAILABLE, SEEN._replace(metadata={"upstream": "concero"})), "stopped_because")
        self.finds(self.of_call(DOUBT, IN_DOUBT._replace(metadata={"request_id": "r-1"})), "metadata upstream")
        self.finds(self.of_call(DOUBT, IN_DOUBT._replace(metadata={"upstream": "concero", "request_id": "r-2"})),
                   "metadata request_id")
        either = dataclasses.replace(DOUBT, metadata={"upstream": ["", "concero"]})
        self.finds(self.of_call(either, IN_DOUBT))
        self.finds(self.of_call(either, IN_DOUBT._replace(metadata={"request_id": "r-1"})))

    def test_finds_what_no_caller_may_read(self):
        for text in ("canary", "SQLSTATE[HY000]", "<html>", "jo@company.example", "a-secret-key"):
            with self.subTest(text):
                self.assertTrue(self.of_call(UNAVAILABLE, SEEN._replace(text=f"concero said {text}"), "a-secret-key"))

    def test_finds_a_missing_metric(self):
        for missing, text in ((CALL, "GetReport"), (REQUEST % "5xx", '"5xx"'), (RETRIES, "gateway_retries_total")):
            with self.subTest(missing):
                counts = grown()
                del counts[missing]
                self.finds(list(judge.judge_metrics({REPORT: UNAVAILABLE}, [SEEN], counts)), text)

    def test_finds_a_metric_that_should_not_have_grown(self):
        for extra in (CALL.replace("UNAVAILABLE", "OK", 1), REQUEST % "2xx", RETRIES.replace("concero", "proctorexam")):
            with self.subTest(extra):
                counts = grown()
                counts[extra] += 1
                self.finds(list(judge.judge_metrics({REPORT: UNAVAILABLE}, [SEEN], counts)), "instead of 0")

    def test_counts_either_of_two_results(self):
        expected = {REPORT: dataclasses.replace(UNAVAILABLE, results={"connect|connection_lost": 3})}
        counts = grown()
        del counts[REQUEST % "5xx"]
        counts += collections.Counter({REQUEST % "connect": 1, REQUEST % "connection_lost": 2})
        self.finds(list(judge.judge_metrics(expected, [SEEN], counts)))
        counts[REQUEST % "connect"] = 2
        self.finds(list(judge.judge_metrics(expected, [SEEN], counts)), "grew by 4 instead of 3")

    def test_finds_what_the_upstream_got_too_often_or_not_at_all(self):
        expected = {REPORT: UNAVAILABLE, ALLOCATE: DOUBT}
        self.finds(list(judge.judge_arrivals(expected, collections.Counter({REPORT: 3, ALLOCATE: 1}))))
        self.finds(list(judge.judge_arrivals(expected, collections.Counter({REPORT: 3, ALLOCATE: 2}))), "2 requests")
        self.finds(list(judge.judge_arrivals(expected, collections.Counter({ALLOCATE: 1}))), "0 requests")
        nobodys = collections.Counter({REPORT: 3, ALLOCATE: 1, "?": 1})
        self.finds(list(judge.judge_arrivals(expected, nobodys)), "nobody")
        self.finds(list(judge.judge_arrivals(expected, collections.Counter({REPORT: 6, ALLOCATE: 2}), rounds=2)))

    def test_finds_one_descriptor_that_leaks(self):
        before = collections.Counter(socket=20, pipe=2)
        self.finds(list(judge.judge_descriptors(before, before)))
        self.finds(list(judge.judge_descriptors(before, before + collections.Counter(socket=1))), "21 instead of 20")
        self.finds(list(judge.judge_descriptors(before, before + collections.Counter(file=1))), "1 instead of 0")
        self.finds(list(judge.judge_descriptors(before, collections.Counter(socket=19, pipe=2))), "19 instead of 20")

    def test_finds_what_is_still_under_way(self):
        gauge = 'http_client_active_requests{upstream="concero"}'
        self.finds(list(judge.judge_idle({gauge: 0})))
        self.finds(list(judge.judge_idle({gauge: 1})), "is 1 when nothing is under way")

    def test_finds_a_key_and_an_address_in_the_log(self):
        self.finds(list(judge.judge_log("fine", ["key"], ["@x"])))
        self.finds(list(judge.judge_log("the key and jo@x", ["key"], ["@x"])), "key", "@x")

    def test_says_by_how_much_a_series_has_grown(self):
        self.assertEqual(judge.growth(collections.Counter(a=1, b=1), collections.Counter(a=3, b=1, c=1)),
                         {"a": 2, "c": 1})
        self.assertEqual(judge.calls_in(grown()), 1)


if __name__ == "__main__":
    unittest.main()
