"""Calls the gateway as a person with buf would: by reflection, without our protos.

Usage: buf_curl_test.py DIRECTORY_OF_THE_PROGRAMS [unittest arguments]
"""

import base64
import json
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from gateway_case import ABOVE_2_53, EMAIL, HERE, NEVER_MS, GatewayCase, service_of  # noqa: E402

BUF = HERE / "buf.sh"
PROTO = HERE.parent.parent / "proto"
PATIENCE = 120  # seconds after which a call counts as hanging
SERVICE = "concero.v1.AssessmentService"
ALLOCATIONS = "concero.v1.AllocationService"
STUDENT_SESSIONS = "proctorexam.v1.StudentSessionService"


class BufCurl(GatewayCase):
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
        """The error that buf prints, and the message of each detail by its name."""
        done = self.buf_curl("-d", json.dumps(request), path=f"/{method}")
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertTrue(done.stderr.startswith("{"), done.stderr)
        error = json.loads(done.stderr)
        return error, {
            detail["type"].removeprefix("google.rpc."): decode(detail) for detail in error.get("details", [])}

    def allocate(self, request_id):
        return self.call(f"{SERVICE}/AllocateCandidate", {
            "examinationId": "119", "candidateEmail": EMAIL, "requestId": request_id})["allocation"]

    def test_it_lists_the_methods_of_both_upstreams_the_ledger_health_and_reflection(self):
        done = self.buf_curl("--list-methods")
        self.assertEqual(done.returncode, 0, done.stderr)
        methods = done.stdout.split()
        for method in ("AllocateCandidate", "CancelAllocation", "GetReport", "ListExaminations"):
            self.assertIn(f"{SERVICE}/{method}", methods)
        for method in ("EraseCandidate", "GetAllocation", "ListAllocations", "ResolveAllocation"):
            self.assertIn(f"{ALLOCATIONS}/{method}", methods)
        for method in ("Create", "Delete", "Get", "Update"):
            self.assertIn(f"{STUDENT_SESSIONS}/{method}StudentSession", methods)
        self.assertIn(f"{STUDENT_SESSIONS}/ListStudentSessions", methods)
        self.assertIn("gateway.v1.DiagnosticsService/Preflight", methods)
        self.assertIn("grpc.health.v1.Health/Check", methods)
        self.assertTrue([m for m in methods if m.startswith("grpc.reflection.")], methods)

    def test_the_examinations_are_listed(self):
        answer = self.call(f"{SERVICE}/ListExaminations", {})
        self.assertIn({"id": "119", "name": "Technology - Email Test"}, answer["examinations"])
        self.assertTrue(answer["fetchTime"] and answer["version"])

    def test_a_candidate_is_allocated(self):
        allocation = self.allocate("order-7741")
        self.assertEqual(allocation["requestId"], "order-7741")
        self.assertEqual(allocation["examinationId"], "119")
        self.assertEqual(allocation["candidateEmail"], EMAIL)
        self.assertEqual(allocation["state"], "ALLOCATION_STATE_SUCCEEDED")
        self.assertGreater(int(allocation["inviteId"]), 0)
        self.assertTrue(allocation["inviteLink"].startswith("https://"))

    def test_an_allocation_in_doubt_is_listed_and_settled(self):
        self.set_faults({"path": "/api/v1/allocate-candidate", "action": "close"})
        self.fail_call(f"{SERVICE}/AllocateCandidate", {
            "examinationId": "120", "candidateEmail": EMAIL, "requestId": "order-7744"})
        listed = self.call(f"{ALLOCATIONS}/ListAllocations", {
            "state": "ALLOCATION_STATE_IN_DOUBT", "examinationId": "120"})["allocations"]
        self.assertEqual([row["requestId"] for row in listed], ["order-7744"])
        settled = self.call(f"{ALLOCATIONS}/ResolveAllocation", {
            "requestId": "order-7744", "confirm": {"inviteId": "142"}, "note": "found in the portal"})["allocation"]
        self.assertEqual((settled["state"], settled["inviteId"]), ("ALLOCATION_STATE_SUCCEEDED", "142"))
        self.assertEqual([event.get("note", "") for event in settled["events"]],
                         ["", "ALLOCATION_IN_DOUBT", "found in the portal"])

    def test_a_report_is_fetched(self):
        metadata = {"cohort": "Q4", "attempts": 2, "tags": ["a", {"b": True}]}
        self.set_report(ABOVE_2_53, {"testId": "119", "score": 0, "status": "Pass", "metadata": metadata,
                                     "testEndDate": "2025-11-03T09:47:12Z"})
        answer = self.call(f"{SERVICE}/GetReport", {"inviteId": str(ABOVE_2_53)})
        self.assertEqual(answer["report"], {
            "inviteId": str(ABOVE_2_53), "examinationId": "119", "score": 0, "outcome": "OUTCOME_PASS",
            "upstreamStatus": "Pass", "metadata": metadata, "endTime": "2025-11-03T09:47:12Z"})

    def test_an_allocation_is_cancelled(self):
        invite_id = self.allocate("order-7742")["inviteId"]
        answer = self.call(f"{SERVICE}/CancelAllocation", {"inviteId": invite_id})
        self.assertEqual(answer, {"inviteId": invite_id, "state": "ALLOCATION_STATE_CANCELLED",
                                  "upstreamStatus": "inValid"})

    def test_student_sessions_are_updated_and_listed(self):
        answer = self.call(f"{STUDENT_SESSIONS}/UpdateStudentSession", {
            "id": "3", "name": "Zoë & Søn?=1", "skipRequirements": True, "openTime": "2026-07-14T08:00:00Z"})
        self.assertEqual({name: answer["studentSession"][name] for name in ("id", "name", "openTime")},
                         {"id": "3", "name": "Zoë & Søn?=1", "openTime": "2026-07-14T08:00:00Z"})
        answer = self.call(f"{STUDENT_SESSIONS}/ListStudentSessions", {"examId": "1", "pageSize": 2})
        self.assertEqual([session["id"] for session in answer["studentSessions"]], ["1", "2"])
        self.assertEqual(answer["totalSize"], 3)
        answer = self.call(f"{STUDENT_SESSIONS}/ListStudentSessions", {
            "examId": "1", "pageToken": answer["nextPageToken"]})
        self.assertEqual([session["id"] for session in answer["studentSessions"]], ["3"])
        self.assertNotIn("nextPageToken", answer)

    def test_concero_is_sent_the_key(self):
        self.allocate("order-7743")
        requests = self.sandbox.requests()
        self.assertTrue(requests)
        self.assertEqual({r["headers"].get("x-api-key") for r in requests}, {self.sandbox.key})

    def test_health_says_serving(self):
        for service in ("", SERVICE, ALLOCATIONS, "concero", "ledger", STUDENT_SESSIONS, "proctorexam"):
            with self.subTest(service=service):
                answer = self.call("grpc.health.v1.Health/Check", {"service": service})
                self.assertEqual(answer, {"status": "SERVING"})

    def test_the_failures_are_read(self):
        def fail(method, request):
            service = {"AllocationService": ALLOCATIONS, "StudentSessionService": STUDENT_SESSIONS,
                       "AssessmentService": SERVICE}[service_of(method)]
            error, details = self.fail_call(f"{service}/{method}", request)
            return error["code"].upper(), details

        self.check_failures(fail)

    def test_a_call_ends_at_its_deadline(self):
        self.set_faults({"path": "/api/v1/report", "delay_ms": NEVER_MS})
        done = self.buf_curl("--timeout", "1s", "-d", '{"inviteId": "142"}', path=f"/{SERVICE}/GetReport")
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stderr, "deadline.exceeded")  # also if it has passed before buf could call


def decode(detail):
    """buf prints a detail's bytes as base64 without padding."""
    done = subprocess.run(
        [BUF, "convert", PROTO, "--type", detail["type"], "--from", "-#format=binpb"],
        input=base64.b64decode(detail["value"] + "=="), capture_output=True, timeout=PATIENCE, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: buf_curl_test.py DIRECTORY_OF_THE_PROGRAMS [unittest arguments]")
    GatewayCase.binaries = sys.argv.pop(1)
    unittest.main()
