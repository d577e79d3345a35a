"""What the kernel knows of a process and of this machine."""

import os
import pathlib
import resource
import time


def cpu_seconds(pid):
    """Of a process, all of its threads that are and were, to the nanosecond: its clock of clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


def memory_mib(pid, key="VmRSS"):
    """`key`: VmRSS, or VmHWM for the most that it has had."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(f"process {pid} has no {key}: it has ended")


def machine():
    """The size of this machine: cores, memory in GiB, the processor's name, the kernel."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    names = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return {"cores": len(os.sched_getaffinity(0)), "memory_gib": round(memory, 1),
            "processor": names[0] if names else os.uname().machine, "kernel": os.uname().release}


def raise_descriptors():
    """As many open files as this process may have, for all that it starts; how many that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        most = 1 << 20
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


class Others:
    """How much of the machine went to whom we did not start, other virtual machines included, since it was made."""

    def __init__(self):
        self._before = self._read()

    def share(self):
        """0 to 1. All that we started must have ended."""
        all_of_it, busy, ours = (now - before for now, before in zip(self._read(), self._before))
        return max(0.0, busy - ours) / all_of_it

    @staticmethod
    def _read():
        tick = os.sysconf("SC_CLK_TCK")
        times = [int(word) / tick for word in pathlib.Path("/proc/stat").read_text().split()[1:9]]
        ours = sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF,
                                                                                          resource.RUSAGE_CHILDREN)))
        return sum(times), sum(times) - times[3] - times[4], ours  # less idle and waiting for disks
