"""What each try of the runbook starts from: a sandbox and a gateway of its own, callers, and a shell for the commands.

Thread safety: a Stand belongs to one thread; its callers have threads of their own.
"""

import contextlib
import dataclasses
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time

import grpc
from concero.v1 import assessment_pb2, assessment_pb2_grpc
from kept_port import KeptPort
from metrics_stand import PATIENCE, SeenGateway, environment
from processes import Gateway, Program, Sandbox
from runbook_cluster import NAMESPACE, Cluster
from runbook_prometheus import Prometheus

_PAUSE = 0.25  # seconds between two looks


@dataclasses.dataclass(frozen=True)
class Place:
    """What all tries have in common."""
    binaries: str  # the directory of the programs
    prometheus: Prometheus
    kubectl: pathlib.Path
    functions: str  # of the shell, which the runbook has one set first


class Failed(Exception):
    """The runbook, or an alert, does not keep what it says."""


class SetSandbox(Sandbox):
    """`arguments`: more of them; `keys`: those of an earlier one."""

    def __init__(self, binaries, directory, *arguments, listen, keys=None):
        self.key, self.token, self.secret_key = keys or ("key-of-the-test", "token-of-the-test", "secret-of-the-test")
        Program.__init__(self, [os.path.join(binaries, "concero-sandbox"), "--listen", listen, "--api-key", self.key,
                                f"--proctorexam-token={self.token}", f"--proctorexam-secret={self.secret_key}",
                                *arguments], directory)
        self.address = self.event["http"]


class SetGateway(SeenGateway):
    """`concero`: lines for that section of the configuration; `rest`: lines below; `tls`: towards callers; `https`:
    towards upstreams; `stderr`: a file in the directory, which may be a FIFO.
    """

    def __init__(self, binaries, directory, sandbox, concero="", rest="", tls=False, https=False, stderr=None):
        self._concero, self._rest, self._tls, self._https, self._stderr = concero, rest, tls, https, stderr
        super().__init__(binaries, directory, sandbox)
        if not tls:
            self.certificate = ""

    def command(self, binaries, directory):
        command = Gateway.command(binaries, directory)
        return ["bash", "-c", f'exec "$0" "$@" 2>>{self._stderr or "gateway.log"}', *command]

    def config(self, directory, sandbox):
        template = SeenGateway.CONFIG if self._tls else Gateway.CONFIG
        text = template.format(sandbox=sandbox.address, directory=directory)
        text = text.replace("http://", "https://") if self._https else text
        return text.replace("concero:\n", "concero:\n" + self._concero, 1) + self._rest


class Stand:
    """With it, a sandbox runs, and a gateway from start_gateway on, which Prometheus watches."""

    def __init__(self, name, place):
        self.name, self.binaries, self.prometheus = name, place.binaries, place.prometheus
        self._place = place
        self.gateway = None

    def __enter__(self):
        with contextlib.ExitStack() as exits:
            self.directory = pathlib.Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="runbook-")))
            self.cluster = Cluster(self.directory, self.write_key)
            exits.callback(self.cluster.close)
            port = exits.enter_context(contextlib.closing(KeptPort()))
            self.sandbox = SetSandbox(self.binaries, self.directory, listen=port.address)
            exits.callback(lambda: self.sandbox.stop())
            exits.callback(self.stop_gateway)
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *exception):
        self._exits.__exit__(*exception)

    def start_gateway(self, **options):
        """The options are SetGateway's. Returns when Prometheus has seen it: what is counted from then on is a rise."""
        self.cluster.started()
        self.gateway = SetGateway(self.binaries, self.directory, self.sandbox, **options)
        self.prometheus.watch(self.name, self.gateway.admin)
        self.until(lambda: self.value("up") == 1, "Prometheus sees the gateway")

    def stop_gateway(self, kill=False):
        gateway, self.gateway = self.gateway, None
        if gateway is not None:
            if kill:
                gateway.kill()
            self.cluster.ended(137 if kill else gateway.stop())

    def restart_sandbox(self, *arguments, keys=None):
        """Another at the same address."""
        listen = self.sandbox.address
        keys = keys or (self.sandbox.key, self.sandbox.token, self.sandbox.secret_key)
        self.sandbox.stop()
        self.sandbox = SetSandbox(self.binaries, self.directory, *arguments, listen=listen, keys=keys)

    def faults(self, *faults):
        if faults:
            self.sandbox.ask("PUT", "faults", list(faults))
        else:
            self.sandbox.ask("DELETE", "faults")

    def write_key(self, text, file="concero.key"):
        """As a mounted Secret changes: by renaming."""
        new = self.directory / "new.key"
        new.touch(mode=0o600)
        new.write_text(text)
        new.replace(self.directory / file)

    def log(self):
        path = self.directory / "gateway.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # The shell of whoever is on call.

    def shell(self, commands, **variables):
        """Runs lines of the runbook, with what it says to set first; returns what they said."""
        script = f"set -euo pipefail\n{self._place.functions}" + "\n".join(commands) + "\n"
        done = subprocess.run(["bash", "-c", script], cwd=self.directory, env={**self._environment(), **variables},
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
        if done.returncode != 0:
            raise Failed(f"exit code {done.returncode} of\n{script}\n{done.stdout}")
        return done.stdout

    def _environment(self):
        """Of the shell; without a gateway, as far as it goes."""
        own = {"PATH": os.environ["PATH"], "no_proxy": "127.0.0.1"}
        if self.gateway is not None:
            own = {name: value for name, value in environment(self.binaries, self.gateway).items() if value}
        own["PATH"] = f"{self._place.kubectl.parent}:{own['PATH']}"
        return {**own, "KUBECONFIG": str(self.cluster.kubeconfig), "HOME": str(self.directory), "NAMESPACE": NAMESPACE}

    def concero(self, *arguments):
        """A caller's call, whose end does not matter."""
        subprocess.run(["concero", *arguments], cwd=self.directory, env=environment(self.binaries, self.gateway),
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                       timeout=PATIENCE)

    # Callers.

    @contextlib.contextmanager
    def callers(self, call, number=1, pause=0.1):
        """So many make the call (see CALLS) again and again, whatever comes of it."""
        gone = threading.Event()
        with grpc.insecure_channel(self.gateway.grpc, options=[("grpc.enable_http_proxy", 0)]) as channel:
            stub = assessment_pb2_grpc.AssessmentServiceStub(channel)

            def work():
                while not gone.is_set():
                    with contextlib.suppress(grpc.RpcError):
                        CALLS[call](stub)
                    gone.wait(pause)

            threads = [threading.Thread(target=work) for _ in range(number)]
            for thread in threads:
                thread.start()
            try:
                yield
            finally:
                gone.set()
                for thread in threads:
                    thread.join()

    @contextlib.contextmanager
    def reports_at_once(self, number):
        """So many ask for one, once, whatever comes of it."""
        with grpc.insecure_channel(self.gateway.grpc, options=[("grpc.enable_http_proxy", 0)]) as channel:
            stub = assessment_pb2_grpc.AssessmentServiceStub(channel)
            request = assessment_pb2.GetReportRequest(invite_id=1)
            calls = [stub.GetReport.future(request, timeout=PATIENCE) for _ in range(number)]
            yield
            for call in calls:
                call.cancel()

    # Prometheus.

    def fires(self, alerts):
        """Waits until all of them do. Returns the seconds, and each description."""
        return self._wait(lambda firing: alerts <= set(firing), f"{sorted(alerts)} do not fire")

    def value(self, metric):
        """As Prometheus last saw it; None: it has not."""
        return self.prometheus.value(f'max({metric}{{instance="{self.name}"}})')

    def firing(self, alerts):
        return alerts <= set(self._firing())

    def clears(self, alerts, quiet=0):
        """Waits until none of them fires, and has not for `quiet` seconds."""
        began = quiet_since = time.monotonic()
        while True:
            now = time.monotonic()
            if not alerts.isdisjoint(self._firing()):
                quiet_since = time.monotonic()
            elif now - quiet_since >= quiet:
                return quiet_since - began
            if now - began > PATIENCE:
                raise Failed(f"{sorted(alerts & set(self._firing()))} do not clear")
            time.sleep(_PAUSE)

    def until(self, condition, what):
        give_up = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > give_up:
                raise Failed(f"not within {PATIENCE} s: {what}")
            time.sleep(_PAUSE)

    def _wait(self, condition, otherwise):
        began = time.monotonic()
        while True:
            firing = self._firing()
            if condition(firing):
                return time.monotonic() - began, firing
            if time.monotonic() - began > PATIENCE:
                raise Failed(f"{otherwise}; what fires: {sorted(firing)}")
            time.sleep(_PAUSE)

    def _firing(self):
        """Ours by name; what has no job (an absent one has none) counts as ours."""
        return {name: alert for (name, job), alert in self.prometheus.firing().items()
                if job in ("", f"{self.name}/concero-gateway")}


CALLS = {
    "list": lambda stub: stub.ListExaminations(assessment_pb2.ListExaminationsRequest(), timeout=PATIENCE),
    "fresh list": lambda stub: stub.ListExaminations(_fresh(), timeout=PATIENCE),
    "report": lambda stub: stub.GetReport(assessment_pb2.GetReportRequest(invite_id=1), timeout=PATIENCE),
    "bad report": lambda stub: stub.GetReport(assessment_pb2.GetReportRequest(invite_id=-1), timeout=PATIENCE),
}


def _fresh():
    request = assessment_pb2.ListExaminationsRequest()
    request.max_staleness.SetInParent()
    return request


def is_rendered(template, text):
    """Whether every placeholder of an annotation was filled with something."""
    pattern = re.escape(re.sub(r"\{\{.*?\}\}", "\0", template)).replace("\0", r"(\S.*?)")
    return re.fullmatch(pattern, text) is not None and "<no value>" not in text
