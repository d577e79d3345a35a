"""The judge finds every broken promise, and nothing where all were kept.

Usage: judge_test.py [unittest arguments]
"""

import dataclasses
import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from history import Answer, Evidence, Intent, Invite, Row  # noqa: E402
from judge import DOUBLE, LOST, STUCK, UNEXPECTED, UNTRUE, judge  # noqa: E402

LOST_CONNECTION = Answer("UNAVAILABLE", "CONNECTION_LOST")


def told(number, **changes):
    answer = Answer("OK", "", f"id-{number}", f"{number}@x.example", "SUCCEEDED", 100 + number, f"https://x/{number}")
    return dataclasses.replace(answer, **changes)


def failed(number, code, reason):
    return Answer(code, reason, f"id-{number}")


def in_doubt(number):
    return failed(number, "UNKNOWN", "ALLOCATION_IN_DOUBT")


def intent(number, answers, again, **more):
    return Intent(f"{number}@x.example", f"id-{number}", answers=answers, again=again, **more)


def row(number, state, attempt=1, invite_id=None):
    if invite_id is None:
        invite_id = 100 + number if state in ("SUCCEEDED", "CANCELLED") else 0
    return Row(f"id-{number}", f"{number}@x.example", state, attempt, invite_id)


def kept():
    """Evidence in which every promise was kept: one of each way in which an intent can end."""
    intents = [
        intent(1, [LOST_CONNECTION, told(1)], told(1, replayed=True)),
        intent(2, [LOST_CONNECTION, in_doubt(2)], in_doubt(2)),  # executed, nobody knows
        intent(3, [in_doubt(3)], in_doubt(3)),  # not executed, nobody knows
        intent(4, [failed(4, "INTERNAL", "UPSTREAM_ALLOCATION_FAILED")],
               failed(4, "INTERNAL", "UPSTREAM_ALLOCATION_FAILED")),
        intent(5, [in_doubt(5), failed(5, "FAILED_PRECONDITION", "ALLOCATION_ABANDONED")],
               failed(5, "FAILED_PRECONDITION", "ALLOCATION_ABANDONED")),
        intent(6, [in_doubt(6), told(6)], told(6, replayed=True)),  # confirmed
        intent(7, [told(7)], told(7, replayed=True, state="CANCELLED"), wants_cancel=True, cancelled=True),
        intent(8, [failed(8, "INVALID_ARGUMENT", "UPSTREAM_REJECTED_FIELD"), told(8, replayed=True)],
               told(8, replayed=True)),
        intent(10, [LOST_CONNECTION], None, gives_up=True),  # executed, nobody asks any more
        dataclasses.replace(intent(9, [LOST_CONNECTION, told(9)], told(9, replayed=True)), request_id=""),
    ]
    rows = [row(1, "SUCCEEDED"), row(2, "IN_DOUBT"), row(3, "IN_DOUBT"), row(4, "FAILED"), row(5, "ABANDONED"),
            row(6, "SUCCEEDED"), row(7, "CANCELLED"), row(8, "SUCCEEDED", attempt=2), row(9, "SUCCEEDED"), row(10, "IN_DOUBT"),
            Row("id-9a", "9@x.example", "FAILED", 1, 0)]
    invites = [Invite(100 + number, f"{number}@x.example") for number in (1, 2, 6, 7, 8, 9, 10)]
    return Evidence(intents, invites, {invite.email: 1 for invite in invites}, rows, [], [])


class Judge(unittest.TestCase):
    def setUp(self):
        self.evidence = kept()

    def check(self, *kinds):
        """That these are the kinds of what is found."""
        found = judge(self.evidence)
        self.assertEqual({finding.kind for finding in found}, set(kinds), "\n".join(map(str, found)))

    def replace_row(self, number, *replacements):
        self.evidence.rows[:] = [r for r in self.evidence.rows if r.email != f"{number}@x.example"]
        self.evidence.rows += replacements

    def leave_the_id_to_the_gateway(self, number):
        """Its first try, which was refused, has a row of its own."""
        self.evidence.intents[number - 1].request_id = ""
        self.evidence.rows.append(Row(f"id-{number}a", f"{number}@x.example", "FAILED", 1, 0))

    def test_kept_promises_are_no_findings(self):
        self.check()

    def test_two_invites_of_one_candidate_are_a_double(self):
        self.evidence.invites.append(Invite(200, "1@x.example"))
        self.evidence.executed["1@x.example"] += 1
        self.check(DOUBLE)

    def test_a_double_of_a_call_in_doubt_is_one_too(self):
        self.evidence.invites.append(Invite(200, "2@x.example"))
        self.evidence.executed["2@x.example"] += 1
        self.check(DOUBLE)

    def test_what_is_sent_when_its_outcome_was_told_is_a_double(self):
        self.evidence.sent_again.append("3@x.example")
        self.check(DOUBLE)

    def test_a_doubt_that_the_upstream_had_refused_may_be_sent_again_once(self):
        self.evidence.not_executed |= {"id-3", "id-4", "id-8"}
        self.replace_row(3, row(3, "SUCCEEDED", attempt=2))
        self.evidence.invites.append(Invite(103, "3@x.example"))
        self.evidence.executed["3@x.example"] = 1
        self.evidence.intents[2].again = told(3)
        self.evidence.sent_again.append("3@x.example")
        self.check()
        self.evidence.sent_again.append("3@x.example")
        self.check(DOUBLE)

    def test_what_was_refused_and_told_as_something_else_may_not_be_sent_again(self):
        self.evidence.not_executed |= {"id-4", "id-8"}
        for number in (2, 4, 8):  # in doubt and not known to be refused; told as failed; told as invited
            with self.subTest(number=number):
                self.evidence.sent_again[:] = [f"{number}@x.example"]
                self.check(DOUBLE)

    def test_a_refusal_in_another_row_lets_no_doubt_be_sent_again(self):
        self.leave_the_id_to_the_gateway(3)
        self.evidence.not_executed.add("id-3a")
        self.check()
        self.evidence.sent_again.append("3@x.example")
        self.check(DOUBLE)

    def test_a_refusal_in_another_row_makes_no_failure_of_a_doubt(self):
        self.leave_the_id_to_the_gateway(3)
        self.evidence.intents[2].again = failed(3, "INTERNAL", "UPSTREAM_ALLOCATION_FAILED")
        self.check(UNEXPECTED)

    def test_a_doubt_becomes_a_failure_that_is_recorded(self):
        self.replace_row(3, row(3, "FAILED"))
        self.evidence.intents[2].again = failed(3, "INTERNAL", "UPSTREAM_ALLOCATION_FAILED")
        self.check()

    def test_a_result_that_is_not_told_again_is_lost(self):
        for again in (in_doubt(1), told(1, invite_id=106, replayed=True), told(1, invite_link="", replayed=True),
                      failed(1, "NOT_FOUND", "ALLOCATION_NOT_FOUND"), LOST_CONNECTION):
            with self.subTest(again=again):
                self.evidence.intents[0].again = again
                self.check(LOST)

    def test_another_result_in_between_is_a_lost_one(self):
        self.evidence.intents[0].answers.append(in_doubt(1))
        self.evidence.intents[0].answers.append(told(1))
        self.check(LOST)

    def test_a_lost_row_of_an_executed_allocation_is_found(self):
        self.replace_row(2)
        self.check(UNTRUE)

    def test_a_pending_row_is_stuck(self):
        self.replace_row(3, row(3, "PENDING"))
        self.check(STUCK)

    def test_what_is_listed_as_pending_is_stuck(self):
        self.evidence.pending.append("id-3")
        self.check(STUCK)

    def test_a_caller_without_an_answer_is_stuck(self):
        self.evidence.intents[2].answers[:] = [LOST_CONNECTION, failed(3, "ABORTED", "ALLOCATION_IN_PROGRESS")]
        self.check(STUCK)

    def test_so_is_one_that_nobody_asks_for_any_more(self):
        self.replace_row(10, row(10, "PENDING"))
        self.check(STUCK, UNTRUE)

    def test_who_gives_up_does_so_for_a_lost_connection_alone(self):
        self.evidence.intents[8].answers[:] = [failed(10, "ABORTED", "ALLOCATION_IN_PROGRESS")]
        self.check(STUCK)

    def test_a_succeeded_row_was_executed(self):
        for wrong in (row(3, "SUCCEEDED"), row(3, "SUCCEEDED", invite_id=101), row(3, "CANCELLED")):
            with self.subTest(row=wrong):
                self.replace_row(3, wrong)
                self.check(UNTRUE)

    def test_an_executed_allocation_is_not_recorded_as_not_executed(self):
        for state in ("FAILED", "ABANDONED"):
            with self.subTest(state):
                self.replace_row(2, row(2, state))
                self.check(UNTRUE)

    def test_a_result_that_was_never_made_is_untrue(self):
        self.evidence.intents[2].answers.append(told(3))
        self.evidence.intents[2].again = told(3, replayed=True)
        self.check(UNTRUE)

    def test_the_result_of_another_candidate_is_untrue(self):
        self.evidence.intents[0].answers[:] = [told(6)]
        self.evidence.intents[0].again = told(6, replayed=True)
        self.check(UNTRUE)

    def test_two_rows_of_one_candidate_that_may_be_invited_are_untrue(self):
        self.evidence.rows.append(Row("id-9b", "9@x.example", "IN_DOUBT", 1, 0))
        self.check(UNTRUE)

    def test_an_old_result_is_told_as_an_old_one(self):
        self.evidence.intents[0].again = told(1)
        self.check(UNTRUE)

    def test_a_cancel_that_was_acknowledged_is_kept(self):
        self.evidence.intents[6].again = told(7, replayed=True)
        self.check(UNTRUE)

    def test_nothing_is_cancelled_by_itself(self):
        self.evidence.intents[0].again = told(1, replayed=True, state="CANCELLED")
        self.check(UNTRUE)

    def test_a_cancel_of_which_the_answer_was_lost_may_have_happened(self):
        for state in ("SUCCEEDED", "CANCELLED"):
            self.evidence.intents[6].cancelled = False
            self.evidence.intents[6].again = told(7, replayed=True, state=state)
            self.check()

    def test_a_recorded_failure_stays_one(self):
        self.evidence.intents[3].again = in_doubt(4)
        self.check(UNEXPECTED)

    def test_a_doubt_may_have_been_settled_since(self):
        self.evidence.intents[1].again = told(2, replayed=True)
        self.replace_row(2, row(2, "SUCCEEDED"))
        self.evidence.intents[2].again = failed(3, "FAILED_PRECONDITION", "ALLOCATION_ABANDONED")
        self.replace_row(3, row(3, "ABANDONED"))
        self.check()

    def test_a_doubt_becomes_no_failure_by_being_told(self):
        self.evidence.intents[2].again = failed(3, "INTERNAL", "UPSTREAM_ALLOCATION_FAILED")
        self.check(UNEXPECTED)

    def test_an_answer_that_has_no_place_here_is_found(self):
        for answer in (failed(1, "INVALID_ARGUMENT", "REQUEST_ID_REUSED"), Answer("UNKNOWN", "UNKNOWN"),
                       Answer("INTERNAL", "INTERNAL"), Answer("INTERNAL", "")):
            with self.subTest(answer=answer):
                self.evidence.intents[0].answers[:] = [answer, told(1)]
                self.check(UNEXPECTED)

    def test_evidence_that_is_not_complete_is_found(self):
        self.evidence.executed["2@x.example"] = 0
        self.check(UNEXPECTED)
        self.evidence = kept()
        self.evidence.intents[0].again = None
        self.check(UNEXPECTED)


if __name__ == "__main__":
    unittest.main()
