"""Threads that all do the same kind of work, one piece each at a time.

Thread safety: everything may be called from any thread.
"""

import threading
import time

from line import Closed


class Crew:
    """What the work is, its subclass says: has_work() and take() under `changed`, work(what take() gave) without.

    Whoever brings work notifies `changed`. A failure ends the thread and stands in `broken`.
    """

    def __init__(self, name, count):
        self.changed = threading.Condition()
        self._busy = 0
        self._ended = False
        self.broken = []
        self._threads = [threading.Thread(target=self._run, name=f"{name} {i}", daemon=True) for i in range(count)]
        for thread in self._threads:
            thread.start()

    def idle(self):
        with self.changed:
            return self._busy == 0 and not self.has_work()

    def end(self):
        """No work is begun any more."""
        with self.changed:
            self._ended = True
            self.changed.notify_all()

    def join(self, give_up):
        """Until time.monotonic() is `give_up`; whether all have ended, after end()."""
        for thread in self._threads:
            thread.join(max(0, give_up - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self):
        try:
            while (taken := self._next()) is not None:
                try:
                    self.work(taken)
                finally:
                    with self.changed:
                        self._busy -= 1
        except Closed:
            pass
        except Exception as error:
            self.broken.append(f"{threading.current_thread().name}: {error!r}")

    def _next(self):
        with self.changed:
            self.changed.wait_for(lambda: self._ended or self.has_work())
            if self._ended:
                return None
            self._busy += 1
            return self.take()
