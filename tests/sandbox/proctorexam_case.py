"""What every test of the sandbox as ProctorExam starts from: requests signed here, by an implementation of its own."""

import hashlib
import hmac
import json
import time
import urllib.parse

from sandbox_case import SandboxCase

TOKEN, SECRET = "token-of-the-test", "secret-key-of-the-test"
V3 = "/api/v3"
SESSIONS = V3 + "/student_sessions"
EXAM_1 = V3 + "/exams/1/student_sessions"
STANDARD_HEADERS = ("Authorization: Token token=" + TOKEN, "Accept: application/vnd.procwise.v3")
NOT_AUTHORIZED = {"error": "You are not authorized to access this page."}
ZOE = {"name": "Zoë", "email": "zoe@example.com"}
KEEP = object()  # in the place of a parameter: the one that belongs there


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value)


def message_of(parameters):
    return "?".join(f"{name}={text_of(value)}" for name, value in sorted(parameters.items()))


def sign(parameters, key):
    return hmac.new(key.encode(), message_of(parameters).encode(), hashlib.sha256).hexdigest()


class ProctorExamCase(SandboxCase):
    arguments = ("--proctorexam-token", TOKEN, "--proctorexam-secret", SECRET)
    last_nonce = 0

    def signed(self, parameters, in_path, nonce=KEEP, timestamp=KEEP, signature=KEEP, key=SECRET):
        """The parameters with the three that sign them; None leaves one out."""
        ProctorExamCase.last_nonce += 1
        all_of = dict(parameters)
        nonce = str(self.last_nonce) if nonce is KEEP else nonce
        timestamp = int(time.time() * 1000) if timestamp is KEEP else timestamp
        for name, value in (("nonce", nonce), ("timestamp", timestamp)):
            if value is not None:
                all_of[name] = value
        signature = sign({**all_of, **in_path}, key) if signature is KEEP else signature
        if signature is not None:
            all_of["signature"] = signature
        return all_of

    def v3(self, method, path, parameters=None, headers=STANDARD_HEADERS, content_type="application/json",
           **how):
        """A signed request; `how` as of signed()."""
        parts = path.split("/")
        in_path = {}
        if path.startswith(SESSIONS + "/"):
            in_path["id"] = parts[-1]
        if "/exams/" in path:
            in_path["exam_id"] = parts[-2]
        signed = self.signed(parameters or {}, in_path, **how)
        if method in ("POST", "PATCH", "PUT"):
            return self.ask(path, method=method, body=signed, headers=headers, content_type=content_type)
        query = urllib.parse.urlencode({name: text_of(value) for name, value in signed.items()})
        return self.ask(f"{path}?{query}", method=method, headers=headers)

    def student(self, answer, status=200):
        self.assertEqual(answer.status, status, answer.text)
        return json.loads(answer.text)["student"]

    def get(self, session_id):
        return self.student(self.v3("GET", f"{SESSIONS}/{session_id}"))

    def assert_refused(self, answer, status, body=None):
        self.assertEqual(answer.status, status, answer.text)
        self.assertFalse(self.last_request()["executed"])
        if body is not None:
            self.assertEqual(json.loads(answer.text), body)
