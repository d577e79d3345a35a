"""Every fault, and how the list of faults chooses among them."""

import json
import os
import select
import socket
import subprocess
import time

from sandbox_case import (ALLOCATE, ARJUN, EMPTY_REPLY, EXAMINATIONS, GET_EXAMINATIONS, OK,
                          PARTIAL, PATIENCE, RECEIVE_FAILED, REPORT, SEND_FAILED, STANDARD_HEADERS,
                          SandboxCase)

RESET = (RECEIVE_FAILED, SEND_FAILED)
HEADERS = [part for header in STANDARD_HEADERS for part in ("-H", header)]


class Faults(SandboxCase):
    def assert_last_request(self, **wanted):
        last = self.last_request()
        self.assertEqual({key: last[key] for key in wanted}, wanted)

    def assert_next_invite(self, invite):
        """Tells whether an allocation took place."""
        self.assertEqual(self.admin("DELETE", "faults").status, 204)
        self.assertEqual(self.allocate(), invite)

    def test_a_status_refuses_the_request_without_executing_it(self):
        self.faults({"status": 503})
        answer = self.ask(ALLOCATE, body=ARJUN)
        self.assertEqual((answer.exit, answer.status, answer.text), (OK, 503, ""))
        self.assertNotIn("content-type", answer.headers)
        self.assert_last_request(complete=True, executed=False, status=503)
        self.assert_next_invite(142)

    def test_a_status_may_come_with_a_body_and_headers(self):
        page = "<h1>Bad gateway</h1>"
        self.faults({"status": 429, "body": {"message": "Slow down"},
                     "headers": {"Retry-After": "7"}, "times": 1},
                    {"status": 502, "body": page, "headers": {"content-type": "text/html"}})
        answer = self.ask(EXAMINATIONS)
        self.assertEqual((answer.status, json.loads(answer.text)), (429, {"message": "Slow down"}))
        self.assertEqual(answer.headers["retry-after"], "7")
        self.assertEqual(answer.headers["content-type"], "application/json")
        answer = self.ask(EXAMINATIONS)
        self.assertEqual((answer.status, answer.text), (502, page))
        self.assertEqual(answer.headers["content-type"], "text/html")

    def test_a_status_without_a_body_of_its_own_kind_has_none(self):
        self.faults({"status": 204, "body": "x"})
        answer = self.ask(EXAMINATIONS)
        self.assertEqual((answer.exit, answer.status, answer.text), (OK, 204, ""))
        self.assertNotIn("content-length", answer.headers)

    def test_a_body_alone_replaces_the_answer_of_an_executed_request(self):
        for body, text in (("{broken", "{broken"), ("", ""), (["a", 1.5, None], '["a",1.5,null]'),
                           (None, "null"), (False, "false")):
            with self.subTest(body=body):
                self.faults({"body": body})
                answer = self.ask(ALLOCATE, body=ARJUN)
                self.assertEqual((answer.status, answer.text), (201, text))
                self.assert_last_request(complete=True, executed=True, status=201)
        self.assert_next_invite(147)

    def test_headers_alone_are_added_to_the_answer_of_an_executed_request(self):
        self.faults({"headers": {"X-Extra": "1", "content-type": "text/plain"}})
        answer = self.ask(ALLOCATE, body=ARJUN)
        self.assertEqual((answer.status, answer.headers["x-extra"]), (201, "1"))
        self.assertEqual(answer.headers["content-type"], "text/plain")
        self.assertTrue(json.loads(answer.text)["success"])
        self.assert_next_invite(143)

    def test_a_connection_close_header_closes_the_connection(self):
        self.faults({"headers": {"Connection": "close"}})
        self.ask(EXAMINATIONS, self.url(EXAMINATIONS))
        self.assertEqual(self.journal()["connections"], 2)

    def test_a_delayed_request_is_executed_at_once_and_answered_later(self):
        self.faults({"path": ALLOCATE, "delay_ms": 400})
        start = time.monotonic()
        answer = self.ask(ALLOCATE, body=ARJUN)
        self.assertGreaterEqual(time.monotonic() - start, 0.4)
        self.assertEqual(answer.status, 201)

        self.faults({"path": ALLOCATE, "delay_ms": 3_600_000})
        headers = [part for header in STANDARD_HEADERS for part in ("-H", header)]
        client = subprocess.Popen(self.curl_command(self.url(ALLOCATE), "--json",
                                                    json.dumps(ARJUN), *headers))
        self.wait_until(lambda: [r["executed"] for r in self.journal()["requests"]] == [True] * 2)
        self.assert_last_request(complete=True, executed=True, status=0)
        client.kill()
        client.wait()
        self.assert_next_invite(144)

    def test_reset_before_acts_before_the_body_is_read(self):
        self.faults({"action": "reset_before"})
        for expect in ("Expect:", "Expect: 100-continue"):
            with self.subTest(expect=expect):
                answer = self.ask(ALLOCATE, "-H", expect, body=ARJUN)
                self.assertIn(answer.exit, RESET)
                self.assertEqual((answer.interim, answer.status), ([], 0))
                self.assert_last_request(body="", complete=False, executed=False, status=0)
        self.assert_next_invite(142)

    def test_reset_before_a_request_without_a_body_finds_it_complete(self):
        self.faults({"action": "reset_before"})
        self.assertIn(self.ask(EXAMINATIONS).exit, RESET)
        self.assert_last_request(complete=True, executed=False, status=0)

    def test_reset_mid_sends_the_head_and_half_the_body_of_an_executed_request(self):
        self.faults({"action": "reset_mid"})
        answer = self.ask(ALLOCATE, body=ARJUN)
        self.assertIn(answer.exit, RESET)
        self.assertEqual(answer.status, 201)
        self.assertEqual(len(answer.text), int(answer.headers["content-length"]) // 2)
        self.assert_last_request(complete=True, executed=True, status=201)
        self.assert_next_invite(143)

    def test_reset_after_executes_the_request_and_answers_nothing(self):
        self.faults({"action": "reset_after"})
        answer = self.ask(ALLOCATE, body=ARJUN)
        self.assertIn(answer.exit, RESET)
        self.assertEqual(answer.status, 0)
        self.assert_last_request(body=json.dumps(ARJUN), complete=True, executed=True, status=0)
        self.assert_next_invite(143)

    def test_close_executes_the_request_and_ends_the_connection_cleanly(self):
        self.faults({"action": "close"})
        answer = self.ask(ALLOCATE, body=ARJUN)
        self.assertEqual((answer.exit, answer.status), (EMPTY_REPLY, 0))
        self.assert_last_request(complete=True, executed=True, status=0)
        self.assert_next_invite(143)

    def test_truncate_announces_the_whole_body_and_ends_cleanly_after_half(self):
        self.faults({"action": "truncate"})
        answer = self.ask(ALLOCATE, body=ARJUN)
        self.assertEqual((answer.exit, answer.status), (PARTIAL, 201))
        self.assertEqual(len(answer.text), int(answer.headers["content-length"]) // 2)
        self.assert_last_request(complete=True, executed=True, status=201)
        self.assert_next_invite(143)

    def test_stall_sends_half_of_the_announced_body_and_then_nothing(self):
        self.faults({"action": "stall", "body": "0123456789"})
        with subprocess.Popen(self.curl_command(self.url(ALLOCATE), "-N", "-i", "--json", json.dumps(ARJUN),
                                                *HEADERS), stdout=subprocess.PIPE, bufsize=0) as client:
            text = b""
            while not text.endswith(b"\r\n\r\n01234"):
                text += self.more_of(client)
            self.assertIn(b"\r\nContent-Length: 10\r\n", text)
            self.assertEqual(select.select([client.stdout], [], [], 0.2)[0], [])
            client.kill()
        self.assert_last_request(complete=True, executed=True, status=201)
        self.assert_next_invite(143)

    def more_of(self, client):
        more = client.stdout.read(1000)
        self.assertNotEqual(more, b"", "it ended")
        return more

    def test_endless_goes_on_as_long_as_anybody_reads(self):
        self.faults({"action": "endless", "path": ALLOCATE})
        with subprocess.Popen(self.curl_command(self.url(ALLOCATE), "--json", json.dumps(ARJUN),
                                                *HEADERS), stdout=subprocess.PIPE) as client:
            for _ in range(20):
                self.assertEqual(len(client.stdout.read(1_000_000)), 1_000_000)
            client.kill()
        self.assert_last_request(complete=True, executed=True, status=201)
        self.assert_next_invite(143)

    def test_resets_are_resets_and_ends_are_ends(self):
        for action, is_reset in (("reset_before", True), ("reset_mid", True), ("reset_after", True),
                                 ("close", False), ("truncate", False)):
            with self.subTest(action=action), self.connect() as peer:
                self.faults({"action": action})
                peer.sendall(GET_EXAMINATIONS)
                if is_reset:
                    # From the socket itself: Python's TLS sometimes takes a reset for an end.
                    with (socket.socket(fileno=os.dup(peer.fileno())) as raw,
                          self.assertRaises(ConnectionResetError)):
                        raw.settimeout(PATIENCE)
                        self.read_to_end(raw)
                else:
                    self.read_to_end(peer)

    def test_an_html_page_may_take_the_place_of_any_answer(self):
        page = "<!DOCTYPE html>\n<title>Just a moment\u2026</title>"
        html = {"headers": {"Content-Type": "text/html; charset=UTF-8"}, "body": page}
        for fault, status, executed in (({"status": 502}, 502, False), ({"status": 503}, 503, False),
                                        ({"status": 200}, 200, False), ({}, 201, True)):
            with self.subTest(fault=fault):
                self.faults({**fault, **html})
                answer = self.ask(ALLOCATE, body=ARJUN)
                self.assertEqual((answer.exit, answer.status, answer.text), (OK, status, page))
                self.assertEqual(answer.headers["content-type"], "text/html; charset=UTF-8")
                self.assert_last_request(complete=True, executed=executed, status=status)
        self.assert_next_invite(143)

    def test_an_action_may_come_with_a_status_a_body_headers_and_a_delay(self):
        self.faults({"action": "truncate", "status": 500, "body": "0123456789", "delay_ms": 200,
                     "headers": {"X-Extra": "1"}})
        start = time.monotonic()
        answer = self.ask(ALLOCATE, body=ARJUN)
        self.assertGreaterEqual(time.monotonic() - start, 0.2)
        self.assertEqual((answer.exit, answer.status, answer.text), (PARTIAL, 500, "01234"))
        self.assertEqual(answer.headers["x-extra"], "1")
        self.assert_last_request(executed=True, status=500)
        self.assert_next_invite(143)


class FaultList(SandboxCase):
    def statuses(self, *paths):
        return [self.ask(path).status for path in paths]

    def test_a_fault_acts_on_its_method_and_path_alone(self):
        self.faults({"method": "GET", "path": EXAMINATIONS, "status": 501},
                    {"path": "/api/v1/rep*", "status": 502},
                    {"method": "DELETE", "status": 503})
        self.assertEqual(self.ask(EXAMINATIONS).status, 501)
        self.assertEqual(self.ask(EXAMINATIONS + "?a=b").status, 501)
        self.assertEqual(self.ask(EXAMINATIONS, method="POST").status, 405)
        self.assertEqual(self.ask(REPORT, body={}).status, 502)
        self.assertEqual(self.ask("/api/v1/repeat").status, 502)
        self.assertEqual(self.ask("/api/v1/re").status, 404)
        self.assertEqual(self.ask("/any", method="DELETE").status, 503)

    def test_every_and_times_count_the_matching_requests_of_each_fault(self):
        self.faults({"path": EXAMINATIONS, "every": 3, "times": 2, "status": 501},
                    {"path": "*", "times": 3, "status": 502})
        self.assertEqual(self.statuses(*[EXAMINATIONS] * 10),
                         [502, 502, 501, 502, 200, 501, 200, 200, 200, 200])

    def test_one_in_n_requests_may_be_broken_off_and_late(self):
        self.faults({"path": EXAMINATIONS, "every": 3, "times": 2, "delay_ms": 100,
                     "action": "truncate"})
        exits, seconds = [], []
        for _ in range(9):
            start = time.monotonic()
            exits.append(self.ask(EXAMINATIONS).exit)
            seconds.append(time.monotonic() - start)
        self.assertEqual(exits, [OK, OK, PARTIAL] * 2 + [OK] * 3)
        self.assertGreaterEqual(min(seconds[2], seconds[5]), 0.1)

    def test_replacing_the_list_begins_the_counts_anew(self):
        for _ in range(2):
            self.faults({"times": 1, "status": 500})
            self.assertEqual(self.statuses(*[EXAMINATIONS] * 2), [500, 200])

    def test_deleting_the_list_ends_the_faults(self):
        self.faults({"status": 500})
        self.assertEqual(self.admin("DELETE", "faults").status, 204)
        self.assertEqual(self.statuses(EXAMINATIONS), [200])

    def test_sandbox_paths_know_no_faults(self):
        self.faults({"path": "*", "status": 500})
        self.assertEqual(self.admin("GET", "journal").status, 200)

    def test_what_is_not_a_fault_is_refused_by_index_and_key_and_changes_nothing(self):
        self.faults({"status": 501})
        for fault, key in (
                ({"methods": "GET"}, "methods"), ({"a\nb": 1}, "a\\nb"), ({"method": 1}, "method"),
                ({"method": ""}, "method"), ({"path": ["/"]}, "path"), ({"path": "api"}, "path"),
                ({"path": "/a*b"}, "path"), ({"path": "/a?b"}, "path"), ({"every": 0}, "every"),
                ({"every": "1"}, "every"), ({"every": 1.0}, "every"), ({"times": 0}, "times"),
                ({"times": 2**63}, "times"), ({"delay_ms": -1}, "delay_ms"),
                ({"delay_ms": None}, "delay_ms"), ({"status": 199}, "status"),
                ({"status": 600}, "status"), ({"status": "500"}, "status"),
                ({"headers": []}, "headers"), ({"headers": {"A": 1}}, "headers"),
                ({"headers": {"A b": "1"}}, "headers"),
                ({"headers": {"A": "1\r\nB: 2"}}, "headers"),
                ({"headers": {"Content-Length": "1"}}, "headers"), ({"action": "stop"}, "action"),
                ({"action": None}, "action")):
            with self.subTest(fault=fault):
                answer = self.admin("PUT", "faults", [{"status": 500}, fault])
                self.assert_envelope(answer, 400)
                message = json.loads(answer.text)["message"]
                self.assertTrue(message.startswith("faults[1]."), message)
                self.assertIn(key, message)
                self.assertNotIn("\n", message)
        for faults in ({}, "x", "[", [[]], [1]):
            with self.subTest(faults=faults):
                self.assert_envelope(self.admin("PUT", "faults", faults), 400)
        self.assertEqual(self.statuses(EXAMINATIONS), [501])

    def test_what_is_not_a_report_is_refused(self):
        for report in ([], "1", "{"):
            with self.subTest(report=report):
                self.assert_envelope(self.admin("PUT", "reports/1", report), 400)
