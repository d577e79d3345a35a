"""What Concero answers, and what the sandbox refuses more strictly than Concero might."""

import json

from sandbox_case import (ALLOCATE, ARJUN, CANCEL, EXAMINATIONS, KEY, OK, REPORT, SandboxCase)


class Concero(SandboxCase):
    def test_examinations_are_a_bare_array_with_names_beyond_ascii(self):
        answer = self.ask(EXAMINATIONS)
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/json"))
        examinations = json.loads(answer.text)
        self.assertIn({"testId": 119, "testName": "Technology - Email Test"}, examinations)
        self.assertGreater(len(examinations), 3)
        self.assertTrue(any(not e["testName"].isascii() for e in examinations))

    def test_an_allocation_is_answered_as_documented(self):
        answer = self.ask(ALLOCATE, body=ARJUN)
        self.assertEqual(answer.status, 201)
        body = json.loads(answer.text)
        link = body["data"].pop("invite_link")
        self.assertRegex(link, r"^https://[a-z.]+/exam/start/[A-Za-z0-9]{20,}$")
        self.assertEqual(body, {
            "success": True, "message": "Candidate allocated to examination successfully.",
            "data": {**ARJUN, "invite_id": 142}})

    def test_the_same_candidate_allocated_twice_has_two_invites(self):
        answers = [json.loads(self.ask(ALLOCATE, body=ARJUN).text)["data"] for _ in range(2)]
        self.assertEqual([a["invite_id"] for a in answers], [142, 143])
        self.assertNotEqual(answers[0]["invite_link"], answers[1]["invite_link"])

    def test_an_unknown_examination_is_an_error_of_its_field(self):
        for examination in (7, -119, 2**63 - 1, 2**63 + 119):
            with self.subTest(examination=examination):
                answer = self.ask(ALLOCATE, body={**ARJUN, "examination_id": examination})
                self.assert_field_errors(answer, ["examination_id"])
        self.assertEqual(self.allocate(), 142)

    def test_a_cancellation_can_be_repeated(self):
        invite = self.allocate()
        for _ in range(2):
            answer = self.ask(CANCEL, body={"invite_id": invite})
            self.assertEqual(answer.status, 200)
            self.assertEqual(json.loads(answer.text), {
                "success": True, "message": "Allocation cancelled successfully.",
                "data": {"invite_id": invite, "status": "inValid"}})

    def test_an_unknown_invite_is_not_found(self):
        self.assert_envelope(self.ask(CANCEL, body={"invite_id": 142}), 404)
        self.assertFalse(self.last_request()["executed"])
        self.assert_envelope(self.ask(REPORT, body={"inviteId": 142}), 404)
        self.assertTrue(self.last_request()["executed"])

    def test_a_report_has_nulls_until_the_candidate_finishes(self):
        invite = self.allocate()
        answer = self.ask(REPORT, body={"inviteId": invite})
        self.assertEqual(answer.status, 200)
        self.assertEqual(json.loads(answer.text), {
            "inviteId": "142", "testId": "119", "testName": "Technology - Email Test",
            "email": ARJUN["candidate_email"], "reportURL": None, "proctoringURL": None,
            "score": None, "totalScore": None, "percentage": None, "testStartDate": None,
            "testEndDate": None, "status": None, "metadata": None})

    def test_a_put_report_is_laid_over_the_invite_s_own(self):
        invite = self.allocate()
        before = json.loads(self.ask(REPORT, body={"inviteId": invite}).text)
        first = {"score": 74, "percentage": 74.0, "metadata": {"mode_of_completion": "web"}}
        second = {"status": "Pass", "email": None, "score": 75}
        self.assertEqual(self.admin("PUT", f"reports/{invite}", first).status, 204)
        self.assertEqual(self.admin("PUT", f"reports/{invite}", second).status, 204)
        after = json.loads(self.ask(REPORT, body={"inviteId": invite}).text)
        self.assertEqual(after, {**before, **first, **second})

    def test_a_put_report_of_an_invite_never_allocated_is_the_whole_report(self):
        self.assertEqual(self.admin("PUT", "reports/9000", {"status": "Fail"}).status, 204)
        answer = self.ask(REPORT, body={"inviteId": 9000})
        self.assertEqual(json.loads(answer.text), {"inviteId": "9000", "status": "Fail"})
        self.assert_envelope(self.ask(CANCEL, body={"invite_id": 9000}), 404)


class Strictness(SandboxCase):
    def test_a_missing_or_wrong_key_is_unauthorized(self):
        for headers in ([], ["x-api-key: wrong"], ["x-api-key;"], ["x-api-key: " + KEY] * 2):
            for path, body in ((EXAMINATIONS, None), (ALLOCATE, ARJUN), (REPORT, "{")):
                with self.subTest(headers=headers, path=path):
                    answer = self.ask(path, body=body,
                                      headers=[*headers, "Accept: application/json"])
                    self.assertEqual(answer.status, 401)
                    self.assertEqual(json.loads(answer.text), {
                        "success": False, "message": "Unauthorized API key."})
                    self.assertFalse(self.last_request()["executed"])

    def test_without_json_among_the_accepted_types_the_answer_is_a_redirect_to_a_page(self):
        for accept in ("Accept:", "Accept: */*", "Accept: text/html, application/jsonp"):
            with self.subTest(accept=accept):
                answer = self.ask(ALLOCATE, body=ARJUN, headers=["x-api-key: " + KEY, accept])
                self.assertEqual((answer.status, answer.headers["location"]), (302, "/login"))
                self.assertTrue(answer.headers["content-type"].startswith("text/html"))
                self.assertIn("<html>", answer.text)
        self.assertEqual(self.allocate(), 142)

    def test_json_may_be_one_of_several_accepted_types(self):
        for accept in ("application/json; charset=utf-8", "text/html;q=0.5 , Application/JSON;q=1"):
            with self.subTest(accept=accept):
                answer = self.ask(EXAMINATIONS, headers=["x-api-key: " + KEY, "Accept: " + accept])
                self.assertEqual(answer.status, 200)

    def test_a_post_must_be_of_type_json(self):
        for content_type, status in (("application/x-www-form-urlencoded", 415), ("", 415),
                                     ("text/json", 415), ("application/json, text/html", 415),
                                     ("application/json; charset=utf-8", 201)):
            with self.subTest(content_type=content_type):
                answer = self.ask(ALLOCATE, body=ARJUN, content_type=content_type)
                self.assertEqual(answer.status, status)
                if status == 415:
                    self.assert_envelope(answer, 415)

    def test_a_body_that_is_not_json_is_a_bad_request(self):
        for body in ("", "{", '{"inviteId": 142} x', "[" * 5000, "{'inviteId': 142}"):
            with self.subTest(body=body[:20]):
                self.assert_envelope(self.ask(REPORT, body=body), 400)

    def test_fields_must_be_there_have_their_types_and_no_company(self):
        email, both = "candidate_email", ["candidate_email", "examination_id"]
        for path, body, fields in (
                (ALLOCATE, {}, both),
                (ALLOCATE, {email: None, "examination_id": None}, both),
                (ALLOCATE, [ARJUN], ["body"]),
                (ALLOCATE, "null", ["body"]),
                (ALLOCATE, {**ARJUN, "examination_id": "119"}, ["examination_id"]),
                (ALLOCATE, {**ARJUN, "examination_id": 119.0}, ["examination_id"]),
                (ALLOCATE, {**ARJUN, "examination_id": True}, ["examination_id"]),
                (ALLOCATE, {**ARJUN, email: 1}, [email]),
                (ALLOCATE, {**ARJUN, "request_id": "r"}, ["request_id"]),
                (CANCEL, {"inviteId": 142}, ["invite_id", "inviteId"]),
                (CANCEL, {"invite_id": "142"}, ["invite_id"]),
                (REPORT, {"invite_id": 142}, ["invite_id", "inviteId"]),
                (REPORT, {"inviteId": "142"}, ["inviteId"]),
                (REPORT + "?inviteId=142", {"inviteId": 142}, ["query"]),
                (EXAMINATIONS + "?page=1", None, ["query"])):
            with self.subTest(path=path, body=body):
                self.assert_field_errors(self.ask(path, body=body), fields)
                self.assertFalse(self.last_request()["executed"])

    def test_an_e_mail_has_one_at_sign_between_two_sides_and_no_spaces(self):
        for email in ("", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b ", "a@b\n", "a@b\0"):
            with self.subTest(email=email):
                answer = self.ask(ALLOCATE, body={**ARJUN, "candidate_email": email})
                self.assert_field_errors(answer, ["candidate_email"])
        for email in ("a@b", "jörg+x@müller.example"):
            with self.subTest(email=email):
                answer = self.ask(ALLOCATE, body={**ARJUN, "candidate_email": email})
                self.assertEqual(json.loads(answer.text)["data"]["candidate_email"], email)

    def test_unknown_paths_are_not_found(self):
        for path in ("/", "/api/v1", "/api/v1/examinations/", "/api/v1/Report", "/_sandboxes",
                     "/_sandbox", "/_sandbox/report", "/_sandbox/reports/", "/_sandbox/reports/x",
                     "/_sandbox/reports/0"):
            with self.subTest(path=path):
                self.assert_envelope(self.ask(path), 404)

    def test_wrong_methods_are_told_the_right_ones(self):
        for method, path, allow in (
                ("POST", EXAMINATIONS, "GET"), ("OPTIONS", EXAMINATIONS, "GET"),
                ("GET", REPORT, "POST"), ("PUT", ALLOCATE, "POST"), ("DELETE", CANCEL, "POST"),
                ("GET", "/_sandbox/faults", "PUT, DELETE"),
                ("PUT", "/_sandbox/journal", "GET, DELETE"), ("GET", "/_sandbox/reports/1", "PUT"),
                ("POST", "/_sandbox/address", "GET")):
            with self.subTest(method=method, path=path):
                answer = self.ask(path, method=method)
                self.assert_envelope(answer, 405)
                self.assertEqual(answer.headers["allow"], allow)

    def test_a_head_request_is_answered_without_a_body(self):
        answer = self.ask(EXAMINATIONS, "--head")
        self.assertEqual((answer.exit, answer.status, answer.text), (OK, 405, ""))
