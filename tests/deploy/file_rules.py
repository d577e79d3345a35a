"""Files: what a configuration names is mounted, what is mounted exists, and secrets stand in Secrets alone."""

import re

from objects import container_of, containers_of, pod_of, secret_values, strings_in, volumes_of

WORKING_DIRECTORY = "/var/lib/concero-gateway"
SECRET_MODE = 0o440
MADE_UP = "made-up"
# A sandbox's keys protect nothing; nobody else's may be in a repository.
MAY_HAVE_SECRETS = {"sandbox"}

SECRETIVE = re.compile(r"(pass(word|wd)?|secret|token|api[_-]?key|private[_-]?key|credentials?)$", re.IGNORECASE)
PATTERNS = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")),
    ("a URL with credentials", re.compile(r"[a-z][a-z0-9+.-]*://[^/\s\"'@]+@")),
    ("a setting that is a secret", re.compile(
        r"(?i)(?<![\w-])[\w-]*?(password|passwd|secret|token|api[_-]?key|private[_-]?key|credentials?)[\"']?\s*[:=]\s*"
        r"[\"']?[^\s\"'{\[#]")),
    ("what looks like a key", re.compile(
        r"(?<![\w+=-])(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{24,}(?![\w+=-])")),
)


def config_maps_have_no_secret(bundle):
    for config_map in bundle.kind("ConfigMap"):
        for key, text in (config_map.get("data", {}) | config_map.get("binaryData", {})).items():
            where = f"ConfigMap {config_map['metadata']['name']}, {key}"
            for what, pattern in PATTERNS:
                if pattern.search(text):
                    yield f"{where}: has {what}"
            if SECRETIVE.search(key):
                yield f"{where}: is named like a secret"


def written_in_pods(workload):
    """(where, text) of all in its pods, but names of objects and images, that somebody could have put a secret into."""
    for metadata in (workload["metadata"], pod_of(workload).get("metadata", {})):
        for key, text in metadata.get("annotations", {}).items():
            yield f"the annotation {key}", text
    for container in containers_of(workload):
        for variable in container.get("env", []):
            if "value" in variable:
                yield f"the environment variable {variable['name']}", variable["value"]
        rest = {key: value for key, value in container.items() if key.endswith("Probe") or key == "lifecycle"}
        yield from strings_in(rest)


def pods_have_no_secret(bundle):
    for workload in bundle.workloads():
        name = workload["metadata"]["name"]
        for where, text in written_in_pods(workload):
            if SECRETIVE.search(where):
                yield f"{name}: {where} is written down"
            for what, pattern in PATTERNS:
                if pattern.search(text):
                    yield f"{name}: {where} has {what}"
        for container in containers_of(workload):
            words = container.get("args", []) + container.get("command", [])
            for before, after in zip(words, words[1:]):
                if SECRETIVE.search(before) and not re.fullmatch(r"\$\(\w+\)", after):
                    yield f"{name}: the argument of {before} is written down"
            if any(pattern.search(word) for _, pattern in PATTERNS for word in words):
                yield f"{name}: an argument looks like a secret"


def secrets_here_are_made_up(bundle):
    for secret in bundle.kind("Secret"):
        name = secret["metadata"]["name"]
        if bundle.name not in MAY_HAVE_SECRETS:
            yield f"Secret {name}: no place for one"
        for key, value in secret_values(secret).items():
            if MADE_UP not in value:
                yield f"Secret {name}, {key}: does not say that it is {MADE_UP}"


def secret_files(bundle):
    """(Secret, key) of each that some pod needs."""
    for workload in bundle.workloads():
        container = container_of(workload)
        for variable in container.get("env", []):
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                yield reference["name"], reference["key"]
    gateway = bundle.gateway()
    for _, path in strings_in(bundle.config() or {}):
        mounted = bundle.mount_of(gateway, container_of(gateway), path) if path.startswith("/") else None
        if mounted and "secret" in mounted[1]:
            yield mounted[1]["secret"]["secretName"], mounted[2]


def secrets_exist_or_are_asked_for(bundle):
    needed = set(secret_files(bundle))
    for workload in bundle.workloads():
        for volume in volumes_of(workload):
            if "secret" in volume and volume["secret"]["secretName"] not in {name for name, _ in needed}:
                yield f"Secret {volume['secret']['secretName']}: is mounted, and nothing of it is used"
    for name, key in sorted(needed):
        secret = bundle.find("Secret", name)
        if secret is not None:
            if key not in secret_values(secret):
                yield f"Secret {name}: has no {key}"
        elif f"`{name}`" not in bundle.readme or f"`{key}`" not in bundle.readme:
            yield f"Secret {name}, {key}: is neither here nor does README.md ask for it"


def mounts_are_of_volumes(bundle):
    for workload in bundle.workloads():
        name, container = workload["metadata"]["name"], container_of(workload)
        volumes = {volume["name"]: volume for volume in volumes_of(workload)}
        mounts = container.get("volumeMounts", [])
        for mount in mounts:
            volume = volumes.get(mount["name"])
            if volume is None:
                yield f"{name}: mounts {mount['name']}, which is no volume"
            elif ({"secret", "configMap"} & set(volume)) and not mount.get("readOnly"):
                yield f"{name}: {mount['mountPath']} is not mounted readOnly"
            if mount.get("subPath"):
                yield f"{name}: {mount['mountPath']} by subPath, which never changes"
        for unused in volumes.keys() - {mount["name"] for mount in mounts}:
            yield f"{name}: the volume {unused} is not mounted"
        for volume in volumes.values():
            if "secret" in volume and volume["secret"].get("defaultMode") != SECRET_MODE:
                yield f"{name}: the files of {volume['name']} are not of mode 0440"
            if "configMap" in volume and not bundle.find("ConfigMap", volume["configMap"]["name"]):
                yield f"{name}: there is no ConfigMap {volume['configMap']['name']}"


def what_the_configuration_names_is_mounted(bundle):
    gateway, config = bundle.gateway(), bundle.config()
    if config is None:
        yield "the gateway finds no configuration where --config says"
        return
    container = container_of(gateway)
    for key, path in strings_in(config):
        if not path.startswith("/"):
            if key.endswith("_file") or key.endswith(".path"):
                yield f"{key}: {path} depends on the working directory"
            continue
        mounted = bundle.mount_of(gateway, container, path)
        if mounted is None:
            yield f"{key}: {path} is not mounted"
            continue
        mount, volume, rest = mounted
        if "configMap" in volume:
            config_map = bundle.find("ConfigMap", volume["configMap"]["name"])
            if rest not in (config_map or {}).get("data", {}):
                yield f"{key}: {path} is not in the ConfigMap"
        elif "secret" not in volume and mount.get("readOnly"):
            yield f"{key}: {path} cannot be written"
        if key == "ledger.sqlite.path" and {"configMap", "secret"} & set(volume):
            yield f"{key}: {path} is no place for a ledger"
        if key.endswith(("key_file", "token_file", "url_file", "credentials_file")) and "secret" not in volume:
            yield f"{key}: {path} is not on a Secret"
    mounted = bundle.mount_of(gateway, container, WORKING_DIRECTORY)
    if mounted is None or mounted[0].get("readOnly"):
        yield f"{WORKING_DIRECTORY} cannot be written, and the root file system is read-only"


RULES = (config_maps_have_no_secret, pods_have_no_secret, secrets_here_are_made_up, secrets_exist_or_are_asked_for,
         mounts_are_of_volumes, what_the_configuration_names_is_mounted)
