"""Calls the gateway as a person with buf would: by reflection, without our protos.

Usage: buf_curl_test.py DIRECTORY_OF_THE_PROGRAMS [unittest arguments]
"""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
BUF = HERE / "buf.sh"
PROTO = HERE.parent.parent / "proto"

from processes import sandbox_and_gateway  # noqa: E402

PATIENCE = 120  # seconds after which a call counts as hanging
SERVICE = "concero.v1.AssessmentService"
EMAIL = "arjun.mehta@company.io"


class BufCurl(unittest.TestCase):
    binaries = ""  # set once, below
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        directory = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.addClassCleanup(show_logs, directory)
        cls.sandbox, cls.gateway = cls.enterClassContext(sandbox_and_gateway(cls.binaries, directory))

    def buf_curl(self, *arguments, path=""):
        return subprocess.run(
            [BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", *arguments,
             f"http://{self.gateway.grpc}{path}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def call(self, method, request):
        done = self.buf_curl("-d", json.dumps(request), path=f"/{method}")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def fail_call(self, method, request):
        """The error that buf prints, and the message of each detail by its type."""
        done = self.buf_curl("-d", json.dumps(request), path=f"/{method}")
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertTrue(done.stderr.startswith("{"), done.stderr)
        error = json.loads(done.stderr)
        return error, {detail["type"]: decode(detail) for detail in error["details"]}

    def allocate(self):
        return self.call(f"{SERVICE}/AllocateCandidate", {
            "examinationId": "119", "candidateEmail": EMAIL, "requestId": "order-7741"})["allocation"]

    def test_it_lists_the_methods_of_concero_health_and_reflection(self):
        done = self.buf_curl("--list-methods")
        self.assertEqual(done.returncode, 0, done.stderr)
        methods = done.stdout.split()
        for method in ("AllocateCandidate", "CancelAllocation", "GetReport", "ListExaminations"):
            self.assertIn(f"{SERVICE}/{method}", methods)
        self.assertIn("grpc.health.v1.Health/Check", methods)
        self.assertTrue([m for m in methods if m.startswith("grpc.reflection.")], methods)

    def test_the_examinations_are_listed(self):
        answer = self.call(f"{SERVICE}/ListExaminations", {})
        self.assertIn({"id": "119", "name": "Technology - Email Test"}, answer["examinations"])
        self.assertTrue(answer["fetchTime"] and answer["version"])

    def test_a_candidate_is_allocated(self):
        allocation = self.allocate()
        self.assertEqual(allocation["requestId"], "order-7741")
        self.assertEqual(allocation["examinationId"], "119")
        self.assertEqual(allocation["candidateEmail"], EMAIL)
        self.assertEqual(allocation["state"], "ALLOCATION_STATE_SUCCEEDED")
        self.assertGreater(int(allocation["inviteId"]), 0)
        self.assertTrue(allocation["inviteLink"].startswith("https://"))

    def test_a_report_is_fetched(self):
        invite_id = self.allocate()["inviteId"]
        self.sandbox.ask("PUT", f"reports/{invite_id}", {
            "score": 74, "totalScore": 100, "status": "Pass", "testEndDate": "2025-11-03T09:47:12Z"})
        report = self.call(f"{SERVICE}/GetReport", {"inviteId": invite_id})["report"]
        self.assertEqual(report["inviteId"], invite_id)
        self.assertEqual(report["candidateEmail"], EMAIL)
        self.assertEqual((report["score"], report["totalScore"]), (74, 100))
        self.assertEqual((report["outcome"], report["upstreamStatus"]), ("OUTCOME_PASS", "Pass"))
        self.assertEqual(report["endTime"], "2025-11-03T09:47:12Z")

    def test_an_allocation_is_cancelled(self):
        invite_id = self.allocate()["inviteId"]
        answer = self.call(f"{SERVICE}/CancelAllocation", {"inviteId": invite_id})
        self.assertEqual(answer, {"inviteId": invite_id, "state": "ALLOCATION_STATE_CANCELLED",
                                  "upstreamStatus": "inValid"})

    def test_concero_is_sent_the_key(self):
        self.allocate()
        requests = self.sandbox.requests()
        self.assertTrue(requests)
        self.assertEqual({r["headers"].get("x-api-key") for r in requests}, {self.sandbox.key})

    def test_health_says_serving(self):
        for service in ("", SERVICE, "concero"):
            with self.subTest(service=service):
                answer = self.call("grpc.health.v1.Health/Check", {"service": service})
                self.assertEqual(answer, {"status": "SERVING"})

    def test_a_bad_field_is_named_with_its_reason(self):
        error, details = self.fail_call(f"{SERVICE}/AllocateCandidate", {
            "examinationId": "119", "candidateEmail": "arjun.mehta@", "requestId": "order-7742"})
        self.assertEqual(error["code"], "invalid_argument")
        info = details["google.rpc.ErrorInfo"]
        self.assertEqual((info["reason"], info["domain"]), ("INVALID_FIELD", "concero-gateway"))
        self.assertEqual(info["metadata"]["request_id"], "order-7742")
        (violation,) = details["google.rpc.BadRequest"]["fieldViolations"]
        self.assertEqual(violation["field"], "candidate_email")
        self.assertTrue(violation["description"])

    def test_a_failure_of_concero_has_its_reason(self):
        error, details = self.fail_call(f"{SERVICE}/GetReport", {"inviteId": "999999"})
        self.assertEqual(error["code"], "not_found")
        self.assertEqual(details["google.rpc.ErrorInfo"]["reason"], "UPSTREAM_NOT_FOUND")


def show_logs(directory):
    """ctest prints it when a test fails."""
    for log in pathlib.Path(directory).glob("*.log"):
        print(f"{log.name}:\n{log.read_text(errors='replace')}", file=sys.stderr)


def decode(detail):
    """buf prints a detail's bytes as base64 without padding."""
    done = subprocess.run(
        [BUF, "convert", PROTO, "--type", detail["type"], "--from", "-#format=binpb"],
        input=base64.b64decode(detail["value"] + "=="), capture_output=True, timeout=PATIENCE, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: buf_curl_test.py DIRECTORY_OF_THE_PROGRAMS [unittest arguments]")
    BufCurl.binaries = sys.argv.pop(1)
    unittest.main()
