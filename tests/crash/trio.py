"""Three gateways on one PostgreSQL, at addresses that they keep, and callers who have one channel over all of them.

The channel is what production has: round_robin and deploy/service-config.json, so that gRPC itself may carry a call on
to another replica.
"""

import pathlib
import signal

import operators

from judge import UNEXPECTED, Finding
from kept_port import KeptPort
from line import Gateway
from patience import PATIENCE
from replicas_plan import NAMES

ALL = "all"  # what the line calls the three
_SERVICE_CONFIG = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy" / "service-config.json"
# As the C++ client has it, but sooner: what waits here are the rounds.
_RECONNECT = (("grpc.initial_reconnect_backoff_ms", 100), ("grpc.min_reconnect_backoff_ms", 1000),
              ("grpc.max_reconnect_backoff_ms", 500))


class Trio:
    """With it, all three run."""

    def __init__(self, trial):
        self._trial = trial
        self._ports = {name: KeptPort() for name in NAMES}
        self._running = {}
        self._draining = set()
        self.start(NAMES[0])
        trial.store.name_owners(NAMES[0])
        for name in NAMES[1:]:
            self.start(name)
        addresses = ",".join(port.address for port in self._ports.values())
        trial.line.open(ALL, f"ipv4:{addresses}",
                        [("grpc.service_config", _SERVICE_CONFIG.read_text()), *_RECONNECT])

    def start(self, name):
        self._await_drained(name)
        self._running[name] = self._trial.launch(name, self._ports[name].address)

    def false_start(self, name, seconds):
        """It is killed so soon."""
        self._await_drained(name)
        self._trial.cut_start(seconds, name)

    def kill(self, names):
        """With SIGKILL, at one moment."""
        draining = self._draining & set(names)
        self._draining -= draining
        for name in names:
            self._running.pop(name, None)
        self._trial.end(names, draining)

    def drain(self, name):
        """With SIGTERM. It may take its time."""
        self._running.pop(name)
        self._draining.add(name)
        self._trial.signal(name, signal.SIGTERM)

    def running(self):
        """Their names."""
        return set(self._running)

    def admin(self, name):
        """Its address for operators."""
        return self._running[name].admin

    def calls(self):
        """How many each that runs has answered; by names and process ids."""
        answered = {}
        for name, gateway in self._running.items():
            try:
                answered[name, gateway.pid] = operators.calls(operators.read(gateway.admin, "metrics", PATIENCE))
            except OSError:  # it has ended, which is found where it is to end
                pass
        return answered

    def channel(self, name):
        """A new one, to it alone."""
        return Gateway(self._ports[name].address)

    def close(self):
        for port in self._ports.values():
            port.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _await_drained(self, name):
        if name not in self._draining:
            return
        self._draining.remove(name)
        code = self._trial.await_end(name)
        if code != 0:
            self._trial.findings.append(
                Finding(UNEXPECTED, f"{name} ended with exit code {code} when it was to drain"))
