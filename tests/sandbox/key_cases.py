"""Keys that change while it runs."""

from sandbox_case import EXAMINATIONS, KEY, SandboxCase


class Keys(SandboxCase):
    arguments = ("--proctorexam-token", "token", "--proctorexam-secret", "secret")

    def status_with(self, key):
        return self.ask(EXAMINATIONS, headers=(f"x-api-key: {key}", "Accept: application/json")).status

    def student_status_with(self, token):
        """403 is what comes after the token: there is no signature."""
        return self.ask("/api/v3/student_sessions",
                        headers=(f"Authorization: Token token={token}",
                                 "Accept: application/vnd.procwise.v3")).status

    def test_each_of_those_that_were_put_is_taken_and_no_other(self):
        answer = self.admin("PUT", "keys", {"api_keys": ["second", "third"]})
        self.assertEqual((answer.status, answer.text), (204, ""))
        self.assertEqual([self.status_with(key) for key in (KEY, "second", "third", "fourth")],
                         [401, 200, 200, 401])
        self.assertEqual(self.student_status_with("token"), 403)

    def test_those_of_proctorexam_are_pairs(self):
        self.assertEqual(self.student_status_with("token"), 403)
        answer = self.admin("PUT", "keys", {"proctorexam": [{"token": "new", "secret": "s"}]})
        self.assertEqual((answer.status, answer.text), (204, ""))
        self.assertEqual([self.student_status_with(token) for token in ("token", "new")], [401, 403])
        self.assertEqual(self.status_with(KEY), 200)

    def test_what_is_not_as_it_should_be_changes_nothing(self):
        for body in ("[]", "no json", {"api_keys": []}, {"api_keys": ["good", ""]}, {"api_keys": "text"},
                     {"others": ["x"]}, {"proctorexam": [{"token": "new"}]},
                     {"api_keys": ["good"], "proctorexam": [{"token": "new", "secret": 7}]}):
            self.assert_envelope(self.admin("PUT", "keys", body), 400)
        self.assertEqual(self.status_with(KEY), 200)
        self.assertEqual(self.admin("DELETE", "keys").status, 405)


class WithoutProctorExam(SandboxCase):
    def test_it_has_no_keys_to_change(self):
        self.assert_envelope(
            self.admin("PUT", "keys", {"proctorexam": [{"token": "new", "secret": "s"}]}), 400)
