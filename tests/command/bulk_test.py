#!/usr/bin/env python3
"""`concero allocate --file`: bulk_test.py BINARIES; BULK_ROWS is how many rows the interrupted run has (500)."""

import csv
import ctypes
import errno
import json
import os
import pathlib
import platform
import re
import signal
import stat
import struct
import subprocess
import tempfile
import time

from command_case import CommandCase, QuickGateway, main

ROWS = int(os.environ.get("BULK_ROWS", 500))
COLUMNS = ["row", "examination_id", "email", "request_id", "outcome", "invite_id", "invite_link", "reason", "message"]


def renameat2_is_unknown():
    """To be called in a child: seccomp answers EINVAL, as NFS does for RENAME_NOREPLACE."""
    number = {"x86_64": 316, "aarch64": 276}[platform.machine()]
    program = ctypes.create_string_buffer(struct.pack(
        "=" + "HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, number, 0x06, 0, 0, 0x50000 | errno.EINVAL, 0x06, 0, 0, 0x7fff0000))
    libc = ctypes.CDLL(None, use_errno=True)
    filters = struct.pack("@HP", 4, ctypes.addressof(program))
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, filters, 0, 0) != 0:  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        raise OSError(ctypes.get_errno(), "prctl")


class GatewayAt(QuickGateway):
    """One at an address that is known before."""

    def __init__(self, address, *arguments):
        self._address = address
        super().__init__(*arguments)

    def config(self, *arguments):
        return super().config(*arguments).replace('"127.0.0.1:0"', f'"{self._address}"', 1)


class BulkCase(CommandCase):
    def write(self, text, name="candidates.csv"):
        path = pathlib.Path(self.work, name)
        path.write_text(text)
        return path

    def write_rows(self, count):
        rows = "".join(f"candidate-{i}@company.io,119\n" for i in range(1, count + 1))
        return self.write("email,examination_id\n" + rows)

    def results(self, name="candidates.results.csv"):
        with open(pathlib.Path(self.work, name), newline="") as file:
            return list(csv.DictReader(file))


class Files(BulkCase):
    def test_every_row_has_its_outcome_and_request_id(self):
        self.write_rows(20)
        run = self.ok("allocate", "--file", "candidates.csv")
        self.assertRegex(run.out, r"20 +invited")
        results = self.results()
        self.assertEqual(list(results[0]), COLUMNS)
        self.assertEqual([row["row"] for row in results], [str(i) for i in range(1, 21)])
        self.assertEqual({row["outcome"] for row in results}, {"succeeded"})
        self.assertEqual(len({row["request_id"] for row in results}), 20)
        self.assertTrue(all(row["invite_id"] and row["invite_link"] for row in results))
        self.assertEqual(set(self.executed().values()), {1})

    def test_only_the_owner_may_read_what_has_credentials(self):
        self.write_rows(1)
        self.ok("allocate", "--file", "candidates.csv")
        mode = pathlib.Path(self.work, "candidates.results.csv").stat().st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_one_that_is_refused_is_told_and_the_others_are_invited(self):
        self.write("email;examination_id;team\nanna@company.io;119;a\nnobody;119;b\nben@company.io;120;c\n")
        run = self.fails(3, "allocate", "--file", "candidates.csv")
        self.assertRegex(run.out, r"2 +invited\n")
        self.assertIn("row 2, nobody: INVALID_FIELD", run.err)
        for quiet in (("--results", "q.csv"), ("--dry-run",)):
            self.assertIn("row 2, nobody: ", self.fails(3, "allocate", "--file", "candidates.csv", "-q", *quiet).err)
        self.assertEqual([row["outcome"] for row in self.results()], ["succeeded", "refused", "succeeded"])

    def test_json_of_both_kinds(self):
        self.write_rows(3)
        summary = self.ok("allocate", "--file", "candidates.csv", "--results", "out.jsonl", "-o", "json").json()
        self.assertEqual((summary["candidates"], summary["succeeded"], summary["in_doubt"]), (3, 3, 0))
        lines = [json.loads(line) for line in pathlib.Path(self.work, "out.jsonl").read_text().splitlines()]
        self.assertEqual([line["row"] for line in lines], [1, 2, 3])
        self.assertEqual(lines[0]["email"], "candidate-1@company.io")

    def test_from_stdin(self):
        text = "email\ncandidate-1@company.io\n"
        self.assertIn("--results", self.fails(2, "allocate", "--file", "-", "--exam", "119", stdin=text).err)
        self.ok("allocate", "--file", "-", "--exam", "119", "--results", "r.csv", stdin=text)
        self.assertEqual(self.results("r.csv")[0]["examination_id"], "119")

    def test_request_ids_of_the_file_are_kept(self):
        self.write("request_id,email,examination_id\norder-77,zoe@company.io,119\n")
        self.ok("allocate", "--file", "candidates.csv")
        self.assertEqual(self.results()[0]["request_id"], "order-77")
        self.assertRegex(self.ok("allocations", "get", "order-77").out, r"candidate +zoe@company.io")

    def test_bad_files_are_refused_with_every_bad_row_and_nothing_is_sent(self):
        many = "email,examination_id\n" + "x@y.z,zero\n" * 14
        for text, said in (
                ("", ["candidates.csv: is empty"]),
                ("email,examination_id\n", ["candidates.csv: has no candidates"]),
                ("name,examination_id\nA,1\n", ["one of them `email`"]),
                ("email\na@b.c\n", ["has no column `examination_id`"]),
                ("email,examination_id\n,119\na@b.c,-1\n", ["row 1: email: is empty", "row 2: examination_id: must be"]),
                ("email,examination_id\na@b.c,119\nb@b.c,119\na@b.c,119\n", ["row 3: is the same", "as row 1"]),
                ("email,examination_id,request_id\na@b.c,1,x\nb@b.c,1,x\n", ["row 2: request_id: is that of row 1"]),
                ('email,examination_id\n"a@b.c,119\n', ["a quote"]),
                ("email,note,examination_id\na@b.c,see 5,120,119\n", ["row 1: has more fields than the first row"]),
                (many, ["row 1: ", "row 10: ", "and 4 more"])):
            with self.subTest(text):
                self.write(text)
                run = self.fails(2, "allocate", "--file", "candidates.csv")
                for piece in said:
                    self.assertIn(piece, run.err)
        self.assertIn("cannot read", self.fails(2, "allocate", "--file", "no-such.csv").err)
        unread = self.fails(2, "allocate", "--file", "/proc/self/mem", "--results", "r.csv")
        self.assertIn("cannot read /proc/self/mem: Input/output error", unread.err)
        self.assertIn("is a directory", self.fails(2, "allocate", "--file", ".").err)
        self.assertEqual(self.posts(), [])
        self.assertFalse(pathlib.Path(self.work, "candidates.results.csv").exists())

    def test_a_row_that_would_end_the_stream_of_all_is_found_before(self):
        for row, said in ((b"m\xfcller@company.io", "row 2: email: is not UTF-8"),
                          (b"x" * 300_000 + b"@company.io", "row 2: email: is longer than 254"),
                          (b'"a\nb@company.io"', "row 2: email: has control characters")):
            with self.subTest(said):
                pathlib.Path(self.work, "candidates.csv").write_bytes(
                    b"email,examination_id\nanna@company.io,119\n" + row + b",119\nben@company.io,119\n")
                self.assertIn(said, self.fails(2, "allocate", "--file", "candidates.csv").err)
        self.assertEqual(self.posts(), [])

    def test_results_are_made_where_files_are_not_renamed_to_new_names_only(self):
        self.write_rows(2)
        command = [self.program, "allocate", "--file", "candidates.csv"]
        for code, said in ((0, "inviting 2"), (2, "exists already")):
            done = subprocess.run(command, cwd=self.work, env=self.environment, text=True, capture_output=True,
                                  timeout=60, preexec_fn=renameat2_is_unknown)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(said, done.stderr)
            self.assertEqual(sorted(os.listdir(self.work)), ["candidates.csv", "candidates.results.csv"])

    def test_bad_options_leave_no_results_behind(self):
        self.write("email,examination_id\na@b.c,119\n")
        for option in (("--tls-ca", "/no/such"), ("--gateway", "dns:")):
            self.fails(2, "allocate", "--file", "candidates.csv", *option)
        self.assertEqual(os.listdir(self.work), ["candidates.csv"])
        self.ok("allocate", "--file", "candidates.csv")

    def test_what_spreadsheets_write_is_read(self):
        self.write("\ufeffsep=;\r\nName;E-Mail;EMAIL;examination_id\r\nA;;anna@company.io;119;;\r\n;;;\r\n")
        self.ok("allocate", "--file", "candidates.csv")
        self.assertEqual(self.executed(), {"anna@company.io": 1})
        self.write("email,email,examination_id\na@b.c,d@e.f,119\n", "twice.csv")
        self.assertIn("has two columns `email`", self.fails(2, "allocate", "--file", "twice.csv").err)

    def test_repeats_are_two_invitations_when_that_is_meant(self):
        self.write("email,examination_id\na@b.io,119\na@b.io,119\n")
        self.ok("allocate", "--file", "candidates.csv", "--allow-repeats")
        self.assertEqual(self.executed(), {"a@b.io": 2})

    def test_results_that_are_there_are_not_written_over(self):
        self.write_rows(2)
        self.ok("allocate", "--file", "candidates.csv")
        run = self.fails(2, "allocate", "--file", "candidates.csv")
        self.assertIn("--resume", run.err)
        self.ok("allocate", "--file", "candidates.csv", "--resume")
        self.assertEqual(len(self.posts()), 2)

    def test_what_is_resumed_must_be_the_same_candidates(self):
        self.write_rows(2)
        self.assertIn("nothing to resume", self.fails(2, "allocate", "-f", "candidates.csv", "--resume").err)
        self.ok("allocate", "--file", "candidates.csv")
        for text in ("email,examination_id\ncandidate-1@company.io,119\n",
                     "email,examination_id\ncandidate-1@company.io,120\ncandidate-2@company.io,119\n",
                     "email,examination_id\nx@company.io,119\ncandidate-2@company.io,119\n"):
            self.write(text)
            self.assertIn("is of other candidates", self.fails(2, "allocate", "-f", "candidates.csv", "--resume").err)
        self.assertEqual(len(self.posts()), 2)

    def test_a_dry_run_sends_and_writes_nothing(self):
        self.ok("exams", "list")
        self.write("email,examination_id\na@b.io,119\nb@b.io,999999\n")
        run = self.fails(3, "allocate", "--file", "candidates.csv", "--dry-run")
        self.assertIn("1 could be invited, 1 not", run.out)
        self.assertIn("row 2, b@b.io: ", run.err)
        self.assertEqual(self.posts(), [])
        self.assertEqual(os.listdir(self.work), ["candidates.csv"])

    def test_somebody_at_a_terminal_is_asked_and_sees_how_far_it_is(self):
        self.write_rows(60)
        self.set_faults({"path": "/api/v1/allocate-candidate", "delay_ms": 150})
        code, seen = self.on_terminal("allocate", "--file", "candidates.csv", typed=b"n\n", after=b"[y/N]")
        self.assertEqual(code, 2)
        self.assertIn("Invite 60 candidates to 1 examination?", seen)
        self.assertEqual(self.posts(), [])
        code, seen = self.on_terminal("allocate", "--file", "candidates.csv", typed=b"y\n", after=b"[y/N]")
        self.assertEqual(code, 0, seen)
        self.assertRegex(seen, r"\[#*-*\] \d+ of 60")
        self.assertRegex(seen, r"60\S* +\S*invited")

    def test_what_is_in_doubt_is_said_and_never_sent_again(self):
        self.write_rows(3)
        self.set_faults({"path": "/api/v1/allocate-candidate", "action": "close", "times": 1})
        run = self.fails(6, "allocate", "--file", "candidates.csv")
        self.assertRegex(run.out, r"1 +in doubt")
        doubtful = next(row for row in self.results() if row["outcome"] == "in_doubt")
        self.fails(6, "allocate", "--file", "candidates.csv", "--resume")
        self.assertEqual(len(self.posts()), 3)
        self.ok("allocations", "resolve", doubtful["request_id"], "--confirm", "4711")
        self.ok("allocate", "--file", "candidates.csv", "--resume")
        self.assertEqual({row["outcome"] for row in self.results()}, {"succeeded", "replayed"})


class Hostile(BulkCase):
    """What the surroundings of the program do to it."""

    def test_the_results_are_not_stderr_when_that_is_closed(self):
        self.write_rows(3)
        done = subprocess.run(["sh", "-c", '"$0" allocate --file candidates.csv 2>&-', self.program], cwd=self.work,
                              env=self.environment, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertEqual([row["outcome"] for row in self.results()], ["succeeded"] * 3)

    def test_a_full_disk_stops_it_and_what_is_known_is_resumed(self):
        self.write_rows(300)
        limit = 1 + len(",".join(COLUMNS)) + 300 * 80  # room for the plan and some outcomes
        script = f"trap '' XFSZ; ulimit -f {limit // 1024 + 8}; exec \"$0\" allocate --file candidates.csv"
        done = subprocess.run(["bash", "-c", script, self.program], cwd=self.work, env=self.environment, text=True,
                              capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("cannot write", done.stderr)
        self.assertRegex(done.stdout, r"\d+ +invited", "the summary is printed all the same")
        self.assertEqual(sorted(os.listdir(self.work)), ["candidates.csv", "candidates.results.csv"])
        self.assertIn("", {row["outcome"] for row in self.results()}, "not all could be written")
        self.ok("allocate", "--file", "candidates.csv", "--resume")
        self.assertEqual(set(self.executed().values()), {1})
        self.assertEqual(len(self.executed()), 300)

    def test_what_is_known_stays_when_no_answer_comes(self):
        self.write_rows(3)
        self.set_faults({"path": "/api/v1/allocate-candidate", "action": "close", "times": 1})
        self.fails(6, "allocate", "--file", "candidates.csv")
        before = self.results()
        asking = self.start("allocate", "--file", "candidates.csv", "--resume", "--gateway", "127.0.0.1:1")
        self.assertIn("going on with 1 of 3", asking.stderr.readline())
        self.assertIn("127.0.0.1:1 does not answer", asking.stderr.readline())
        asking.send_signal(signal.SIGINT)
        self.assertEqual(asking.wait(60), 130)
        self.assertEqual(self.results(), before)

    def test_cut_off_anywhere_it_is_resumed(self):
        self.write_rows(4)
        self.ok("allocate", "--file", "candidates.csv")
        path = pathlib.Path(self.work, "candidates.results.csv")
        done = path.read_bytes().splitlines(keepends=True)
        planned = b"".join([done[0]] + [b",".join(line.split(b",")[:4]) + b",,,,,\n" for line in done[1:]])
        outcomes = b"".join(done[1:])
        for cut in range(0, len(outcomes), 37):
            path.write_bytes(planned + outcomes[:cut])
            self.ok("allocate", "--file", "candidates.csv", "--resume")
            self.assertEqual([row["outcome"] in ("succeeded", "replayed") for row in self.results()], [True] * 4, cut)
        self.assertEqual(len(self.posts()), 4)

    def test_one_request_id_for_two_rows_is_refused(self):
        self.write_rows(2)
        self.ok("allocate", "--file", "candidates.csv")
        path = pathlib.Path(self.work, "candidates.results.csv")
        rows = self.results()
        path.write_text(path.read_text().replace(rows[1]["request_id"], rows[0]["request_id"]))
        run = self.fails(2, "allocate", "--file", "candidates.csv", "--resume")
        self.assertIn("has the request_id of another row", run.err)

    def test_a_link_to_the_results_stays_one(self):
        self.write_rows(1)
        self.ok("allocate", "--file", "candidates.csv", "--results", "real.csv")
        link = pathlib.Path(self.work, "link.csv")
        link.symlink_to("real.csv")
        self.ok("allocate", "--file", "candidates.csv", "--results", "link.csv", "--resume")
        self.assertTrue(link.is_symlink())

    def test_ctrl_c_at_the_question_ends_it(self):
        self.write_rows(2)
        code, _ = self.on_terminal("allocate", "--file", "candidates.csv", typed=b"\x03", after=b"[y/N]")
        self.assertEqual(code, 130)
        self.assertEqual(os.listdir(self.work), ["candidates.csv"])


class Interrupted(BulkCase):
    FAULTS = (
        # Two in a hundred: refused, lost before or after it was executed, and nobody knows.
        {"path": "/api/v1/allocate-candidate", "every": 200, "status": 429},
        {"path": "/api/v1/allocate-candidate", "every": 200, "action": "reset_before"},
        {"path": "/api/v1/allocate-candidate", "every": 200, "action": "reset_after"},
        {"path": "/api/v1/allocate-candidate", "every": 200, "status": 500, "body": "Bad gateway"},
        {"path": "/api/v1/allocate-candidate", "delay_ms": 50})

    def await_results(self, count):
        path = pathlib.Path(self.work, "candidates.results.csv")
        while not path.exists() or path.read_text().count("\n") < 1 + ROWS + count:
            time.sleep(0.01)

    def judge(self):
        """Every row has an outcome; nobody was invited twice; who is said to be invited is, and nobody else, but for
        those in doubt."""
        executed = self.executed()
        self.assertEqual({email for email, times in executed.items() if times > 1}, set())
        results = self.results()
        self.assertEqual(len(results), ROWS)
        counts = {}
        for row in results:
            counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
            if row["outcome"] in ("succeeded", "replayed"):
                self.assertEqual(executed.get(row["email"]), 1, row)
            elif row["outcome"] != "in_doubt":
                self.assertNotIn(row["email"], executed, row)
        self.assertNotIn("", counts, counts)
        print(f"{ROWS} rows: {counts}; {len(self.posts())} requests, {len(executed)} candidates invited, none twice")

    def test_killed_halfway_and_resumed(self):
        self.write_rows(ROWS)
        self.set_faults(*self.FAULTS)
        first = self.start("allocate", "--file", "candidates.csv")
        self.await_results(ROWS // 2)
        first.send_signal(signal.SIGKILL)
        first.wait()
        planned = {row["row"]: row["request_id"] for row in self.results()[:ROWS]}
        self.assertEqual(len(planned), ROWS, "all request ids were written before anything was sent")
        resumed = self.run_command("allocate", "--file", "candidates.csv", "--resume")
        self.assertIn(resumed.code, (0, 5, 6), resumed.err)
        self.assertEqual({row["row"]: row["request_id"] for row in self.results()}, planned)
        self.judge()

    def test_a_gateway_that_is_killed_halfway_and_comes_back(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        binaries = os.path.dirname(self.program)
        gateway = QuickGateway(binaries, directory, self.sandbox)
        self.addCleanup(lambda: gateway.stop())
        self.write_rows(ROWS)
        self.set_faults(*self.FAULTS)
        inviting = self.start("allocate", "--file", "candidates.csv", "--gateway", gateway.grpc)
        self.await_results(ROWS // 2)
        gateway.kill()
        gateway = GatewayAt(gateway.grpc, binaries, directory, self.sandbox)
        out, err = inviting.communicate(timeout=240)
        self.assertEqual(inviting.returncode, 6, err)  # what the killed one had sent is in doubt
        self.assertRegex(out, r"in doubt")
        self.judge()

    def test_ended_by_ctrl_c_and_resumed(self):
        self.write_rows(ROWS)
        self.set_faults(*self.FAULTS)
        first = self.start("allocate", "--file", "candidates.csv")
        self.await_results(ROWS // 4)
        first.send_signal(signal.SIGINT)
        out, err = first.communicate(timeout=60)
        self.assertEqual(first.returncode, 130, err)
        self.assertIn("go on with --resume", err)
        self.assertRegex(out, r"nothing known yet")
        resumed = self.run_command("allocate", "--file", "candidates.csv", "--resume")
        self.assertIn(resumed.code, (0, 5, 6), resumed.err)
        self.judge()

    def test_two_do_not_write_one_file(self):
        self.write_rows(ROWS)
        self.set_faults({"path": "/api/v1/allocate-candidate", "delay_ms": 200})
        self.start("allocate", "--file", "candidates.csv")
        self.await_results(1)
        self.assertIn("in use by another", self.fails(2, "allocate", "--file", "candidates.csv", "--resume").err)


if __name__ == "__main__":
    main()
