"""A client of concero-gateway in Python, to copy: a channel, calls with deadlines, the details of failures.

The modules *_pb2 and *_pb2_grpc are generated from proto/ by protoc with --python_out and --grpc_python_out.
"""

import collections
import contextlib

import grpc
from concero.v1 import allocation_pb2_grpc, assessment_pb2_grpc
from google.rpc import error_details_pb2, status_pb2
from proctorexam.v1 import student_session_pb2_grpc

_DETAILS = (error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo, error_details_pb2.BadRequest)


Stubs = collections.namedtuple("Stubs", "assessment allocations student_sessions")


@contextlib.contextmanager
def connect(address):
    """The stubs of the services; their channel is closed at the end of the block. One serves a whole process.

    Give each call a `timeout` (seconds). A failed call raises grpc.RpcError; `details_of` reads it.
    """
    with grpc.insecure_channel(address) as channel:
        yield Stubs(assessment_pb2_grpc.AssessmentServiceStub(channel),
                    allocation_pb2_grpc.AllocationServiceStub(channel),
                    student_session_pb2_grpc.StudentSessionServiceStub(channel))


def details_of(error):
    """What the gateway says of a failure, by name: ErrorInfo, RetryInfo, BadRequest, each only if it is there.

    Branch on the reason of ErrorInfo. A status that gRPC made by itself has none.
    """
    metadata = {entry.key: entry.value for entry in error.trailing_metadata() or ()}
    status = status_pb2.Status.FromString(metadata.get("grpc-status-details-bin", b""))
    found = {}
    for packed in status.details:
        for kind in _DETAILS:
            detail = kind()
            if packed.Unpack(detail):
                found[kind.DESCRIPTOR.name] = detail
    return found
