"""The calls that reach an upstream: a good request of each, and the good answer to it by UPSTREAMS.

Thread safety: all functions are pure but for a counter, which any thread may use.
"""

import collections
import itertools
import json
import pathlib

EXAMINATION, INVITE, SESSION, EXAM = 119, 142, 7, 9
_DOCUMENTED = json.loads((pathlib.Path(__file__).resolve().parent.parent / "sandbox" /
                          "documented_session.json").read_text(encoding="utf-8"))
_counter = itertools.count(1)

Rpc = collections.namedtuple("Rpc", "name upstream service one_shot decodes method path")


def _rpc(name, upstream, method, path, one_shot=False, decodes=True):
    service = "assessment" if upstream == "concero" else "student_sessions"
    return Rpc(name, upstream, service, one_shot, decodes, method, path)


_ALL = [
    _rpc("ListExaminations", "concero", "GET", "/api/v1/examinations"),
    _rpc("AllocateCandidate", "concero", "POST", "/api/v1/allocate-candidate", one_shot=True),
    _rpc("CancelAllocation", "concero", "POST", "/api/v1/cancel-allocation"),
    _rpc("GetReport", "concero", "POST", "/api/v1/report"),
    _rpc("UpdateStudentSession", "proctorexam", "PATCH", f"/api/v3/student_sessions/{SESSION}"),
    _rpc("GetStudentSession", "proctorexam", "GET", f"/api/v3/student_sessions/{SESSION}"),
    _rpc("ListStudentSessions", "proctorexam", "GET", f"/api/v3/exams/{EXAM}/student_sessions"),
    _rpc("CreateStudentSession", "proctorexam", "POST", f"/api/v3/exams/{EXAM}/student_sessions", one_shot=True),
    _rpc("DeleteStudentSession", "proctorexam", "DELETE", f"/api/v3/student_sessions/{SESSION}", decodes=False),
]
RPCS = {rpc.name: rpc for rpc in _ALL}

# By the names that the catalogue uses.
SETS = {
    "all": list(RPCS),
    "concero": [r.name for r in _ALL if r.upstream == "concero"],
    "proctorexam": [r.name for r in _ALL if r.upstream == "proctorexam"],
    "one_shot": [r.name for r in _ALL if r.one_shot],
    "repeatable": [r.name for r in _ALL if not r.one_shot],
    "decoding": [r.name for r in _ALL if r.decodes],
}
# Calls that reach the store alone.
STORE_RPCS = ("GetAllocation", "ListAllocations", "ResolveAllocation")


_FULL_NAMES = {"assessment": "concero.v1.AssessmentService", "allocations": "concero.v1.AllocationService",
               "student_sessions": "proctorexam.v1.StudentSessionService"}


def full_name(name):
    """As gRPC and the metrics have it: `package.Service/Method`."""
    service = "allocations" if name in STORE_RPCS else RPCS[name].service
    return f"{_FULL_NAMES[service]}/{name}"


def rpc_of(method, path):
    """The call that a request comes from, or None."""
    bare = path.partition("?")[0]
    return next((rpc for rpc in _ALL if (rpc.method, rpc.path) == (method, bare)), None)


def good_body(rpc, asked):
    """The JSON that the upstream documents for `rpc`; `asked` is that of the request."""
    make = _BODIES.get(rpc.name)
    return make(asked) if make else None


def good_status(rpc):
    return {"AllocateCandidate": 201, "CreateStudentSession": 201}.get(rpc.name, 200)


def _allocated(asked):
    return {"success": True, "message": "Candidate allocated successfully.", "data": {
        "candidate_email": asked.get("candidate_email", ""), "examination_id": asked.get("examination_id", 0),
        "invite_id": INVITE, "invite_link": "https://portal.example/exam/start/abc"}}


def _report(asked):
    return {"inviteId": str(asked.get("inviteId", INVITE)), "testId": str(EXAMINATION), "testName": "Java",
            "email": "canary.candidate@company.example", "reportURL": "https://portal.example/r/1",
            "proctoringURL": "https://portal.example/p/1", "score": 8, "totalScore": 10, "percentage": 80.0,
            "testStartDate": "2024-07-15T09:02:14.00Z", "testEndDate": "2024-07-15T10:02:14.00Z", "status": "Pass",
            "metadata": {}}


def _session(asked):
    fields = {name: asked[name] for name in ("name", "email") if name in asked}
    return {**_DOCUMENTED, "id": SESSION, "exam_id": EXAM, **fields}


_BODIES = {
    "ListExaminations": lambda _: [{"testId": EXAMINATION, "testName": "Java"}, {"testId": 120, "testName": "SQL"}],
    "AllocateCandidate": _allocated,
    "CancelAllocation": lambda asked: {"success": True, "message": "Cancelled.", "data": {
        "invite_id": asked.get("invite_id", INVITE), "status": "inValid"}},
    "GetReport": _report,
    "UpdateStudentSession": lambda asked: {"student": _session(asked)},
    "GetStudentSession": lambda asked: {"student": _session(asked)},
    "ListStudentSessions": lambda asked: {"students": [_session(asked)]},
    "CreateStudentSession": lambda asked: {"student": _session(asked)},
}

Prepared = collections.namedtuple("Prepared", "service method request request_id email")


def prepare(name):
    """A good request of the call, one of its own each time. Imports the stubs, which must be on sys.path."""
    from google.protobuf import duration_pb2
    from concero.v1 import allocation_pb2, assessment_pb2
    from proctorexam.v1 import student_session_pb2
    number = next(_counter)
    request_id, email = f"request-{number}", f"candidate{number}@company.example"
    makers = {
        "ListExaminations": lambda: assessment_pb2.ListExaminationsRequest(max_staleness=duration_pb2.Duration()),
        "AllocateCandidate": lambda: assessment_pb2.AllocateCandidateRequest(
            examination_id=EXAMINATION, candidate_email=email, request_id=request_id),
        "CancelAllocation": lambda: assessment_pb2.CancelAllocationRequest(invite_id=INVITE),
        "GetReport": lambda: assessment_pb2.GetReportRequest(invite_id=INVITE),
        "UpdateStudentSession": lambda: student_session_pb2.UpdateStudentSessionRequest(id=SESSION, name="Jo"),
        "GetStudentSession": lambda: student_session_pb2.GetStudentSessionRequest(id=SESSION),
        "ListStudentSessions": lambda: student_session_pb2.ListStudentSessionsRequest(exam_id=EXAM),
        "CreateStudentSession": lambda: student_session_pb2.CreateStudentSessionRequest(
            exam_id=EXAM, name="Jo", email=email),
        "DeleteStudentSession": lambda: student_session_pb2.DeleteStudentSessionRequest(id=SESSION),
        "GetAllocation": lambda: allocation_pb2.GetAllocationRequest(request_id="unheard-of"),
        "ListAllocations": allocation_pb2.ListAllocationsRequest,
        "ResolveAllocation": lambda: allocation_pb2.ResolveAllocationRequest(
            request_id="unheard-of", abandon=allocation_pb2.Abandon()),
    }
    service = "allocations" if name in STORE_RPCS else RPCS[name].service
    told = request_id if name == "AllocateCandidate" else ""
    return Prepared(service, name, makers[name](), told, email)
