"""Calls the gateway as a Python service would, through generated stubs.

Usage: gateway_test.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS [unittest arguments]
"""

import datetime
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
if len(sys.argv) < 3:
    sys.exit("usage: gateway_test.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS [unittest arguments]")
binaries, stubs = sys.argv.pop(1), sys.argv.pop(1)
sys.path += [str(pathlib.Path(__file__).resolve().parent.parent), stubs]

import grpc  # noqa: E402
from concero.v1 import allocation_pb2, assessment_pb2  # noqa: E402
from gateway_case import ABOVE_2_53, EMAIL, NEVER_MS, GatewayCase, service_of  # noqa: E402
from gateway_client import connect, details_of  # noqa: E402
from google.protobuf import json_format  # noqa: E402
from proctorexam.v1 import student_session_pb2  # noqa: E402

PATIENCE = 60  # seconds: the deadline of calls that must succeed on a busy machine, too


class Python(GatewayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stub, cls.allocations, cls.sessions = cls.enterClassContext(connect(cls.gateway.grpc))

    def allocate(self, request_id, timeout=PATIENCE):
        request = assessment_pb2.AllocateCandidateRequest(
            examination_id=119, candidate_email=EMAIL, request_id=request_id)
        return self.stub.AllocateCandidate(request, timeout=timeout).allocation

    def report(self, invite_id, timeout=PATIENCE):
        request = assessment_pb2.GetReportRequest(invite_id=invite_id)
        return self.stub.GetReport(request, timeout=timeout).report

    def test_the_examinations_are_listed(self):
        self.set_faults({"path": "/api/v1/examinations", "body": [
            {"testId": 119, "testName": "データ分析"}, {"testId": ABOVE_2_53, "testName": "Large"}]})
        request = assessment_pb2.ListExaminationsRequest()
        request.max_staleness.FromTimedelta(datetime.timedelta(0))
        asked = datetime.datetime.now(datetime.timezone.utc)
        answer = self.stub.ListExaminations(request, timeout=PATIENCE)
        self.assertEqual([(e.id, e.name) for e in answer.examinations], [(119, "データ分析"), (ABOVE_2_53, "Large")])
        self.assertIs(answer.stale, False)
        self.assertNotEqual(answer.version, "")
        self.assertGreaterEqual(answer.fetch_time.ToDatetime(datetime.timezone.utc), asked)

    def test_a_candidate_is_allocated(self):
        allocation = self.allocate("order-7741")
        self.assertEqual((allocation.request_id, allocation.examination_id, allocation.candidate_email),
                         ("order-7741", 119, EMAIL))
        self.assertEqual(allocation.state, allocation_pb2.ALLOCATION_STATE_SUCCEEDED)
        self.assertGreater(allocation.invite_id, 0)
        self.assertTrue(allocation.invite_link.startswith("https://"))
        self.assertEqual(self.allocations_sent(), 1)

    def test_a_repeat_gets_the_answer_of_the_first(self):
        request = assessment_pb2.AllocateCandidateRequest(
            examination_id=119, candidate_email=EMAIL, request_id="order-7745")
        first, again = (self.stub.AllocateCandidate(request, timeout=PATIENCE) for _ in range(2))
        self.assertEqual((first.replayed, again.replayed), (False, True))
        self.assertEqual(again.allocation, first.allocation)
        self.assertEqual(self.allocations_sent(), 1)

    def test_the_trail_of_an_allocation_is_read(self):
        self.allocate("order-7746")
        row = self.allocations.GetAllocation(
            allocation_pb2.GetAllocationRequest(request_id="order-7746"), timeout=PATIENCE).allocation
        self.assertEqual([event.state for event in row.events], [
            allocation_pb2.ALLOCATION_STATE_PENDING, allocation_pb2.ALLOCATION_STATE_SUCCEEDED])

    def test_an_allocation_is_cancelled(self):
        invite_id = self.allocate("order-7742").invite_id
        answer = self.stub.CancelAllocation(
            assessment_pb2.CancelAllocationRequest(invite_id=invite_id), timeout=PATIENCE)
        self.assertEqual((answer.invite_id, answer.state, answer.upstream_status),
                         (invite_id, allocation_pb2.ALLOCATION_STATE_CANCELLED, "inValid"))

    def test_a_report_has_its_times_its_numbers_and_its_metadata(self):
        metadata = {"cohort": "Q4", "attempts": 2, "remote": True, "reviewer": None, "tags": ["a", {"b": 1}]}
        self.set_report(ABOVE_2_53, {
            "testId": "119", "score": 74.5, "totalScore": 100, "status": "Pass",
            "testEndDate": "2025-11-03T09:47:12.25Z", "metadata": metadata})
        report = self.report(ABOVE_2_53)
        self.assertEqual((report.invite_id, report.examination_id), (ABOVE_2_53, 119))
        self.assertEqual((report.score, report.outcome), (74.5, assessment_pb2.OUTCOME_PASS))
        self.assertEqual(report.end_time.ToDatetime(), datetime.datetime(2025, 11, 3, 9, 47, 12, 250_000))
        self.assertEqual(json_format.MessageToDict(report.metadata), metadata)

    def test_a_score_of_0_is_not_a_score_that_is_not_set(self):
        invite_id = self.allocate("order-7743").invite_id
        unset = self.report(invite_id)
        self.assertFalse(unset.HasField("score"))
        self.assertFalse(unset.HasField("end_time"))
        self.assertEqual(unset.outcome, assessment_pb2.OUTCOME_UNSPECIFIED)
        self.set_report(invite_id, {"score": 0})
        report = self.report(invite_id)
        self.assertEqual((report.HasField("score"), report.score), (True, 0))
        self.assertFalse(report.HasField("total_score"))

    def test_a_student_session_is_updated_and_read_back(self):
        request = student_session_pb2.UpdateStudentSessionRequest(
            id=2, name="Zoë O'Brien & Søn?=1", external_id="", skip_requirements=False)
        request.open_time.FromDatetime(datetime.datetime(2026, 7, 14, 8, 0))
        session = self.sessions.UpdateStudentSession(request, timeout=PATIENCE).student_session
        self.assertEqual((session.id, session.name, session.external_id, session.skip_requirements),
                         (2, "Zoë O'Brien & Søn?=1", "", False))
        self.assertTrue(session.HasField("external_id"))
        self.assertFalse(session.HasField("start_time"))
        self.assertEqual(session.open_time.ToDatetime(), datetime.datetime(2026, 7, 14, 8, 0))
        got = self.sessions.GetStudentSession(student_session_pb2.GetStudentSessionRequest(id=2), timeout=PATIENCE)
        self.assertEqual(got.student_session, session)

    def test_a_time_is_read_to_the_millisecond(self):
        got = self.sessions.GetStudentSession(student_session_pb2.GetStudentSessionRequest(id=1), timeout=PATIENCE)
        self.assertEqual(got.student_session.created_at.ToDatetime(),
                         datetime.datetime(2018, 11, 17, 16, 1, 25, 788_000))

    def test_the_failures_are_read(self):
        self.check_failures(self.fail_call)

    def fail_call(self, method, request):
        stub, messages = {"AllocationService": (self.allocations, allocation_pb2),
                          "StudentSessionService": (self.sessions, student_session_pb2),
                          "AssessmentService": (self.stub, assessment_pb2)}[service_of(method)]
        message = json_format.ParseDict(request, getattr(messages, method + "Request")())
        with self.assertRaises(grpc.RpcError) as failed:
            getattr(stub, method)(message, timeout=PATIENCE)
        details = details_of(failed.exception)
        return failed.exception.code().name, {
            name: json_format.MessageToDict(detail) for name, detail in details.items()}

    def test_a_call_ends_at_its_deadline(self):
        self.set_faults({"path": "/api/v1/report", "delay_ms": NEVER_MS})
        with self.assertRaises(grpc.RpcError) as failed:
            self.report(142, timeout=0.5)
        self.assertEqual(failed.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)

    def test_an_allocation_is_not_begun_with_too_little_time_left(self):
        with self.assertRaises(grpc.RpcError) as failed:
            self.allocate("order-7744", timeout=0.5)
        self.assertEqual(failed.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertEqual(self.allocations_sent(), 0)


if __name__ == "__main__":
    GatewayCase.binaries = binaries
    unittest.main()
