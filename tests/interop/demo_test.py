"""Runs ./dev demo's script, and the lines that it prints with --serve.

Usage: demo_test.py DIRECTORY_OF_THE_PROGRAMS [unittest arguments]
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PATIENCE = 120  # seconds after which something counts as hanging


class Demo(unittest.TestCase):
    binaries = ""  # set once, below

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = temporary.name
        self.environment = dict(os.environ, TMPDIR=self.directory)

    def command(self, *arguments):
        return [sys.executable, ROOT / "client/demo/demo.py", self.binaries, *arguments]

    def assert_nothing_is_left(self):
        self.assertEqual(os.listdir(self.directory), [])
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                working_directory = os.readlink(process / "cwd")
            except OSError:
                continue
            self.assertFalse(working_directory.startswith(self.directory), process)

    def test_it_makes_its_calls_and_shows_failures(self):
        done = subprocess.run(self.command(), env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for text in ("== ListExaminations", "SERVED FROM CACHE", "1 GET /api/v1/examinations for 2 calls",
                     "== AllocateCandidate", '"replayed": true', "== GetAllocation", '"state": "ALLOCATION_STATE_SUCCEEDED"',
                     "== GetReport", '"outcome": "OUTCOME_PASS"',
                     "== CancelAllocation", '"state": "ALLOCATION_STATE_CANCELLED"',
                     "INVALID_ARGUMENT", "reason INVALID_FIELD", "field candidate_email",
                     "== UpdateStudentSession", "== GetStudentSession", '"name": "Zoë O\'Brien-Søn"',
                     '"openTime": "2026-07-14T08:00:00Z"', "ALREADY_EXISTS", "reason UPSTREAM_REJECTED_FIELD",
                     "field email"):
            self.assertIn(text, done.stdout)
        self.assert_nothing_is_left()

    def test_the_lines_that_serve_prints_work_in_their_order_until_it_is_interrupted(self):
        with subprocess.Popen(self.command("--serve"), env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, start_new_session=True) as serving:
            try:
                lines = self.read_until(serving.stdout, "Ctrl-C stops both.")
                programs = ("curl ", os.environ["BUF"], os.path.join(self.binaries, "concero "))
                commands = [line for line in lines if line.startswith(programs)]
                self.assertEqual(len(commands), 16, lines)
                for command in commands:
                    done = subprocess.run(["sh", "-c", command + " --fail" * command.startswith("curl")],
                                          capture_output=True, text=True, timeout=PATIENCE, check=False)
                    self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")
                self.assertEqual(sum("not run by our tests" in line for line in lines), 1)
                serving.send_signal(signal.SIGINT)
                self.assertEqual(serving.wait(PATIENCE), 0)
            finally:
                serving.kill()
        self.assert_nothing_is_left()

    def read_until(self, stream, last):
        lines = []
        for line in stream:
            lines.append(line.strip())
            if lines[-1] == last:
                return lines
        self.fail(f"it ended before it printed '{last}': {lines}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: demo_test.py DIRECTORY_OF_THE_PROGRAMS [unittest arguments]")
    Demo.binaries = os.path.abspath(sys.argv.pop(1))
    unittest.main()
