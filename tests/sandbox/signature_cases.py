"""Who may ask ProctorExam: signatures, timestamps and nonces."""

import json
import pathlib
import time

from proctorexam_case import (NOT_AUTHORIZED, SESSIONS, STANDARD_HEADERS, V3, ProctorExamCase, message_of, sign)

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "testdata" / "proctorexam" / "signature_vectors.json"
FIVE_MINUTES = 300_000
MINUTE = 60_000


def now():
    return int(time.time() * 1000)


class Signatures(ProctorExamCase):
    def test_the_worked_examples_are_signed_alike_here(self):
        vectors = json.loads(VECTORS.read_text())
        self.assertEqual(len(vectors), 5)
        for vector in vectors:
            with self.subTest(vector["name"]):
                self.assertEqual(message_of(vector["params"]), vector["message"])
                self.assertEqual(sign(vector["params"], vector["secret_key"]), vector["signature"])

    def test_their_odd_values_are_signed_alike_there(self):
        for session, fields, status in (
                ("1", {"name": "Zoë O'Brien & Søn?=1", "external_id": ""}, 200),
                ("7", {"external_id": ""}, 404),
                (str(2**63 - 1), {"open_time": 1784000000, "skip_requirements": False}, 404)):
            for method, parameters in (("PATCH", fields), ("GET", {}), ("DELETE", {})):
                with self.subTest(session=session, method=method):
                    answer = self.v3(method, f"{SESSIONS}/{session}", parameters)
                    self.assertEqual(answer.status, 204 if method == "DELETE" and status == 200 else status)
        answer = self.v3("GET", f"{V3}/exams/{2**63 - 1}/student_sessions")
        self.assertEqual(json.loads(answer.text), {"students": []})

    def test_a_nonce_is_text_or_an_integer_of_up_to_20_digits(self):
        for nonce in ("1" * 20, "0", "007", 2**63, 2**64 - 1, 42):
            with self.subTest(nonce=nonce):
                self.student(self.v3("PATCH", f"{SESSIONS}/1", {"name": "x"}, nonce=nonce))
        # The same one in another form is the same one.
        self.assert_refused(self.v3("PATCH", f"{SESSIONS}/1", {"name": "x"}, nonce="42"), 403)
        self.assert_refused(self.v3("GET", f"{SESSIONS}/1", nonce="42"), 403)

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
