"""What is called, by how many at once, and what the right answer is."""

import dataclasses

from concero.v1 import allocation_pb2, assessment_pb2
from upstream import Kind

SERVICE = "/concero.v1.AssessmentService/"
LIST, REPORT, ALLOCATE = (SERVICE + name for name in ("ListExaminations", "GetReport", "AllocateCandidate"))

FAST, SLOW, SLOWER = Kind("fast"), Kind("slow", seconds=0.15), Kind("slower", seconds=3)
OF_1000, OF_100000 = Kind("1000", examinations=1000), Kind("100000", examinations=100_000)
KINDS = (FAST, SLOW, SLOWER, OF_1000, OF_100000)

REPORT_REQUEST = assessment_pb2.GetReportRequest(invite_id=142).SerializeToString()
ALLOCATE_REQUEST = assessment_pb2.AllocateCandidateRequest(
    examination_id=119, candidate_email="arjun.mehta@company.io").SerializeToString()
REFRESH_REQUEST = b"\x0a\x00"  # ListExaminationsRequest with max_staleness: 0s


@dataclasses.dataclass(frozen=True)
class Workload:
    """`clients` connections with `streams` calls at once on each, for so many seconds, or so many calls."""
    name: str
    title: str
    method: str
    request: bytes
    clients: int
    streams: int
    contenders: tuple = ("limit", "gateway", "go")
    kind: Kind = FAST
    page: int = 20  # examinations in an answer
    least_seconds: int = 0
    calls: int = 0  # 0: for a time

    @property
    def in_flight(self):
        return self.clients * self.streams


def _listing(name, title, clients, streams, **more):
    return Workload(name, title, LIST, b"", clients, streams, **more)


CACHED = _listing("list", "ListExaminations, cached, 256 in flight", 8, 32)
ONE = _listing("list1", "ListExaminations, one at a time", 1, 1)
REPORTS = Workload("report", "GetReport, 64 in flight", REPORT, REPORT_REQUEST, 8, 8)
CROWD = Workload("crowd", "GetReport, 4,096 in flight", REPORT, REPORT_REQUEST, 64, 64, ("gateway", "go"),
                 calls=10 * 4096)
WAITING = Workload("slow", "GetReport, 1,024 in flight, upstream at 150 ms", REPORT, REPORT_REQUEST, 16, 64,
                   ("gateway", "go"), SLOW, least_seconds=8)
MANY = Workload("many", "GetReport, 10,000 in flight, upstream at 3 s", REPORT, REPORT_REQUEST, 100, 100,
                ("gateway",), SLOWER, calls=3 * 10_000)
ALLOCATIONS = Workload("allocate", "AllocateCandidate, 64 in flight", ALLOCATE, ALLOCATE_REQUEST, 8, 8)
LISTS = (
    _listing("list-1000", "a list of 1,000", 8, 32, contenders=("limit", "gateway"), kind=OF_1000, page=1000),
    _listing("list-100000", "a list of 100,000, its first 1,000", 8, 32, contenders=("limit", "gateway"),
             kind=OF_100000, page=1000),
    Workload("page-10000", "a list of 100,000, its first 10,000", LIST,
             assessment_pb2.ListExaminationsRequest(page_size=10_000).SerializeToString(), 8, 4,
             ("limit", "gateway"), OF_100000, page=10_000),
)

RIGHT_REPORT = assessment_pb2.GetReportResponse(report=assessment_pb2.Report(
    invite_id=142, examination_id=119, examination_name="Technology - Email Test",
    candidate_email="arjun.mehta@company.io", report_url="https://beta-consero.ipixsolutions.net/report/142",
    proctoring_url="https://beta-consero.ipixsolutions.net/report/proctoring/142",
    score=74, total_score=100, percentage=74, start_time={"seconds": 1721034134}, end_time={"seconds": 1721039048},
    outcome=assessment_pb2.OUTCOME_PASS, upstream_status="Pass"))
RIGHT_REPORT.report.metadata["mode_of_completion"] = "web"


def is_right(workload, answer):
    """Whether these bytes are what every contender is to answer."""
    if workload.method == REPORT:
        return assessment_pb2.GetReportResponse.FromString(answer) == RIGHT_REPORT
    if workload.method == ALLOCATE:
        allocation = assessment_pb2.AllocateCandidateResponse.FromString(answer).allocation
        return (allocation.state, allocation.invite_id, allocation.candidate_email, allocation.examination_id,
                allocation.invite_link) == (
            allocation_pb2.ALLOCATION_STATE_SUCCEEDED, 142, "arjun.mehta@company.io", 119,
            "https://beta-consero.ipixsolutions.net/exam/start/A3bkXYZ0123456789")
    listed = [(one.id, one.name) for one in assessment_pb2.ListExaminationsResponse.FromString(answer).examinations]
    return listed == [(100 + i, f"Technology - Email Test {i}") for i in range(workload.page)]
