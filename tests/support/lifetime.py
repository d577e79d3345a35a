"""Programs that end with whoever started them."""

import os

# Asks the kernel for the signal, ends at once if the parent ended meanwhile, and becomes the program. Not by Python
# between fork and exec: what runs there of a process in which gRPC has threads may abort.
_SCRIPT = '[ "$PPID" = "$0" ] && exec "$@"'


def bound(command, signal_name="KILL"):
    """The command that does the same, under the same process id, and gets the signal when the thread that starts it
    ends, however that ends."""
    return ["setpriv", "--pdeathsig", signal_name, "sh", "-c", _SCRIPT, str(os.getpid()), *map(str, command)]
