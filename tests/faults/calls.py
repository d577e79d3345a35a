"""Makes a call and says what its caller saw.

Thread safety: every function may be called from any thread.
"""

import collections
import concurrent.futures

import grpc
from gateway_client import details_of

from rpcs import prepare

# `text`: all that a failure says, for the search for what must not be in it.
Seen = collections.namedtuple("Seen", "rpc code reason metadata retry_delay text request_id email response",
                              defaults=(None,))


def call(gateway, name, timeout, prepared=None):
    """The Seen of one call, made with a deadline `timeout` seconds from now."""
    return begin(gateway, name, timeout, prepared)()


def begin(gateway, name, timeout, prepared=None):
    """Begins a call. What is returned waits for its Seen; its `future` can be cancelled."""
    prepared = prepared or prepare(name)
    future = getattr(gateway.stubs[prepared.service], name).future(prepared.request, timeout=timeout)

    def wait():
        try:
            response = future.result()
        except grpc.FutureCancelledError:
            return Seen(name, "CANCELLED", "", {}, None, "", prepared.request_id, prepared.email)
        except grpc.RpcError as error:
            return _seen_of(error, prepared)
        return Seen(name, "OK", "", {}, None, "", prepared.request_id, prepared.email, response)
    wait.future = future
    return wait


def call_all(gateway, names, timeout):
    """The Seen of each of `names`, all called at once."""
    waits = [begin(gateway, name, timeout) for name in names]
    return [wait() for wait in waits]


def in_threads(functions):
    """What each of `functions` returns; all run at once."""
    with concurrent.futures.ThreadPoolExecutor(len(functions)) as pool:
        return [future.result() for future in [pool.submit(function) for function in functions]]


def _seen_of(error, prepared):
    details = details_of(error)
    info, retry = details.get("ErrorInfo"), details.get("RetryInfo")
    delay = None if retry is None else retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    text = f"{error.details()}\n" + "\n".join(str(detail) for detail in details.values())
    return Seen(prepared.method, error.code().name, info.reason if info else "", dict(info.metadata) if info else {},
                delay, text, prepared.request_id, prepared.email)
