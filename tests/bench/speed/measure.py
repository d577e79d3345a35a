"""One contender under one workload, once; and a check that what was measured is what was meant."""

import contextlib
import time

from figures import Figures, overall_rate, percentile, steady_rate
from h2load import Load, LoadError
from workloads import LIST, is_right

LEAST_REACHED = 0.98  # of the answered calls, must have reached the upstream
TOLERANCE = 0.01  # of an answer's size: a time in it may be a byte longer


class Meter:
    """Measures against one upstream; files go into `directory`."""

    def __init__(self, directory, upstream):
        self._directory = directory
        self._upstream = upstream
        self._sizes = {}

    def check(self, contender, workload):
        """Makes one call and looks at the answer; raises LoadError."""
        answer = contender.ask(workload.method, workload.request)
        if not is_right(workload, answer):
            raise LoadError(f"{contender.name} gives a wrong answer to {workload.name}: {answer[:500]!r}")
        self._sizes[contender.name, workload.name] = 5 + len(answer)  # gRPC's frame

    def run(self, contender, workload, seconds, watch=contextlib.nullcontext):
        """Its Figures; raises LoadError when calls failed. check() comes first. `watch`: a block around the load."""
        codes, reached = contender.outcomes(), self._upstream.served()
        amount = ("-n", workload.calls) if workload.calls else ("-D", max(seconds, workload.least_seconds))
        before = contender.cpu_seconds()
        with watch(), Load(self._directory, f"http://{contender.grpc}{workload.method}", workload.request,
                           workload.clients, workload.streams, amount) as load:
            summary, times = load.finish()
        cpu = contender.cpu_seconds() - before
        time.sleep(0.2)  # what was under way in the end is over
        reached = self._upstream.served() - reached
        self._judge(contender, workload, summary, reached, codes)
        rate = steady_rate(times) if workload.kind.seconds else overall_rate(times)
        return Figures(rate, 1e6 * cpu / summary.answered, percentile(times.took, 50) / 1e3,
                       percentile(times.took, 99) / 1e3, contender.memory_mib(), summary.answered)

    def _judge(self, contender, workload, summary, reached, codes_before):
        where = f"{contender.name}, {workload.name}: "
        if workload.method != LIST and contender.name != "limit" and reached < LEAST_REACHED * summary.answered:
            raise LoadError(f"{where}{reached} calls reached the upstream of {summary.answered} that were answered")
        # A call that failed has no message: too few bytes came. In the end some of an unfinished answer may have come.
        size = self._sizes[contender.name, workload.name]
        least = (1 - TOLERANCE) * size * summary.answered
        most = (1 + TOLERANCE) * size * (summary.answered + workload.in_flight)
        if not least <= summary.data_bytes <= most:
            raise LoadError(f"{where}{summary.data_bytes} bytes came in {summary.answered} answers of {size}")
        if codes_before is not None:
            codes = contender.outcomes() - codes_before
            # What was under way when h2load's time was over ends somehow; it is not among the answers.
            others, most = codes.total() - codes["OK"], 0 if workload.calls else workload.in_flight
            if codes["OK"] < summary.answered or others > most:
                raise LoadError(f"{where}{summary.answered} answers, and the gateway counts {dict(codes)}")


def rounds(meter, contenders, workloads, count, seconds, told, beside=()):
    """{workload: {contender: [Figures of each round]}}: in a round each contender is loaded in turn with each of the
    workloads, after a round that does not count. `beside` is called in each round."""
    pairs = [(workload, name) for workload in workloads for name, contender in contenders.items()
             if contender.role in workload.contenders]
    found = {}
    for workload, name in pairs:
        meter.check(contenders[name], workload)
        meter.run(contenders[name], workload, 1)
        found.setdefault(workload.name, {}).setdefault(name, [])
    for number in range(count):
        told(f"round {number + 1} of {count}: {', '.join(workload.name for workload in workloads)}")
        # By turns forwards and backwards: nobody always comes after the same one.
        for workload, name in pairs if number % 2 == 0 else reversed(pairs):
            found[workload.name][name].append(meter.run(contenders[name], workload, seconds))
        for other in beside:
            other()
    return found
