"""Who is measured: each a program on a free loopback port, in a directory of its own."""

import os
import pathlib
import signal
import urllib.request

import grpc
import processes
from figures import codes_of
from process_figures import cpu_seconds, memory_mib

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy that the environment names

# All else has its default. The limit of calls in flight is beyond what is measured; without the window each call
# without an id is an allocation of its own.
_CONFIG = """\
grpc: {{listen: "127.0.0.1:0"}}
admin: {{listen: "127.0.0.1:0"}}
shutdown: {{pause: 0s}}
log: {{access: sampled}}
concero:
  base_url: "{base_url}"
  api_key_file: "{directory}/key"
  max_in_flight: 16384
  allocation: {{dedupe_window: 0s}}
ledger: {{sqlite: {{path: "{directory}/ledger.db"}}}}
"""


class Contender(processes.Program):
    """`grpc` is its address; `role` is what a workload knows it by: limit, gateway or go."""

    def __init__(self, name, command, directory):
        self.name = name
        os.makedirs(directory, exist_ok=True)
        super().__init__(command, directory)
        self.grpc = self.event["grpc"]

    def cpu_seconds(self):
        return cpu_seconds(self._process.pid)

    def memory_mib(self, key="VmRSS"):
        return memory_mib(self._process.pid, key)

    def ask(self, method, request, timeout=60):
        """One call, from bytes to bytes; raises grpc.RpcError."""
        options = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1),
                   ("grpc.max_receive_message_length", -1)]
        with grpc.insecure_channel(self.grpc, options=options) as channel:
            return channel.unary_unary(method)(request, timeout=timeout, wait_for_ready=True)

    def outcomes(self):
        """How its calls ended so far, by gRPC code, where it counts them itself."""
        return None

    def stop(self):
        code = super().stop()
        return 0 if code == -signal.SIGTERM else code  # it need not know better


class Limit(Contender):
    """gRPC C++ alone: it asks nobody."""

    role = "limit"

    def __init__(self, program, directory, examinations):
        super().__init__("limit", [program, str(examinations)], directory)


class Go(Contender):
    """What a team would write instead."""

    role = "go"

    def __init__(self, program, directory, base_url):
        super().__init__("go", [program, "-upstream", base_url], directory)


class Gateway(Contender):
    """Ours; there may be several, of different names."""

    role = "gateway"

    def __init__(self, name, program, directory, base_url):
        os.makedirs(directory, exist_ok=True)
        key = pathlib.Path(directory, "key")
        key.touch(mode=0o600)
        key.write_text("speed")
        pathlib.Path(directory, "gateway.yaml").write_text(_CONFIG.format(base_url=base_url, directory=directory))
        super().__init__(name, [program, "--config", f"{directory}/gateway.yaml"], directory)
        self.admin = self.event["admin"]

    def outcomes(self):
        with _opener.open(f"http://{self.admin}/metrics", timeout=10) as answer:
            return codes_of(answer.read().decode())

    def ready(self):
        try:
            with _opener.open(f"http://{self.admin}/readyz", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False
