"""What a rendered overlay has, as the rules ask for it."""

import base64
import re

import yaml

GATEWAY = "concero-gateway"
POD_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "Pod")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
SIZES = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 10**3, "M": 10**6, "G": 10**9}


class Bundle:
    """The objects of one overlay, and what its README says that somebody else must supply."""

    def __init__(self, name, objects, readme=""):
        self.name = name
        self.objects = objects
        self.readme = readme

    def kind(self, kind):
        return [thing for thing in self.objects if thing["kind"] == kind]

    def find(self, kind, name):
        return next((thing for thing in self.kind(kind) if thing["metadata"]["name"] == name), None)

    def workloads(self):
        return [thing for thing in self.objects if thing["kind"] in POD_KINDS]

    def gateway(self):
        """The one workload that is the gateway, or None."""
        found = [thing for thing in self.workloads() if thing["metadata"]["name"] == GATEWAY]
        return found[0] if len(found) == 1 else None

    def config(self):
        """The gateway's configuration as its pod will find it, or None."""
        text = self.config_text()
        return None if text is None else yaml.safe_load(text)

    def config_text(self):
        gateway = self.gateway()
        if gateway is None:
            return None
        container = container_of(gateway)
        arguments = container.get("args", []) + container.get("command", [])
        path = next((after for before, after in zip(arguments, arguments[1:]) if before == "--config"), None)
        mounted = self.mount_of(gateway, container, path) if path else None
        if mounted is None or "configMap" not in mounted[1]:
            return None
        config_map = self.find("ConfigMap", mounted[1]["configMap"]["name"])
        return (config_map or {}).get("data", {}).get(mounted[2])

    def mount_of(self, workload, container, path):
        """(mount, volume, rest of the path) of what `path` in the container lies on, or None."""
        mounts = [mount for mount in container.get("volumeMounts", [])
                  if path == mount["mountPath"] or path.startswith(mount["mountPath"].rstrip("/") + "/")]
        if not mounts:
            return None
        mount = max(mounts, key=lambda one: len(one["mountPath"]))
        volume = next((one for one in volumes_of(workload) if one["name"] == mount["name"]), {})
        return mount, volume, path[len(mount["mountPath"]):].strip("/")


def pod_of(workload):
    """Its pod template: metadata and spec."""
    return workload if workload["kind"] == "Pod" else workload["spec"]["template"]


def container_of(workload):
    """Its only container; {} when it has none or several."""
    containers = pod_of(workload)["spec"].get("containers", [])
    return containers[0] if len(containers) == 1 else {}


def containers_of(workload):
    """All of its containers, those that run before or beside included."""
    spec = pod_of(workload)["spec"]
    return [one for kind in ("containers", "initContainers", "ephemeralContainers") for one in spec.get(kind, [])]


def volumes_of(workload):
    """Its volumes, those of a StatefulSet's claims as `claim`."""
    claims = [{"name": claim["metadata"]["name"], "claim": claim["spec"]}
              for claim in workload["spec"].get("volumeClaimTemplates", [])]
    return pod_of(workload)["spec"].get("volumes", []) + claims


def labels_of(workload):
    return pod_of(workload).get("metadata", {}).get("labels", {})


def selects(selector, labels):
    """Whether a label selector fits the labels. Only what is used here: matchLabels."""
    if not selector:
        return True
    return set(selector) == {"matchLabels"} and selector["matchLabels"].items() <= labels.items()


def strings_in(value, path=""):
    """(path, text) of every text in a tree of maps and lists."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from strings_in(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner, path)
    elif isinstance(value, str):
        yield path, value


def secret_values(secret):
    """A Secret's values, decoded."""
    decoded = {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}
    return decoded | (secret.get("stringData") or {})


def seconds(text, default):
    """A duration of the configuration."""
    if text is None:
        return default
    match = re.fullmatch(r"([0-9.]+)(ms|s|m|h)", text)
    return float(match[1]) * UNITS[match[2]]


def size(text):
    """Bytes of a quantity of memory."""
    match = re.fullmatch(r"([0-9.]+)(Ki|Mi|Gi|k|M|G)?", str(text))
    return float(match[1]) * SIZES[match[2] or ""]
