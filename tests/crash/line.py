"""The way from the callers to the gateways that run, while gateways come and go.

Thread safety: everything may be called from any thread.
"""

import collections
import contextlib
import threading

import grpc
from concero.v1 import allocation_pb2, allocation_pb2_grpc, assessment_pb2_grpc
from gateway_client import details_of
from google.rpc import error_details_pb2

from history import CONNECTION_LOST, Answer


class Closed(Exception):
    """There will be no gateway any more."""


class Call:
    """A call under way. `answer` is there when it has `ended`."""

    def __init__(self, kind, intent, gateway):
        self.kind, self.intent, self.gateway = kind, intent, gateway
        self.answer = None
        self.ended = threading.Event()


class Gateway:
    """A channel, to one process as a rule, and the stubs on it. `options`: more of the channel's."""

    def __init__(self, address, options=()):
        # Not the connection of the process that was at this address before.
        self.channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1),
                                                               ("grpc.enable_http_proxy", 0), *options])
        self.assessment = assessment_pb2_grpc.AssessmentServiceStub(self.channel)
        self.allocation = allocation_pb2_grpc.AllocationServiceStub(self.channel)
        self._health = self.channel.unary_unary("/grpc.health.v1.Health/Check")

    def serving(self, component, timeout):
        """What health says of it. Written out by hand: its generated module would hide Python's own `grpc`."""
        name = component.encode()
        return self._health(b"\x0a" + bytes([len(name)]) + name, timeout=timeout) == b"\x08\x01"


class Line:
    def __init__(self):
        self._changed = threading.Condition()
        self._gateways = {}
        self._held = self._closed = False
        self._calls = set()
        self._begun = collections.Counter()

    def open(self, name, address, options=()):
        """From now on there is a gateway `name`."""
        gateway = Gateway(address, options)
        with self._changed:
            self._gateways[name] = gateway
            self._changed.notify_all()
        return gateway

    def shut(self, name):
        """No new calls to it; those under way are let be. Returns the gateway, whose channel is to be closed."""
        with self._changed:
            return self._gateways.pop(name)

    def shut_all(self):
        """shut() of each."""
        with self._changed:
            gateways, self._gateways = self._gateways, {}
            return list(gateways.values())

    @contextlib.contextmanager
    def held(self):
        """No call begins during the block."""
        with self._changed:
            self._held = True
        try:
            yield
        finally:
            with self._changed:
                self._held = False
                self._changed.notify_all()

    def close(self):
        """Who asks from now on, or waits for a gateway, gets Closed."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def begun(self):
        """How many calls have begun, by kind."""
        with self._changed:
            return self._begun.copy()

    def any(self):
        """A gateway that runs."""
        with self._changed:
            return next(iter(self._gateways.values()))

    def under_way(self, name):
        """The calls of this moment to gateway `name`."""
        with self._changed:
            return [call for call in self._calls if call.gateway == name]

    def ask(self, kind, intent, send, to=None):
        """`send`, given a Gateway, makes the call and returns its Answer; so does this, also of failures.

        The gateway is the one named `to`, or any; waits as long as there is none.
        """
        with self._call(kind, intent, to) as (call, gateway):
            try:
                call.answer = send(gateway)
            except grpc.RpcError as error:
                call.answer = answer_of_error(error)
            except ValueError:  # the channel was closed between the choice and the call
                call.answer = Answer("UNAVAILABLE", CONNECTION_LOST)
        return call.answer

    @contextlib.contextmanager
    def _call(self, kind, intent, to):
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._choice(to))
            if self._closed:
                raise Closed
            name = self._choice(to)
            call = Call(kind, intent, name)
            self._calls.add(call)
            self._begun[kind] += 1
            gateway = self._gateways[name]
        try:
            yield call, gateway
        finally:
            with self._changed:
                self._calls.remove(call)
            call.ended.set()

    def _choice(self, to):
        if self._held:
            return None
        if to is not None:
            return to if to in self._gateways else None
        return min(self._gateways, key=lambda name: sum(call.gateway == name for call in self._calls), default=None)


def answer_of(allocation, replayed=False):
    """The answer of a call that went well."""
    state = allocation_pb2.AllocationState.Name(allocation.state).removeprefix("ALLOCATION_STATE_")
    return Answer("OK", "", allocation.request_id, allocation.candidate_email, state, allocation.invite_id,
                  allocation.invite_link, replayed)


def answer_of_error(error):
    code, info = error.code().name, details_of(error).get("ErrorInfo")
    if info is not None:
        return Answer(code, info.reason, info.metadata.get("request_id", ""))
    return Answer(code, CONNECTION_LOST if code == "UNAVAILABLE" else code)


def reason_of(status):
    """That of the google.rpc.Status of an allocation that failed; empty when there is none."""
    info = error_details_pb2.ErrorInfo()
    return next((info.reason for detail in status.details if detail.Unpack(info)), "")
