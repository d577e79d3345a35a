"""What the tests of a caller in Python start from: a sandbox, a gateway, and the failures that every language reads."""

import json
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from processes import sandbox_and_gateway  # noqa: E402

FAILURES = json.loads((HERE / "failures.json").read_text())
ABOVE_2_53 = 9007199254740993  # an id that does not survive as a double
NEVER_MS = 3_600_000
EMAIL = "arjun.mehta@company.io"


_ALLOCATION_METHODS = ("GetAllocation", "ListAllocations", "ResolveAllocation", "EraseCandidate")


def service_of(method):
    """The service of a method, as the failures name it."""
    if method in _ALLOCATION_METHODS:
        return "AllocationService"
    return "StudentSessionService" if "StudentSession" in method else "AssessmentService"


class GatewayCase(unittest.TestCase):
    binaries = ""  # the directory of the programs; set once, by the test's script
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        directory = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.addClassCleanup(show_logs, directory)
        cls.sandbox, cls.gateway = cls.enterClassContext(sandbox_and_gateway(cls.binaries, directory))

    def setUp(self):
        self.sandbox.ask("DELETE", "faults")
        self.sandbox.ask("DELETE", "journal")

    def set_faults(self, *faults):
        self.sandbox.ask("PUT", "faults", faults)

    def set_report(self, invite_id, members):
        self.sandbox.ask("PUT", f"reports/{invite_id}", members)

    def allocations_sent(self):
        return sum(request["path"] == "/api/v1/allocate-candidate" for request in self.sandbox.requests())

    def check_failures(self, fail):
        """`fail`, given a method's name and its request as JSON, returns the code's name and the details as JSON."""
        for expected in FAILURES:
            with self.subTest(expected["name"]):
                GatewayCase.setUp(self)
                self.set_faults(*expected.get("faults", ()))
                code, details = fail(expected["method"], expected["request"])
                self.assertEqual(code, expected["code"])
                self.assertEqual(details["ErrorInfo"], {
                    "domain": "concero-gateway", "reason": expected["reason"], "metadata": expected["metadata"]})
                self.assertEqual("RetryInfo" in details, "retrySeconds" in expected)
                if "retrySeconds" in expected:
                    self.assertEqual(details["RetryInfo"], {"retryDelay": f"{expected['retrySeconds']}s"})
                violations = details.get("BadRequest", {}).get("fieldViolations", [])
                self.assertEqual([violation["field"] for violation in violations], expected.get("fields", []))
                self.assertEqual(self.allocations_sent(), expected["allocationsSent"])


def show_logs(directory):
    """ctest prints it when a test fails."""
    for log in pathlib.Path(directory).glob("*.log"):
        print(f"{log.name}:\n{log.read_text(errors='replace')}", file=sys.stderr)
