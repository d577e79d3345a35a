"""A client of concero-gateway in Python, to copy: a channel, calls with deadlines, the details of failures.

The modules *_pb2 and *_pb2_grpc are generated from proto/ by protoc with --python_out and --grpc_python_out.
"""

import contextlib

import grpc
from concero.v1 import assessment_pb2_grpc
from google.rpc import error_details_pb2, status_pb2

_DETAILS = (error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo, error_details_pb2.BadRequest)


@contextlib.contextmanager
def connect(address):
    """The stub of AssessmentService; its channel is closed at the end of the block. One serves a whole process.

    Give each call a `timeout` (seconds). A failed call raises grpc.RpcError; `details_of` reads it.
    """
    with grpc.insecure_channel(address) as channel:
        yield assessment_pb2_grpc.AssessmentServiceStub(channel)


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
