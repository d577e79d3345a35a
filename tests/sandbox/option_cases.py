"""--allow-ip and --date-skew."""

import datetime
import email.utils

from sandbox_case import ALLOCATE, ARJUN, EXAMINATIONS, KEY, SandboxCase


class AllowIp(SandboxCase):
    def status_from(self, address, **request):
        return self.ask(EXAMINATIONS, "--interface", address, **request).status

    def test_without_it_everybody_is_answered(self):
        self.assertEqual(self.status_from("127.0.0.2"), 200)

    def test_other_addresses_are_forbidden_before_anything_else_is_checked(self):
        self.start("--allow-ip", "127.0.0.1")
        for path, body, headers in ((EXAMINATIONS, None, ()), (ALLOCATE, "{", ()),
                                    ("/nothing", None, ("x-api-key: " + KEY,))):
            with self.subTest(path=path):
                answer = self.ask(path, "--interface", "127.0.0.2", body=body, headers=headers)
                self.assert_envelope(answer, 403)
                last = self.last_request()
                self.assertEqual((last["complete"], last["executed"], last["status"]),
                                 (True, False, 403))
        self.assertEqual(self.status_from("127.0.0.1"), 200)
        self.assertEqual(self.status_from("127.0.0.1", headers=()), 401)

    def test_a_forbidden_allocation_does_not_take_place(self):
        self.start("--allow-ip", "127.0.0.1")
        self.assertEqual(self.ask(ALLOCATE, "--interface", "127.0.0.2", body=ARJUN).status, 403)
        self.assertEqual(self.allocate(), 142)

    def test_faults_do_not_see_forbidden_requests(self):
        self.start("--allow-ip", "127.0.0.1")
        self.faults({"status": 503, "times": 1})
        self.assertEqual(self.status_from("127.0.0.2"), 403)
        self.assertEqual(self.status_from("127.0.0.1"), 503)

    def test_it_may_be_repeated_and_be_a_range(self):
        self.start("--allow-ip", "10.0.0.0/8", "--allow-ip", "127.0.0.8/30", "--allow-ip", "::1")
        self.assertEqual([self.status_from(f"127.0.0.{n}") for n in (7, 8, 11, 12)],
                         [403, 200, 200, 403])

    def test_a_peer_of_a_dual_stack_socket_counts_as_ipv4(self):
        for cidr, status in (("127.0.0.0/8", 200), ("::/0", 403)):
            with self.subTest(cidr=cidr):
                self.start("--allow-ip", cidr, listen="[::ffff:127.0.0.1]:0")
                self.assertRegex(self.address, r"^\[::ffff:127\.0\.0\.1\]:\d+$")
                self.assertEqual(self.ask(EXAMINATIONS).status, status)

    def test_sandbox_paths_are_answered_to_everybody(self):
        self.start("--allow-ip", "192.0.2.1")
        self.faults({"status": 500})
        self.assertEqual(self.journal()["requests"], [])

    def test_it_tells_everybody_the_address_from_which_they_ask(self):
        self.start("--allow-ip", "192.0.2.1")
        for address in ("127.0.0.1", "127.0.0.2"):
            answer = self.ask("/_sandbox/address", "--interface", address, headers=())
            self.assertEqual((answer.status, answer.headers["content-type"], answer.text),
                             (200, "text/plain", address + "\n"))


class DateSkew(SandboxCase):
    def offset(self, path):
        """How far the Date header of an answer is ahead of the clock."""
        now = datetime.datetime.now(datetime.timezone.utc)
        return email.utils.parsedate_to_datetime(self.ask(path).headers["date"]) - now

    def test_it_shifts_the_date_of_every_answer(self):
        for skew, seconds in (("10m", 600), ("-10m", -600), ("+7200s", 7200), ("1h", 3600),
                              ("-86400000ms", -86400), ("0s", 0)):
            self.start("--date-skew", skew)
            for path in (EXAMINATIONS, "/nothing", "/_sandbox/journal"):
                with self.subTest(skew=skew, path=path):
                    offset = self.offset(path).total_seconds()
                    # The header has whole seconds, and the machine may be busy.
                    self.assertGreaterEqual(offset, seconds - 1)
                    self.assertLess(offset, seconds + 300)

    def test_a_fault_s_own_date_stays(self):
        date = "Mon, 03 Nov 2025 09:00:00 GMT"
        self.start("--date-skew", "1h")
        self.faults({"headers": {"Date": date}})
        self.assertEqual(self.ask(EXAMINATIONS).headers["date"], date)


class OptionUsage(SandboxCase):
    def test_what_cannot_be_read_is_refused_in_one_line_that_names_the_flag(self):
        for flag, values in (
                ("--allow-ip", ("", "localhost", "10.0.0.0/33", "10.0.0.1:80", "[::1]", "a\nb")),
                ("--date-skew", ("", "10", "m", "10 m", "1.5h", "10d", "--10m", "10m5s", "1e3s",
                                 "87661h", "99999999999999999999h", "10m\n"))):
            for value in values:
                with self.subTest(flag=flag, value=value):
                    self.assert_usage_error([flag, value], flag + ": must be ")
