"""HTTP itself: framing, keep-alive, pipelining, and what is too malformed to be read."""

import json

from sandbox_case import (ALLOCATE, ARJUN, EXAMINATIONS, KEY, OK, REPORT, SandboxCase)

GET = f"GET {EXAMINATIONS} HTTP/1.1\r\n"
HOST = "Host: sandbox\r\n"
STANDARD = HOST + f"x-api-key: {KEY}\r\nAccept: application/json\r\n"
POST = f"POST {REPORT} HTTP/1.1\r\n" + STANDARD + "Content-Type: application/json\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n\r\n"


class Http(SandboxCase):
    def exchange(self, *pieces):
        """Sends the pieces as they are; returns all that comes until the end of the connection."""
        with self.connect() as peer:
            for piece in pieces:
                peer.sendall(piece.encode("latin-1"))
            return self.read_to_end(peer).decode()

    def test_malformed_requests_are_answered_and_the_connection_closed(self):
        for request, status in (
                ("\r\n" + GET + HOST + "\r\n", 400),
                ("GET\r\n", 400),
                (f"GET  {EXAMINATIONS} HTTP/1.1\r\n", 400),
                ("GET examinations HTTP/1.1\r\n", 400),
                ("GET http://a/ HTTP/1.1\r\n", 400),
                ("GET /\xe4 HTTP/1.1\r\n", 400),
                ("G(T / HTTP/1.1\r\n", 400),
                ("GET / HTTP/1.0\r\n", 505),
                ("GET / HTTP/2.0\r\n", 505),
                ("GET / HTTX/1.1\r\n", 400),
                (GET.replace("\r", ""), 400),
                (GET + "\r\n", 400),
                (GET + "Host:\r\n\r\n", 400),
                (GET + HOST + HOST + "\r\n", 400),
                (GET + HOST + "Name : value\r\n", 400),
                (GET + HOST + "Name\r\n", 400),
                (GET + HOST + "Name: a\r\n folded\r\n", 400),
                (GET + HOST + "Name: a\x01b\r\n", 400),
                (GET + HOST + "Name: a\rb\r\n", 400),
                (GET + HOST + "Expect: much\r\n\r\n", 417),
                (GET + HOST + "Name: " + "x" * 70_000 + "\r\n", 431),
                (GET + HOST + "".join(f"N{i}: x\r\n" for i in range(100)), 431),
                (POST + "Content-Length: 1x\r\n\r\n", 400),
                (POST + "Content-Length: -1\r\n\r\n", 400),
                (POST + "Content-Length:\r\n\r\n", 400),
                (POST + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
                (POST + "Content-Length: 2\r\n" + CHUNKED, 400),
                (POST + "Content-Length: 1048577\r\n\r\n", 413),
                (POST + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
                (POST + CHUNKED + "x\r\n", 400),
                (POST + CHUNKED + "-1\r\n", 400),
                (POST + CHUNKED + "2\r\n{}}\r\n", 400),
                (POST + CHUNKED + "100001\r\n", 413),
                (POST + CHUNKED + "80000\r\n" + "x" * 0x80000 + "\r\n80001\r\n", 413)):
            with self.subTest(request=request[:200]):
                text = self.exchange(request)
                self.assertTrue(text.startswith(f"HTTP/1.1 {status} "), text)
                self.assertIn("\r\nConnection: close\r\n", text)
                self.assertFalse(json.loads(text.partition("\r\n\r\n")[2])["success"])

    def test_a_request_broken_off_in_its_body_is_neither_complete_nor_executed(self):
        self.exchange(POST + CHUNKED + "x\r\n")
        last = self.last_request()
        self.assertEqual((last["complete"], last["executed"], last["status"]), (False, False, 400))
        with self.connect() as peer:
            peer.sendall((POST + "Content-Length: 9\r\n\r\n{").encode())
        self.wait_until(lambda: len(self.journal()["requests"]) == 2)
        last = self.last_request()
        self.assertEqual((last["complete"], last["executed"], last["status"]), (False, False, 0))

    def test_a_chunked_body_is_read(self):
        answer = self.ask(ALLOCATE, "-H", "Transfer-Encoding: chunked", body=ARJUN)
        self.assertEqual(answer.status, 201)
        self.assertEqual(json.loads(self.last_request()["body"]), ARJUN)

    def test_chunks_may_have_extensions_and_trailers_and_come_byte_by_byte(self):
        request = (POST + "Connection: close\r\n" + CHUNKED +
                   "00B;a=b\r\n{\"inviteId\"\r\n3 \r\n:1}\r\n0\r\nTrailer: x\r\n\r\n")
        text = self.exchange(*request)
        self.assertTrue(text.startswith("HTTP/1.1 404 "), text)
        self.assertEqual(self.last_request()["body"], '{"inviteId":1}')

    def test_a_client_that_waits_for_100_continue_is_told_to_go_on(self):
        answer = self.ask(ALLOCATE, "-H", "Expect: 100-continue", body=ARJUN)
        self.assertEqual((answer.interim, answer.status), ([100], 201))

    def test_a_body_of_one_mebibyte_is_read(self):
        answer = self.ask(REPORT, body=" " * (1024 * 1024 - 14) + '{"inviteId":1}')
        self.assertEqual(answer.status, 404)

    def test_pipelined_requests_are_answered_in_their_order(self):
        self.faults({"path": EXAMINATIONS, "delay_ms": 100, "times": 1})
        body = '{"inviteId":"1"}'
        post = POST + f"Content-Length: {len(body)}\r\n\r\n{body}"
        get = GET + STANDARD + "\r\n"
        last = GET + STANDARD + "Connection: close\r\n\r\n"
        text = self.exchange(get + post + get + post * 500 + last + post)
        statuses = [int(part[:3]) for part in text.split("HTTP/1.1 ")[1:]]
        self.assertEqual(statuses, [200, 422, 200] + [422] * 500 + [200])

    def test_a_connection_is_kept_until_the_client_asks_for_its_end(self):
        answer = self.ask(EXAMINATIONS)
        self.assertEqual(answer.exit, OK)
        self.assertNotIn("connection", answer.headers)
        answer = self.ask(EXAMINATIONS, "-H", "Connection: Close")
        self.assertEqual((answer.status, answer.headers["connection"]), (200, "close"))

    def test_every_answer_has_a_date(self):
        self.assertRegex(self.ask(EXAMINATIONS).headers["date"],
                         r"^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$")
