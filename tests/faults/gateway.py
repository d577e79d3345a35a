"""A gateway whose upstreams are ours: its configuration, its process, its metrics, its descriptors.

Thread safety: one thread starts and stops it, any thread may call and look.
"""

import collections
import json
import os
import pathlib
import random
import re
import secrets
import subprocess
import time
import urllib.error
import urllib.request

import grpc
import processes
from concero.v1 import allocation_pb2_grpc, assessment_pb2_grpc
from proctorexam.v1 import student_session_pb2_grpc

_loopback = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_SERIES = re.compile(r"^(\w+)(?:\{([^}]*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')

# Short, so that what hangs is over soon; long enough for a busy machine. Breaker and budget do not interfere.
_SETTINGS = {
    "timeout": "1s", "connect_timeout": "500ms", "max_response_bytes": "256KiB",
    "retry": {"max_attempts": 3, "initial_backoff": "10ms", "max_backoff": "1s", "budget_percent": 100},
    "breaker": {"window": "30s", "min_calls": 1000000, "failure_percent": 100, "open_for": "5s"},
}


def merged(base, changes):
    """`base` with `changes`, table by table."""
    out = dict(base)
    for key, value in changes.items():
        out[key] = merged(out.get(key) or {}, value) if isinstance(value, dict) else value
    return out


def configuration(directory, base_url, ca_file=None, changes=None):
    """`changes`: `upstreams` for both of them; every other key as in the configuration itself."""
    changes = dict(changes or {})
    both = merged(_SETTINGS, changes.pop("upstreams", {}))
    config = {
        "grpc": {"listen": "127.0.0.1:0", "deadline_margin": "500ms", "default_deadline": "20s"},
        "admin": {"listen": "127.0.0.1:0"},
        "shutdown": {"pause": "0s", "grace": "10s"},
        "log": {"access": "all"},
        "concero": {"base_url": f"{base_url}/api/v1", "api_key_file": f"{directory}/concero.key", **both},
        "proctorexam": {"base_url": f"{base_url}/api/v3", "api_token_file": f"{directory}/proctorexam.token",
                        "secret_key_file": f"{directory}/proctorexam.key", **both},
        "ledger": {"sqlite": {"path": f"{directory}/ledger.db", "lock_timeout": "2s"}},
    }
    if ca_file:
        config["egress"] = {"ca_file": ca_file}
    if "postgres" in changes.get("ledger", {}):
        del config["ledger"]["sqlite"]
    return merged(config, changes)


class Gateway(processes.Program):
    """A running one, with a channel to it. `secrets`: what must appear nowhere."""

    def __init__(self, binaries, directory, config, environment=None, wrapper=()):
        """`wrapper`: a command that runs the gateway in its own place.

        It has one processor, and so one thread that calls live on: each has connections of its own, and how many
        are kept would else depend on how calls fell to them."""
        self.secrets = write_keys(directory)
        write_config(directory, config)
        command = [os.path.join(binaries, "concero-gateway"), "--config", os.path.join(directory, "gateway.yaml")]
        if environment:
            command = ["env", *(f"{name}={value}" for name, value in environment.items()), *command]
        processor = random.choice(sorted(os.sched_getaffinity(0)))
        super().__init__([*wrapper, "taskset", "--cpu-list", str(processor), *command], directory)
        self.directory = directory
        self.admin = self.event["admin"]
        self.channel = grpc.insecure_channel(self.event["grpc"], options=[
            ("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)])
        grpc.channel_ready_future(self.channel).result(60)  # so that its socket is among the descriptors
        self.stubs = {"assessment": assessment_pb2_grpc.AssessmentServiceStub(self.channel),
                      "allocations": allocation_pb2_grpc.AllocationServiceStub(self.channel),
                      "student_sessions": student_session_pb2_grpc.StudentSessionServiceStub(self.channel)}

    @property
    def pid(self):
        return self._process.pid

    def wait(self, seconds):
        """The exit code, or None when it runs on after `seconds`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def running(self):
        return self._process.poll() is None

    def stop(self):
        if hasattr(self, "channel"):
            self.channel.close()
        return super().stop()

    def log_text(self):
        return self.log.read_text(errors="replace")

    # What operators see.

    def metrics(self):
        """Every sample: its name and labels to its value. Histograms give their counts alone."""
        found = collections.Counter()
        for line in self._get("/metrics").splitlines():
            match = _SERIES.match(line)
            if match and not match[1].endswith(("_bucket", "_sum")):
                found[series(match[1].removesuffix("_count"), dict(_LABEL.findall(match[2] or "")))] = float(match[3])
        return found

    def ready(self):
        return json.loads(self._get("/readyz"))

    def _get(self, path):
        with _loopback.open(f"http://{self.admin}{path}", timeout=30) as answer:
            return answer.read().decode()

    # What the kernel sees.

    def descriptors(self):
        """How many descriptors of each kind it has."""
        kinds = collections.Counter()
        directory = f"/proc/{self.pid}/fd"
        for name in os.listdir(directory):
            try:
                target = os.readlink(f"{directory}/{name}")
            except FileNotFoundError:
                continue
            kinds[re.sub(r":?\[\d+\]$", "", target)] += 1
        return kinds

    def settled_descriptors(self, wanted=None, patience=8):
        """descriptors() once they are as `wanted`, or else after `patience` seconds; without it, once they stay."""
        give_up = time.monotonic() + patience
        last, same = self.descriptors(), 0
        while time.monotonic() < give_up:
            if last == wanted or (wanted is None and same == 5):
                break
            time.sleep(0.03)
            now = self.descriptors()
            last, same = now, same + 1 if now == last else 0
        return last

    def peak_memory(self):
        """VmHWM in bytes."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10


def series(name, labels):
    """How a sample is named here: `name{a="b"}`, its labels in order."""
    return name + "{" + ",".join(f'{key}="{labels[key]}"' for key in sorted(labels)) + "}"


def write_keys(directory):
    """Fresh key files in `directory`; their contents."""
    keys = []
    for name in ("concero.key", "proctorexam.token", "proctorexam.key"):
        path = pathlib.Path(directory, name)
        path.touch(mode=0o600)
        keys.append(secrets.token_urlsafe(24))
        path.write_text(keys[-1])
    return keys


def write_config(directory, config):
    # JSON is YAML.
    pathlib.Path(directory, "gateway.yaml").write_text(json.dumps(config, indent=1))
