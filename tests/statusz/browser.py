"""A look at a page in Chromium."""

import json
import os
import pathlib
import subprocess

_HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 120
SHOTS = (("light", 1280, "light"), ("dark", 1280, "dark"), ("narrow", 390, "light"))


def look(node_modules, chromium, url, directory):
    """What page.js saw; leaves a picture for each of SHOTS in `directory`."""
    os.makedirs(directory, exist_ok=True)
    shots = [{"path": os.path.join(directory, f"{name}.png"), "width": width, "scheme": scheme}
             for name, width, scheme in SHOTS]
    looked = subprocess.run(["node", _HERE / "page.js", node_modules, chromium], check=False, capture_output=True,
                            input=json.dumps({"url": url, "shots": shots}), text=True, timeout=PATIENCE)
    if looked.returncode != 0:
        raise AssertionError(f"no look at the page:\n{looked.stderr}")
    return json.loads(looked.stdout)
