"""What the tests of `concero` start from: a sandbox, a gateway, and the program to run."""

import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from processes import Gateway, Sandbox  # noqa: E402

EMAIL = "arjun.mehta@company.io"
POSTS = "/api/v1/allocate-candidate"


class QuickGateway(Gateway):
    """It looks at Concero often."""

    CONFIG = Gateway.CONFIG.replace(
        "concero:\n", "concero:\n  examinations: {{ttl: 200ms}}\n  report: {{min_poll_interval: 100ms}}\n")


class Run:
    """How a run of the program ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)


class CommandCase(unittest.TestCase):
    binaries = ""  # the directory of the programs; set once, by the test's script
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        binaries = os.path.abspath(cls.binaries)
        cls.program = os.path.join(binaries, "concero")
        cls.directory = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.sandbox = cls.enterClassContext(Sandbox(binaries, cls.directory))
        cls.gateway = cls.enterClassContext(QuickGateway(binaries, cls.directory, cls.sandbox))

    def setUp(self):
        self.sandbox.ask("DELETE", "faults")
        self.sandbox.ask("DELETE", "journal")
        self.work = self.enterContext(tempfile.TemporaryDirectory())

    @property
    def environment(self):
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "ASAN_OPTIONS", "TSAN_OPTIONS")}
        return {**kept, "CONCERO_GATEWAY": self.gateway.grpc, "TERM": "xterm", "no_proxy": "127.0.0.1"}

    def run_command(self, *arguments, stdin="", env=None):
        done = subprocess.run([self.program, *arguments], input=stdin, text=True, capture_output=True, timeout=120,
                              cwd=self.work, env={**self.environment, **(env or {})})
        return Run(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments):
        """Begins a run; its stdout is a pipe."""
        process = subprocess.Popen([self.program, *arguments], text=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.work, env=self.environment)

        def end():
            process.kill()
            process.communicate()

        self.addCleanup(end)
        return process

    def on_terminal(self, *arguments, typed=b"", after=b"", env=None):
        """Runs it on a terminal of its own, where something is typed after something is seen: the exit code, and all
        that is seen there."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.work)
            os.execve(self.program, [self.program, *arguments], {**self.environment, **(env or {})})
        seen = b""
        while True:
            if typed and after in seen:
                os.write(terminal, typed)
                typed = b""
            if not select.select([terminal], [], [], 60)[0]:
                os.kill(child, signal.SIGKILL)
            try:
                some = os.read(terminal, 4096)
            except OSError:  # nobody is at the other end any more
                break
            if not some:
                break
            seen += some
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode()

    def ok(self, *arguments, **options):
        run = self.run_command(*arguments, **options)
        self.assertEqual(run.code, 0, run.err)
        return run

    def fails(self, code, *arguments, **options):
        run = self.run_command(*arguments, **options)
        self.assertEqual(run.code, code, run.out + run.err)
        return run

    def set_faults(self, *faults):
        self.sandbox.ask("PUT", "faults", faults)

    def posts(self):
        return [request for request in self.sandbox.requests() if request["path"] == POSTS]

    def executed(self):
        """How often each candidate was invited."""
        counts = {}
        for request in self.posts():
            if request["executed"]:
                email = json.loads(request["body"])["candidate_email"]
                counts[email] = counts.get(email, 0) + 1
        return counts


def main():
    CommandCase.binaries = sys.argv.pop(1)
    unittest.main()
