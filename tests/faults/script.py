"""What an upstream does on a connection once it has read a request: the steps that the catalogue names.

A step is a text, some with an argument behind a colon: `head`, `half a body`, `bytes: TEXT`, `wait: SECONDS`,
`drip: head`, `reset`, `close`, `hang`, …; see _STEPS. A script that does not end the connection itself ends it in
order.

Thread safety: one thread per connection; what they share is the upstream's.
"""

import datetime
import email.utils
import json
import select
import socket
import struct
import time

from bent import bend
from rpcs import good_body, good_status

_GIANT = 1 << 30
_ENDLESS = 64 << 20  # after which "endless" gives up, so that a broken gateway does not fill the disk
_DRIP = 0.2  # seconds from byte to byte


class PeerGone(Exception):
    """The other side has closed the connection."""


def play(fault, connection, request, released, upstream):
    """Does `fault`; False when the connection is to be closed, or was."""
    if "steps" not in fault:
        write_answer(connection, request, fault.get("answer", {}), upstream)
        return fault.get("answer", {}).get("close") is not True
    answer = _answer_of(request, fault.get("answer", {}), upstream)
    for step in fault["steps"]:
        name, _, argument = step.partition(": ")
        try:
            if not _STEPS[name](connection, argument, answer, released):
                return name == "keep"
        except PeerGone:
            upstream.saw_closed(request)
            raise
    return False


def write_answer(connection, request, changes, upstream):
    head, body = _answer_of(request, changes, upstream)
    connection.sendall(head + body)


def _answer_of(request, changes, upstream):
    """The bytes of head and body of a good answer with `changes`: status, headers, body, bent, length."""
    status, good = (404, {}) if request.rpc is None else (good_status(request.rpc),
                                                          good_body(request.rpc, request.body))
    status = changes.get("status", status)
    if "bent" in changes:
        body = bend(changes["bent"], good) if good is not None else bend("scalar", {})
    elif "body" in changes:
        body = changes["body"].encode()
    elif "status" in changes:
        body = b"<html><body>canary canary@company.example</body></html>"
    else:
        body = b"" if good is None else json.dumps(good).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)),
               "Date": email.utils.formatdate(usegmt=True)}
    headers |= {name: _filled_in(value, upstream) for name, value in changes.get("headers", {}).items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value != "(none)")
    return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode("latin-1"), body


def _filled_in(value, upstream):
    if value == "(date in 7 s)":
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=7)
        return email.utils.format_datetime(later, usegmt=True)
    if value == "(date of yesterday)":
        earlier = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
        return email.utils.format_datetime(earlier, usegmt=True)
    return value.replace("(elsewhere)", upstream.elsewhere).replace("(here)", f"{upstream.host}:{upstream.port}")


# The steps. Each is given the connection, its argument, (head, body) and what ends a hang; it returns whether the
# script goes on.

def _send(part):
    def step(connection, _, answer, __):
        connection.sendall(part(*answer))
        return True
    return step


def _bytes(connection, argument, *_):
    connection.sendall(argument.encode("latin-1").decode("unicode_escape").encode("latin-1"))
    return True


def _drip(connection, argument, answer, released):
    """One byte after the other: of the head, or of the body."""
    data = answer[0 if argument == "head" else 1]
    for i in range(len(data)):
        connection.sendall(data[i:i + 1])
        _watch(connection, _DRIP, released)
    return True


def _wait(connection, argument, _, released):
    _watch(connection, float(argument), released)
    return True


def _hang(connection, _, __, released):
    """Until the fault is over or the other side has enough."""
    while not released.is_set():
        _watch(connection, 0.05, released)
    return False


def _watch(connection, seconds, released):
    """Waits, and raises PeerGone when the other side closes meanwhile."""
    give_up = time.monotonic() + seconds
    while (left := give_up - time.monotonic()) > 0 and not released.is_set():
        if select.select([connection], [], [], min(left, 0.05))[0]:
            try:
                if not connection.recv(1):
                    raise PeerGone
            except OSError as error:
                raise PeerGone from error


def end_with_reset(connection):
    """Closes it with an RST, whether there is TLS on it or not."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket(fileno=connection.detach()).close()


def _reset(connection, *_):
    end_with_reset(connection)
    return False


def _close(connection, *_):
    socket.socket.shutdown(connection, socket.SHUT_RDWR)
    return False


def _chunk(connection, argument, answer, _):
    """A chunk with the whole body, or with one half of it."""
    head, body = answer
    half = len(body) // 2
    body = {"": body, "first half": body[:half], "second half": body[half:]}[argument]
    connection.sendall(b"%x\r\n" % len(body) + body + b"\r\n")
    return True


def _endless(connection, argument, *_):
    piece = (f"X-Canary: {'a' * 1000}\r\n" if argument == "headers" else argument).encode() * 16
    sent = 0
    while sent < _ENDLESS:
        connection.sendall(piece)
        sent += len(piece)
    return True


def _giant(connection, *_):
    """1 GiB, which its length announces; whoever does not take it closes."""
    connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {_GIANT}\r\n\r\n"
                       .encode())
    piece, sent = b"[" + b" " * 65535, 0
    while sent < _GIANT:
        connection.sendall(piece)
        sent += len(piece)
    return True


def _unannounced_giant(connection, *_):
    """1 GiB that ends with the connection."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    piece, sent = b" " * 65536, 0
    while sent < _GIANT:
        connection.sendall(piece)
        sent += len(piece)
    return True


_STEPS = {
    "head": _send(lambda head, body: head),
    "half a head": _send(lambda head, body: head[:len(head) // 2]),
    "half a body": _send(lambda head, body: body[:len(body) // 2]),
    "answer": _send(lambda head, body: head + body),
    "chunked head": _send(lambda head, body: b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                             b"Transfer-Encoding: chunked\r\n\r\n"),
    "head without a length": _send(lambda head, body: b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"),
    "chunk": _chunk,
    "bytes": _bytes,
    "drip": _drip,
    "wait": _wait,
    "hang": _hang,
    "reset": _reset,
    "close": _close,
    "keep": lambda *_: False,
    "endless": _endless,
    "giant": _giant,
    "giant without a length": _unannounced_giant,
}
STEPS = frozenset(_STEPS)
