"""Harm by plenty: frames that are right, far too many of them."""

import concurrent.futures

import h2
from cases import case, expect
from subject import PATIENCE

MANY = 100_000


def _resets(address, path, times):
    """So many calls that are taken back in the same breath, on one connection."""
    begun = 0
    with h2.Connection(address) as connection:
        # Calls that are whole: each is begun, and would go to the upstream.
        while begun < times:
            piece = b"".join(h2.call(stream, path, body=b"\x08\x8e\x01") + h2.reset(stream)
                             for stream in range(2 * begun + 1, 2 * begun + 401, 2))
            if not connection.flood(piece, 1):
                break
            begun += 200
        return f"{begun:,} of {times:,} sent; {h2.describe(connection.frames(1))}"


@case("20,000 calls that are reset at once (CVE-2023-44487)")
def rapid_resets(address):
    return _resets(address, h2.LIST, 20_000)


@case("5,000 calls to an upstream that are reset at once")
def rapid_resets_upstream(address):
    return _resets(address, h2.REPORT, 5_000)


@case("20,000 streams that the gateway has to reset itself, whose resets nobody reads")
def resets_unread(address):
    with h2.Connection(address) as connection:
        sent = 0
        for begin in range(1, 40_000, 400):
            piece = b"".join(h2.headers(stream, [(":method", "GET"), ("te", "x")]) for stream in range(begin, begin + 400, 2))
            if not connection.flood(piece, 1, read=False):
                break
            sent += 200
        return f"{sent:,} sent"


def _flood(address, piece, times=MANY, read=True, opened=b""):
    with h2.Connection(address) as connection:
        connection.send(opened)
        sent = connection.flood(piece, times, read)
        answered = h2.describe(connection.frames(1)) if read else "not read"
        return f"{sent:,} of {times:,} sent; {answered}"


@case("pings without an end")
def pings(address):
    with h2.Connection(address) as connection:
        connection.flood(h2.frame(h2.PING, 0, 0, b"8 bytes."), MANY)
        expect(connection.ends(5) or not connection.ping(1), "the gateway answers pings without an end")
        return h2.describe(connection.last_words) if connection.last_words else "closed"


@case("pings whose answers nobody reads")
def pings_unread(address):
    return _flood(address, h2.frame(h2.PING, 0, 0, b"8 bytes."), read=False)


@case("settings without an end")
def settings(address):
    return _flood(address, h2.settings((h2.INITIAL_WINDOW_SIZE, 65535)))


@case("settings whose answers nobody reads")
def settings_unread(address):
    return _flood(address, h2.settings((h2.INITIAL_WINDOW_SIZE, 65535)), 4 * MANY, read=False)


@case("a header block that never ends, of empty frames")
def continuations_empty(address):
    return _flood(address, h2.frame(h2.CONTINUATION, 0, 1), opened=h2.frame(h2.HEADERS, 0, 1, h2.block(*h2.request())))


@case("a header block that never ends, of 64 MiB")
def continuations_large(address):
    piece = h2.frame(h2.CONTINUATION, 0, 1, h2.block(("x-filler", "a" * 8000)) * 2)
    return _flood(address, piece, (64 << 20) // len(piece), opened=h2.frame(h2.HEADERS, 0, 1, h2.block(*h2.request())))


def _header_without_end(address):
    """Sends one until the gateway ends the connection; how much of it left, in MiB."""
    opened = h2.frame(h2.HEADERS, 0, 1, h2.block(*h2.request()) + b"\x00" + h2.string("x") + h2.integer(1 << 30, 7))
    with h2.Connection(address) as connection:
        connection.send(opened)
        sent = 0
        while sent < 4096 and connection.send(h2.frame(h2.CONTINUATION, 0, 1, b"a" * 16384), PATIENCE):
            sent += 1
        expect(connection.ends(PATIENCE), f"{sent} pieces of a header were taken, and the connection is open")
        return sent >> 6


@case("one header that never ends ends the connection")
def header_without_end(address):
    return f"after {_header_without_end(address)} MiB"


@case("headers that never end on four connections at once end them")
def headers_without_end(address):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(_header_without_end, [address] * 4))
    return f"after {', '.join(map(str, sorted(sent)))} MiB"


@case("a header block that comes a byte at a time")
def continuations_tiny(address):
    block = h2.block(*h2.request(h2.LIST, ("x-filler", "a" * 3000)))
    opened = h2.frame(h2.HEADERS, 0, 1) + b"".join(h2.frame(h2.CONTINUATION, 0, 1, block[i:i + 1]) for i in range(len(block)))
    return _flood(address, h2.frame(h2.CONTINUATION, h2.END_HEADERS, 1) + h2.data(1, h2.message(), h2.END_STREAM), 1,
                  opened=opened)


@case("data frames without data (CVE-2019-9518)")
def data_empty(address):
    return _flood(address, h2.frame(h2.DATA, 0, 1), opened=h2.headers(1, h2.request()))


@case("a message in frames of a byte")
def data_tiny(address):
    return _flood(address, h2.frame(h2.DATA, 0, 1, b"a"), 60_000,
                  opened=h2.headers(1, h2.request()) + h2.frame(h2.DATA, 0, 1, h2.message(length=200_000)))


@case("padding, and nothing else")
def padding(address):
    return _flood(address, h2.frame(h2.DATA, h2.PADDED, 1, b"\xff" + b"\0" * 255), opened=h2.headers(1, h2.request()))


@case("priorities of streams that are not there")
def priorities(address):
    return _flood(address, b"".join(h2.frame(h2.PRIORITY, 0, 2 * i + 1, b"\0\0\0\0\x10") for i in range(1000)), 200)


@case("window updates without an end")
def window_updates(address):
    return _flood(address, h2.window(0, 1))


@case("goodbyes without an end")
def goaways(address):
    return _flood(address, h2.frame(h2.GOAWAY, 0, 0, b"\0" * 8 + b"x" * 100))


@case("frames of a kind that does not exist")
def unknown(address):
    return _flood(address, h2.frame(0xf0, 0xff, 1, b"x" * 50))
