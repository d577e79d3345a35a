"""What ProctorExam answers, and what the sandbox refuses as strictly as it does."""

import json
import pathlib
import time

from proctorexam_case import (EXAM_1, NOT_AUTHORIZED, SECRET, SESSIONS, STANDARD_HEADERS, TOKEN, V3, ZOE,
                              ProctorExamCase, message_of, sign)
from sandbox_case import ARJUN, ALLOCATE, SandboxCase

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "testdata" / "proctorexam" / "signature_vectors.json"
FIVE_MINUTES = 300_000
MINUTE = 60_000


def now():
    return int(time.time() * 1000)


class StudentSessions(ProctorExamCase):
    def test_session_1_is_the_documented_one_with_55_attributes(self):
        session = self.get(1)
        self.assertEqual(len(session), 55)
        self.assertEqual(list(session)[:9], ["id", "session_id", "student_id", "external_id", "proctor_id",
                                             "time_slot", "created_at", "updated_at", "email"])
        self.assertEqual(list(session)[-2:], ["recording_started_at", "recording_ended_at"])
        self.assertEqual((session["created_at"], session["id_card_file_size"], session["rtc_session_ids"]),
                         ("2018-11-17T17:01:25.788+01:00", 187297, []))

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
        for parameters, field in (({"page": 0}, "page"), ({"limit": 301}, "limit"), ({"limit": "x"}, "limit"),
                                  ({"page": "1 "}, "page"), ({"order": "id"}, "order")):
            with self.subTest(parameters=parameters):
                answer = self.v3("GET", SESSIONS, parameters)
                self.assert_refused(answer, 422)
                self.assertEqual(list(json.loads(answer.text)), [field])

    def test_an_address_is_taken_once_in_an_exam(self):
        taken = {"email": ["has already been taken"]}
        self.assert_refused(self.v3("PATCH", f"{SESSIONS}/1", {"email": "ZOE.obrien@example.com"}), 422, taken)
        self.assert_refused(self.v3("POST", EXAM_1, {**ZOE, "email": "student1@example.com"}), 422, taken)
        self.student(self.v3("PATCH", f"{SESSIONS}/1", {"email": "Student1@example.com"}))
        self.student(self.v3("PATCH", f"{SESSIONS}/4", {"email": "zoe.obrien@example.com"}))
        for session in (1, 2):
            self.student(self.v3("PATCH", f"{SESSIONS}/{session}", {"email": ""}))

    def test_fields_have_their_types_and_no_company(self):
        for fields, error in (({"name": 1}, "must be a String"), ({"email": 7}, "must be a String"),
                              ({"skip_requirements": "true"}, "must be one of: true, false, 1, 0"),
                              ({"is_individual_info_html": 2}, "must be one of: true, false, 1, 0"),
                              ({"open_time": "1784000000"}, "must be a number"),
                              ({"open_time": 1.5}, "must be a number"), ({"id": 1}, "is not known"),
                              ({"status": "x"}, "is not known")):
            with self.subTest(fields=fields):
                answer = self.v3("PATCH", f"{SESSIONS}/1", fields)
                self.assert_refused(answer, 422, {name: [error] for name in fields})
        for value, kept in ((1, True), (0, False), (True, True), (False, False)):
            session = self.student(self.v3("PATCH", f"{SESSIONS}/1", {"skip_requirements": value}))
            self.assertIs(session["skip_requirements"], kept)

    def test_a_new_session_needs_a_name_and_an_address(self):
        blank = ["can't be blank"]
        for fields in ({}, {"name": "", "email": ""}):
            answer = self.v3("POST", EXAM_1, fields)
            self.assert_refused(answer, 422, {"name": blank, "email": blank})

    def test_nothing_is_changed_by_what_is_refused(self):
        before = self.get(2)
        self.assert_refused(self.v3("PATCH", f"{SESSIONS}/2", {"name": "x", "status": "y"}), 422)
        self.assertEqual(self.get(2), before)


class Signatures(ProctorExamCase):
    def test_the_worked_examples_are_signed_alike_here(self):
        vectors = json.loads(VECTORS.read_text())
        self.assertEqual(len(vectors), 5)
        for vector in vectors:
            with self.subTest(vector["name"]):
                self.assertEqual(message_of(vector["params"]), vector["message"])
                self.assertEqual(sign(vector["params"], vector["secret_key"]), vector["signature"])

    def test_a_request_is_taken_once(self):
        for method, parameters in (("PATCH", {"name": "x"}), ("GET", {}), ("DELETE", {})):
            with self.subTest(method=method):
                nonce = f"77{len(method)}"
                first = self.v3(method, f"{SESSIONS}/3", parameters, nonce=nonce)
                self.assertIn(first.status, (200, 204))
                again = self.v3(method, f"{SESSIONS}/3", parameters, nonce=nonce)
                self.assert_refused(again, 403, NOT_AUTHORIZED)

    def test_the_very_same_bytes_are_refused_the_second_time(self):
        self.student(self.v3("PATCH", f"{SESSIONS}/1", {"name": "Replayed"}))
        seen = self.last_request()
        headers = [f"{name}: {value}" for name, value in seen["headers"].items()
                   if name in ("authorization", "accept")]
        again = self.ask(seen["path"], method=seen["method"], body=seen["body"], headers=headers)
        self.assert_refused(again, 403, NOT_AUTHORIZED)

    def test_a_nonce_is_used_up_by_a_refusal_of_the_fields_but_not_by_a_wrong_signature(self):
        path = f"{SESSIONS}/1"
        self.assert_refused(self.v3("PATCH", path, {"name": "x"}, nonce="1001", key="wrong"), 403)
        self.student(self.v3("PATCH", path, {"name": "x"}, nonce="1001"))
        self.assert_refused(self.v3("PATCH", path, {"name": 7}, nonce="1002"), 422)
        self.assert_refused(self.v3("PATCH", path, {"name": "x"}, nonce="1002"), 403)

    def test_a_timestamp_is_off_by_five_minutes_at_most_whatever_the_date_skew(self):
        for skew in ((), ("--date-skew", "10m")):
            self.start(*skew)
            for off, status in ((0, 200), (-FIVE_MINUTES + MINUTE, 200), (FIVE_MINUTES - MINUTE, 200),
                                (-FIVE_MINUTES - MINUTE, 403), (FIVE_MINUTES + MINUTE, 403)):
                with self.subTest(skew=skew, off=off):
                    answer = self.v3("GET", f"{SESSIONS}/1", timestamp=now() + off)
                    self.assertEqual(answer.status, status)

    def test_what_signs_must_be_there_and_be_well_formed(self):
        wrong = {"nonce": (None, "", "x", "-1", "1.5", "1" * 21, True, [1], {"a": 1}),
                 "timestamp": (None, "x", "", 1, now() // 1000, str(now()), float(now()), True, [now()]),
                 "signature": (None, "", "0" * 64, 7, ["x"])}
        for name, values in wrong.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    answer = self.v3("PATCH", f"{SESSIONS}/1", {"name": "x"}, **{name: value})
                    self.assert_refused(answer, 403, NOT_AUTHORIZED)

    def test_a_signature_is_lower_case_and_of_everything(self):
        path = f"{SESSIONS}/1"
        signed = self.signed({"name": "x"}, {"id": "1"})
        spoiled = ({**signed, "signature": signed["signature"].upper()}, {**signed, "name": "y"},
                   {**signed, "external_id": ""}, {k: v for k, v in signed.items() if k != "name"})
        for body in spoiled:
            with self.subTest(body=body):
                self.assert_refused(self.ask(path, method="PATCH", body=body, headers=STANDARD_HEADERS), 403)
        # Without the id of the path, or with another one, it is of something else.
        for in_path in ({}, {"id": "2"}):
            body = self.signed({"name": "x"}, in_path)
            self.assert_refused(self.ask(path, method="PATCH", body=body, headers=STANDARD_HEADERS), 403)
        self.assertEqual(self.ask(path, method="PATCH", body=signed, headers=STANDARD_HEADERS).status, 200)

    def test_values_are_signed_raw_and_sent_encoded(self):
        for name in ("Zoë O'Brien & Søn?=1", "%41 + / =", "データ", "\"\\\n\t", ""):
            with self.subTest(name=name):
                session = self.student(self.v3("PATCH", f"{SESSIONS}/1", {"name": name}))
                self.assertEqual(session["name"], name)
        answer = self.v3("GET", SESSIONS, {"order": "a b&c=d?é%41+"})
        self.assertEqual((answer.status, list(json.loads(answer.text))), (422, ["order"]))

    def test_a_query_names_nothing_twice_and_is_well_formed(self):
        good = self.signed({}, {"id": "1"})
        query = "&".join(f"{name}={value}" for name, value in good.items())
        for more in ("&nonce=1", "&x", "&=1", "&x=%4", "&x=%zz"):
            with self.subTest(more=more):
                answer = self.ask(f"{SESSIONS}/1?{query}{more}", headers=STANDARD_HEADERS)
                self.assert_refused(answer, 403, NOT_AUTHORIZED)


class ProctorExamStrictness(ProctorExamCase):
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
                     V3 + "/exams/x/student_sessions", SESSIONS + "/9223372036854775808"):
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

    def test_concero_is_there_beside_it(self):
        self.assertEqual(self.ask(ALLOCATE, body=ARJUN).status, 201)


class ProctorExamUsage(SandboxCase):
    def test_without_a_token_there_is_no_proctorexam(self):
        self.assertEqual(self.ask(SESSIONS, headers=STANDARD_HEADERS).status, 404)

    def test_token_and_secret_come_together_and_are_header_values(self):
        token, secret = "--proctorexam-token", "--proctorexam-secret"
        self.assert_usage_error([token, TOKEN], secret, "is missing")
        self.assert_usage_error([secret, SECRET], token, "is missing")
        for value in ("", " x", "a\nb"):
            self.assert_usage_error([token, value, secret, SECRET], token)
            self.assert_usage_error([token, TOKEN, secret, value], secret)
