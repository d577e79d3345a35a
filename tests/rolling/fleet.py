"""Two replicas of the gateway on one PostgreSQL, each at an address that it keeps over its restarts.

Thread safety: one thread at a time.
"""

import os
import time
import urllib.error

import operators
from kept_port import KeptPort
from processes import Gateway

NAMES = ("first", "second")
PATIENCE = 60  # seconds after which something counts as stuck
_LEAST_SHARE = 0.4  # of the calls, from which on a replica has its callers back
_SAMPLE = 40  # calls that make a share


class Stuck(Exception):
    """What a restart waits for does not come."""


class Replica(Gateway):
    CONFIG = """\
grpc: {{listen: "{address}"}}
admin: {{listen: "127.0.0.1:0"}}
shutdown: {{pause: {pause}, grace: 20s}}
concero:
  base_url: "http://{sandbox}/api/v1"
  api_key_file: "{directory}/concero.key"
proctorexam:
  base_url: "http://{sandbox}/api/v3"
  api_token_file: "{directory}/proctorexam.token"
  secret_key_file: "{directory}/proctorexam.key"
ledger: {ledger}
"""

    def __init__(self, binaries, directory, sandbox, address, pause, ledger):
        self._more = {"address": address, "pause": pause, "ledger": ledger}
        super().__init__(binaries, directory, sandbox)

    def config(self, directory, sandbox):
        return self.CONFIG.format(sandbox=sandbox.address, directory=directory, **self._more)

    def ready(self):
        try:
            return operators.read(self.admin, "readyz", PATIENCE) != ""
        except urllib.error.HTTPError as error:
            with error:
                return False

    def calls(self):
        """How many it has answered since it started."""
        return operators.calls(operators.read(self.admin, "metrics", PATIENCE))


class Fleet:
    """With it, both replicas run; none does afterwards. `answered` counts the calls of each, `codes` has exit codes."""

    def __init__(self, binaries, directory, sandbox, store, pause, callers):
        """`callers`: how many there will be, each with a connection to each replica."""
        self._callers = callers
        self._binaries, self._directory, self._sandbox = binaries, directory, sandbox
        self._store, self._pause = store, pause
        self._ports = {name: KeptPort() for name in NAMES}
        self._replicas = {}
        self.answered = dict.fromkeys(NAMES, 0)
        self.codes = []
        self._logs = set()
        try:
            for name in NAMES:
                self._start(name)
        except BaseException:
            self.close()
            raise

    def addresses(self):
        return [port.address for port in self._ports.values()]

    def restart(self, name):
        """Returns when it is ready and every caller is back on it: what minReadySeconds is for in Kubernetes."""
        self._stop(name)
        self._start(name)
        self.wait_until_shared()

    def wait_until_shared(self):
        """Until every caller is connected to each replica, and each replica answers its share of the calls."""
        give_up = time.monotonic() + PATIENCE
        while min(port.connections() for port in self._ports.values()) < self._callers:
            if time.monotonic() > give_up:
                raise Stuck(f"for {PATIENCE} s not all callers have come back")
            time.sleep(0.02)
        before = self._counts()
        while True:
            time.sleep(0.1)
            now = self._counts()
            new = {name: now[name] - before[name] for name in NAMES}
            if sum(new.values()) >= _SAMPLE:
                if min(new.values()) >= _LEAST_SHARE * sum(new.values()):
                    return
                before = now
            if time.monotonic() > give_up:
                raise Stuck(f"for {PATIENCE} s callers have not shared their calls out; the last: {new}")

    def refused(self):
        """How many calls have come to a replica that took none any more, by the logs."""
        return sum(path.read_text(errors="replace").count('"SHUTTING_DOWN"') for path in self._logs)

    def close(self):
        for name in list(self._replicas):
            self._stop(name)
        for port in self._ports.values():
            port.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _start(self, name):
        directory = os.path.join(self._directory, name)
        os.makedirs(directory, exist_ok=True)
        replica = Replica(self._binaries, directory, self._sandbox, self._ports[name].address, self._pause,
                          self._store.config(name))
        self._replicas[name] = replica
        self._logs.add(replica.log)
        if not replica.ready():
            raise Stuck(f"{name} serves and is not ready")

    def _stop(self, name):
        replica = self._replicas.pop(name)
        self.answered[name] += replica.calls()
        self.codes.append(replica.stop())

    def _counts(self):
        return {name: replica.calls() for name, replica in self._replicas.items()}
