"""Callers of all kinds of calls, each with one channel over all replicas and nothing but the service config.

Thread safety: everything may be called from any thread.
"""

import collections
import random
import threading
import time

import grpc
from concero.v1 import allocation_pb2, allocation_pb2_grpc, assessment_pb2, assessment_pb2_grpc
from gateway_client import details_of
from proctorexam.v1 import student_session_pb2, student_session_pb2_grpc

from upstream import EXAMINATION

_DEADLINE = 20  # seconds
_EXAM = 1
_PAUSE = 0.02  # seconds, at most, between two calls of a caller
# What is called, and how often.
_MIX = {"list": 3, "report": 4, "allocate": 3, "allocate without request_id": 3, "allocation": 2, "cancel": 1,
        "update": 2, "session": 1}


class Wrong(Exception):
    """An answer that is OK and not what it has to be."""


class Caller:
    """One service of a company's: it allocates, looks at what it has allocated, and keeps a student session."""

    def __init__(self, number, addresses, service_config, seed):
        self._name, self._rng = f"caller-{number}", random.Random(f"{seed}/{number}")
        # Connections of its own, as another process has.
        self.channel = grpc.insecure_channel("ipv4:" + ",".join(addresses), options=[
            ("grpc.service_config", service_config), ("grpc.use_local_subchannel_pool", 1),
            ("grpc.enable_http_proxy", 0)])
        self._assessment = assessment_pb2_grpc.AssessmentServiceStub(self.channel)
        self._allocations = allocation_pb2_grpc.AllocationServiceStub(self.channel)
        self._sessions = student_session_pb2_grpc.StudentSessionServiceStub(self.channel)
        self._session = self._sessions.CreateStudentSession(student_session_pb2.CreateStudentSessionRequest(
            exam_id=_EXAM, name=self._name, email=f"{self._name}@rolling.example"), timeout=_DEADLINE).student_session
        self._told = []  # the allocations that are not cancelled
        self.wanted = []  # e-mails; each is to be invited once
        self.cancelled = set()  # e-mails
        self._allocate(f"{self._name}-first")

    def call(self):
        """Makes one call; returns its kind and what went wrong, empty when nothing did."""
        kind = self._rng.choices(list(_MIX), list(_MIX.values()))[0]
        began = time.monotonic()
        try:
            self._do[kind](self)
            return kind, ""
        except grpc.RpcError as error:
            info = details_of(error).get("ErrorInfo")
            problem = f"{error.code().name} {info.reason if info else '(no ErrorInfo)'}: {error.details()}"
        except Wrong as wrong:
            problem = str(wrong)
        return kind, f"{self._name} {kind}, {time.monotonic() - began:.2f} s: {problem}"

    def _list(self):
        response = self._assessment.ListExaminations(assessment_pb2.ListExaminationsRequest(), timeout=_DEADLINE)
        _expect(len(response.examinations) > 0, response)

    def _report(self):
        allocation = self._rng.choice(self._told)
        response = self._assessment.GetReport(assessment_pb2.GetReportRequest(invite_id=allocation.invite_id),
                                              timeout=_DEADLINE)
        _expect(response.report.candidate_email == allocation.candidate_email, response)

    def _allocate(self, request_id):
        email = f"{self._name}-{len(self.wanted)}@rolling.example"
        self.wanted.append(email)
        request = assessment_pb2.AllocateCandidateRequest(examination_id=EXAMINATION, candidate_email=email,
                                                          request_id=request_id)
        response = self._assessment.AllocateCandidate(request, timeout=_DEADLINE)
        _expect(response.allocation.state == allocation_pb2.ALLOCATION_STATE_SUCCEEDED
                and response.allocation.candidate_email == email and response.allocation.invite_id > 0, response)
        self._told.append(response.allocation)

    def _allocate_by_id(self):
        self._allocate(f"{self._name}-{self._rng.getrandbits(64):016x}")

    def _allocate_without_id(self):
        self._allocate("")

    def _allocation(self):
        told = self._rng.choice(self._told)
        response = self._allocations.GetAllocation(allocation_pb2.GetAllocationRequest(request_id=told.request_id),
                                                   timeout=_DEADLINE)
        _expect(response.allocation.invite_id == told.invite_id, response)

    def _cancel(self):
        if len(self._told) < 2:
            return
        allocation = self._told.pop(self._rng.randrange(len(self._told)))
        self.cancelled.add(allocation.candidate_email)
        response = self._assessment.CancelAllocation(
            assessment_pb2.CancelAllocationRequest(invite_id=allocation.invite_id), timeout=_DEADLINE)
        _expect(response.state == allocation_pb2.ALLOCATION_STATE_CANCELLED, response)

    def _update(self):
        info = f"{self._rng.getrandbits(64):016x}"
        response = self._sessions.UpdateStudentSession(student_session_pb2.UpdateStudentSessionRequest(
            id=self._session.id, individual_info=info), timeout=_DEADLINE)
        _expect(response.student_session.individual_info == info, response)
        self._session = response.student_session

    def _get_session(self):
        response = self._sessions.GetStudentSession(
            student_session_pb2.GetStudentSessionRequest(id=self._session.id), timeout=_DEADLINE)
        _expect(response.student_session.individual_info == self._session.individual_info, response)

    _do = {"list": _list, "report": _report, "allocate": _allocate_by_id,
           "allocate without request_id": _allocate_without_id, "allocation": _allocation, "cancel": _cancel,
           "update": _update, "session": _get_session}


class Traffic:
    """So many callers, who call until stop()."""

    def __init__(self, count, addresses, service_config, seed):
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.made = collections.Counter()  # calls, by kind
        self.failed = []  # one line for each call
        self.callers = [Caller(number, addresses, service_config, seed) for number in range(count)]
        self._threads = [threading.Thread(target=self._run, args=(caller, random.Random(f"{seed}/pause/{number}")),
                                          daemon=True) for number, caller in enumerate(self.callers)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Returns when every call under way has its answer."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        for caller in self.callers:
            caller.channel.close()

    def _run(self, caller, rng):
        while not self._stopped.is_set():
            try:
                kind, problem = caller.call()
            except Exception as error:
                kind, problem = "driver", f"the driver failed: {error!r}"
            with self._lock:
                self.made[kind] += 1
                if problem:
                    self.failed.append(problem)
            time.sleep(rng.uniform(0, _PAUSE))


def _expect(holds, response):
    if not holds:
        raise Wrong(f"OK, but {response}".replace("\n", " "))
