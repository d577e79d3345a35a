"""What ProctorExam answers, and what the sandbox refuses as strictly as it does."""

import json
import pathlib
import subprocess

from proctorexam_case import (EXAM_1, SECRET, SESSIONS, STANDARD_HEADERS, TOKEN, V3, ZOE,
                              ProctorExamCase)
from sandbox_case import ALLOCATE, ARJUN, SandboxCase

DOCUMENTED = pathlib.Path(__file__).resolve().parent / "documented_session.json"


class StudentSessions(ProctorExamCase):
    def test_session_1_is_the_documented_one_and_all_have_its_attributes_in_its_order(self):
        documented = json.loads(DOCUMENTED.read_text())
        self.assertEqual(len(documented), 55)
        self.assertEqual(self.get(1), documented)
        new = self.student(self.v3("POST", EXAM_1, ZOE), 201)
        changed = self.student(self.v3("PATCH", f"{SESSIONS}/3", {"open_time": 0, "name": "x"}))
        for session in (self.get(1), self.get(2), self.get(4), new, changed):
            self.assertEqual(list(session), list(documented))

    def test_a_new_sandbox_has_three_sessions_of_exam_1_and_one_of_exam_2(self):
        students = json.loads(self.v3("GET", SESSIONS).text)["students"]
        self.assertEqual([(s["id"], s["exam_id"]) for s in students], [(1, 1), (2, 1), (3, 1), (4, 2)])
        self.assertEqual(students, [self.get(s["id"]) for s in students])
        self.assertTrue(all(s["email"].endswith("@example.com") for s in students))
        self.assertTrue(any(not s["name"].isascii() for s in students))

    def test_an_update_changes_what_it_names_and_is_read_back(self):
        before = self.get(2)
        change = {"name": "Zoë O'Brien & Søn?=1", "external_id": "", "skip_requirements": True,
                  "individual_info": "a\nb", "open_time": 1784000000}
        for method in ("PATCH", "PUT"):
            after = self.student(self.v3(method, f"{SESSIONS}/2", change))
            expected = {**before, **change, "open_time": "2026-07-14T04:33:20.000+01:00"}
            self.assertRegex(after["updated_at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+01:00$")
            self.assertNotEqual(after["updated_at"], before["updated_at"])
            self.assertEqual({**after, "updated_at": ""}, {**expected, "updated_at": ""})
            self.assertEqual(self.get(2), after)

    def test_a_new_session_has_the_next_id_and_nulls(self):
        session = self.student(self.v3("POST", EXAM_1, ZOE), 201)
        self.assertEqual((session["id"], session["exam_id"], session["name"], session["email"]),
                         (5, 1, "Zoë", "zoe@example.com"))
        self.assertIsNone(session["start_time"])
        self.assertEqual(self.get(5), session)
        self.assertEqual(len(session), 55)
        other = self.student(self.v3("POST", V3 + "/exams/77/student_sessions", ZOE), 201)
        self.assertEqual((other["id"], other["exam_id"]), (6, 77))

    def test_a_deleted_session_is_gone(self):
        answer = self.v3("DELETE", f"{SESSIONS}/3")
        self.assertEqual((answer.status, answer.text), (204, ""))
        self.assertTrue(self.last_request()["executed"])
        gone = {"error": "Couldn't find Student Session with 'id'=3"}
        self.assert_refused(self.v3("DELETE", f"{SESSIONS}/3"), 404, gone)
        self.assert_refused(self.v3("PATCH", f"{SESSIONS}/3", {"name": "x"}), 404, gone)
        answer = self.v3("GET", f"{SESSIONS}/3")
        self.assertEqual((answer.status, json.loads(answer.text)), (404, gone))
        self.assertTrue(self.last_request()["executed"])  # it was looked up
        self.assertEqual(self.student(self.v3("POST", EXAM_1, ZOE), 201)["id"], 5)

    def pages(self, path, limit, parameters=None):
        found, page = [], 1
        while True:
            answer = self.v3("GET", path, {"page": page, "limit": limit, **(parameters or {})})
            self.assertEqual(answer.status, 200, answer.text)
            students = json.loads(answer.text)["students"]
            counts = [int(answer.headers["x-pagination-" + name])
                      for name in ("item-count", "page-count", "page", "limit")]
            found.append([student["id"] for student in students])
            if page >= counts[1]:
                return found, counts
            page += 1

    def test_sessions_are_listed_page_by_page_all_or_by_exam(self):
        self.assertEqual(self.pages(SESSIONS, 3), ([[1, 2, 3], [4]], [4, 2, 2, 3]))
        self.assertEqual(self.pages(SESSIONS, 300), ([[1, 2, 3, 4]], [4, 1, 1, 300]))
        self.assertEqual(self.pages(EXAM_1, 2), ([[1, 2], [3]], [3, 2, 2, 2]))
        self.assertEqual(self.pages(V3 + "/exams/77/student_sessions", 2), ([[]], [0, 0, 1, 2]))
        answer = self.v3("GET", SESSIONS, {"page": 9, "limit": 3})
        self.assertEqual(json.loads(answer.text), {"students": []})
        answer = self.v3("GET", SESSIONS)
        self.assertEqual(answer.headers["x-pagination-limit"], "30")

    def test_a_page_and_a_limit_are_numbers_from_1(self):
        page, limit = "must be a number from 1", "must be a number from 1 to 300"
        for parameters, error in (({"page": 0}, page), ({"page": "1 "}, page), ({"page": "01"}, page),
                                  ({"page": ""}, page), ({"limit": 301}, limit), ({"limit": 0}, limit),
                                  ({"limit": "x"}, limit), ({"limit": 2**64 + 1}, limit),
                                  ({"order": "id"}, "is not known")):
            for path in (SESSIONS, EXAM_1):
                with self.subTest(parameters=parameters, path=path):
                    self.assert_refused(self.v3("GET", path, parameters), 422,
                                        {name: [error] for name in parameters})
        self.assertEqual(json.loads(self.v3("GET", SESSIONS, {"page": 2**63 - 1}).text), {"students": []})

    def test_what_is_read_or_deleted_takes_no_fields(self):
        fields = {"name": "x", "skip_requirements": "true", "id": "1", "page": "1"}
        for method in ("GET", "DELETE"):
            with self.subTest(method=method):
                self.assert_refused(self.v3(method, f"{SESSIONS}/1", fields), 422,
                                    {name: ["is not known"] for name in fields})
        self.get(1)

    def test_an_address_is_taken_once_in_an_exam(self):
        taken = {"email": ["has already been taken"]}
        self.assert_refused(self.v3("PATCH", f"{SESSIONS}/1", {"email": "ZOE.obrien@example.com"}), 422, taken)
        self.assert_refused(self.v3("POST", EXAM_1, {**ZOE, "email": "student1@example.com"}), 422, taken)
        self.assert_refused(self.v3("POST", EXAM_1, {"name": "", "email": "student1@example.com"}), 422,
                            {"name": ["can't be blank"], **taken})
        self.student(self.v3("PATCH", f"{SESSIONS}/1", {"email": "Student1@example.com"}))
        self.student(self.v3("PATCH", f"{SESSIONS}/4", {"email": "zoe.obrien@example.com"}))
        for session in (1, 2):
            self.student(self.v3("PATCH", f"{SESSIONS}/{session}", {"email": ""}))

    def test_fields_have_their_types_and_no_company(self):
        for fields, error in (({"name": 1}, "must be a String"), ({"email": 7}, "must be a String"),
                              ({"skip_requirements": "true"}, "must be one of: true, false, 1, 0"),
                              ({"is_individual_info_html": 2}, "must be one of: true, false, 1, 0"),
                              ({"open_time": "1784000000"}, "must be a number"),
                              ({"open_time": 1.5}, "must be a number"), ({"name": None}, "must be a String"),
                              ({"open_time": 253402297200}, "must be a number"),
                              ({"id": 1}, "is not known"), ({"id": "1"}, "is not known"),
                              ({"exam_id": 1}, "is not known"), ({"status": "x"}, "is not known")):
            with self.subTest(fields=fields):
                answer = self.v3("PATCH", f"{SESSIONS}/1", fields)
                self.assert_refused(answer, 422, {name: [error] for name in fields})
        for value, kept in ((1, True), (0, False), (True, True), (False, False)):
            session = self.student(self.v3("PATCH", f"{SESSIONS}/1", {"skip_requirements": value}))
            self.assertIs(session["skip_requirements"], kept)
        for name in ("exam_id", "id"):
            self.assert_refused(self.v3("POST", EXAM_1, {**ZOE, name: 1}), 422, {name: ["is not known"]})

    def test_a_new_session_needs_a_name_and_an_address(self):
        blank = ["can't be blank"]
        for fields in ({}, {"name": "", "email": ""}):
            answer = self.v3("POST", EXAM_1, fields)
            self.assert_refused(answer, 422, {"name": blank, "email": blank})
        self.assert_refused(self.v3("POST", EXAM_1, {"name": 7}), 422,
                            {"name": ["must be a String"], "email": blank})

    def test_nothing_is_changed_by_what_is_refused(self):
        before = self.get(2)
        self.assert_refused(self.v3("PATCH", f"{SESSIONS}/2", {"name": "x", "status": "y"}), 422)
        self.assertEqual(self.get(2), before)


class ProctorExamStrictness(ProctorExamCase):
    def test_the_first_check_that_fails_answers(self):
        # Everything is wrong, and from step to step one thing less.
        token, accept = STANDARD_HEADERS
        wrong = self.signed({"name": 7}, {"id": "9"}, key="wrong")
        unknown = self.signed({"name": 7}, {"id": "9"})
        known = self.signed({"name": 7}, {"id": "1"})
        json_type, text_type = "application/json", "text/plain"
        for status, method, path, headers, content_type, body in (
                (404, "POST", SESSIONS + "/x?a=b", (), text_type, "{"),
                (405, "POST", SESSIONS + "/9?a=b", (), text_type, "{"),
                (401, "PATCH", SESSIONS + "/9?a=b", (), text_type, "{"),
                (406, "PATCH", SESSIONS + "/9?a=b", (token,), text_type, "{"),
                (415, "PATCH", SESSIONS + "/9?a=b", (token, accept), text_type, "{"),
                (400, "PATCH", SESSIONS + "/9?a=b", (token, accept), json_type, "{"),
                (422, "PATCH", SESSIONS + "/9?a=b", (token, accept), json_type, wrong),
                (403, "PATCH", SESSIONS + "/9", (token, accept), json_type, wrong),
                (404, "PATCH", SESSIONS + "/9", (token, accept), json_type, unknown),
                (422, "PATCH", SESSIONS + "/1", (token, accept), json_type, known)):
            with self.subTest(status=status):
                self.assert_refused(self.ask(path, method=method, body=body, headers=headers,
                                             content_type=content_type), status)

    def test_a_token_comes_first_then_what_is_accepted_and_sent(self):
        path = f"{SESSIONS}/1"
        accept = STANDARD_HEADERS[1]
        for headers, status in (((accept,), 401), (("Authorization: Token token=wrong", accept), 401),
                                (("Authorization: Bearer " + TOKEN, accept), 401),
                                ((STANDARD_HEADERS[0], "Accept: application/json"), 406)):
            with self.subTest(headers=headers):
                for method in ("GET", "PATCH"):
                    answer = self.v3(method, path, headers=headers, key="wrong")
                    self.assertEqual(answer.status, status)
                    self.assertIn("error", json.loads(answer.text))
        for content_type in ("", "text/json", "application/x-www-form-urlencoded"):
            self.assert_refused(self.v3("PATCH", path, {"name": "x"}, content_type=content_type), 415)
        for body in ("", "{", "[]", "null", "x"):
            self.assert_refused(self.ask(path, method="PATCH", body=body, headers=STANDARD_HEADERS), 400)

    def test_parameters_stand_where_they_belong(self):
        body = self.signed({"name": "x"}, {"id": "1"})
        answer = self.ask(f"{SESSIONS}/1?name=x", method="PATCH", body=body, headers=STANDARD_HEADERS)
        self.assert_refused(answer, 422)
        answer = self.ask(f"{SESSIONS}/1", method="DELETE", body=body, headers=STANDARD_HEADERS)
        self.assert_refused(answer, 422)

    def test_unknown_paths_are_not_found_and_wrong_methods_told_the_right_ones(self):
        for path in (V3, V3 + "/", SESSIONS + "/", SESSIONS + "/0", SESSIONS + "/x", SESSIONS + "/1/x",
                     SESSIONS + "s", V3 + "/exams/1", V3 + "/exams/0/student_sessions", V3 + "/exams/1/x",
                     V3 + "/exams/x/student_sessions", SESSIONS + "/9223372036854775808",
                     SESSIONS + "/01", SESSIONS + "/+1", V3 + "/exams/01/student_sessions"):
            with self.subTest(path=path):
                self.assertEqual(self.ask(path, headers=STANDARD_HEADERS).status, 404)
        for method, path, allow in (("POST", SESSIONS, "GET"), ("DELETE", EXAM_1, "GET, POST"),
                                    ("POST", SESSIONS + "/1", "GET, PATCH, PUT, DELETE"),
                                    ("get", SESSIONS, "GET")):
            with self.subTest(method=method, path=path):
                answer = self.ask(path, method=method, headers=())
                self.assertEqual((answer.status, answer.headers["allow"]), (405, allow))

    def test_faults_act_on_it_and_the_journal_has_the_query(self):
        self.faults({"method": "PATCH", "path": "/api/v3/student_sessions/*", "times": 1, "action": "close"})
        self.v3("PATCH", f"{SESSIONS}/1", {"name": "Executed"})
        self.assertTrue(self.last_request()["executed"])
        self.assertEqual(self.get(1)["name"], "Executed")
        self.assertIn("&signature=", self.last_request()["path"])
        self.assertEqual(self.last_request()["headers"]["authorization"], "Token token=" + TOKEN)

    def test_a_fault_s_path_is_that_without_the_query_and_what_it_keeps_out_uses_no_nonce(self):
        self.faults({"method": "GET", "path": SESSIONS + "/1", "times": 1, "action": "reset_before"})
        self.assertEqual(self.v3("GET", SESSIONS + "/1", nonce="1001").status, 0)
        self.assertFalse(self.last_request()["executed"])
        self.assertEqual(self.v3("GET", SESSIONS + "/1", nonce="1001").status, 200)

    def test_concero_is_there_beside_it(self):
        self.assertEqual(self.ask(ALLOCATE, body=ARJUN).status, 201)


class ProctorExamUsage(SandboxCase):
    def test_without_a_token_there_is_no_proctorexam(self):
        for path in (SESSIONS, SESSIONS + "/1", EXAM_1, V3, V3 + "/x"):
            self.assertEqual(self.ask(path, headers=STANDARD_HEADERS).status, 404)

    def test_the_key_of_concero_is_still_required(self):
        done = subprocess.run([self.binary, "--listen", self.address, *ProctorExamCase.arguments],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("--api-key", done.stderr)

    def test_token_and_secret_come_together_and_are_header_values(self):
        token, secret = "--proctorexam-token", "--proctorexam-secret"
        self.assert_usage_error([token, TOKEN], secret, "is missing")
        self.assert_usage_error([secret, SECRET], token, "is missing")
        for value in ("", " x", "a\nb"):
            self.assert_usage_error([token, value, secret, SECRET], token)
            self.assert_usage_error([token, TOKEN, secret, value], secret)
