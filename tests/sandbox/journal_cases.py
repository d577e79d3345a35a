"""What the journal says about requests and connections."""

from sandbox_case import (ALLOCATE, ARJUN, EXAMINATIONS, KEY, REPORT, SandboxCase)


class Journal(SandboxCase):
    def test_it_has_every_request_as_it_came(self):
        text = '{ "inviteId": 1, "name": "Zoë" }'
        self.ask(EXAMINATIONS, "-H", "X-Case: Kept", "-H", "x-two: 1", "-H", "X-Two: 2")
        self.ask(REPORT + "?a=b", body=text, headers=["x-api-key: wrong"])
        journal = self.journal()
        self.assertEqual(list(journal), ["connections", "requests"])
        first, second = journal["requests"]
        self.assertEqual(list(first), ["seq", "connection", "method", "path", "headers", "body",
                                       "complete", "executed", "status"])
        headers = first.pop("headers")
        self.assertEqual(headers["x-api-key"], KEY)
        self.assertEqual(headers["x-case"], "Kept")
        self.assertEqual(headers["x-two"], "1, 2")
        self.assertEqual(first, {
            "seq": 1, "connection": 1, "method": "GET", "path": EXAMINATIONS, "body": "",
            "complete": True, "executed": True, "status": 200})
        headers = second.pop("headers")
        self.assertEqual(headers["x-api-key"], "wrong")
        self.assertEqual(headers["content-length"], str(len(text.encode())))
        self.assertEqual(second, {
            "seq": 2, "connection": 2, "method": "POST", "path": REPORT + "?a=b", "body": text,
            "complete": True, "executed": False, "status": 401})

    def test_a_body_that_is_not_utf_8_does_not_break_it(self):
        self.curl(self.url(REPORT), "--data-binary", "@-", binary_input=b"\xff{")
        self.assertEqual(self.last_request()["body"], "\ufffd{")

    def test_it_forgets_the_oldest_requests_when_their_text_is_more_than_64_mebibytes(self):
        body = " " * 1024 * 1024
        self.ask(REPORT, *[self.url(REPORT)] * 66, body=body)
        requests = self.journal()["requests"]
        self.assertEqual([r["seq"] for r in requests], list(range(5, 68)))
        self.assertEqual({len(r["body"]) for r in requests}, {len(body)})

    def test_deleting_it_forgets_requests_and_connections_and_numbers_go_on(self):
        self.allocate()
        self.assertEqual(self.admin("DELETE", "journal").status, 204)
        self.assertEqual(self.journal(), {"connections": 0, "requests": []})
        self.allocate()
        journal = self.journal()
        self.assertEqual(journal["connections"], 1)
        self.assertEqual([r["seq"] for r in journal["requests"]], [2])

    def test_a_kept_connection_counts_once(self):
        self.ask(ALLOCATE, *[self.url(ALLOCATE)] * 4, body=ARJUN)
        journal = self.journal()
        self.assertEqual(journal["connections"], 1)
        self.assertEqual([r["connection"] for r in journal["requests"]], [1] * 5)

    def test_connections_that_only_ask_sandbox_paths_do_not_count(self):
        self.curl(*[self.url("/_sandbox/journal")] * 3)
        self.assertEqual(self.journal(), {"connections": 0, "requests": []})

    def test_a_connection_that_asks_the_api_after_sandbox_paths_counts(self):
        self.curl(self.url("/_sandbox/journal"), self.url(EXAMINATIONS), self.url(EXAMINATIONS))
        self.assertEqual(self.journal()["connections"], 1)

    def test_a_connection_that_asks_nothing_counts(self):
        with self.connect():
            self.wait_until(lambda: self.journal()["connections"] == 1)
