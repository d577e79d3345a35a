"""A Prometheus of the test's own, with the alerts of deploy/ in which time passes sixty times as fast.

Thread safety: everything may be called from any thread.
"""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request

from metrics_stand import PATIENCE
from processes import launch

# A minute of the rules is a second here, for `for:` and for ranges. A range is 5 s at least: it needs two samples, one
# comes each second, and the machine may be busy. An hour of what is remembered for hours is 5 s, a day of a key's 0.4 s.
_MINUTES, _LEAST_RANGE, _HOURS, _DAY = 60, 5, 720, 0.4
_CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{directory}/alerts.yaml"]
scrape_configs:
  - job_name: gateways
    file_sd_configs: [{{files: ["{directory}/targets.json"], refresh_interval: 1s}}]
"""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def shortened(rules):
    """The text of the rules with its durations shortened, and nothing else changed."""
    head, *parts = re.split(r"(?=^ {6}- alert: )", rules, flags=re.MULTILINE)
    return head + "".join(_shortened(part) for part in parts)


def _shortened(rule):
    if "90 * 86400" in rule:  # the age of keys is a matter of days
        rule = re.sub(r"for: 1h$", "for: 1s", rule, flags=re.MULTILINE)
        rule = rule.replace("90 * 86400", f"90 * {_DAY}").replace("[1d] offset 90d", f"[5s] offset {round(90 * _DAY)}s")
        return rule
    rule = re.sub(r"for: (\d+[smh])$", lambda found: f"for: {max(1, round(_seconds(found[1]) / _MINUTES))}s", rule,
                  flags=re.MULTILINE)
    return re.sub(r"\[(\d+[smhd])\]", lambda found: f"[{_range(_seconds(found[1]))}s]", rule)


def _range(seconds):
    return max(_LEAST_RANGE, round(seconds / (_MINUTES if seconds <= 3600 else _HOURS)))


def _seconds(text):
    return int(text[:-1]) * _UNITS[text[-1]]


class Prometheus:
    def __init__(self, package, rules):
        """`package`: Debian's, unpacked; `rules`: the text of the alerts."""
        self._directory = tempfile.mkdtemp(prefix="prometheus-")
        self._mutex = threading.Lock()
        self._targets = {}
        self._process = None
        try:
            self._write("alerts.yaml", rules)
            self._write("prometheus.yaml", _CONFIG.format(directory=self._directory))
            self._write_targets()
            self._start_on_a_free_port(pathlib.Path(package, "usr/bin/prometheus").resolve())
        except BaseException:
            self.close()
            raise

    def watch(self, name, address):
        """Scrapes the gateway at `address` as instance `name` of the job NAME/concero-gateway."""
        with self._mutex:
            self._targets[name] = {"targets": [address],
                                   "labels": {"job": f"{name}/concero-gateway", "instance": name}}
            self._write_targets()

    def forget(self, name):
        with self._mutex:
            self._targets.pop(name, None)
            self._write_targets()

    def firing(self):
        """The alerts that fire: (name, job) and the alert."""
        alerts = self._ask("alerts")["alerts"]
        return {(alert["labels"]["alertname"], alert["labels"].get("job", "")): alert for alert in alerts
                if alert["state"] == "firing"}

    def value(self, query):
        """Of the first sample; None: there is none."""
        result = self._ask("query", query=query)["result"]
        return float(result[0]["value"][1]) if result else None

    def close(self):
        self._end()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _end(self):
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _start_on_a_free_port(self, program):
        for attempts_left in reversed(range(5)):
            with socket.create_server(("127.0.0.1", 0)) as free:
                self._address = "127.0.0.1:%d" % free.getsockname()[1]
            self._process = launch(
                [str(program), f"--config.file={self._directory}/prometheus.yaml",
                 f"--web.listen-address={self._address}", f"--storage.tsdb.path={self._directory}/data",
                 "--log.level=warn"], self._directory)
            give_up = time.monotonic() + PATIENCE
            while self._process.poll() is None and time.monotonic() < give_up:
                try:
                    return self._ask("status/buildinfo")
                except OSError:
                    time.sleep(0.1)
            self._end()
            if not attempts_left:
                raise RuntimeError(pathlib.Path(self._directory, "prometheus.log").read_text(errors="replace"))

    def _ask(self, what, **parameters):
        url = f"http://{self._address}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        with _direct.open(url, timeout=PATIENCE) as answer:
            return json.load(answer)["data"]

    def _write_targets(self):
        self._write("targets.json", json.dumps(list(self._targets.values())))

    def _write(self, name, text):
        new = pathlib.Path(self._directory, name + ".new")
        new.write_text(text, encoding="utf-8")
        new.replace(new.with_name(name))
