"""One history from the first call to the verdict: a sandbox, gateways on one store, callers, and the judge at the end."""

import concurrent.futures
import contextlib
import os
import signal
import tempfile
import time

import grpc

from concero.v1 import allocation_pb2
from processes import Gateway, Sandbox, launch

from callers import Callers, allocate
from history import CONNECTION_LOST, NOT_YET, Evidence, Intent
from judge import STUCK, UNEXPECTED, Finding, judge
from line import Line, reason_of
from patience import PATIENCE, wait_for, wait_until
from settlers import Settlers
from upstream import Upstream

_CALLERS, _SETTLERS = 8, 2
_ASKING_AGAIN = 16  # at once


class CrashGateway(Gateway):
    """A gateway that gives up early, so that killing it many times takes little time, and that never cools off."""

    CONFIG = """\
grpc: {{listen: "{listen}"}}
admin: {{listen: "127.0.0.1:0"}}
shutdown: {{pause: 0s, grace: 5s}}
concero:
  base_url: "http://{sandbox}/api/v1"
  api_key_file: "{directory}/concero.key"
  timeout: {timeout}
  connect_timeout: 500ms
  max_in_flight: 4
  breaker: {{window: 1s, min_calls: 1000000, failure_percent: 100, open_for: 100ms}}
  allocation: {{min_time: 100ms}}
ledger: {ledger}
"""

    def __init__(self, binaries, directory, sandbox, ledger, timeout, listen):
        self._more = {"ledger": ledger, "timeout": timeout, "listen": listen}
        super().__init__(binaries, directory, sandbox)

    def config(self, directory, sandbox):
        return self.CONFIG.format(sandbox=sandbox.address, directory=directory, **self._more)


class Trial:
    """With it, the sandbox runs; gateways are started and killed by name; nothing of it runs afterwards."""

    def __init__(self, binaries, seed, make_store, keep=None, impatience=0.1, timeout="1s", callers=_CALLERS):
        """`make_store`, given a directory, makes the store. `keep`: a directory for the files, which then stay.

        `impatience`: of the callers, `callers`: how many; `timeout`: how long the gateways wait for the upstream.
        """
        self._binaries = os.path.abspath(binaries)
        self._timeout = timeout
        self._gateways = {}
        self._more = []
        self.findings = []  # on the way; finish() returns them, too
        self.line = Line()
        with contextlib.ExitStack() as cleanup:
            self.directory = keep or cleanup.enter_context(tempfile.TemporaryDirectory(prefix="crash-"))
            self._sandbox = cleanup.enter_context(Sandbox(self._binaries, self.directory))
            cleanup.callback(self._stop_gateways)
            cleanup.callback(self.line.close)
            self.upstream = Upstream(self._sandbox)
            self.store = make_store(self.directory)
            self.settlers = Settlers(self.line, self.upstream, seed, _SETTLERS)
            self.callers = Callers(self.line, seed, callers, self.settlers.add, impatience)
            self._cleanup = cleanup.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return self._cleanup.__exit__(*exception)

    def start(self, name="gateway"):
        return self.line.open(name, self.launch(name).grpc)

    def launch(self, name, listen="127.0.0.1:0"):
        """Starts it, and leaves it to others to bring the callers there."""
        gateway = CrashGateway(self._binaries, self._directory_of(name), self._sandbox, self.store.config(name),
                               self._timeout, listen)
        self._gateways[name] = gateway
        return gateway

    def has_started(self, name="gateway"):
        """Whether it has its configuration."""
        return os.path.exists(os.path.join(self._directory_of(name), "gateway.yaml"))

    def cut_start(self, seconds, name="gateway"):
        """Starts it as it was started before, and kills it so soon that it may not have served yet."""
        directory = self._directory_of(name)
        process = launch(Gateway.command(self._binaries, directory), directory)
        time.sleep(seconds)
        process.kill()
        self._expect_killed(name, process.wait())
        process.stdout.close()

    def kill(self, name="gateway"):
        """Returns the calls that it cut off."""
        under_way = self.line.under_way(name)
        channel = self.line.shut(name).channel
        self._expect_killed(name, self._gateways.pop(name).kill())
        for call in under_way:
            call.ended.wait(PATIENCE)
        channel.close()
        return [call for call in under_way if call.answer is not None and call.answer.reason == CONNECTION_LOST]

    def end(self, names, draining=()):
        """Kills them at one moment, whatever calls they have. Those of `draining` may have stopped in good order."""
        for name in names:
            self.signal(name, signal.SIGKILL)
        for name in names:
            self._expect_killed(name, self._gateways.pop(name).kill(), may_end=name in draining)

    def await_end(self, name):
        """The exit code of one that was told to stop."""
        return self._gateways.pop(name).await_end()

    def signal(self, name, number):
        self._gateways[name].signal(number)

    def wait_for(self, what, condition, pause=0.005):
        """Until `condition` comes true, or Stuck."""
        wait_for(what, condition, pause)

    def intend(self, prefix):
        """An intent that the scenario pursues itself."""
        name = f"{prefix}-{len(self._more)}"
        intent = Intent(f"{name}@crash.example", name)
        self._more.append(intent)
        return intent

    def intents(self):
        return [*self.callers.intents, *self._more]

    def finish(self):
        """Lets everything come to its end, with the gateways that run, and judges."""
        self.upstream.set_faults([])
        findings = [*self.findings, *self._wait_for_callers()]
        wait_until(lambda: not self._pending(), PATIENCE, pause=0.05)  # else the judge hears of it
        self.upstream.turn_over()
        not_executed = {allocation.request_id for allocation in self._listed("FAILED")
                        if reason_of(allocation.error) != "UPSTREAM_ALLOCATION_FAILED"}
        self._ask_again()
        sent_again = [post.email for post in self.upstream.turn_over()]
        pending = self._pending()
        for name, code in self._stop_gateways().items():
            if code != 0:
                findings.append(Finding(UNEXPECTED, f"{name} ended with exit code {code} when it was told to stop"))
        self.evidence = Evidence(self.intents(), self.upstream.invites(), dict(self.upstream.executed),
                                 self.store.rows(), pending, sent_again, not_executed)
        return findings + judge(self.evidence)

    def _expect_killed(self, name, code, may_end=False):
        """Nothing but SIGKILL ends a gateway, also while it starts and while its PostgreSQL is away. `may_end`: it was
        told to stop before."""
        if code != -signal.SIGKILL and not (may_end and code == 0):
            self.findings.append(Finding(UNEXPECTED, f"{name} had ended by itself, with exit code {code}, before it "
                                                     "was killed"))

    def _wait_for_callers(self):
        give_up = time.monotonic() + PATIENCE
        for crew in (self.callers, self.settlers):  # those give work to these
            crew.end()
            if not crew.join(give_up):
                yield Finding(STUCK, f"some {type(crew).__name__.lower()} have waited for {PATIENCE} s")
            for broken in crew.broken:
                yield Finding(UNEXPECTED, f"the driver failed: {broken}")

    def _ask_again(self):
        """Of every intent with an outcome, what is told now."""
        def ask(intent):
            give_up = time.monotonic() + PATIENCE
            intent.again = allocate(self.line, intent)
            while intent.again.reason in NOT_YET and time.monotonic() < give_up:
                intent.again = allocate(self.line, intent)

        with concurrent.futures.ThreadPoolExecutor(_ASKING_AGAIN) as pool:
            list(pool.map(ask, [intent for intent in self.intents() if intent.outcome is not None]))

    def _pending(self):
        """The request_ids of those that ListAllocations calls PENDING."""
        return [allocation.request_id for allocation in self._listed("PENDING")]

    def _listed(self, state):
        """All that ListAllocations calls so."""
        give_up = time.monotonic() + PATIENCE
        found, request = [], allocation_pb2.ListAllocationsRequest(state=f"ALLOCATION_STATE_{state}")
        while True:
            try:
                response = self.line.any().allocation.ListAllocations(request, timeout=PATIENCE)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE or time.monotonic() > give_up:
                    raise
                time.sleep(0.05)
                continue
            found += response.allocations
            request.page_token = response.next_page_token
            if not request.page_token:
                return found

    def _stop_gateways(self):
        codes, shut = {}, self.line.shut_all()
        while self._gateways:
            name, gateway = self._gateways.popitem()
            codes[name] = gateway.stop()
        for gateway in shut:
            gateway.channel.close()
        return codes

    def _directory_of(self, name):
        directory = os.path.join(self.directory, name)
        os.makedirs(directory, exist_ok=True)
        return directory
