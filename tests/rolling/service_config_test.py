"""The service config that callers get names every RPC, repeats only what is safe to repeat, and gRPC takes it.

Usage: service_config_test.py DIRECTORY_OF_THE_STUBS
"""

import json
import pathlib
import socket
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.append(sys.argv.pop(1))

import grpc  # noqa: E402
from concero.v1 import allocation_pb2, assessment_pb2  # noqa: E402
from gateway.v1 import diagnostics_pb2  # noqa: E402
from proctorexam.v1 import student_session_pb2  # noqa: E402

TEXT = (pathlib.Path(__file__).resolve().parent.parent.parent / "deploy" / "service-config.json").read_text()
CONFIG = json.loads(TEXT)
SERVICES = [service for module in (allocation_pb2, assessment_pb2, diagnostics_pb2, student_session_pb2)
            for service in module.DESCRIPTOR.services_by_name.values()]
METHODS = {f"{service.full_name}/{method.name}": method for service in SERVICES for method in service.methods}

# What a library must not repeat: it may have happened, and would then happen twice or be answered otherwise.
NEVER_REPEATED = {"CreateStudentSession", "ResolveAllocation", "EraseCandidate"}
# gRPC takes no more as it is.
MOST_ATTEMPTS = 5


def configured():
    """The entry of each method, by its full name."""
    return {f"{name['service']}/{name['method']}": entry
            for entry in CONFIG["methodConfig"] for name in entry["name"]}


class ServiceConfig(unittest.TestCase):
    def test_every_rpc_has_one_entry_and_every_entry_is_of_an_rpc(self):
        named = [f"{name['service']}/{name['method']}" for entry in CONFIG["methodConfig"] for name in entry["name"]]
        self.assertEqual(sorted(METHODS), sorted(named))

    def test_what_has_one_answer_has_a_timeout_and_a_stream_has_none(self):
        for name, entry in configured().items():
            self.assertEqual("timeout" in entry, not METHODS[name].server_streaming, name)

    def test_what_is_not_safe_to_repeat_is_not_repeated(self):
        without = {name.split("/")[1] for name, entry in configured().items() if "retryPolicy" not in entry}
        self.assertEqual(NEVER_REPEATED, without)

    def test_only_unavailable_is_retried_and_nothing_is_hedged(self):
        for name, entry in configured().items():
            self.assertNotIn("hedgingPolicy", entry, name)
            if "retryPolicy" in entry:
                self.assertEqual(["UNAVAILABLE"], entry["retryPolicy"]["retryableStatusCodes"], name)
                self.assertLessEqual(entry["retryPolicy"]["maxAttempts"], MOST_ATTEMPTS, name)

    def test_grpc_takes_it(self):
        self.assertIn("connect", self.told(TEXT))  # it has got as far as that nobody listens
        # Of one that it does not take it makes no channel.
        self.assertNotIn("connect", self.told(TEXT.replace('"maxAttempts": 4', '"maxAttempts": 1')))

    def told(self, service_config):
        """What a call fails with, to where nobody listens."""
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            options = [("grpc.service_config", service_config), ("grpc.enable_http_proxy", 0)]
            with grpc.insecure_channel("ipv4:127.0.0.1:%d" % nobody.getsockname()[1], options=options) as channel:
                with self.assertRaises(grpc.RpcError) as failed:
                    channel.unary_unary("/concero.v1.AssessmentService/ListExaminations")(b"", timeout=10)
        return failed.exception.details()


if __name__ == "__main__":
    unittest.main()
