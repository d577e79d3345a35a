"""What a gateway tells its operators, over HTTP."""

import http.client
import re
import urllib.request

_CALLS = re.compile(r"^rpc_server_call_duration_seconds_count\{.*\} (\S+)$", re.MULTILINE)
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy that the environment names


def read(admin, page, patience):
    """The text of `page`, at address `admin`; `patience` in seconds. OSError when there is none, or half of it."""
    try:
        with _opener.open(f"http://{admin}/{page}", timeout=patience) as answer:
            return answer.read().decode()
    except http.client.HTTPException as error:
        raise ConnectionError(f"{page} of {admin}: {error!r}") from error


def calls(metrics):
    """How many calls whose page this is has answered since it started."""
    return int(sum(float(count) for count in _CALLS.findall(metrics)))
