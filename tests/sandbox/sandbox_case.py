"""What every test of concero-sandbox starts from: a process of its own, and curl to ask it."""

import collections
import json
import signal
import socket
import subprocess
import tempfile
import time
import unittest

KEY = "secret-of-the-test"
EXAMINATIONS = "/api/v1/examinations"
ALLOCATE = "/api/v1/allocate-candidate"
CANCEL = "/api/v1/cancel-allocation"
REPORT = "/api/v1/report"
ARJUN = {"candidate_email": "arjun.mehta@company.io", "examination_id": 119}
PATIENCE = 300  # seconds after which a test counts as hanging
STANDARD_HEADERS = ("x-api-key: " + KEY, "Accept: application/json")
GET_EXAMINATIONS = "\r\n".join(
    (f"GET {EXAMINATIONS} HTTP/1.1", "Host: sandbox", *STANDARD_HEADERS, "", "")).encode()

# curl's exit codes.
OK, PARTIAL, EMPTY_REPLY, SEND_FAILED, RECEIVE_FAILED = 0, 18, 52, 55, 56

Answer = collections.namedtuple("Answer", "exit interim status headers text")


def parse_answer(exit_code, output):
    """What `curl -i` printed; `interim` has the statuses before the final one."""
    interim, status, headers = [], 0, {}
    while output.startswith(b"HTTP/"):
        head, _, output = output.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        status = int(lines[0].split()[1])
        headers = {n.lower(): v for n, v in (line.split(": ", 1) for line in lines[1:])}
        if status >= 200:
            break
        interim.append(status)
    return Answer(exit_code, interim, status, headers, output.decode())


class SandboxCase(unittest.TestCase):
    binary = ""  # set once, by sandbox_test.py
    scheme = "http"
    arguments = ()  # of the sandbox, and
    curl_arguments = ()  # of every curl, beyond the usual ones
    maxDiff = None

    def setUp(self):
        self.process = None
        self.start()

    def start(self, *arguments, listen="127.0.0.1:0"):
        """Starts the sandbox, ending the one that runs."""
        if self.process is not None:
            self.stop()
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [self.binary, "--listen", listen, "--api-key", KEY, *self.arguments, *arguments],
            stdout=subprocess.PIPE, stderr=self.errors)
        self.addCleanup(self.stop)
        self.line = self.process.stdout.readline()
        self.address = json.loads(self.line)["http"]

    def stop(self):
        """Ends the process; every test checks that it ends well, having said nothing on stderr. A
        second call does nothing."""
        if self.process.stdout.closed:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.rest_of_output = self.process.stdout.read()
        self.process.stdout.close()
        self.assertEqual(self.process.wait(), 0)
        self.errors.seek(0)
        said = self.errors.read()
        self.errors.close()
        self.assertEqual(said, b"")

    def url(self, path):
        return f"{self.scheme}://{self.address}{path}"

    def connect(self):
        host, port = self.address.rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout=PATIENCE)

    def read_to_end(self, peer):
        """All that comes until the end of the connection, which must be a clean one."""
        return b"".join(iter(lambda: peer.recv(65536), b""))

    def curl_command(self, *arguments):
        return ["curl", "-s", *self.curl_arguments, *arguments]

    def curl(self, *arguments, binary_input=None):
        done = subprocess.run(self.curl_command("-i", "--max-time", str(PATIENCE), *arguments),
                              input=binary_input, check=False, stdout=subprocess.PIPE)
        return parse_answer(done.returncode, done.stdout)

    def ask(self, path, *arguments, method=None, body=None, headers=STANDARD_HEADERS,
            content_type="application/json"):
        """One request; a body that is not text is sent as JSON."""
        arguments = list(arguments)
        for header in headers:
            arguments += ["-H", header]
        if method is not None:
            arguments += ["-X", method]
        if body is not None:
            text = body if isinstance(body, str) else json.dumps(body)
            arguments += ["-H", f"Content-Type: {content_type}", "--data-binary", "@-"]
            return self.curl(self.url(path), *arguments, binary_input=text.encode())
        return self.curl(self.url(path), *arguments)

    def admin(self, method, path, body=None):
        return self.ask("/_sandbox/" + path, method=method, body=body, headers=())

    def faults(self, *faults):
        answer = self.admin("PUT", "faults", list(faults))
        self.assertEqual((answer.status, answer.text), (204, ""))

    def wait_until(self, condition, pause=0.02):
        give_up = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), give_up)
            time.sleep(pause)

    def journal(self):
        return json.loads(self.admin("GET", "journal").text)

    def last_request(self):
        return self.journal()["requests"][-1]

    def allocate(self):
        answer = self.ask(ALLOCATE, body=ARJUN)
        self.assertEqual(answer.status, 201)
        return json.loads(answer.text)["data"]["invite_id"]

    def assert_usage_error(self, arguments, *words):
        """The arguments, beside good ones, end it with one line that has the words."""
        # Taken, they would end it as well: the address is in use.
        done = subprocess.run([self.binary, "--listen", self.address, "--api-key", KEY, *arguments],
                              capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for word in ("concero-sandbox: ", *words):
            self.assertIn(word, done.stderr)

    def assert_envelope(self, answer, status):
        self.assertEqual(answer.status, status)
        self.assertEqual(answer.headers["content-type"], "application/json")
        envelope = json.loads(answer.text)
        self.assertEqual(list(envelope), ["success", "message", "error"])
        self.assertIs(envelope["success"], False)

    def assert_field_errors(self, answer, fields):
        self.assertEqual(answer.status, 422, answer.text)
        refusal = json.loads(answer.text)
        self.assertEqual(list(refusal), ["message", "errors"])
        self.assertEqual(sorted(refusal["errors"]), sorted(fields))
        for messages in refusal["errors"].values():
            self.assertTrue(messages and all(isinstance(m, str) for m in messages))
