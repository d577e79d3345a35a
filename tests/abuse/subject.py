"""The gateway that is abused, what it needs of memory and descriptors, and a caller who behaves."""

import collections
import os
import pathlib
import threading
import time

import grpc
import processes
from concero.v1 import assessment_pb2, assessment_pb2_grpc
from google.protobuf import duration_pb2

# A busy machine is no reason to fail; a gateway that serves nobody is.
PATIENCE = 20

# What the gateway is told that it may use, in bytes; it acts at half of that. At rest it has about 35 MiB.
MEMORY_LIMIT = 512 << 20


# To the upstream, and with what wakes for them: one for each thread. They are closed after some time without use, and
# opened again.
KEPT_CONNECTIONS = min(2, os.cpu_count())


class Gateway(processes.Gateway):
    """A gateway that logs nothing of calls, with its process looked at."""

    def __init__(self, binaries, directory, sandbox):
        self._sandbox = sandbox
        super().__init__(binaries, directory, sandbox)

    CONFIG = processes.Gateway.CONFIG + 'log: {{access: errors}}\nledger: {{sqlite: {{path: "{directory}/ledger.db"}}}}\n'

    @staticmethod
    def command(binaries, directory):
        return ["prlimit", f"--rss={MEMORY_LIMIT}:{MEMORY_LIMIT}", "--", *processes.Gateway.command(binaries, directory)]

    def forget_peak(self):
        """peak() begins anew (proc(5), clear_refs)."""
        pathlib.Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def peak(self):
        """The most memory that it has had, in MiB."""
        return self._status("VmHWM") / 1024

    def memory(self):
        return self._status("VmRSS") / 1024

    def descriptors(self):
        """How many of each kind: `socket`, `upstream` (a connection to it), `anon_inode:[eventfd]`, a file's name."""
        directory, upstream, seen = f"/proc/{self._process.pid}/fd", self._upstream_sockets(), collections.Counter()
        for number in os.listdir(directory):
            try:
                name = os.path.basename(os.readlink(os.path.join(directory, number)))
            except OSError:  # closed meanwhile
                continue
            kind = "upstream" if name in upstream else name.partition(":")[0]
            seen[name if kind == "anon_inode" else kind] += 1
        return seen

    def _upstream_sockets(self):
        port = int(self._sandbox.address.rpartition(":")[2])
        rows = [row.split() for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return {f"socket:[{row[9]}]" for row in rows if row[2].endswith(f":{port:04X}")}

    def _status(self, key):
        for line in pathlib.Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
        raise AssertionError(f"no {key}: the gateway is gone")


def channel_to(address):
    return grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0), ("grpc.enable_retries", 0),
                                                   ("grpc.use_local_subchannel_pool", 1)])


def ask(channel, **request):
    """One call that behaves; raises grpc.RpcError when it is not served."""
    stub = assessment_pb2_grpc.AssessmentServiceStub(channel)
    stub.ListExaminations(assessment_pb2.ListExaminationsRequest(**request), timeout=PATIENCE, wait_for_ready=True)


def warm_up(gateway):
    """What is opened once and kept, is open from now on: each of the gateway's two threads has asked the upstream."""
    end = time.monotonic() + PATIENCE
    while gateway.descriptors()["upstream"] < KEPT_CONNECTIONS and time.monotonic() < end:
        with channel_to(gateway.grpc) as channel:
            ask(channel, max_staleness=duration_pb2.Duration())
    time.sleep(0.5)


class Caller:
    """Calls all the time, over one connection, while others abuse theirs.

    In a block: leaving it tells (`served`, `slowest` in seconds) and raises what went wrong.
    """

    def __init__(self, address):
        self._channel = channel_to(address)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure = None
        self.served = 0
        self.slowest = 0

    def __enter__(self):
        ask(self._channel)
        self._thread.start()
        return self

    def __exit__(self, exception, *_):
        self._stop.set()
        self._thread.join(2 * PATIENCE)
        self._channel.close()
        if exception is None and self._failure:
            raise AssertionError(f"a caller who behaves was not served: {self._failure}")

    def _run(self):
        while not self._stop.wait(0.02):
            began = time.monotonic()
            try:
                ask(self._channel)
            except grpc.RpcError as error:
                self._failure = f"{error.code()}: {error.details()}"
                return
            self.served += 1
            self.slowest = max(self.slowest, time.monotonic() - began)
