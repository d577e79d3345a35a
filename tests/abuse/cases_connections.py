"""Harm by connections: many, idle, half begun, or left behind."""

import contextlib
import time

import h2
from cases import case, expect

# As service/app/grpc_limits.h, and a busy machine.
HANDSHAKE_SECONDS = 10
KEEPALIVE_SECONDS = 60 + 20
LEAST_BETWEEN_PINGS = 10
SLACK_SECONDS = 20


def _open(stack, address, count, first=b""):
    connections = [stack.enter_context(h2.Connection(address, begin=False)) for _ in range(count)]
    for connection in connections:
        connection.send(first)
    return connections


@case("3,000 connections, one after the other, that end at once")
def short_lived(address):
    for i in range(3000):
        with h2.Connection(address, begin=i % 2 == 0):
            pass
    return "3,000 opened"


@case("1,000 connections that say nothing, half a beginning, or a beginning without settings, are closed")
def silent(address):
    with contextlib.ExitStack() as stack:
        connections = (_open(stack, address, 400) + _open(stack, address, 300, h2.PREFACE[:10])
                       + _open(stack, address, 300, h2.PREFACE))
        began = time.monotonic()
        open_ones = connections
        while open_ones and time.monotonic() < began + HANDSHAKE_SECONDS + SLACK_SECONDS:
            open_ones = [one for one in open_ones if not one.ends(0.001)]
        expect(not open_ones, f"{len(open_ones)} are still open after {time.monotonic() - began:.0f} s")
        return f"closed within {time.monotonic() - began:.0f} s"


@case("2,000 connections with nothing but a ping in minutes")
def idle(address):
    with contextlib.ExitStack() as stack:
        connections = _open(stack, address, 2000, h2.PREFACE + h2.settings())
        expect(connections[0].ping() and connections[-1].ping(), "an idle connection is not served")
        return "all are served"


@case("a caller without calls who asks every 11 s whether the gateway lives is told so", long=True)
def polite_pings(address):
    with h2.Connection(address) as connection:
        for _ in range(5):
            expect(connection.ping(), "a ping as often as is permitted is not answered")
            time.sleep(LEAST_BETWEEN_PINGS + 1)
        return "five pings are answered"


@case("a caller that vanishes in the middle of a call is noticed", long=True)
def vanished(address):
    with h2.Connection(address) as connection:
        connection.send(h2.headers(1, h2.request()))
        began = time.monotonic()
        expect(connection.ends(KEEPALIVE_SECONDS + SLACK_SECONDS), "the connection is kept for ever")
        return f"closed after {time.monotonic() - began:.0f} s"
