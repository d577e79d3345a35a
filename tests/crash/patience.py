"""How long something is waited for."""

import time

PATIENCE = 120  # seconds after which something counts as stuck


class Stuck(Exception):
    """What a scenario waits for does not come."""


def wait_until(condition, patience, pause=0.005):
    """Whether it came true; `patience` in seconds."""
    give_up = time.monotonic() + patience
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(pause)
    return True


def wait_for(what, condition, pause=0.005, patience=PATIENCE):
    """Until `condition` comes true, or Stuck."""
    if not wait_until(condition, patience, pause):
        raise Stuck(f"for {patience} s there was no {what}")
