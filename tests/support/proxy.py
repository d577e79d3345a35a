"""A way to a server that can lose what goes along it, and be cut.

Thread safety: everything may be called from any thread.
"""

import contextlib
import socket
import threading

REQUESTS, REPLIES = "requests", "replies"


class Proxy:
    """Takes connections on loopback at `port` and passes them on to `server_port`."""

    def __init__(self, server_port):
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._open = set()
        self._lost, self._mended = None, True
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, what):
        """From now on REQUESTS or REPLIES do not arrive, and cut() has to follow."""
        with self._lock:
            self._lost = what

    def cut(self):
        """Ends all connections, and refuses new ones until mend()."""
        with self._lock:
            self._lost, self._mended = None, False
            self._end()

    def interrupt(self):
        """Ends all connections, and takes new ones."""
        with self._lock:
            self._lost = None
            self._end()

    def mend(self):
        with self._lock:
            self._mended = True

    def close(self):
        self._listener.close()
        self.cut()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _end(self):
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                caller.close()
                continue
            with self._lock:
                if not self._mended:
                    caller.close()
                    server.close()
                    continue
                self._open |= {caller, server}
            for what, source, sink in ((REQUESTS, caller, server), (REPLIES, server, caller)):
                threading.Thread(target=self._pass_on, args=(what, source, sink), daemon=True).start()

    def _pass_on(self, what, source, sink):
        try:
            while data := source.recv(65536):
                if self._lost != what:
                    sink.sendall(data)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(source)
                with contextlib.suppress(OSError):
                    sink.shutdown(socket.SHUT_RDWR)
            source.close()
