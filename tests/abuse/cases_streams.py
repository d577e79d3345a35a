"""Harm by calls: too many, too large, half of one, or answers that nobody takes."""

import contextlib
import gzip

import h2
from cases import case, expect

# As service/app/grpc_limits.h.
STREAMS_LIMIT = 2048
MESSAGE_LIMIT = 256 * 1024


def _half_open(connection, count, data=b""):
    """Begins so many calls and ends none; which the gateway has refused by then."""
    for begin in range(0, count, 100):
        connection.send(b"".join(h2.headers(2 * i + 1, h2.request()) + (h2.data(2 * i + 1, data) if data else b"")
                                 for i in range(begin, min(begin + 100, count))))
    connection.send(h2.frame(h2.PING, 0, 0, b"the end."))
    return connection.frames(15, lambda one: one.kind == h2.PING and one.flags & h2.ACK)


@case("more calls on a connection than it may have")
def streams_beyond_the_limit(address):
    with h2.Connection(address) as connection:
        told = connection.agree()
        expect(told.get(h2.MAX_CONCURRENT_STREAMS) == STREAMS_LIMIT, f"the limit that is told: {told}")
        _half_open(connection, STREAMS_LIMIT)
        expect(not connection.closed, "as many as are allowed are too many")
        connection.send(h2.headers(2 * STREAMS_LIMIT + 1, h2.request()))
        expect(connection.ends(10), "one more is taken")
        return "one more ends the connection"


@case("20,000 calls without an end, on ten connections, with silence after")
def half_open(address):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(h2.Connection(address)) for _ in range(10)]
        return h2.describe([one for each in connections for one in _half_open(each, 2000)])


@case("20,000 calls with 60 KiB of a larger message each")
def half_messages(address):
    piece = h2.message(length=200_000) + b"a" * 60_000
    ended = 0
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(h2.Connection(address)) for _ in range(10)]
        for connection in connections:
            connection.send(h2.window(0, 1))
            for i in range(2000):
                # The window of the connection is the gateway's to open.
                if not connection.send(h2.headers(2 * i + 1, h2.request()) + h2.data(2 * i + 1, piece), patience=1):
                    break
            ended += connection.ends(0.1)
    return f"{ended} of 10 closed"


def _send_as_allowed(connection, stream, some):
    """Sends as much of it as the gateway's windows allow, until it allows no more or answers.

    How much is left, and what has come meanwhile.
    """
    some, windows, came = memoryview(some), {0: 65535, stream: 65535}, []
    while some and not connection.closed:
        room = min(16384, *windows.values())
        if room and not connection.send(h2.frame(h2.DATA, 0, stream, some[:room])):
            break
        some = some[room:]
        windows = {key: left - room for key, left in windows.items()}
        if not some or min(windows.values()) and not connection.readable():
            continue
        got = connection.frames(2, lambda one: one.kind == h2.WINDOW_UPDATE or one.stream == stream)
        came += got
        for one in got:
            if one.kind == h2.WINDOW_UPDATE and one.stream in windows:
                windows[one.stream] += int.from_bytes(one.payload, "big")
        if not got or any(one.stream == stream and one.kind != h2.WINDOW_UPDATE for one in got):
            break
    return len(some), came


def _varint(number):
    out = []
    while number >= 0x80:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes([*out, number])


@case("a message that is just larger than allowed is refused, one that is just smaller is read")
def just_too_large(address):
    seen = []
    for length, too_large in ((MESSAGE_LIMIT + 1, True), (MESSAGE_LIMIT, False)):
        with h2.Connection(address) as connection:
            connection.send(h2.headers(1, h2.request()))
            # A field that the request does not know, of so many bytes.
            field = b"\x82\x01" + _varint(length - 5) + b"a" * (length - 5)
            expect(len(field) == length, f"{len(field)} bytes are sent, not {length}")
            left, got = _send_as_allowed(connection, 1, h2.message(field))
            connection.send(h2.frame(h2.DATA, h2.END_STREAM, 1))
            got += connection.frames(5, lambda one: one.stream == 1 and one.flags & h2.END_STREAM)
            told = b"".join(one.payload for one in got if one.kind == h2.HEADERS)
            refused = b"grpc-status\x018" in told
            expect(refused == too_large, f"{length} bytes: {h2.describe(got)}, {left} bytes not sent")
            seen.append(h2.describe(got))
    return ", ".join(seen)


@case("messages that say they have 4 GiB, and go on for 300 MiB")
def four_gigabytes(address):
    with h2.Connection(address) as connection:
        connection.send(h2.headers(1, h2.request()))
        left, _ = _send_as_allowed(connection, 1, h2.message(bytes(300 << 20), length=0xffffffff))
        return f"{(300 << 20) - left >> 20} MiB were taken"


@case("messages that are no messages")
def no_messages(address):
    bodies = [b"\xff", b"\x1a\x01\xff", b"\x1a\xff\xff\xff\xff\x0f", b"\x00" * 1000, b"\x0b" * 5000, bytes(range(256)),
              b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", b"\x0c", b"\x78"]
    with h2.Connection(address) as connection:
        for i in range(500):
            connection.send(h2.call(2 * i + 1, h2.LIST, body=bodies[i % len(bodies)]))
        return h2.describe(connection.frames(1))


@case("messages that are marked as compressed")
def compressed(address):
    bomb = gzip.compress(bytes(64 << 20))  # 64 MiB of zeros in 64 KiB
    with h2.Connection(address) as connection:
        connection.send(h2.headers(1, h2.request(h2.LIST, ("grpc-encoding", "gzip")))
                        + h2.data(1, h2.message(bomb, compressed=1), h2.END_STREAM), patience=3)
        got = connection.frames(5, lambda one: one.kind == h2.HEADERS and one.flags & h2.END_STREAM)
        told = b"".join(one.payload for one in got if one.kind == h2.HEADERS)
        expect(b"grpc-status\x0212" in told, f"a compressed message is not refused: {h2.describe(got)}")
        # Without an encoding the mark means nothing, to gRPC 1.51.
        connection.send(h2.call(3) + h2.headers(5, h2.request())
                        + h2.data(5, h2.message(b"\x10\x05", compressed=0xff), h2.END_STREAM))
        return h2.describe(connection.frames(1))


@case("2,000 calls whose answers have no window")
def no_window(address):
    with h2.Connection(address, settings_frame=h2.settings((h2.INITIAL_WINDOW_SIZE, 0))) as connection:
        connection.send(b"".join(h2.call(2 * i + 1) for i in range(2000)))
        return h2.describe(connection.frames(3))


@case("2,000 calls whose answers are let out a byte at a time")
def tiny_window(address):
    with h2.Connection(address, settings_frame=h2.settings((h2.INITIAL_WINDOW_SIZE, 0))) as connection:
        connection.send(b"".join(h2.call(2 * i + 1) for i in range(2000)))
        for _ in range(10):
            connection.flood(b"".join(h2.window(2 * i + 1, 1) for i in range(2000)), 1)
        return h2.describe(connection.frames(1))


@case("windows that change for 2,000 calls at once, 3,000 times")
def window_churn(address):
    with h2.Connection(address, settings_frame=h2.settings((h2.INITIAL_WINDOW_SIZE, 0))) as connection:
        connection.send(b"".join(h2.call(2 * i + 1) for i in range(2000)))
        sent = connection.flood(h2.settings((h2.INITIAL_WINDOW_SIZE, 1)) + h2.settings((h2.INITIAL_WINDOW_SIZE, 0)), 3000)
        return f"{sent:,} sent; {h2.describe(connection.frames(1))}"


@case("50,000 calls, and no answer is read")
def answers_unread(address):
    with h2.Connection(address, settings_frame=h2.settings((h2.INITIAL_WINDOW_SIZE, 0x7fffffff))) as connection:
        connection.send(h2.window(0, 0x7fff0000))
        sent = 0
        for begin in range(0, 50_000, 500):
            if not connection.flood(b"".join(h2.call(2 * i + 1) for i in range(begin, begin + 500)), 1, read=False):
                break
            sent += 500
        return f"{sent:,} sent"
