"""Starting, stopping, and many requests at once."""

import json
import signal
import subprocess

from sandbox_case import EXAMINATIONS, KEY, STANDARD_HEADERS, SandboxCase


class Program(SandboxCase):
    def test_it_prints_one_line_of_json_and_ends_with_0_on_sigterm(self):
        event = json.loads(self.line)
        self.assertEqual(event, {"event": "listening", "http": self.address})
        self.assertRegex(self.address, r"^127\.0\.0\.1:[1-9]\d*$")
        self.stop()
        self.assertEqual(self.rest_of_output, b"")

    def test_it_ends_with_0_on_sigint_even_while_an_answer_is_due(self):
        self.faults({"delay_ms": 3_600_000})
        waiting = subprocess.Popen(self.curl_command(self.url(EXAMINATIONS)))
        self.wait_until(lambda: self.journal()["requests"])
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(), 0)
        self.assertNotEqual(waiting.wait(), 0)

    def test_a_usage_error_is_one_line_that_names_it_and_exit_code_2(self):
        good = ["--listen", "127.0.0.1:0", "--api-key", KEY]
        for arguments, named in (
                (good[:2], "--api-key"),
                (good[2:], "--listen"),
                ([*good, "--tls-max", "1.2"], "--tls-max"),
                ([*good, "--unknown"], "--unknown"),
                (["--listen", "nowhere", *good[2:]], "nowhere"),
                (["--listen", "127.0.0.1:65536", *good[2:]], "127.0.0.1:65536"),
                (["--listen", self.address, *good[2:]], self.address),
                ([*good[:2], "--api-key", ""], "--api-key")):
            with self.subTest(arguments=arguments):
                done = subprocess.run([self.binary, *arguments], capture_output=True, text=True,
                                      check=False)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stdout, "")
                self.assertIn(named, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)

    def test_two_thousand_slow_requests_wait_at_once(self):
        self.faults({"path": EXAMINATIONS, "delay_ms": 3_600_000})
        clients = [self.parallel_curl(290) for _ in range(7)]
        try:
            self.wait_until(lambda: self.count_unanswered() == 7 * 290)
        finally:
            for client in clients:
                client.kill()
                client.communicate()

    def test_two_thousand_slow_requests_are_all_answered(self):
        self.faults({"delay_ms": 100})
        output, _ = self.parallel_curl(2000).communicate()
        self.assertEqual(output.split(), [b"200"] * 2000)
        self.assertEqual([r["status"] for r in self.journal()["requests"]], [200] * 2000)

    def count_unanswered(self):
        requests = self.journal()["requests"]
        return sum(1 for r in requests if r["executed"] and r["status"] == 0)

    def parallel_curl(self, count):
        """The fragment, which is not sent, only makes curl repeat itself."""
        headers = [part for header in STANDARD_HEADERS for part in ("-H", header)]
        return subprocess.Popen(
            self.curl_command("--parallel", "--parallel-immediate", "--parallel-max", "300",
                              *headers, "-o", "/dev/null", "-w", "%{http_code}\\n",
                              self.url(EXAMINATIONS) + f"#[1-{count}]"),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
