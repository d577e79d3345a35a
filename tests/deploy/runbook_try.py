"""One try of the runbook: what it does and sees, and when.

Thread safety: one thread at a time.
"""

import contextlib
import fcntl
import os
import resource
import threading
import time

from runbook_stand import Failed, Stand, is_rendered

_PIPE = 4096  # bytes that an unread FIFO is to hold: little, so that it is soon full


class Try:
    """`stand` has its programs; `log` is the end of the gateway's, when it failed."""

    def __init__(self, name, told, alerts, runbook, place):
        """`told`: what TRIES has of it; `alerts`: those of alerts.yaml, by name; `runbook`: its sections."""
        self._function, self.cause, self.alerts, self._sections = told
        self._known, self._runbook = alerts, runbook
        self.stand = Stand(name, place)
        self.name, self.ran, self.log = name, 0, ""
        self._fired, self._cleared = None, None

    def go(self):
        with self.stand:
            try:
                self._function(self)
            except BaseException:
                self.log = self.stand.log()[-3000:]
                raise
            finally:
                self.stand.prometheus.forget(self.name)
        if self._fired is None or self._cleared is None:
            raise Failed("the try looked for nothing")

    def rows(self):
        """What is printed of it: of each alert a line."""
        return [(alert, self._known[alert].severity, self.cause, f"{self._fired:.0f} s", str(self.ran),
                 f"{self._cleared:.0f} s") for alert in sorted(self.alerts)]

    # For the tries.

    def seen(self):
        """Waits until its alerts fire, looks at what they say, and runs what confirms them."""
        self._fired, firing = self.stand.fires(self.alerts)
        for name in self.alerts:
            said = firing[name]["annotations"]["description"]
            if not is_rendered(self._known[name].annotations["description"], said):
                raise Failed(f"{name} says: {said}")
        self.run_sections(self._sections)

    def firing(self):
        return self.stand.firing(self.alerts)

    def run_sections(self, sections):
        for section in sections:
            commands = self._runbook[section].confirm
            if not commands or not self.run(commands).strip():
                raise Failed(f"nothing confirms what is in the section {section}")

    def do(self, section, part="", **variables):
        self.run(self._runbook[section].do[part], **variables)

    def run(self, commands, **variables):
        self.ran += len(commands)
        return self.stand.shell(commands, **variables)

    def gone(self, quiet=0):
        self._cleared = self.stand.clears(self.alerts, quiet)

    def value(self, metric):
        return self.stand.value(metric)

    def await_new(self, metric):
        self.stand.until(lambda: self.value(metric) is not None, f"{metric} is seen")
        return self.value(metric)

    def limit_descriptors(self, soft, hard=None):
        """Of the gateway's process; returns what the limits were."""
        before = resource.prlimit(self.stand.gateway.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.stand.gateway.pid, resource.RLIMIT_NOFILE, (soft, hard or before[1]))
        return before

    @contextlib.contextmanager
    def unread(self, name):
        fifo = _Fifo(self.stand.directory / name)
        try:
            yield fifo
        finally:
            fifo.drain()


class _Fifo:
    """Nobody reads it, until somebody drains it."""

    def __init__(self, path):
        self.name = path.name
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDWR)  # so that neither end waits for the other
        fcntl.fcntl(self._end, fcntl.F_SETPIPE_SZ, _PIPE)
        self._drained = False

    def drain(self):
        if not self._drained:
            self._drained = True
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            if not os.read(self._end, 1 << 16):
                time.sleep(0.01)
