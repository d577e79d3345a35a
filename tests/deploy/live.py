"""Runs the gateway and the sandbox as a manifest says, on loopback: do their keys fit, does a call go through?"""

import contextlib
import pathlib
import re
import subprocess
import sys

import yaml

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from processes import Program  # noqa: E402

PATIENCE = 60  # seconds that hang-ups may take


def on_loopback(config, sandbox, directory):
    """The configuration with free ports, the sandbox where it is, and a ledger that needs no other machine."""
    config = yaml.safe_load(config)
    config["grpc"]["listen"] = config["admin"]["listen"] = "127.0.0.1:0"
    config["shutdown"] = {"pause": "0s"}
    config["ledger"] = {"sqlite": {"path": str(pathlib.Path(directory, "ledger.db"))}}
    for upstream in ("concero", "proctorexam"):
        config[upstream]["base_url"] = re.sub("//[^/]+", f"//{sandbox}", config[upstream]["base_url"])
    return yaml.safe_dump(config)


def with_listen(arguments):
    """The sandbox's arguments, with a free port of loopback."""
    joined = [part for argument in arguments for part in argument.split("=", 1)]
    joined[joined.index("--listen") + 1] = "127.0.0.1:0"
    return joined


def calls_go_through(programs, directory, sandbox_arguments, config, files):
    """What two calls with `concero` said, one for each upstream's key; `files`: paths in the config and contents."""
    directory = pathlib.Path(directory)
    with contextlib.ExitStack() as stack:
        sandbox = Program([str(programs / "concero-sandbox"), *with_listen(sandbox_arguments)], directory)
        stack.callback(sandbox.stop)
        text = on_loopback(config, sandbox.event["http"], directory)
        for path, content in files.items():
            file = directory / path.lstrip("/").replace("/", "_")
            file.write_text(content)
            text = text.replace(path, str(file))
        (directory / "config.yaml").write_text(text)
        preflight = subprocess.run(
            [programs / "concero-gateway", "--config", str(directory / "config.yaml"), "--preflight"],
            capture_output=True, text=True, timeout=PATIENCE, check=False)
        gateway = Program([str(programs / "concero-gateway"), "--config", str(directory / "config.yaml")], directory)
        stack.callback(gateway.stop)
        call = subprocess.run([programs / "concero", "--gateway", gateway.event["grpc"], "allocate", "119",
                               "arjun.mehta@company.io"], capture_output=True, text=True, timeout=PATIENCE, check=False)
        return (preflight.returncode, preflight.stdout + preflight.stderr), (call.returncode, call.stdout + call.stderr)
