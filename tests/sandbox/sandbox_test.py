"""Drives concero-sandbox from outside, with curl.

Usage: sandbox_test.py PATH_TO_BINARY [unittest arguments]

Every test has a fresh process on a port of its own. No test asserts that something was fast. The
long ones run only when they are named: crowd_cases.
"""

import os
import sys
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

# The cases are found by their names here.
from concero_cases import Concero, Strictness  # noqa: E402,F401
from fault_cases import FaultList, Faults  # noqa: E402,F401
from http_cases import Http  # noqa: E402,F401
from journal_cases import Journal  # noqa: E402,F401
from key_cases import Keys, WithoutProctorExam  # noqa: E402,F401
from option_cases import AllowIp, DateSkew, OptionUsage  # noqa: E402,F401
from proctorexam_cases import (ProctorExamStrictness, ProctorExamUsage,  # noqa: E402,F401
                               StudentSessions)
from program_cases import Program  # noqa: E402,F401
from sandbox_case import SandboxCase  # noqa: E402
from signature_cases import Signatures  # noqa: E402,F401
from tls_cases import (FaultListOverTls, FaultsOverTls, HttpOverTls, Tls,  # noqa: E402,F401
                       TlsUsage)
import crowd_cases  # noqa: E402,F401

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: sandbox_test.py PATH_TO_BINARY [unittest arguments]")
    SandboxCase.binary = os.path.abspath(sys.argv.pop(1))
    unittest.main()
