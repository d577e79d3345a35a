"""Makes the pictures of /statusz in deploy/statusz: an hour of calls against the sandbox, of which the last minutes are
an outage that is still in progress.

Usage: tests/interop/python.sh tests/statusz/pictures.py DIRECTORY_OF_THE_PROGRAMS STUBS NODE_MODULES CHROMIUM DIRECTORY
           [--minutes N]
"""

import argparse
import os
import pathlib
import random
import sys
import tempfile
import time

import grpc

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from browser import look  # noqa: E402
from processes import Gateway, Sandbox  # noqa: E402

# Callers by name, and how many calls a second each makes.
CALLERS = {"spiffe://example.org/ns/hiring/sa/booking": 3, "spiffe://example.org/ns/hiring/sa/results": 2,
           "spiffe://example.org/ns/reports/sa/nightly-export": 1}
GREEDY = "spiffe://example.org/ns/reports/sa/nightly-export"
REPORT, ALLOCATE = "/api/v1/report", "/api/v1/allocate-candidate"


class Busy(Gateway):
    CONFIG = Gateway.CONFIG.replace('"127.0.0.1:0"}}', '"127.0.0.1:0", trust_xfcc: true}}', 1).replace(
        "  api_key_file", "  breaker: {{open_for: 20s}}\n  api_key_file") + (
        'quotas: {{callers: {{"' + GREEDY + '": {{per_second: 0.5}}}}}}\n')


def weather(part):
    """The sandbox's faults at a time of the hour, from 0 to 1."""
    calm = [{"path": "/api/*", "delay_ms": 40}]
    if 0.35 < part < 0.42:  # slow
        return [{"path": REPORT, "delay_ms": 700, "every": 2}, *calm]
    if 0.62 < part < 0.64:  # a hiccup
        return [{"path": REPORT, "status": 502, "every": 3}, *calm]
    if part > 0.95:
        return [{"path": ALLOCATE, "action": "reset_after", "times": 2}, {"path": "/api/v1/*", "status": 503}]
    return calm


class Calls:
    def __init__(self, channel, stubs):
        assessment, assessment_grpc, session, session_grpc = stubs
        self._pb, self._session = assessment, session
        self._assessment = assessment_grpc.AssessmentServiceStub(channel)
        self._sessions = session_grpc.StudentSessionServiceStub(channel)
        self._invites = []
        self._made = 0

    def make_one(self, caller, rng):
        metadata = (("x-forwarded-client-cert", f"URI={caller}"),)
        try:
            kind = rng.random()
            if kind < 0.3:
                self._assessment.ListExaminations(self._pb.ListExaminationsRequest(), 10, metadata)
            elif kind < 0.5 or not self._invites:
                self._made += 1
                request = self._pb.AllocateCandidateRequest(
                    examination_id=119, candidate_email=f"candidate-{self._made}@company.io")
                answer = self._assessment.AllocateCandidate(request, 10, metadata)
                self._invites.append(answer.allocation.invite_id)
            elif kind < 0.9:
                invite = rng.choice(self._invites) if rng.random() < 0.97 else 999_999
                self._assessment.GetReport(self._pb.GetReportRequest(invite_id=invite), 10, metadata)
            else:
                self._sessions.GetStudentSession(self._session.GetStudentSessionRequest(id=2), 10, metadata)
        except grpc.RpcError:
            pass  # what came of it is on the page


def hour(sandbox, calls, minutes):
    rng = random.Random(7)
    callers = [caller for caller, rate in CALLERS.items() for _ in range(rate)]
    began, last = time.monotonic(), None
    while (part := (time.monotonic() - began) / (60 * minutes)) < 1:
        faults = weather(part)
        if faults != last:
            sandbox.ask("PUT", "faults", faults)
            last = faults
        calls.make_one(rng.choice(callers), rng)
        # More in the middle of the hour than at its ends.
        time.sleep(rng.expovariate(len(callers) * (0.4 + 1.2 * part * (1 - part) * 2)))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("binaries", "stubs", "node_modules", "chromium", "directory"):
        parser.add_argument(name)
    parser.add_argument("--minutes", type=float, default=60)
    asked = parser.parse_args()
    sys.path.insert(0, asked.stubs)
    from concero.v1 import assessment_pb2, assessment_pb2_grpc
    from proctorexam.v1 import student_session_pb2, student_session_pb2_grpc

    binaries = os.path.abspath(asked.binaries)
    with (tempfile.TemporaryDirectory() as directory, Sandbox(binaries, directory) as sandbox,
          Busy(binaries, directory, sandbox) as gateway, grpc.insecure_channel(gateway.grpc) as channel):
        stubs = (assessment_pb2, assessment_pb2_grpc, student_session_pb2, student_session_pb2_grpc)
        hour(sandbox, Calls(channel, stubs), asked.minutes)
        print(look(asked.node_modules, asked.chromium, f"http://{gateway.admin}/statusz", asked.directory)["verdict"])


if __name__ == "__main__":
    main()
