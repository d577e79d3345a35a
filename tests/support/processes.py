"""Starts the sandbox and the gateway, on free loopback ports, and stops them.

Both print one line of JSON when they serve. What is started here does not outlive the Python
process, however that ends.
"""

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import urllib.request

from lifetime import bound


class ProgramError(Exception):
    """A program is not there, ended instead of serving, or ended badly; the message has what it said."""


def launch(command, directory, signal_name="KILL"):
    """Starts it in `directory`, where NAME.log goes on with its stderr; its stdout is a pipe.

    `signal_name`: what it gets when we end, see bound().
    """
    if shutil.which(os.path.join(directory, command[0]) if "/" in str(command[0]) else command[0]) is None:
        raise ProgramError(f"{command[0]} is not there, or no program; ./dev build makes the programs")
    # A session of its own: Ctrl-C is for us, and we stop things in order.
    with open(_log_of(command, directory), "ab") as log:
        return subprocess.Popen(bound(command, signal_name), cwd=directory, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=log, start_new_session=True)


def _log_of(command, directory):
    return pathlib.Path(directory, pathlib.Path(command[0]).name + ".log")


class Program:
    """A running program. `event` is the line that it printed."""

    BOUND_BY = "KILL"  # the signal that ends it when we are killed

    def __init__(self, command, directory, patience=60):
        """Starts it as launch() does, and waits until it serves.

        `patience`: seconds that stop() waits before it ends the program by force.
        """
        self._patience = patience
        self._name = pathlib.Path(command[0]).name
        self.log = _log_of(command, directory)
        self._process = launch(command, directory, self.BOUND_BY)
        try:
            line = self._process.stdout.readline()
            if not line:
                raise self._ended(self._process.wait())
            self.event = json.loads(line)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """Ends it and returns its exit code."""
        self._process.terminate()
        return self.await_end()

    def await_end(self):
        """Until it has ended; returns its exit code. It has been told to end."""
        try:
            code = self._process.wait(self._patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._process.stdout.close()
        return code

    def kill(self):
        """Ends it as a crash does: with SIGKILL. Returns its exit code, -SIGKILL unless it had ended before. stop() may
        follow."""
        self._process.kill()
        code = self._process.wait()
        self._process.stdout.close()
        return code

    @property
    def pid(self):
        return self._process.pid

    def signal(self, number):
        self._process.send_signal(number)

    def __enter__(self):
        return self

    def __exit__(self, exception, *_):
        code = self.stop()
        if code != 0 and exception is None:
            raise self._ended(code)

    def _ended(self, code):
        return ProgramError(f"{self._name} ended with exit code {code}:\n"
                            f"{self.log.read_text(errors='replace')}")


class Sandbox(Program):
    """A fake Concero and ProctorExam at `address`, which want `key`, and `token` and `secret_key`."""

    def __init__(self, binaries, directory):
        self.key, self.token, self.secret_key = (secrets.token_urlsafe(32) for _ in range(3))
        super().__init__([os.path.join(binaries, "concero-sandbox"), "--listen", "127.0.0.1:0",
                          "--api-key", self.key, f"--proctorexam-token={self.token}",
                          f"--proctorexam-secret={self.secret_key}"], directory)
        self.address = self.event["http"]

    def ask(self, method, path, body=None):
        """One request to its own controls, below /_sandbox; the answer's JSON, None when empty."""
        request = urllib.request.Request(
            f"http://{self.address}/_sandbox/{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with _loopback.open(request) as answer:
            return json.loads(answer.read() or "null")

    def requests(self):
        """What it has received."""
        return self.ask("GET", "journal")["requests"]


class Gateway(Program):
    """A gateway in front of `sandbox`: callers at `grpc`, operators at `admin`."""

    CONFIG = """\
grpc: {{listen: "127.0.0.1:0"}}
admin: {{listen: "127.0.0.1:0"}}
shutdown: {{pause: 0s}}
concero:
  base_url: "http://{sandbox}/api/v1"
  api_key_file: "{directory}/concero.key"
proctorexam:
  base_url: "http://{sandbox}/api/v3"
  api_token_file: "{directory}/proctorexam.token"
  secret_key_file: "{directory}/proctorexam.key"
"""

    def __init__(self, binaries, directory, sandbox):
        for name, key in (("concero.key", sandbox.key), ("proctorexam.token", sandbox.token),
                          ("proctorexam.key", sandbox.secret_key)):
            key_file = pathlib.Path(directory, name)
            key_file.touch(mode=0o600)
            key_file.write_text(key)
        config = pathlib.Path(directory, "gateway.yaml")
        config.write_text(self.config(directory, sandbox))
        super().__init__(self.command(binaries, directory), directory)
        self.grpc = self.event["grpc"]
        self.admin = self.event["admin"]

    @staticmethod
    def command(binaries, directory):
        """What starts it with the configuration in `directory`."""
        return [os.path.join(binaries, "concero-gateway"), "--config", os.path.join(directory, "gateway.yaml")]

    def config(self, directory, sandbox):
        return self.CONFIG.format(sandbox=sandbox.address, directory=directory)


@contextlib.contextmanager
def sandbox_and_gateway(binaries, directory):
    """Both, stopped in the right order at the end of the block."""
    binaries = os.path.abspath(binaries)
    with Sandbox(binaries, directory) as sandbox, Gateway(binaries, directory, sandbox) as gateway:
        yield sandbox, gateway


# No proxy that the environment names.
_loopback = urllib.request.build_opener(urllib.request.ProxyHandler({}))
