"""The upstream answers well, goes wrong as it is told, and counts what came.

Usage: upstream_test.py [unittest arguments]
"""

import http.client
import json
import socket
import sys
import tempfile
import threading
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from rpcs import RPCS  # noqa: E402
from tls import Authority  # noqa: E402
from upstream import Upstream  # noqa: E402

PATIENCE = 20  # seconds
REPORT = RPCS["GetReport"]


class TheUpstream(unittest.TestCase):
    def setUp(self):
        self.upstream = Upstream()
        self.addCleanup(self.upstream.close)

    def ask(self, rpc=REPORT):
        """Status and body of an answer on a connection of its own."""
        connection = http.client.HTTPConnection(self.upstream.host, self.upstream.port, timeout=PATIENCE)
        try:
            connection.request(rpc.method, rpc.path, json.dumps({"inviteId": 142}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def test_answers_every_call_well(self):
        for rpc in RPCS.values():
            with self.subTest(rpc.name):
                status, body = self.ask(rpc)
                self.assertIn(status, (200, 201))
                self.assertEqual(bool(body), rpc.decodes)
        self.assertEqual(self.upstream.requests(), {name: 1 for name in RPCS})

    def test_goes_wrong_as_often_as_it_is_told(self):
        self.upstream.arm({"answer": {"status": 503}, "times": 2})
        self.assertEqual([self.ask()[0] for _ in range(3)], [503, 503, 200])
        self.upstream.arm({"answer": {"status": 503}, "only": ["AllocateCandidate"]})
        self.assertEqual([self.ask()[0], self.ask(RPCS["AllocateCandidate"])[0]], [200, 503])
        self.upstream.arm({"turns": [{"answer": {"status": 429}}, {"answer": {"status": 503}}]})
        self.assertEqual([self.ask()[0] for _ in range(3)], [429, 503, 200])
        self.upstream.arm({"answer": {"status": 503}})
        self.upstream.disarm()
        self.assertEqual(self.ask()[0], 200)

    def test_resets_and_closes(self):
        self.upstream.arm({"steps": ["reset"]})
        self.assertRaises(ConnectionResetError, self.ask)
        self.upstream.arm({"steps": ["close"]})
        self.assertRaises(http.client.RemoteDisconnected, self.ask)
        self.upstream.arm({"steps": ["head", "half a body", "close"]})
        self.assertRaises(http.client.IncompleteRead, self.ask)

    def test_refuses_connections_and_takes_them_again(self):
        self.upstream.arm({"connect": "refuse"})
        self.assertRaises(ConnectionRefusedError, self.ask)
        self.upstream.arm({"connect": "black_hole"})
        with socket.socket() as connection:
            connection.settimeout(0.3)
            self.assertRaises(TimeoutError, connection.connect, (self.upstream.host, self.upstream.port))
        self.upstream.disarm()
        self.assertEqual(self.ask()[0], 200)

    def test_hangs_until_the_fault_is_over(self):
        self.upstream.arm({"steps": ["hang"]})
        ended = []

        def ask():
            self.assertRaises(http.client.RemoteDisconnected, self.ask)
            ended.append(True)
        thread = threading.Thread(target=ask)
        thread.start()
        self.assertTrue(self.upstream.wait_for(lambda came, _: came["GetReport"] == 1, PATIENCE))
        self.assertEqual(ended, [])
        self.upstream.disarm()
        thread.join(PATIENCE)
        self.assertEqual(len(ended), 1)

    def test_sees_who_does_not_wait(self):
        self.upstream.arm({"steps": ["hang"]})
        with socket.create_connection((self.upstream.host, self.upstream.port), PATIENCE) as connection:
            connection.sendall(f"POST {REPORT.path} HTTP/1.1\r\n\r\n".encode())
            self.assertTrue(self.upstream.wait_for(lambda came, _: came["GetReport"] == 1, PATIENCE))
            self.assertEqual(self.upstream.closed_early(), {})
        self.assertTrue(self.upstream.wait_for(lambda _, closed: closed["GetReport"] == 1, PATIENCE))

    def test_holds_requests_until_all_are_there(self):
        self.upstream.expect(3)
        threads = [threading.Thread(target=self.ask) for _ in range(3)]
        for thread in threads[:2]:
            thread.start()
        self.assertTrue(self.upstream.wait_for(lambda came, _: came["GetReport"] == 2, PATIENCE))
        self.assertTrue(all(thread.is_alive() for thread in threads[:2]))
        threads[2].start()
        for thread in threads:
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive())


class TheAuthority(unittest.TestCase):
    def test_has_a_context_of_each_kind(self):
        with tempfile.TemporaryDirectory() as directory:
            authority = Authority(directory)
            self.assertEqual(authority.context("only_1_2").maximum_version.name, "TLSv1_2")
            self.assertNotEqual(authority.context("expired"), authority.context("good"))


if __name__ == "__main__":
    unittest.main()
