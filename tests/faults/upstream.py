"""An upstream that answers each call well, or does what a row of the catalogue says; over raw sockets.

One thread per connection. It counts connections and requests by call, and holds requests together at a barrier, so
that as many connections are open at once as there are calls.

Thread safety: every public method may be called from any thread.
"""

import collections
import contextlib
import json
import socket
import ssl
import threading
import time

from rpcs import rpc_of
from script import PeerGone, end_with_reset, play, write_answer

_FULL = 128  # connections that fill an accept queue of length 0 for certain
_HOLD = 5  # seconds after which held requests go on without the others

Request = collections.namedtuple("Request", "rpc method path headers body")


class Upstream:
    def __init__(self, authority=None, elsewhere=""):
        """`authority`: a tls.Authority, with which it speaks TLS; `elsewhere`: where its redirects point to."""
        self._authority = authority
        self.elsewhere = elsewhere
        self._lock = threading.Condition()
        self._fault, self._tls = None, None
        self._requests = collections.Counter()
        self._faulty = collections.Counter()
        self._closed_early = collections.Counter()
        self._open = set()
        self._barrier = 0
        self._waiting = 0
        self._released = threading.Event()
        self._filled = []
        self.connections = 0
        self._listener = None
        self.host, self.port = "127.0.0.1", 0
        self.listen()

    # What goes wrong.

    def arm(self, fault):
        """From now on it does `fault`, the `upstream` of a row, and counts anew."""
        with self._lock:
            self._fault, self._tls = fault, fault.get("tls")
            self._requests.clear()
            self._faulty.clear()
            self._closed_early.clear()
            self._released = threading.Event()
            self._barrier, self._waiting = fault.get("together", 0), 0
        if not fault.get("kept"):
            self.drop_connections()  # so that what happens does not depend on what is kept
        if fault.get("connect") == "refuse":
            self.deafen()
        elif fault.get("connect") == "black_hole":
            self._fill_the_queue()

    def disarm(self):
        """All is well from now on. What hangs goes on, to its end."""
        with self._lock:
            fault, self._fault, self._tls = self._fault or {}, None, None
            self._released.set()
        if fault.get("connect"):
            self.deafen()
            self.listen()
        if fault.get("tls"):
            self.drop_connections()

    def requests(self):
        """How many came since arm(), by call."""
        with self._lock:
            return self._requests.copy()

    def wait_for(self, wanted, patience=10):
        """Until `wanted`, given the two counts, is true; whether it became so in time."""
        with self._lock:
            return self._lock.wait_for(lambda: wanted(self._requests, self._closed_early), patience)

    def closed_early(self):
        """How many connections the other side closed while they waited for an answer, by call."""
        with self._lock:
            return self._closed_early.copy()

    def expect(self, count):
        """The next `count` requests are answered when all of them are here."""
        with self._lock:
            self._barrier, self._waiting = count, 0

    # The sockets.

    def listen(self, host="127.0.0.1"):
        self.host = host
        self._listener = _listening(host, self.port, 512)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def deafen(self):
        """Nobody listens any more, and no connection is left."""
        for filler in self._filled:
            filler.close()
        self._filled = []
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()

    def drop_connections(self):
        with self._lock:
            dropped = list(self._open)
        for connection in dropped:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)  # also of a TLS one: without a word

    def close(self):
        self._released.set()
        self.deafen()

    def _fill_the_queue(self):
        """Whoever connects waits for ever: the kernel drops what does not fit into the queue."""
        self.deafen()
        self._listener = _listening(self.host, self.port, 0)
        for _ in range(_FULL):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.host, self.port))
            self._filled.append(filler)
        time.sleep(0.05)

    def _accept(self, listener):
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(plain)
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        connection = plain
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._authority is not None:
                connection = self._handshake(plain)
                with self._lock:
                    self._open.discard(plain)
                    self._open.add(connection)
            if connection is not None:
                while self._exchange(connection):
                    pass
        except (OSError, ssl.SSLError, PeerGone, ValueError):
            pass
        finally:
            with self._lock:
                self._open -= {plain, connection}
            (connection or plain).close()
            plain.close()

    def _handshake(self, plain):
        with self._lock:
            kind, released = self._tls or "good", self._released
        if kind == "stalled":
            released.wait(60)
            return None
        if kind == "plain":
            plain.recv(16)
            plain.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 6\r\n\r\ncanary")
            return None
        if kind == "closed":
            plain.recv(16)
            return None
        if kind == "reset":
            plain.recv(16)
            end_with_reset(plain)
            return None
        connection = self._authority.context(kind).wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        try:
            connection.do_handshake()
        except ssl.SSLError:
            _read_to_the_end(connection)
            raise
        return connection

    # One request and its answer.

    def _exchange(self, connection):
        """False when the connection is to be closed."""
        request = _read_request(connection)
        if request is None:
            return False
        name = request.rpc.name if request.rpc else "?"
        with self._lock:
            self._requests[name] += 1
            self._lock.notify_all()
            fault, released = self._fault_for(name), self._released
        self._hold()
        if fault is None:
            write_answer(connection, request, {}, self)
            return True
        return play(fault, connection, request, released, self)

    def _fault_for(self, name):
        """What the next request of the call meets; None: nothing. Under the lock."""
        fault = self._fault
        if fault is None or name not in fault.get("only", [name]):
            return None
        number = self._faulty[name]
        self._faulty[name] += 1
        if "turns" in fault:
            return fault["turns"][number] if number < len(fault["turns"]) else None
        return fault if number < fault.get("times", number + 1) else None

    def saw_closed(self, request):
        with self._lock:
            self._closed_early[request.rpc.name] += 1
            self._lock.notify_all()

    def _hold(self):
        with self._lock:
            if not self._barrier:
                return
            self._waiting += 1
            if self._waiting == self._barrier:
                self._barrier = 0
                self._lock.notify_all()
                return
            self._lock.wait_for(lambda: not self._barrier, _HOLD)


def _read_to_the_end(connection):
    """Closing a socket with bytes unread is a reset, which may overtake the alert that was just sent."""
    with contextlib.suppress(OSError):
        connection.settimeout(5)
        socket.socket.shutdown(connection, socket.SHUT_WR)
        while socket.socket.recv(connection, 65536):
            pass


def _listening(host, port, backlog):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(backlog)
    return listener


def _read_request(connection):
    """The next request, or None at an orderly end."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", 0))
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            return None
        body += more
    return Request(rpc_of(method, path), method, path, headers, json.loads(body) if body else {})
