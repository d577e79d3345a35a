"""Starts a sandbox and a gateway, then concero-demo; or stays up and says how to call them.

Usage: demo.py DIRECTORY_OF_THE_PROGRAMS [--serve]
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from processes import ProgramError, sandbox_and_gateway  # noqa: E402

BUF = os.environ.get("BUF", "build/interop/node_modules/.bin/buf")
ASSESSMENT = "concero.v1.AssessmentService"
ALLOCATIONS = "concero.v1.AllocationService"
STUDENT_SESSIONS = "proctorexam.v1.StudentSessionService"
INVITE = 142  # the first that a new sandbox gives
CALLS = (
    (f"{ASSESSMENT}/ListExaminations", "{}"),
    (f"{ASSESSMENT}/AllocateCandidate", '{"examinationId": 119, "candidateEmail": "arjun.mehta@company.io",'
                          ' "requestId": "order-7741"}'),
    (f"{ASSESSMENT}/GetReport", f'{{"inviteId": {INVITE}}}'),
    (f"{ASSESSMENT}/CancelAllocation", f'{{"inviteId": {INVITE}}}'),
    (f"{ALLOCATIONS}/GetAllocation", '{"requestId": "order-7741"}'),
    (f"{STUDENT_SESSIONS}/ListStudentSessions", '{"examId": 1, "pageSize": 2}'),
    (f"{STUDENT_SESSIONS}/UpdateStudentSession", '{"id": 2, "name": "Zoë", "openTime": "2026-07-14T08:00:00Z"}'),
    (f"{STUDENT_SESSIONS}/GetStudentSession", '{"id": 2}'),
)


def explain(binaries, sandbox, gateway):
    """What to paste into another terminal, in this order."""
    buf = f"{BUF} curl --protocol grpc --http2-prior-knowledge"
    print(f"""
The gateway serves gRPC on {gateway.grpc}, in front of a sandbox. From the repository's root:

With buf:
  {buf} http://{gateway.grpc} --list-methods""")
    for method, request in CALLS:
        print(f"  {buf} -d '{request}' http://{gateway.grpc}/{method}")
    print(f"""
With concero, the command:
  {binaries}/concero --gateway {gateway.grpc} exams list
  {binaries}/concero --gateway {gateway.grpc} allocate 119 arjun.mehta@company.io

With grpcurl (not run by our tests):
  grpcurl -plaintext {gateway.grpc} list""")
    for method, request in CALLS:
        print(f"  grpcurl -plaintext -d '{request}' {gateway.grpc} {method}")
    print(f"""
Finish that candidate's examination, then get the report again:
  curl -X PUT -d '{{"score": 74, "totalScore": 100, "status": "Pass", "testEndDate": "2025-11-03T09:47:12Z"}}' \
http://{sandbox.address}/_sandbox/reports/{INVITE}

What the sandbox has received:
  curl http://{sandbox.address}/_sandbox/journal

For operators:
  curl http://{gateway.admin}/healthz
  curl http://{gateway.admin}/readyz
  curl http://{gateway.admin}/metrics

Ctrl-C stops both.""", flush=True)


def demo(binaries, serve):
    with tempfile.TemporaryDirectory(prefix="concero-demo-") as directory, \
            sandbox_and_gateway(binaries, directory) as (sandbox, gateway):
        if serve:
            explain(binaries, sandbox, gateway)
            signal.pause()
        client = subprocess.run(
            [os.path.join(binaries, "concero-demo"), "--gateway", gateway.grpc, "--sandbox", sandbox.address],
            check=False)
        if client.returncode != 0:
            print(f"\nThe gateway's log:\n{gateway.log.read_text(errors='replace')}", file=sys.stderr)
        return client.returncode


def interrupt(number, _):
    # Once is enough: what follows stops the programs and removes the directory.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, interrupt)
    try:
        return demo(options.binaries, options.serve)
    except SystemExit:
        # Being told to stop is how --serve ends.
        if options.serve:
            return 0
        raise
    except ProgramError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
