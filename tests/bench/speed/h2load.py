"""Load by h2load, one thread of it, and what it says of it."""

import dataclasses
import pathlib
import re

import processes

HEADERS = ("-H", "content-type: application/grpc", "-H", "te: trailers")


class LoadError(Exception):
    """The load was not what was asked for, so its figures mean nothing."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """What h2load prints in the end. HTTP statuses only: a gRPC call that failed is a 200, too."""
    started: int
    answered: int
    refused: int  # answers of another status than 2xx
    lost: int  # failed, errored and timed out
    data_bytes: int  # of DATA frames: a gRPC failure has none


@dataclasses.dataclass(frozen=True)
class Times:
    """Of each answered call, in the same order: when it began (µs since 1970), and how long it took (µs)."""
    began: tuple
    took: tuple


def parse_summary(text):
    requests = re.search(r"^requests: \d+ total, (\d+) started, (\d+) done, \d+ succeeded, "
                         r"(\d+) failed, (\d+) errored, (\d+) timeout$", text, re.MULTILINE)
    statuses = re.search(r"^status codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx$", text, re.MULTILINE)
    traffic = re.search(r"^traffic: .*\((\d+)\) data$", text, re.MULTILINE)
    if not (requests and statuses and traffic):
        raise LoadError(f"h2load says something else than expected:\n{text[-2000:]}")
    started, answered, *lost = map(int, requests.groups())
    return Summary(started, answered, sum(map(int, statuses.groups())), sum(lost), int(traffic[1]))


def parse_log(text):
    """Of h2load's --log-file: lines of start, status and duration, by tabs."""
    words = text.split()
    return Times(tuple(map(int, words[0::3])), tuple(map(int, words[2::3])))


class Load:
    """One run of h2load against `url`, a POST of `body`; it goes on in the background until finish()."""

    def __init__(self, directory, url, body, clients, streams, amount):
        """`amount`: ("-D", SECONDS), ("-n", CALLS), and more options for h2load."""
        self._log = pathlib.Path(directory, "h2load.times")
        self._log.unlink(missing_ok=True)
        request = pathlib.Path(directory, "h2load.request")
        request.write_bytes(bytes([0]) + len(body).to_bytes(4, "big") + body)  # gRPC's frame
        self._process = processes.launch(
            ["h2load", *map(str, amount), "-c", str(clients), "-m", str(streams), "-t", "1", "-d", str(request),
             f"--log-file={self._log}", *HEADERS, url], directory)

    def finish(self):
        """Its Summary and Times; raises LoadError when an answer is missing or is no 200."""
        output, _ = self._process.communicate()
        summary = parse_summary(output.decode(errors="replace"))
        if self._process.returncode != 0 or summary.lost or summary.refused or not summary.answered:
            raise LoadError(f"h2load ended with {self._process.returncode} and {summary}")
        times = parse_log(self._log.read_text())
        if len(times.began) != summary.answered:
            raise LoadError(f"h2load's log has {len(times.began)} answers of {summary.answered}")
        return summary, times

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
