"""A loopback port that is kept for a program over its restarts.

Thread safety: everything may be called from any thread.
"""

import pathlib
import socket

_ESTABLISHED = "01"


class KeptPort:
    """A free port of this process's: others are not given it, but whom we tell may listen there."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gRPC does
        self._socket.bind(("127.0.0.1", 0))
        self._port = self._socket.getsockname()[1]
        self.address = f"127.0.0.1:{self._port}"

    def connections(self):
        """How many whoever listens there has, by the kernel's tables."""
        rows = []
        for table in ("tcp", "tcp6"):  # gRPC listens at the IPv4 address by an IPv6 socket
            rows += map(str.split, pathlib.Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:])
        return sum(row[1].endswith(f":{self._port:04X}") and row[3] == _ESTABLISHED for row in rows)

    def close(self):
        self._socket.close()
