"""Ten thousand slow requests at once, or as many as the hard limit of descriptors leaves room for."""

import concurrent.futures
import resource

from sandbox_case import EXAMINATIONS, GET_EXAMINATIONS, SandboxCase
from tls_case import TlsCase

WANTED = 10_000
OTHER_DESCRIPTORS = 100  # which a process has beside the connections
CLOSING = GET_EXAMINATIONS.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


class Crowd(SandboxCase):
    most_kib_per_request = 64  # sanitizers included

    def setUp(self):
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        self.hard = before[1]
        # What the sandbox starts with, and has to raise.
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, self.hard), self.hard))
        super().setUp()
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.hard, self.hard))
        self.number = min(WANTED, self.hard - OTHER_DESCRIPTORS)

    def proc(self, file, label):
        """What follows `label` on its line of the process's `file`."""
        with open(f"/proc/{self.process.pid}/{file}", encoding="ascii") as lines:
            return next(line[len(label):].split() for line in lines if line.startswith(label))

    def begin(self, request):
        """As many connections as there is room for, each with one request."""
        def one(_):
            peer = self.connect()
            self.addCleanup(peer.close)
            peer.sendall(request)
            return peer
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            return list(pool.map(one, range(self.number)))

    def test_they_wait_at_once_and_cost_little_memory_each(self):
        self.assertEqual(self.proc("limits", "Max open files")[0], str(self.hard))
        self.faults({"path": EXAMINATIONS, "delay_ms": 3_600_000})
        before = int(self.proc("status", "VmRSS:")[0])
        self.begin(GET_EXAMINATIONS)
        self.wait_until(lambda: self.count_waiting() == self.number, pause=1)
        self.assertEqual(self.journal()["connections"], self.number)
        each = (int(self.proc("status", "VmHWM:")[0]) - before) / self.number
        print(f"{type(self).__name__}: {self.number} waiting requests, "
              f"memory per request: {each:.1f} KiB", flush=True)
        self.assertLess(each, self.most_kib_per_request)

    def test_they_are_all_answered(self):
        self.faults({"path": EXAMINATIONS, "delay_ms": 2000})
        answers = [self.read_to_end(peer)[:13] for peer in self.begin(CLOSING)]
        self.assertEqual(answers, [b"HTTP/1.1 200 "] * self.number)
        requests = self.journal()["requests"]
        self.assertEqual([r["seq"] for r in requests], list(range(1, self.number + 1)))
        self.assertEqual({r["status"] for r in requests}, {200})

    def count_waiting(self):
        return sum(1 for r in self.journal()["requests"] if r["executed"] and r["status"] == 0)


class CrowdOverTls(TlsCase, Crowd):
    most_kib_per_request = 128

    def setUp(self):
        super().setUp()
        self.shared_context = super().client_context()

    def client_context(self):
        return self.shared_context
