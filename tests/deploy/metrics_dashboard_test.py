"""Every panel of the dashboard shows something: a real Prometheus that scrapes a real gateway answers its expressions.

Usage: metrics_dashboard_test.py DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_PROMETHEUS ROOT_OF_THE_REPOSITORY
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from metrics_rules import dashboard, dashboard_expressions  # noqa: E402
from metrics_stand import PATIENCE, Sandbox, SeenGateway, concero, make_certificate  # noqa: E402
from runbook_prometheus import Prometheus  # noqa: E402
from unpacked import program  # noqa: E402

BINARIES = PROMETHEUS = ROOT = None
# What shows nothing as long as all is well.
MAY_BE_EMPTY = {"Alerts that fire", "Starts", "Refused for being too many or not allowed"}
VARIABLES = {"$job": ".+", "$instance": ".+", "$__rate_interval": "10s"}


class DashboardTest(unittest.TestCase):
    def test_each_panel_shows_something(self):
        wanted = {}
        for title, expr, _ in dashboard_expressions(dashboard(pathlib.Path(ROOT, "deploy"))):
            for name, value in VARIABLES.items():
                expr = expr.replace(name, value)
            wanted[(title, expr)] = title
        with tempfile.TemporaryDirectory() as directory, Prometheus(PROMETHEUS, "groups: []\n") as prometheus:
            make_certificate(directory, 60)
            with Sandbox(BINARIES, directory) as sandbox, SeenGateway(BINARIES, directory, sandbox) as gateway:
                prometheus.watch("seen", gateway.admin)
                sandbox.ask("PUT", "faults", [{"path": "/api/v1/report*", "status": 503}])
                give_up = time.monotonic() + PATIENCE
                while set(wanted.values()) - MAY_BE_EMPTY and time.monotonic() < give_up:
                    concero(BINARIES, gateway, "exams", "list")
                    concero(BINARIES, gateway, "student", "list")
                    with self.assertRaises(subprocess.CalledProcessError):
                        concero(BINARIES, gateway, "--timeout", "1s", "report", "get", "1")
                    # What is no PromQL raises.
                    wanted = {key: title for key, title in wanted.items() if prometheus.value(key[1]) is None}
        self.assertLessEqual(set(wanted.values()), MAY_BE_EMPTY)


if __name__ == "__main__":
    BINARIES, PROMETHEUS, ROOT = (os.path.abspath(sys.argv.pop(1)) for _ in range(3))
    program(PROMETHEUS, "prometheus")
    unittest.main()
