"""Where a fault happens: an upstream of ours and a gateway in front of it, in a directory of their own.

Thread safety: one thread per place.
"""

import contextlib
import os
import pathlib
import tempfile
import time

from calls import call_all
from gateway import Gateway, configuration
from rpcs import RPCS
from upstream import Upstream

_NAME = "upstream.test"
_TRIES = 5


class PlaceError(Exception):
    """The place itself does not work; nothing is said about the fault."""


class Tools:
    """What every place needs: the programs, the shim, a TLS authority, a PostgreSQL server if one is asked for."""

    def __init__(self, binaries, shim, authority, make_postgres):
        self.binaries, self.shim, self.authority = binaries, shim, authority
        self._make_postgres = make_postgres
        self._postgres = None

    @property
    def postgres(self):
        if self._postgres is None:
            self._postgres = self._make_postgres()
        return self._postgres

    def close(self):
        if self._postgres is not None:
            self._postgres.close()


class Place:
    """One kind of place: `plain`; `tls`; `names`: the upstream has a name; `clock`: so it has, and TLS; `postgres`."""

    def __init__(self, kind, tools, settings=None, warm=True, names="127.0.0.1", start=True, environment=None):
        """`environment`: variables for the gateway, beside ours."""
        self.kind, self.tools, self.settings = kind, tools, settings or {}
        self._environment = environment or {}
        self._stack = contextlib.ExitStack()
        self.gateway = None
        try:
            self.directory = pathlib.Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
            self.elsewhere = Upstream()
            self._stack.callback(self.elsewhere.close)
            self.upstream = Upstream(tools.authority if kind in ("tls", "clock") else None,
                                     elsewhere=f"127.0.0.1:{self.elsewhere.port}")
            self._stack.callback(self.upstream.close)
            self.set_name(names)
            self.set_clock(0)
            if start:
                self.start()
                if warm:
                    self.warm()
        except BaseException:
            self.close()
            raise

    def configuration(self):
        host = _NAME if self.kind in ("names", "clock") else "127.0.0.1"
        scheme = "https" if self.kind in ("tls", "clock") else "http"
        changes = dict(self.settings)
        if self.kind in ("names", "clock"):
            changes["egress"] = {"allow_private": ["127.0.0.0/8"], **changes.get("egress", {})}
            both = {"allow_plaintext": True} if scheme == "http" else {}
            changes["upstreams"] = {**both, **changes.get("upstreams", {})}
        if self.kind == "postgres":
            url = self.directory / "postgres.url"
            url.touch(mode=0o600)
            url.write_text(self.tools.postgres.url())
            changes["ledger"] = {"lease": "15s", "postgres": {"url_file": str(url)}, **changes.get("ledger", {})}
        return configuration(self.directory, f"{scheme}://{host}:{self.upstream.port}",
                             self.tools.authority.ca_file if scheme == "https" else None, changes)

    def start(self, wrapper=()):
        environment = dict(self._environment)
        if self.kind in ("names", "clock"):
            environment |= {"LD_PRELOAD": self.tools.shim, "FAULTS_NAMES": self._names, "FAULTS_CLOCK": self._clock}
            if "ASAN_OPTIONS" in os.environ:  # the shim comes before AddressSanitizer, and may
                environment["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        self.gateway = self._stack.enter_context(
            _stopped(Gateway(self.tools.binaries, str(self.directory), self.configuration(), environment, wrapper)))
        return self.gateway

    def set_name(self, address, seconds=0):
        """What the upstream's name resolves to, after how long."""
        self._names = self._write("names", f"{_NAME} {address} {seconds}\n")

    def set_clock(self, seconds):
        """How far the gateway's wall clock is ahead."""
        self._clock = self._write("clock", f"{seconds}\n")

    def warm(self):
        """Every call works, and as many connections are open as there are calls; the descriptors then."""
        for left in reversed(range(_TRIES)):
            self.upstream.expect(len(RPCS))
            seen = call_all(self.gateway, list(RPCS), 15)
            failed = [f"{s.rpc}: {s.code} {s.reason} {s.text.splitlines()[0] if s.text else ''}" for s in seen
                      if s.code != "OK"]
            if not failed:
                return self.gateway.settled_descriptors()
            if not left:
                raise PlaceError(f"the next call does not work: {'; '.join(failed)}")
        return None

    def metrics_when(self, done, patience=8):
        """The metrics, once `done` of them is true or `patience` seconds are over."""
        give_up = time.monotonic() + patience
        while True:
            metrics = self.gateway.metrics()
            if done(metrics) or time.monotonic() > give_up:
                return metrics
            time.sleep(0.02)

    def close(self):
        self._stack.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _write(self, name, text):
        """As a whole or not at all: the shim reads it at any time."""
        path = self.directory / name
        new = path.with_suffix(".new")
        new.write_text(text)
        new.rename(path)
        return str(path)


@contextlib.contextmanager
def _stopped(gateway):
    try:
        yield gateway
    finally:
        gateway.stop()
