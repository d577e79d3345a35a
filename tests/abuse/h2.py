"""HTTP/2 by hand: frames and header blocks as bytes, right or wrong, and a connection that sends them.

Header blocks are literals without indexing and without Huffman's code, so that what is sent is what is written here.
"""

import collections
import select
import socket
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
KINDS = ("DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE",
         "CONTINUATION")
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0x0, 0x1, 0x7, 0x8, 0xb
INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS, MAX_FRAME_SIZE = 0x4, 0x3, 0x5

LIST = "/concero.v1.AssessmentService/ListExaminations"
REPORT = "/concero.v1.AssessmentService/GetReport"

Frame = collections.namedtuple("Frame", "kind flags stream payload")


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """`length`: what the frame says of itself, when it is not the truth."""
    size = len(payload) if length is None else length
    return struct.pack(">I", size)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def integer(number, prefix, first=0):
    """An integer of HPACK (RFC 7541, 5.1) with a prefix of so many bits below `first`."""
    most = (1 << prefix) - 1
    if number < most:
        return bytes([first | number])
    out = [first | most]
    number -= most
    while number >= 0x80:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes([*out, number])


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def string(text):
    return integer(len(raw(text)), 7) + raw(text)


def literal(name, value, first=0x00):
    """`first` 0x40: to be remembered in the dynamic table."""
    return bytes([first]) + string(name) + string(value)


def block(*headers):
    return b"".join(literal(name, value) for name, value in headers)


def request(path=LIST, *more):
    """The headers of a call, and `more`."""
    return [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "gateway"),
            ("te", "trailers"), ("content-type", "application/grpc"), *more]


def headers(stream, fields, flags=END_HEADERS):
    """A HEADERS frame, and CONTINUATIONs where one does not hold the block. `fields`: pairs, or a block."""
    bytes_left = fields if isinstance(fields, bytes) else block(*fields)
    out, kind = [], HEADERS
    while True:
        part, bytes_left = bytes_left[:16384], bytes_left[16384:]
        last = END_HEADERS if not bytes_left else 0
        out.append(frame(kind, (flags if kind == HEADERS else flags & ~END_STREAM) & ~END_HEADERS
                         | (last & flags), stream, part))
        if not bytes_left:
            return b"".join(out)
        kind = CONTINUATION


def message(payload=b"", compressed=0, length=None):
    """gRPC's framing of a message; `length`: what it says of itself."""
    return struct.pack(">BI", compressed, len(payload) if length is None else length) + payload


def data(stream, payload, flags=0):
    """As many DATA frames as it takes; END_STREAM, if among `flags`, on the last."""
    parts = [payload[i:i + 16384] for i in range(0, len(payload), 16384)] or [b""]
    return b"".join(frame(DATA, flags if part is parts[-1] else 0, stream, part) for part in parts)


def call(stream, path=LIST, *more, body=b""):
    """All of a unary call."""
    return headers(stream, request(path, *more)) + data(stream, message(body), END_STREAM)


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", key, value) for key, value in pairs))


def window(stream, by):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", by))


class Connection:
    """A TCP connection to the gateway. Nothing is answered by itself, and nothing read that is not asked for.

    Thread safety: none.
    """

    def __init__(self, address, begin=True, settings_frame=settings()):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self.closed = False
        if begin:
            self.send(PREFACE + settings_frame)

    def send(self, some, patience=30):
        """True when all of it has left; False when the peer closes or reads nothing for so long."""
        self.socket.settimeout(patience)
        try:
            self.socket.sendall(some)
        except OSError:
            return False
        return True

    def flood(self, piece, times, read=True, seconds=10):
        """Sends `piece` so often, or for so long; how often it left. `read`: takes in, and drops, what is answered."""
        # Pieces may be large: a few are enough for a write.
        at_once = max(1, min(times, 65536 // len(piece)))
        chunk, sent, end = piece * at_once, 0, time.monotonic() + seconds
        self.socket.settimeout(1 if read else 3)
        while sent < times and time.monotonic() < end:
            try:
                self.socket.sendall(chunk)
            except OSError:  # closed, or not taken
                break
            sent += at_once
            if read and not self._drop():
                break
        return min(sent, times)

    def readable(self):
        return bool(self._rest or select.select([self.socket], [], [], 0)[0])

    def _drop(self):
        while select.select([self.socket], [], [], 0)[0]:
            try:
                if not self.socket.recv(1 << 18):
                    self.closed = True
                    return False
            except OSError:
                self.closed = True
                return False
        return True

    def frames(self, seconds=5, until=lambda frame: False):
        """What arrives, until the peer closes (`closed` then), `until` says so, or nothing comes for so long."""
        got, end = [], time.monotonic() + seconds
        while True:
            while len(self._rest) >= 9:
                size = int.from_bytes(self._rest[:3], "big")
                if len(self._rest) < 9 + size:
                    break
                one = Frame(self._rest[3], self._rest[4], int.from_bytes(self._rest[5:9], "big"),
                            self._rest[9:9 + size])
                self._rest = self._rest[9 + size:]
                got.append(one)
                if until(one):
                    return got
            left = end - time.monotonic()
            if left <= 0 or self.closed:
                return got
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(1 << 18)
            except socket.timeout:
                return got
            except OSError:
                more = b""
            self.closed = not more
            self._rest += more

    def agree(self):
        """Waits for the gateway's settings and acknowledges them, as callers should; what they are.

        gRPC 1.51 holds nobody to its limits who does not.
        """
        told = self.frames(10, lambda one: one.kind == SETTINGS and not one.flags & ACK)[-1].payload
        self.send(frame(SETTINGS, ACK))
        return {int.from_bytes(told[i:i + 2], "big"): int.from_bytes(told[i + 2:i + 6], "big")
                for i in range(0, len(told), 6)}

    def ends(self, seconds=5):
        """Whether the peer closes within so long; what it says of why is in `last_words`."""
        self.last_words = self.frames(seconds)
        return self.closed

    def ping(self, seconds=10):
        """Whether the peer answers on this connection."""
        if not self.send(frame(PING, 0, 0, b"are you?")):
            return False
        got = self.frames(seconds, lambda one: one.kind == PING and one.flags & ACK)
        return bool(got) and got[-1].kind == PING

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def describe(frames):
    """What was answered, in short: `HEADERS 3 RST_STREAM(7) GOAWAY(11)`; window updates and acks left out."""
    counted = collections.Counter()
    for one in frames:
        name = KINDS[one.kind] if one.kind < len(KINDS) else str(one.kind)
        if one.kind in (RST_STREAM, GOAWAY):
            name += f"({int.from_bytes(one.payload[-4:] if one.kind == RST_STREAM else one.payload[4:8], 'big')})"
        if one.kind in (SETTINGS, PING, WINDOW_UPDATE):
            continue
        counted[name] += 1
    return " ".join(name if count == 1 else f"{count} {name}" for name, count in counted.items()) or "nothing"
