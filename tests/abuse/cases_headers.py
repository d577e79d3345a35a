"""Harm by header blocks."""

import h2
from cases import case, expect

# As service/app/grpc_limits.h.
METADATA_LIMIT = 16 * 1024


def _answer(address, *more, path=h2.LIST):
    """What one call with `more` headers is answered, as a connection of its own sees it."""
    with h2.Connection(address) as connection:
        connection.send(h2.call(1, path, *more))
        return h2.describe(connection.frames(5, lambda one: one.stream == 1 and one.flags & h2.END_STREAM
                                             or one.kind in (h2.RST_STREAM, h2.GOAWAY)))


def _each(address, blocks):
    """Sends each block as a call's headers, on a connection of its own; what was answered, counted."""
    seen = {}
    for block in blocks:
        with h2.Connection(address) as connection:
            connection.send(h2.headers(1, block) + h2.data(1, h2.message(), h2.END_STREAM))
            got = connection.frames(3, lambda one: one.stream == 1 and one.flags & h2.END_STREAM
                                    or one.kind in (h2.RST_STREAM, h2.GOAWAY))
        answer = h2.describe(got)
        seen[answer] = seen.get(answer, 0) + 1
    return ", ".join(f"{count} × {answer}" for answer, count in sorted(seen.items()))


@case("metadata just below the limit is served, just above it is refused")
def metadata_around_the_limit(address):
    for size, served in ((METADATA_LIMIT - 1024, True), (METADATA_LIMIT + 1024, False), (60_000, False)):
        with h2.Connection(address) as connection:
            connection.agree()
            connection.send(h2.call(1, h2.LIST, ("x-filler", "a" * size)))
            got = connection.frames(10, lambda one: one.flags & h2.END_STREAM and one.kind == h2.HEADERS)
            refused = any(b"grpc-status\x018" in one.payload for one in got if one.kind == h2.HEADERS)
            expect(refused != served, f"{size} bytes of metadata: {h2.describe(got)}")
    return "RESOURCE_EXHAUSTED from the limit on"


@case("a megabyte of metadata in one block, from one who has agreed to no limit")
def metadata_of_a_megabyte(address):
    return _answer(address, ("x-filler", "a" * (1 << 20)))


@case("30,000 small headers in one block")
def many_headers(address):
    return _answer(address, *[("a", "b")] * 30_000)


@case("names that are none")
def malformed_names(address):
    names = ["", " ", "X-Upper", "a b", "a:b", ":unknown", ":status", "a\0b", b"\xff\xfe", "connection",
             "transfer-encoding", "host", "a" * 5000, "grpc-", "-bin", b"\r\nx"]
    return _each(address, [h2.block(*h2.request(), (name, "x")) for name in names])


@case("values that are none")
def malformed_values(address):
    values = [b"\0", b"a\r\nb: c", b"\xff\xfe\x80", b"\x7f", b"\t", b" a ", b"", b"\xc2\x85"]
    names = ["x-request-id", "traceparent", "x-other", "user-agent", "x-other-bin", "grpc-trace-bin"]
    return _each(address, [h2.block(*h2.request(), (name, value)) for name in names for value in values])


@case("gRPC's own headers with nonsense in them")
def nonsense_of_grpc(address):
    nonsense = [("grpc-timeout", value) for value in
                ("", "abc", "1", "-1S", "99999999H", "999999999999999999999n", "1S1S", "0u", "1" * 5000 + "S")]
    nonsense += [("grpc-encoding", value) for value in ("", "gzip", "no-such", "x" * 5000, b"\0")]
    nonsense += [("grpc-accept-encoding", "gzip," * 1000), ("grpc-status", "x"), ("grpc-status", "-99999999999"),
                 ("grpc-message", "%zz%"), ("grpc-tags-bin", "!!!!"), ("grpc-trace-bin", "A"),
                 ("grpc-previous-rpc-attempts", "x"), ("grpc-retry-pushback-ms", "-5"),
                 ("grpc-internal-encoding-request", "gzip"), ("lb-token", "x" * 3000), ("lb-cost-bin", "AAAA"),
                 ("endpoint-load-metrics-bin", "AAAA"), ("x-envoy-peer-metadata", "x"), ("content-length", "-1")]
    return _each(address, [h2.block(*h2.request(), header) for header in nonsense])


@case("the headers of CVE-2023-1428, alone and together, with up to 20 KB behind them")
def cve_2023_1428(address):
    bad = [("te", "x"), ("te", ""), (":scheme", "ftp"), (":scheme", ""), ("grpclb_client_stats", "x"),
           ("grpclb_client_stats", ""), ("content-type", "x"), (":method", "FOO"), ("grpc-status", "zz"),
           ("user-agent", b"\0"), ("host", "x"), ("grpc-timeout", "x"), ("lb-cost-bin", "AAAA")]
    rest = [("x-filler", "a" * size) for size in (0, 4_000, 20_000)]
    blocks = []
    for filler in rest:
        for one in bad:
            blocks.append(h2.block(*h2.request(), one, filler))  # twice, where the request has it already
            blocks.append(h2.block(one, *h2.request(), filler))
            without = [header for header in h2.request() if header[0] != one[0]]
            blocks.append(h2.block(one, *without, one, filler, one))
            blocks.append(h2.block(*without, filler, *[one] * 50))
        blocks.append(h2.block(*bad, filler, *bad))
    return _each(address, blocks)


@case("pseudo headers that are missing, doubled, late or wrong")
def pseudo_headers(address):
    good = h2.request()
    blocks = [good[:i] + good[i + 1:] for i in range(6)] + [good[:i] + [good[i]] + good[i:] for i in range(6)]
    blocks += [good[4:] + good[:4], [], [(":status", "200"), *good], [(":path", ""), *good[3:]]]
    for path in ("", "/", "*", "//", "/x", "/concero.v1.AssessmentService/", "/" + "x" * 8000, b"/\xff\0"):
        blocks.append([good[0], good[1], (":path", path), *good[3:]])
    for method in ("GET", "PUT", "CONNECT", "", b"\0"):
        blocks.append([(":method", method), *good[1:]])
    for authority in ("", "a" * 4000, b"\xff", "a b:c:d", "user@host", "[::1"):
        blocks.append([*good[:3], (":authority", authority), *good[4:]])
    return _each(address, [h2.block(*fields) for fields in blocks])


@case("HPACK that is wrong")
def malformed_hpack(address):
    good = h2.block(*h2.request())
    wrong = [
        b"\x80",                                  # index 0
        b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",  # an index that no integer holds
        h2.integer(200, 7, 0x80),                 # beyond the table
        h2.integer(1 << 31, 6, 0x40) + h2.string("x"),
        b"\x00" + h2.integer(1 << 30, 7),         # a name of a gigabyte that does not follow
        b"\x00\x01a" + h2.integer((1 << 32) - 1, 7),
        b"\x00\x01a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x00\x81\xff\x00",                      # Huffman's code: padding of eight bits
        b"\x00\x84\xff\xff\xff\xff\x00",          # its end of string
        b"\x00\x82\x00\x00\x82\xfe\xfe",          # padding of zeros
        b"\x3f\xe1\x7f" + good,                   # a table of 16 KiB, which was not granted
        h2.integer(1 << 31, 5, 0x20) + good,      # of two gigabytes
        good + h2.integer(0, 5, 0x20),            # a change of size behind the first header
        h2.integer(0, 5, 0x20) * 10_000 + good,   # often
        (h2.integer(0, 5, 0x20) + h2.integer(4096, 5, 0x20)) * 4000 + good,
        good[:-1], good[:1], b"\x40", b"\x00", b"\x10\x00\x00", b"\x0f",
    ]
    return _each(address, wrong)


@case("a header that is remembered and meant 16,000 times in one frame")
def hpack_bomb(address):
    remembered = h2.literal("x-large", "a" * 3900, 0x40)
    with h2.Connection(address) as connection:
        connection.send(h2.headers(1, h2.block(*h2.request()) + remembered) + h2.data(1, h2.message(), h2.END_STREAM))
        for stream in range(3, 103, 2):
            connection.send(h2.headers(stream, h2.block(*h2.request()) + b"\xbe" * 16_000, h2.END_HEADERS))
        return h2.describe(connection.frames(3))


@case("tables that are filled and emptied by every header")
def hpack_churn(address):
    with h2.Connection(address) as connection:
        connection.send(h2.headers(1, h2.block(*h2.request())))
        for stream in range(3, 403, 2):
            churn = b"".join(h2.literal(f"x-{stream}-{i}", "a" * 200, 0x40) for i in range(60))
            if not connection.send(h2.headers(stream, h2.block(*h2.request()) + churn)):
                break
        return h2.describe(connection.frames(2))
