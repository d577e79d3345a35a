"""HTTPS: the handshake, what refuses it, and everything that works over HTTP working over it."""

import contextlib
import json
import os
import ssl
import subprocess
import tempfile
import warnings

from fault_cases import FaultList, Faults
from http_cases import Http
from sandbox_case import EXAMINATIONS, GET_EXAMINATIONS, SandboxCase
from tls_case import TlsCase, certificate


class FaultsOverTls(TlsCase, Faults):
    pass


class FaultListOverTls(TlsCase, FaultList):
    pass


class HttpOverTls(TlsCase, Http):
    pass


class Tls(TlsCase):
    def versions_spoken(self):
        spoken = []
        for version in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.client_context()
            context.set_ciphers("ALL:@SECLEVEL=0")  # else OpenSSL itself shuns the old ones
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of TLS 1.1, which is the point
                context.minimum_version = context.maximum_version = version
            try:
                with self.connect(context) as peer:
                    spoken.append(peer.version())
            except ssl.SSLError as error:
                self.assertEqual(error.reason, "TLSV1_ALERT_PROTOCOL_VERSION")
        return spoken

    def test_the_listening_line_is_that_of_http(self):
        self.assertEqual(json.loads(self.line), {"event": "listening", "http": self.address})

    def test_it_speaks_tls_1_2_and_1_3(self):
        self.assertEqual(self.versions_spoken(), ["TLSv1.2", "TLSv1.3"])
        self.start("--tls-max", "1.3")
        self.assertEqual(self.versions_spoken(), ["TLSv1.2", "TLSv1.3"])

    def test_tls_max_1_2_caps_it(self):
        self.start("--tls-max", "1.2")
        self.assertEqual(self.versions_spoken(), ["TLSv1.2"])
        self.assertEqual(self.ask(EXAMINATIONS).status, 200)

    def test_the_certificate_is_the_given_one(self):
        with self.connect() as peer, open(self.cert, encoding="ascii") as file:
            served = ssl.DER_cert_to_PEM_cert(peer.getpeercert(binary_form=True))
            self.assertEqual(served, file.read())

    def test_a_failed_handshake_is_no_request_and_disturbs_nobody(self):
        with self.connect() as bystander:
            bystander.sendall(GET_EXAMINATIONS)
            self.assertTrue(bystander.recv(65536).startswith(b"HTTP/1.1 200 "))
            for begin in (self.speak_plain_http, self.break_off, self.distrust):
                with self.subTest(begin=begin.__name__):
                    before = self.journal()
                    begin()
                    self.wait_until(
                        lambda: self.journal()["connections"] == before["connections"] + 1)
                    self.assertEqual(self.journal()["requests"], before["requests"])
                    bystander.sendall(GET_EXAMINATIONS)
                    self.assertTrue(bystander.recv(65536).startswith(b"HTTP/1.1 200 "))

    def speak_plain_http(self):
        with SandboxCase.connect(self) as peer:
            peer.sendall(GET_EXAMINATIONS)
            with contextlib.suppress(ConnectionResetError):
                self.assertFalse(self.read_to_end(peer).startswith(b"HTTP/"))

    def break_off(self):
        with SandboxCase.connect(self) as peer:
            peer.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # a ClientHello begins

    def distrust(self):
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.connect(ssl.create_default_context(cafile=certificate("other")[0]))

    def test_a_handshake_that_does_not_go_on_holds_up_nobody(self):
        with SandboxCase.connect(self):
            self.wait_until(lambda: self.journal()["connections"] == 1)
            self.assertEqual(self.ask(EXAMINATIONS).status, 200)

    def test_the_end_of_a_connection_is_told_within_tls(self):
        with self.connect() as peer:
            peer.sendall(GET_EXAMINATIONS.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            # Raises when the connection ends without a close_notify.
            self.assertTrue(self.read_to_end(peer).endswith(b"]"))

    def test_a_client_that_ends_tls_while_an_answer_is_due_counts_as_gone(self):
        self.faults({"delay_ms": 3_600_000})
        with self.connect() as peer:
            peer.sendall(GET_EXAMINATIONS)
            self.wait_until(lambda: self.journal()["requests"])
            # Sends a close_notify, and waits for one. Whether that comes before the connection's end
            # depends on the version of OpenSSL; either would be an hour away, were the client not gone.
            try:
                self.assertEqual(peer.unwrap().recv(1), b"")
            except (ssl.SSLEOFError, ConnectionResetError):
                pass


class TlsUsage(SandboxCase):
    def test_certificate_and_key_go_together(self):
        cert, key = certificate("served")
        self.assert_usage_error(["--tls-cert", cert], "--tls-key: is missing")
        self.assert_usage_error(["--tls-key", key], "--tls-cert: is missing")
        self.assert_usage_error(["--tls-max", "1.2"], "--tls-max: needs --tls-cert and --tls-key")
        for version in ("1.1", "1.20", "tls1.2", ""):
            self.assert_usage_error(["--tls-cert", cert, "--tls-key", key, "--tls-max", version],
                                    "--tls-max: must be 1.2 or 1.3")

    def test_files_that_cannot_be_used_are_named(self):
        cert, key = certificate("served")
        with tempfile.TemporaryDirectory() as directory:
            absent, empty, locked = (os.path.join(directory, n) for n in ("absent", "empty", "locked"))
            with open(empty, "wb"):
                pass
            subprocess.run(["openssl", "pkey", "-in", key, "-aes128", "-passout", "pass:secret",
                            "-out", locked], check=True)
            for arguments, words in (
                    ((absent, key), ("--tls-cert: cannot read", absent)),
                    ((directory, key), ("--tls-cert: cannot read", directory)),
                    ((empty, key), ("--tls-cert: no certificate", empty)),
                    ((key, key), ("--tls-cert: no certificate", key)),
                    (("", key), ("--tls-cert: must name a file",)),
                    ((cert, absent), ("--tls-key: cannot read", absent)),
                    ((cert, empty), ("--tls-key: no private key", empty)),
                    ((cert, cert), ("--tls-key: no private key", cert)),
                    ((cert, locked), ("--tls-key: no private key", "passphrase", locked)),
                    ((cert, ""), ("--tls-key: must name a file",))):
                with self.subTest(words=words):
                    self.assert_usage_error(
                        ["--tls-cert", arguments[0], "--tls-key", arguments[1]], *words)

    def test_a_key_that_does_not_fit_the_certificate_is_refused(self):
        cert, _ = certificate("served")
        with tempfile.TemporaryDirectory() as directory:
            rsa = os.path.join(directory, "rsa.key")
            subprocess.run(["openssl", "genrsa", "-out", rsa, "2048"], check=True,
                           capture_output=True)
            for key in (certificate("other")[1], rsa):
                with self.subTest(key=key):
                    self.assert_usage_error(["--tls-cert", cert, "--tls-key", key],
                                            "--tls-key: does not fit the certificate")
