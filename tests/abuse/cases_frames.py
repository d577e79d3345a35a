"""Harm by frames that are wrong, and by bytes that are none."""

import random
import struct

import h2
from cases import case, expect

CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(32)) + b"\x20" + bytes(161)


def _end(address, pieces, begin=True):
    """Sends each piece on a connection of its own; what was answered, and how many are closed by the gateway."""
    closed = 0
    seen = set()
    for piece in pieces:
        with h2.Connection(address, begin=begin) as connection:
            connection.send(piece)
            # An answer to this ping is the end of what there is to see.
            connection.send(h2.frame(h2.PING, 0, 0, b"the end."))
            got = connection.frames(3, lambda one: one.kind == h2.PING and one.flags & h2.ACK)
            closed += connection.closed
            seen.add(h2.describe(got))
    return f"{closed} of {len(pieces)} closed; " + ", ".join(sorted(seen))


@case("beginnings that are not HTTP/2")
def wrong_preface(address):
    random.seed(1)
    pieces = [b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n", CLIENT_HELLO, b"PRI * HTTP/2.0\r\n\r\nSM\r\r\n", b"\0" * 5000,
              b"PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n", h2.PREFACE * 3, h2.PREFACE + h2.PREFACE,
              h2.PREFACE + h2.frame(h2.PING, 0, 0, b"too soon"), h2.PREFACE + h2.call(1)]
    pieces += [random.randbytes(3000) for _ in range(20)] + [h2.PREFACE + random.randbytes(3000) for _ in range(20)]
    said = _end(address, pieces, begin=False)
    expect(not said.startswith("0 of"), "nothing of it is refused")
    return said


@case("frames that are too short, too long, or lie about it")
def wrong_lengths(address):
    pieces = [
        h2.frame(h2.PING, 0, 0, b"short"), h2.frame(h2.PING, 0, 0, b"longer than eight"),
        h2.frame(h2.RST_STREAM, 0, 1, b"abc"), h2.frame(h2.SETTINGS, 0, 0, b"abcde"),
        h2.frame(h2.SETTINGS, h2.ACK, 0, b"\0" * 6), h2.frame(h2.WINDOW_UPDATE, 0, 0, b"abc"),
        h2.frame(h2.PRIORITY, 0, 1, b"abcd"), h2.frame(h2.GOAWAY, 0, 0, b"abc"), h2.frame(h2.RST_STREAM, 0, 1, b""),
        h2.frame(h2.HEADERS, h2.END_HEADERS | h2.PADDED, 1, b""),
        h2.frame(h2.HEADERS, h2.END_HEADERS | h2.PADDED, 1, b"\xff" + h2.block(*h2.request())),
        h2.frame(h2.HEADERS, h2.END_HEADERS | 0x20, 1, b"\0\0"),
        h2.headers(1, h2.request()) + h2.frame(h2.DATA, h2.PADDED, 1, b"\xff"),
        h2.headers(1, h2.request()) + h2.frame(h2.DATA, 0, 1, b"x" * 20_000),
        h2.frame(h2.HEADERS, h2.END_HEADERS, 1, b"", length=0xffffff),
        h2.headers(1, h2.request()) + h2.frame(h2.DATA, 0, 1, b"", length=0xffffff),
        h2.frame(0x77, 0xff, 5, b"", length=0xffffff),
    ]
    return _end(address, pieces)


@case("frames where they do not belong")
def misplaced(address):
    opened = h2.headers(5, h2.request())
    pieces = [
        h2.data(0, b"x"), h2.headers(0, h2.request()), h2.headers(2, h2.request()), h2.data(99, b"x"),
        h2.frame(h2.CONTINUATION, h2.END_HEADERS, 1, b""), h2.frame(h2.PUSH_PROMISE, h2.END_HEADERS, 1, b"\0\0\0\2"),
        h2.reset(0), h2.reset(77), h2.frame(h2.PING, 0, 3, b"a stream"), h2.frame(h2.SETTINGS, 0, 3),
        h2.frame(h2.GOAWAY, 0, 3, b"\0" * 8), h2.window(77, 5), h2.frame(h2.PRIORITY, 0, 0, b"\0" * 5),
        opened + h2.headers(3, h2.request()), opened + opened, h2.headers(0x7fffffff, h2.request()),
        h2.headers(0x7fffffff, h2.request()) + h2.headers(1, h2.request()),
        h2.frame(h2.HEADERS, 0, 1, h2.block(*h2.request())) + h2.frame(h2.PING, 0, 0, b"between."),
        h2.frame(h2.HEADERS, 0, 1, h2.block(*h2.request())) + h2.frame(h2.CONTINUATION, h2.END_HEADERS, 3, b""),
        h2.call(1) + h2.data(1, b"behind the end"), h2.call(1) + h2.headers(1, [("a", "trailer")], h2.END_HEADERS),
        opened + h2.reset(5) + h2.data(5, b"x" * 16384), opened + h2.headers(5, [("a", "b")], 0x5),
        h2.frame(h2.PRIORITY, 0, 1, struct.pack(">IB", 1, 255)),
    ]
    return _end(address, pieces)


@case("settings and windows that are not allowed")
def wrong_settings(address):
    pieces = [h2.settings((key, value)) for key, value in
              ((h2.INITIAL_WINDOW_SIZE, 1 << 31), (h2.INITIAL_WINDOW_SIZE, 0xffffffff), (h2.MAX_FRAME_SIZE, 0),
               (h2.MAX_FRAME_SIZE, 1 << 24), (0x2, 2), (0x1, 0xffffffff), (0x6, 0), (0x3, 0), (0xffff, 1), (0x0, 1))]
    pieces += [h2.window(0, 0), h2.window(0, 0x7fffffff) * 3, h2.headers(1, h2.request()) + h2.window(1, 0),
               h2.headers(1, h2.request()) + h2.window(1, 0x7fffffff) * 3,
               h2.headers(1, h2.request()) + h2.settings((h2.INITIAL_WINDOW_SIZE, 0x7fffffff)) + h2.window(1, 1),
               h2.settings(*[(h2.INITIAL_WINDOW_SIZE, i) for i in range(2000)]),
               h2.settings(*[(h2.MAX_FRAME_SIZE, 0xffffff)] * 2000), h2.frame(h2.SETTINGS, h2.ACK) * 1000]
    return _end(address, pieces)


def mutated(text, chance):
    text = bytearray(text)
    for _ in range(1 + chance.randrange(6)):
        at = chance.randrange(len(text))
        what = chance.randrange(4)
        if what == 0:
            text[at] = chance.randrange(256)
        elif what == 1:
            text[at] ^= 1 << chance.randrange(8)
        elif what == 2:
            del text[at:at + 1 + chance.randrange(12)]
        else:
            text[at:at] = text[at:at + 1 + chance.randrange(40)]
        text = text or bytearray(b"\0")
    return bytes(text)


@case("1,500 conversations with some bytes changed, on as many connections")
def mutations(address):
    good = (h2.call(1, h2.LIST, ("grpc-timeout", "1S"), ("x-request-id", "abuse"), ("x-bin", "AAAA"))
            + h2.settings((h2.INITIAL_WINDOW_SIZE, 1000)) + h2.headers(3, h2.request(h2.REPORT, ("a", "b")))
            + h2.data(3, h2.message(b"\x08\x8e\x01"), h2.END_STREAM) + h2.window(0, 70_000) + h2.reset(3)
            + h2.frame(h2.PING, 0, 0, b"8 bytes.") + h2.headers(5, h2.request(), h2.END_HEADERS | h2.END_STREAM)
            + h2.frame(h2.GOAWAY, 0, 0, b"\0" * 8))
    chance = random.Random(20_260_714)
    closed = 0
    for _ in range(1_500):
        with h2.Connection(address, begin=False) as connection:
            connection.send(mutated(h2.PREFACE, chance) if chance.randrange(20) == 0 else h2.PREFACE)
            connection.send(h2.settings() + mutated(good, chance))
            connection.frames(0.002)
            closed += connection.closed
    return f"{closed} closed at once"
