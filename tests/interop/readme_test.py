"""Makes the stubs and runs the program of one language with the very commands and text of client/README.md.

Usage: readme_test.py LANGUAGE DIRECTORY_OF_THE_PROGRAMS NODE_MODULES [unittest arguments]
"""

import collections
import json
import os
import pathlib
import signal
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "support"))

from processes import launch, sandbox_and_gateway  # noqa: E402
from proxy import Proxy  # noqa: E402
from readme_example import ADDRESS, example_of  # noqa: E402

PATIENCE = 120  # seconds after which something counts as hanging
ORDER = "order-7742"
ALLOCATE = "/api/v1/allocate-candidate"
SLOW_MS = 700  # long enough to cut a connection meanwhile


class Readme(unittest.TestCase):
    language = binaries = node_modules = ""  # set once, below

    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        for name, target in (("proto", ROOT / "proto"), ("deploy", ROOT / "deploy"), ("node_modules", cls.node_modules),
                             ("bin/python3", sys.executable)):  # the python3 that has gRPC
            cls.directory.joinpath(name).parent.mkdir(exist_ok=True)
            cls.directory.joinpath(name).symlink_to(target)
        cls.example = example_of(cls.language, (ROOT / "client" / "README.md").read_text())
        cls.directory.joinpath(cls.example.name).write_text(cls.example.program)
        prepare = cls.launch("sh", "-ec", cls.example.prepare)
        cls.addClassCleanup(end, prepare)
        code, lines = finish(prepare)
        if code != 0:
            raise AssertionError("\n".join([*lines, cls.errors()]))

    def setUp(self):
        self.directory.joinpath("env.log").unlink()
        programs = self.enterContext(tempfile.TemporaryDirectory())
        self.sandbox, gateway = self.enterContext(sandbox_and_gateway(self.binaries, programs))
        self.way = self.enterContext(Proxy(int(gateway.grpc.rsplit(":", 1)[1])))

    @classmethod
    def launch(cls, *words):
        return launch(["env", f"PATH={cls.directory}/bin:{os.environ['PATH']}", "PYTHONUNBUFFERED=1", *words],
                      cls.directory)

    @classmethod
    def errors(cls):
        return (cls.directory / "env.log").read_text()

    def start(self, order, *emails):
        """The README's command, with other arguments."""
        words = self.example.run
        process = self.launch(*words[:words.index(ADDRESS)], f"127.0.0.1:{self.way.port}", order, *emails)
        self.addCleanup(end, process)
        return process

    def run_to_its_end(self, *arguments):
        """What it prints, in any order: that of a stream is none."""
        code, lines = finish(self.start(*arguments))
        self.assertEqual(code, 0, self.errors())
        return sorted(lines)

    def invited(self):
        """How often each candidate was: Concero executed that many allocations."""
        return collections.Counter(json.loads(request["body"])["candidate_email"] for request in self.sandbox.requests()
                                   if request["path"] == ALLOCATE and request["executed"])

    def wait_for_an_allocation(self, process):
        """Until Concero has one under way; `process` is to make it."""
        while not any(request["path"] == ALLOCATE for request in self.sandbox.requests()):
            self.assertIsNone(process.poll(), self.errors())
            time.sleep(0.01)

    def test_it_prints_what_the_readme_says_and_a_second_run_invites_nobody_again(self):
        arguments = self.example.run[self.example.run.index(ADDRESS) + 1:]
        self.assertEqual(self.run_to_its_end(*arguments), sorted(self.example.prints))
        self.assertEqual(self.run_to_its_end(*arguments), sorted(self.example.prints))
        self.assertEqual(self.invited(), {email: 1 for email in arguments[1:]})

    def test_it_tells_the_reason_of_a_failure(self):
        code, lines = finish(self.start(ORDER, "not an address"))
        self.assertEqual((code, lines), (1, []), self.errors())
        self.assertRegex(self.errors(), r"(?m)^INVALID_ARGUMENT INVALID_FIELD: ")

        lines = self.run_to_its_end(ORDER, "ada@example.com", "not an address", "alan@example.com")
        self.assertIn(f"stream: {ORDER}-1 failed, INVALID_FIELD", lines)
        self.assertEqual(self.invited(), {"ada@example.com": 1, "alan@example.com": 1})

    def test_lost_connections_are_got_over_and_invite_nobody_twice(self):
        emails = [f"candidate-{place}@example.com" for place in range(3)]
        self.sandbox.ask("PUT", "faults", [{"path": ALLOCATE, "delay_ms": SLOW_MS}])
        process = self.start(ORDER, *emails)
        self.wait_for_an_allocation(process)
        self.way.interrupt()  # the call: gRPC makes it again, as the service config says
        called = process.stdout.readline().decode()
        self.assertTrue(called.startswith(f"call: {ORDER}-0 has invitation"), called + self.errors())
        streamed = process.stdout.readline().decode()  # the result of the first; the others take their time
        self.assertTrue(streamed.startswith(f"stream: {ORDER}-0 has invitation"), streamed + self.errors())
        self.way.interrupt()  # the stream: the program makes it again
        code, lines = finish(process)
        self.assertEqual(code, 0, self.errors())
        self.assertEqual([line.split(" has ")[0] for line in sorted(lines)],
                         [f"stream: {ORDER}-{place}" for place in (1, 2)])
        self.assertEqual(self.invited(), {email: 1 for email in emails})


def finish(process):
    """Its exit code, and the lines that it still prints."""
    output, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, output.decode().splitlines()


def end(process):
    """With all that it has started, when it has not come to its own end."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("usage: readme_test.py LANGUAGE DIRECTORY_OF_THE_PROGRAMS NODE_MODULES [unittest arguments]")
    Readme.language, Readme.binaries, Readme.node_modules = (sys.argv.pop(1) for _ in range(3))
    unittest.main()
