#!/usr/bin/env python3
"""`concero`, command by command: command_test.py BINARIES"""

import json
import re
import signal
import subprocess
import time
import unittest

from command_case import EMAIL, CommandCase, main

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Examinations(CommandCase):
    def test_lists_them_as_a_table(self):
        run = self.ok("exams", "list", "--max-staleness", "0s")
        lines = run.out.splitlines()
        self.assertEqual(lines[0].split(), ["ID", "EXAMINATION"])
        self.assertIn("119  Technology - Email Test", run.out)
        self.assertEqual(run.err, "")

    def test_lists_some_by_their_name(self):
        self.assertEqual(len(self.ok("exams", "list", "--filter", "EMAIL TEST").out.splitlines()), 2)
        none = self.ok("exams", "list", "--filter", "no such", "--max-staleness", "0s")
        self.assertEqual((none.out, none.err), ("", "there is no such examination\n"))

    def test_lists_them_for_programs(self):
        listed = self.ok("exams", "list", "--output", "json").json()
        self.assertIn({"id": "119", "name": "Technology - Email Test"}, listed["examinations"])
        self.assertIn("version", listed)

    def test_asks_concero_now_when_told(self):
        self.ok("exams", "list")
        self.set_faults({"path": "/api/v1/examinations", "status": 401})
        time.sleep(0.3)  # longer than the ttl
        self.assertIn("as it was at ", self.ok("exams", "list").err)
        run = self.fails(1, "exams", "list", "--max-staleness", "0s")
        self.assertIn("UPSTREAM_KEY_REJECTED", run.err)
        self.assertIn("concero preflight", run.err)

    def test_watches_them(self):
        watching = self.start("exams", "watch", "-o", "json")
        first = json.loads(watching.stdout.readline())
        self.assertGreaterEqual(len(first["snapshot"]["examinations"]), 6)
        self.set_faults({"path": "/api/v1/examinations", "status": 200, "body": json.dumps(
            [{"testId": 119, "testName": "Renamed"}])})
        second = json.loads(watching.stdout.readline())
        self.assertEqual(second["change"]["renamed"], [{"id": "119", "name": "Renamed"}])
        watching.send_signal(signal.SIGINT)
        self.assertEqual(watching.wait(60), 0, "Ctrl-C is how one ends it")


class Invitations(CommandCase):
    def test_invites_one_and_says_the_request_id_before(self):
        run = self.ok("allocate", "119", EMAIL)
        request_id = UUID.search(run.err).group()
        self.assertRegex(run.out, r"state +succeeded")
        self.assertIn(request_id, run.out)
        again = self.ok("allocate", "119", EMAIL, "--request-id", request_id)
        self.assertIn("by an earlier call", again.err)
        self.assertEqual(self.executed(), {EMAIL: 1})

    def test_a_failure_names_the_id_to_repeat_with(self):
        self.set_faults({"path": "/api/v1/allocate-candidate", "status": 429, "headers": {"Retry-After": "7"}})
        run = self.fails(5, "allocate", "119", EMAIL)
        self.assertIn("UPSTREAM_RATE_LIMITED", run.err)
        self.assertIn("try again in 7s", run.err)
        self.assertRegex(run.err, UUID)

    def test_without_an_answer_the_id_is_told_too(self):
        away = ("allocate", "119", EMAIL, "--quiet", "--gateway", "127.0.0.1:1", "--timeout", "2s")
        self.assertRegex(self.fails(5, *away).err, r"--request-id [0-9a-f-]{36}\n")
        error = json.loads(self.fails(5, *away, "--output", "json").err)["error"]
        self.assertRegex(error["requestId"], "^[0-9a-f-]{36}$")
        given = self.fails(5, *away, "--request-id", "order-1", "--output", "json")
        self.assertEqual(json.loads(given.err)["error"]["requestId"], "order-1")

    def test_a_deadline_and_ctrl_c_leave_the_id_behind(self):
        self.set_faults({"path": "/api/v1/allocate-candidate", "delay_ms": 20_000})
        late = ("allocate", "119", EMAIL, "--quiet", "--timeout", "500ms")
        self.assertRegex(self.fails(5, *late).err, r" [0-9a-f-]{36}\n")
        self.assertRegex(json.loads(self.fails(5, *late, "-o", "json").err)["error"]["requestId"], UUID)
        for output in ("table", "json"):
            self.sandbox.ask("DELETE", "journal")
            inviting = self.start("allocate", "119", EMAIL, "--quiet", "--output", output)
            while not self.posts():
                time.sleep(0.01)
            inviting.send_signal(signal.SIGINT)
            _, err = inviting.communicate(timeout=60)
            self.assertEqual(inviting.returncode, 130, err)
            self.assertRegex(err, UUID)
            if output == "json":
                self.assertEqual(json.loads(err)["error"]["code"], "CANCELLED")

    def test_a_bad_request_is_refused_and_names_the_field(self):
        run = self.fails(3, "allocate", "119", "nobody")
        self.assertIn("candidate_email", run.err)
        self.assertNotIn("nobody", run.err)

    def test_a_dry_run_sends_nothing(self):
        self.ok("exams", "list")  # what is not known passes
        self.ok("allocate", "119", EMAIL, "--dry-run")
        self.fails(3, "allocate", "999999", EMAIL, "--dry-run")
        self.assertEqual(self.posts(), [])

    def test_cancels(self):
        invite = self.ok("allocate", "119", EMAIL, "-o", "json").json()["allocation"]["inviteId"]
        self.assertIn(f"invitation {invite} is cancelled", self.ok("cancel", invite).out)
        self.assertEqual(self.ok("cancel", invite, "-o", "json").json()["state"], "ALLOCATION_STATE_CANCELLED")
        self.fails(3, "cancel", "999999")


class Ledger(CommandCase):
    def put_in_doubt(self, request_id):
        self.set_faults({"path": "/api/v1/allocate-candidate", "action": "close"})
        run = self.fails(6, "allocate", "119", EMAIL, "--request-id", request_id)
        self.sandbox.ask("DELETE", "faults")
        return run

    def test_what_is_in_doubt_is_said_listed_and_settled(self):
        run = self.put_in_doubt("order-1")
        self.assertIn("concero allocations resolve order-1", run.err)
        self.assertIn("order-1", self.ok("allocations", "list", "--state", "in-doubt").out)
        self.fails(2, "allocations", "resolve", "order-1")
        self.fails(2, "allocations", "resolve", "order-1", "--abandon", "--resend")
        settled = self.ok("allocations", "resolve", "order-1", "--confirm", "142", "--note", "seen in the portal")
        self.assertRegex(settled.out, r"state +succeeded")
        self.assertIn("seen in the portal", settled.out)
        self.assertIn("ALLOCATION_NOT_IN_DOUBT",
                      self.fails(3, "allocations", "resolve", "order-1", "--abandon").err)
        self.assertEqual(self.executed(), {EMAIL: 1})

    def test_abandons_and_sends_again(self):
        self.put_in_doubt("order-2")
        self.assertRegex(self.ok("allocations", "resolve", "order-2", "--abandon").out, r"state +abandoned")
        self.put_in_doubt("order-3")
        self.assertRegex(self.ok("allocations", "resolve", "order-3", "--resend").out, r"state +succeeded")
        self.assertEqual(len(self.posts()), 3)

    def test_shows_one_by_either_id(self):
        made = self.ok("allocate", "119", EMAIL, "--request-id", "order-4", "-o", "json").json()["allocation"]
        self.assertIn("BECAME", self.ok("allocations", "get", "order-4").out)
        shown = self.ok("allocations", "get", "--invite", made["inviteId"], "-o", "json").json()
        self.assertEqual(shown["requestId"], "order-4")
        self.fails(3, "allocations", "get", "no-such")
        self.fails(2, "allocations", "get")

    def test_lists_the_newest_first_as_many_as_wanted(self):
        for i in range(5):
            self.ok("allocate", "120", EMAIL, "--request-id", f"listed-{i}")
        run = self.ok("allocations", "list", "--exam", "120", "--limit", "3")
        self.assertEqual([line.split()[-1] for line in run.out.splitlines()[1:]],
                         ["listed-4", "listed-3", "listed-2"])
        self.assertIn("--all", run.err)
        self.assertEqual(len(self.ok("allocations", "list", "--exam", "120", "--all", "-o", "json").json()), 5)
        self.assertIn("there are none", self.ok("allocations", "list", "--email", "nobody@company.io").err)

    def test_anothers_rows_are_not_ones_own(self):
        self.fails(4, "allocations", "list", "--caller", "spiffe://another")


class Reports(CommandCase):
    def test_shows_one(self):
        invite = self.ok("allocate", "119", EMAIL, "-o", "json").json()["allocation"]["inviteId"]
        self.sandbox.ask("PUT", f"reports/{invite}", {"score": 74, "totalScore": 100, "status": "Pass"})
        self.assertRegex(self.ok("report", "get", invite).out, r"score +74 of 100")
        self.assertEqual(self.ok("report", "get", invite, "-o", "json").json()["outcome"], "OUTCOME_PASS")
        self.fails(3, "report", "get", "999999")

    def test_watches_one_until_it_is_final(self):
        invite = self.ok("allocate", "119", EMAIL, "-o", "json").json()["allocation"]["inviteId"]
        watching = self.start("report", "watch", invite, "-o", "json", "--every", "100ms")
        self.assertEqual(json.loads(watching.stdout.readline())["inviteId"], invite)
        self.sandbox.ask("PUT", f"reports/{invite}", {"testEndDate": "2025-11-03 10:00:00", "status": "Fail"})
        self.assertEqual(json.loads(watching.stdout.readline())["outcome"], "OUTCOME_FAIL")
        self.assertEqual(watching.wait(60), 0)


class Students(CommandCase):
    def test_lists_shows_and_changes(self):
        self.assertEqual(len(self.ok("student", "list", "--exam", "1").out.splitlines()), 4)
        self.assertEqual(len(self.ok("student", "list", "--limit", "2", "-o", "json").json()), 2)
        self.ok("student", "update", "1", "--name", "Maria", "--skip-requirements", "true",
                "--open-time", "2025-11-03T09:00:00Z")
        run = self.ok("student", "get", "1")
        self.assertRegex(run.out, r"name +Maria")
        self.assertRegex(run.out, r"open time +2025-11-03 09:00:00")
        self.ok("student", "update", "1", "--name", "")
        self.assertEqual(self.ok("student", "get", "1", "-o", "json").json().get("name", ""), "")

    def test_says_what_is_wrong(self):
        self.assertIn("nothing is given to change", self.fails(2, "student", "update", "1").err)
        self.assertIn("write it as", self.fails(2, "student", "update", "1", "--open-time", "today").err)
        self.fails(3, "student", "get", "999999")

    def test_a_token_is_not_shown_to_people(self):
        session = {"student": {"id": 1, "name": "Maria", "token": "secret-7741"}}
        self.set_faults({"path": "/api/v3/student_sessions/1", "status": 200, "body": json.dumps(session)})
        self.assertEqual(self.ok("student", "get", "1", "-o", "json").json()["token"], "secret-7741")
        run = self.ok("student", "get", "1")
        self.assertIn("Maria", run.out)
        self.assertNotIn("secret-7741", run.out)


class Operation(CommandCase):
    def test_preflight(self):
        run = self.ok("preflight", "concero")
        self.assertRegex(run.out, r"concero +dns +ok")
        self.set_faults({"path": "/api/v1/examinations", "status": 401})
        bad = self.fails(1, "preflight")
        self.assertRegex(bad.out, r"credential +failed")
        self.assertIn("the key is wrong", bad.out)

    def test_health(self):
        self.assertEqual(self.ok("health").out, "serving\n")
        self.assertEqual(self.ok("health", "ledger", "-o", "json").json(), {"name": "ledger", "health": "serving"})
        self.fails(3, "health", "no-such-part")

    def test_a_gateway_that_is_away_is_unavailable(self):
        self.fails(5, "health", env={"CONCERO_GATEWAY": "127.0.0.1:1"})

    def test_watches_say_that_the_gateway_is_away(self):
        for command in (("exams", "watch"), ("report", "watch", "142")):
            with self.subTest(command):
                watching = self.start(*command, "--gateway", "127.0.0.1:1")
                self.assertIn("end with Ctrl-C", watching.stderr.readline())
                self.assertIn("127.0.0.1:1 does not answer", watching.stderr.readline())

    def test_the_option_counts_before_the_environment(self):
        self.ok("--gateway", self.gateway.grpc, "health", env={"CONCERO_GATEWAY": "127.0.0.1:1"})
        self.ok("health", "--gateway", self.gateway.grpc, env={"CONCERO_GATEWAY": "127.0.0.1:1"})


class Conventions(CommandCase):
    COMMANDS = ("exams list", "exams watch", "allocate", "cancel", "report get", "report watch", "student get",
                "student update", "student list", "allocations list", "allocations get", "allocations resolve",
                "preflight", "health", "completion bash", "")

    def test_help_reads_well_on_80_columns(self):
        for command in self.COMMANDS:
            with self.subTest(command):
                run = self.ok(*command.split(), "--help")
                self.assertEqual(run.err, "")
                self.assertLessEqual(max(map(len, run.out.splitlines())), 80)
                self.assertIn(f"Usage: concero {command}".rstrip(), run.out)
                self.assertIn("--gateway", run.out)

    def test_bad_usage_is_said_in_one_or_two_lines(self):
        for arguments, said in (
                ((), None), (("exms",), "there is no 'exms'; there are exams, "), (("exams",), "name a command"),
                (("exams", "list", "--fliter", "x"), "--fliter"),
                (("exams", "--filter", "x", "list"), "there is no option '--filter' here; those of a command stand"),
                (("-q", "--gateway=x", "exams", "lst"), "there is no 'lst'"),
                (("-qojson", "-gx:1", "nosuch"), "there is no 'nosuch'"), (("-qx", "exams"), "no option '-qx' here"),
                (("cancel", "x"), "must be a number above 0"),
                (("allocate",), "name an examination and a candidate"), (("-o", "xml", "health"), "table or json"),
                (("--timeout", "soon", "health"), "is no duration"), (("--tls-ca", "/no/such", "health"), "/no/such"),
                (("--gateway", "", "health"), ""), (("allocations", "list", "--state", "odd"), "one of pending|")):
            with self.subTest(arguments):
                run = self.fails(2, *arguments)
                if said is not None:
                    self.assertIn(said, run.err)
                    self.assertLessEqual(len(run.err.splitlines()), 2)

    def test_failures_are_json_for_programs(self):
        run = self.fails(3, "cancel", "999999", "--output", "json")
        self.assertEqual(run.out, "")
        self.assertEqual(json.loads(run.err)["error"]["reason"], "UPSTREAM_NOT_FOUND")
        bad = json.loads(self.fails(3, "allocate", "119", "nobody", "-o", "json", "-q").err)["error"]
        self.assertIn("candidate_email", bad["fields"])
        usage = json.loads(self.fails(2, "allocate", "-f", "no-such.csv", "-o", "json").err)["error"]
        self.assertEqual(usage["code"], "USAGE")
        for asked in (("-o", "json"), ("--output", "json"), ("--output=json",), ("-ojson",), ("-qojson",)):
            unparsed = self.fails(2, *asked, "nosuch")
            self.assertIn("there is no 'nosuch'", json.loads(unparsed.err)["error"]["message"])
            self.assertEqual(json.loads(self.fails(2, "cancel", "x", *asked).err)["error"]["code"], "USAGE")
        self.assertIn("concero: there is no", self.fails(2, "-o", "table", "nosuch").err)

    def test_there_is_color_on_terminals_only(self):
        for arguments, env, colored in (((), {}, True), (("--no-color",), {}, False), ((), {"NO_COLOR": "1"}, False),
                                        ((), {"TERM": "dumb"}, False)):
            with self.subTest(arguments=arguments, env=env):
                code, seen = self.on_terminal("health", *arguments, env=env)
                self.assertEqual((code, "\x1b[" in seen), (0, colored))
        self.assertNotIn("\x1b[", self.ok("health").out)

    def test_quiet_says_nothing_but_data_and_failures(self):
        run = self.ok("allocate", "119", EMAIL, "--quiet")
        self.assertEqual(run.err, "")
        self.assertIn("succeeded", run.out)
        self.assertIn("NOT_FOUND", self.fails(3, "cancel", "999999", "-q").err)

    def test_the_end_of_a_pipe_is_no_failure(self):
        watching = self.start("exams", "watch")
        watching.stdout.readline()
        watching.stdout.close()
        self.set_faults({"path": "/api/v1/examinations", "status": 200, "body": "[]"})
        self.assertEqual(watching.wait(60), -signal.SIGPIPE)

    def test_control_characters_of_others_move_no_cursor(self):
        self.set_faults({"path": "/api/v1/examinations", "status": 200, "body": json.dumps(
            [{"testId": 7, "testName": "a\u001b[2Jb\nc"}])})
        run = self.ok("exams", "list", "--max-staleness", "0s")
        self.assertIn("7  a?[2Jb?c", run.out)
        watching = self.start("exams", "watch")
        self.assertIn("a?[2Jb?c", watching.stdout.readline())

    def test_what_cannot_be_written_is_a_failure(self):
        for arguments in (("exams", "list", "--max-staleness", "0s"), ("--help",), ("health", "-o", "json")):
            with self.subTest(arguments), open("/dev/full", "w") as full:
                done = subprocess.run([self.program, *arguments], stdout=full, stderr=subprocess.PIPE, text=True,
                                      env=self.environment, timeout=60)
                self.assertEqual(done.returncode, 1)
                self.assertIn("cannot write to stdout", done.stderr)

    def test_an_empty_value_is_not_none(self):
        for arguments in (("allocate", "119", EMAIL, "--request-id", ""), ("allocations", "list", "--email", "")):
            self.assertIn("must not be empty", self.fails(2, *arguments).err)

    def test_a_timeout_is_kept(self):
        self.set_faults({"path": "/api/v1/report", "delay_ms": 3_600_000})
        began = time.monotonic()
        self.fails(5, "report", "get", "142", "--timeout", "1s")
        self.assertLess(time.monotonic() - began, 60)


if __name__ == "__main__":
    main()
