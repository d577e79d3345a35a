"""A gateway that has no descriptor left for a new connection ends, to be started anew.

gRPC 1.51 stops listening then, for ever, while health and readiness know nothing of it.

Usage: descriptors_test.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS
"""

import contextlib
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
BINARIES, STUBS = map(os.path.abspath, sys.argv[1:3])
sys.path += [str(pathlib.Path(__file__).resolve().parent.parent / "support"), STUBS]

import h2  # noqa: E402
import processes  # noqa: E402

DESCRIPTORS = 256


class Gateway(processes.Gateway):
    @staticmethod
    def command(binaries, directory):
        return ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}", "--",
                *processes.Gateway.command(binaries, directory)]

    def ended(self, seconds):
        """Its exit code, once it has ended by itself."""
        return self._process.wait(seconds)


with tempfile.TemporaryDirectory() as directory, processes.Sandbox(BINARIES, directory) as sandbox:
    gateway = Gateway(BINARIES, directory, sandbox)
    with contextlib.ExitStack() as stack:
        try:
            for _ in range(2 * DESCRIPTORS):
                stack.enter_context(h2.Connection(gateway.grpc))
        except OSError:
            pass  # it listens no more
        code = gateway.ended(60)
    said = gateway.log.read_text()
    if code != 1 or '"event":"stopped_listening"' not in said:
        sys.exit(f"the gateway ended with {code} and said:\n{said[-4000:]}")
