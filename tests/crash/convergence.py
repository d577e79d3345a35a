"""How soon the list that one replica fetched is served by the others, without a request of their own.

A restarted replica has the list of the store, which it calls stale and fetches anew as soon as somebody asks for it. So
nobody is asked until its metrics say that it has the new one.
"""

import re
import time

import grpc
import operators
from concero.v1 import assessment_pb2, assessment_pb2_grpc

from judge import STUCK, UNTRUE, Finding
from replicas_plan import NAMES
from upstream import EXAMINATION, LIST

BOUND = 10  # seconds after which a list counts as not heard of: for a machine that is busy with other things, too
_PATIENCE = 30  # seconds
_AGE = re.compile(r"^gateway_cache_age_seconds(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


class Convergence:
    """`took`: see heard.py."""

    def __init__(self, trial, trio):
        self._trial, self._trio = trial, trio
        self._lists = 0
        self._refresher = self._examinations = self._fetched = None  # of the last list
        self._since = time.monotonic()  # every list before the last is older
        self.took = {}

    def check(self, refresher, after):
        """`refresher` fetches a list that is new. Returns findings. Nobody else may be asking anything."""
        self._trial.upstream.turn_over()
        findings = self.fetch(refresher)
        return findings or self.await_heard(after)

    def fetch(self, refresher):
        """It fetches a list that is new. Returns findings."""
        self._refresher, self._examinations = refresher, self._new_list()
        self._trial.upstream.set_faults([{"path": LIST, "body": self._examinations}])
        self._fetched = None
        try:
            self._fetched = self._list(refresher, fresh=True)
        except grpc.RpcError as error:
            self._since = time.monotonic()
            return [Finding(STUCK, f"{refresher} fetches no list: {error.details()}")]
        return list(self._differs(refresher, self._fetched, self._examinations))

    def await_heard(self, after):
        """Until the others serve the last list, if one was fetched. Returns findings."""
        findings = []
        if self._fetched is not None:
            try:
                self._hear(after, findings)
            except (grpc.RpcError, OSError) as error:
                said = error.details() if isinstance(error, grpc.RpcError) else error
                findings.append(Finding(STUCK, f"after {after}: nobody knows who serves list {self._lists}: {said}"))
            self._since = time.monotonic()
        return findings

    def _hear(self, after, findings):
        refresher, fetched = self._refresher, self._fetched
        told, waited_for = time.monotonic(), [name for name in NAMES if name != refresher]
        while waited_for and time.monotonic() - told < BOUND:
            for name in [name for name in waited_for if self._fetch_time(name) > self._since]:
                waited_for.remove(name)
                self.took.setdefault(after, []).append(time.monotonic() - told)
            time.sleep(0.002)
        findings += [Finding(STUCK, f"after {after}: list {self._lists}, which {refresher} fetched, has not reached "
                                    f"{name} in {BOUND} s") for name in waited_for]
        for name in set(NAMES) - {refresher, *waited_for}:
            served = self._list(name)
            findings += self._differs(name, served, self._examinations)
            if served.version != fetched.version or served.fetch_time != fetched.fetch_time:
                findings.append(Finding(UNTRUE, f"{name} serves list {self._lists} as another than {refresher}"))
        requests = self._trial.upstream.lists()
        if requests != 1:
            findings.append(Finding(UNTRUE, f"after {after}: {requests} requests for list {self._lists}, which "
                                            f"{refresher} alone was asked to fetch"))

    def _new_list(self):
        self._lists += 1
        return [{"testId": EXAMINATION, "testName": "Technology - Email Test"},
                {"testId": 1000 + self._lists, "testName": f"List {self._lists}"}]

    def _list(self, name, fresh=False):
        request = assessment_pb2.ListExaminationsRequest()
        if fresh:
            request.max_staleness.SetInParent()
        with self._trio.channel(name).channel as channel:
            return _stub(channel).ListExaminations(request, timeout=_PATIENCE)

    def _differs(self, name, served, examinations):
        expected = [(examination["testId"], examination["testName"]) for examination in examinations]
        found = [(examination.id, examination.name) for examination in served.examinations]
        if found != expected or served.stale:
            yield Finding(UNTRUE, f"{name} serves {found}{', stale' if served.stale else ''} and not {expected}")

    def _fetch_time(self, name):
        """When its list was fetched, by our clock; -inf: it has none.

        Early by what the question takes, however long we are kept from the processor: who asks again comes nearer.
        """
        asked = time.monotonic()
        found = _AGE.search(operators.read(self._trio.admin(name), "metrics", _PATIENCE))
        return asked - float(found.group(1)) if found else float("-inf")


def _stub(channel):
    return assessment_pb2_grpc.AssessmentServiceStub(channel)
