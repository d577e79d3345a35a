"""Renders kustomizations with the kubectl that is there, or with Debian's, which is older than these files are."""

import pathlib
import shutil
import subprocess
import tempfile

import yaml
from kubectl import kubectl

# What a kustomization may have: what kustomize 2.0.3 (in kubectl 1.14 to 1.20, Debian 12's) knows under some name.
KNOWN_KEYS = {"apiVersion", "kind", "namespace", "resources", "configMapGenerator", "secretGenerator",
              "generatorOptions", "images", "patches"}


class RenderError(Exception):
    """kubectl did not render it; the text is what it said."""


def objects_of(text):
    """The Kubernetes objects, or whatever else, in YAML of several documents."""
    return [document for document in yaml.safe_load_all(text) if document]


def run_kubectl(program, directory):
    done = subprocess.run([str(program), "kustomize", str(directory)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RenderError(f"{program} kustomize {directory}: {done.stderr.strip()}")
    return done.stdout


class Renderer:
    """Renders folders of deploy/, from a copy, so that the tree may be read-only and its files rewritten."""

    def __init__(self, deploy, tools, scratch, own=None):
        """`tools`: see kubectl(); `own`: another kubectl."""
        self.copy = pathlib.Path(scratch, "deploy")
        shutil.copytree(deploy, self.copy)
        self.kubectl = own or kubectl(tools)
        if not is_modern(self.kubectl):
            for file in self.copy.rglob("kustomization.yaml"):
                file.write_text(yaml.safe_dump(rewritten(yaml.safe_load(file.read_text()), file.parent)))

    def render(self, folder):
        """The objects of the kustomization in `folder` of deploy/."""
        return objects_of(run_kubectl(self.kubectl, self.copy / folder))


def is_modern(program):
    """Whether it takes folders as resources, and patches by path."""
    with tempfile.TemporaryDirectory() as root:
        files = {"base/kustomization.yaml": "resources: [map.yaml]\n",
                 "base/map.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {b: c}}\n",
                 "top/kustomization.yaml": "resources: [../base]\npatches: [{path: more.yaml}]\n",
                 "top/more.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {d: e}}\n"}
        for name, text in files.items():
            file = pathlib.Path(root, name)
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        try:
            return objects_of(run_kubectl(program, pathlib.Path(root, "top")))[0]["data"] == {"b": "c", "d": "e"}
        except RenderError:
            return False


def rewritten(kustomization, folder):
    """The same for kustomize 2.0.3: it has folders under `bases` and patches under `patchesStrategicMerge`."""
    old = dict(kustomization)
    resources = old.pop("resources", [])
    old["bases"] = [name for name in resources if (folder / name).is_dir()]
    old["resources"] = [name for name in resources if name not in old["bases"]]
    old["patchesStrategicMerge"] = [patch["path"] for patch in old.pop("patches", [])]
    return {key: value for key, value in old.items() if value}
