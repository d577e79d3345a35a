"""Lists that are heard of, late, wrongly or not at all, of replicas that are not there, by a clock that is not there.

Usage: convergence_test.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_STUBS [unittest arguments]
"""

import contextlib
import os
import pathlib
import sys
import types
import unittest
import unittest.mock
import urllib.error

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent
_, STUBS = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
sys.path += [str(HERE.parent / "support"), str(HERE.parent / "interop" / "python"), STUBS]

import grpc  # noqa: E402
from concero.v1 import assessment_pb2  # noqa: E402

import convergence  # noqa: E402
from judge import STUCK, UNTRUE  # noqa: E402
from replicas_plan import NAMES  # noqa: E402

FETCH, QUIET = 0.01, 0.2  # seconds that a fetch takes, and what is done before it


class Unavailable(grpc.RpcError):
    def details(self):
        return "gone"


class World:
    """The replicas, what is upstream of them, and the time; whatever asks takes some of it."""

    def __init__(self):
        self.now = 1000.0
        self.delay = dict.fromkeys(NAMES, 0.03)  # until it hears of a list
        self.before_answer, self.after_answer = 0.001, [0.001]  # of the questions, in turn; the last stays
        self.requests = 0
        self.fails = set()  # names of those that answer no call
        self._upstream = []
        self._lists = {name: [] for name in NAMES}  # when each comes, its fetch time and what it has
        self.upstream = self

    # time

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    # the upstream

    def set_faults(self, faults):
        self._upstream = faults[0]["body"]

    def turn_over(self):
        self.now += QUIET
        self.requests = 0

    def lists(self):
        return self.requests

    # the replicas

    def admin(self, name):
        return name

    def channel(self, name):
        return types.SimpleNamespace(channel=contextlib.nullcontext(name))

    def stub(self, name):
        def list_examinations(request, timeout):
            if name in self.fails:
                raise Unavailable()
            if request.HasField("max_staleness"):
                self._fetch(name)
            fetched, examinations = self._list_of(name)
            return assessment_pb2.ListExaminationsResponse(
                examinations=[{"id": one["testId"], "name": one["testName"]} for one in examinations],
                fetch_time={"seconds": int(fetched), "nanos": int(fetched % 1 * 1e9)}, version=str(fetched))

        return types.SimpleNamespace(ListExaminations=list_examinations)

    def read(self, admin, _page, _patience):
        self.now += self.before_answer
        found = self._list_of(admin)
        text = f"# HELP\ngateway_cache_age_seconds {self.now - found[0]}\n" if found else ""
        self.now += self.after_answer.pop(0) if len(self.after_answer) > 1 else self.after_answer[0]
        return text

    def _fetch(self, refresher):
        self.now += FETCH
        self.requests += 1
        for name in NAMES:
            comes = self.now + (0 if name == refresher else self.delay[name])
            self._lists[name].append((comes, (self.now, self._upstream)))

    def _list_of(self, name):
        """When it was fetched and what it has, or None."""
        return next((one for comes, one in reversed(self._lists[name]) if comes <= self.now), None)


class Convergence(unittest.TestCase):
    def setUp(self):
        self.world = World()
        for module, name, what in ((convergence, "time", self.world), (convergence, "_stub", self.world.stub),
                                   (convergence, "operators", self.world)):
            self.enterContext(unittest.mock.patch.object(module, name, what))
        self.convergence = convergence.Convergence(self.world, self.world)
        self.assertEqual(self.convergence.check("first", "a start"), [])

    def check(self, *kinds):
        found = self.convergence.check("second", "a restart")
        self.assertEqual([finding.kind for finding in found], list(kinds), found)
        return found

    def test_lists_are_heard_of_after_what_they_take(self):
        self.check()
        for seconds in (one for some in self.convergence.took.values() for one in some):
            self.assertAlmostEqual(seconds, 0.03, delta=0.01)

    def test_what_does_not_come_is_stuck(self):
        self.world.delay["third"] = 11
        self.assertIn("third", self.check(STUCK)[0].what)

    def test_the_list_before_is_not_taken_for_the_last_by_who_is_kept_from_the_processor(self):
        self.world.delay = dict.fromkeys(NAMES, 9)
        self.world.after_answer = [4, 4, 0.001]
        self.check()

    def test_questions_that_take_longer_than_the_fetch_see_it_all_the_same(self):
        self.world.before_answer = 5 * FETCH
        self.check()

    def test_a_replica_that_cannot_be_asked_is_stuck(self):
        self.world.read = unittest.mock.Mock(side_effect=urllib.error.URLError("refused"))
        self.assertIn("refused", self.check(STUCK)[0].what)
        del self.world.read
        self.check()

    def test_so_is_one_that_does_not_serve_its_list(self):
        self.world.fails = {"third"}
        self.check(STUCK)
        self.world.fails = {"second"}
        self.check(STUCK)
        self.assertEqual(self.convergence.await_heard("a fetch that failed"), [])
        self.world.fails = set()
        self.check()

    def test_what_was_found_before_is_found(self):
        self.world.delay["first"] = 11
        self.world.fails = {"third"}
        self.check(STUCK, STUCK)

    def test_more_than_one_request_is_untrue(self):
        fetch = self.world._fetch
        self.world._fetch = lambda name: (fetch(name), setattr(self.world, "requests", 2))
        self.check(UNTRUE)


if __name__ == "__main__":
    unittest.main()
