"""What compose.yaml must be: everything bounded and read-only, published on loopback alone, files that exist."""

import pathlib
import re

LOOPBACK = "127.0.0.1:"
# With ${NAME:-default} for the tag, so that another one may be tried without a change to the file.
PINNED = re.compile(r"[a-z0-9./-]+:\$\{[A-Z_]+:-[A-Za-z0-9._-]+\}")
SERVICES = {"gateway", "sandbox", "postgres", "prometheus"}
HEALTH_CHECK = ["CMD", "/usr/bin/concero-gateway", "--config", "/etc/concero-gateway/config.yaml", "--health-check"]


def findings(compose, folder):
    """What is wrong, as texts; `folder` is where the file lies."""
    services = compose.get("services", {})
    found = [] if set(services) == SERVICES else [f"the services are {sorted(services)}"]
    for name, service in services.items():
        found += [f"{name}: {text}" for rule in (is_hardened, is_bounded, publishes_on_loopback, mounts_what_exists)
                  for text in rule(service, compose, folder)]
    for name, secret in compose.get("secrets", {}).items():
        file = pathlib.Path(folder, secret.get("file", ""))
        if not file.is_file():
            found.append(f"the secret {name} has no file {file}")
        elif not file.stat().st_mode & 0o004:
            found.append(f"the secret {name} cannot be read by the programs' users")
        elif "made-up" not in file.read_text():
            found.append(f"the secret {name} does not say that it is made up")
    if services.get("gateway", {}).get("healthcheck", {}).get("test") != HEALTH_CHECK:
        found.append("gateway: its health is not asked by itself")
    return found


def is_hardened(service, _compose, _folder):
    if service.get("read_only") is not True:
        yield "its root file system can be written"
    if service.get("cap_drop") != ["ALL"] or service.get("cap_add") or service.get("privileged"):
        yield "has capabilities"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield "may gain privileges"
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", str(service.get("user"))):
        yield f"runs as {service.get('user')}"
    if service.get("network_mode") or service.get("pid") or service.get("ipc"):
        yield "shares what is the machine's"


def is_bounded(service, _compose, _folder):
    if not PINNED.fullmatch(service.get("image", "")) or ":-latest" in service["image"]:
        yield f"the image {service.get('image')} is not pinned"
    if not service.get("mem_limit"):
        yield "has no limit of memory"
    check = service.get("healthcheck", {}).get("test", [])
    if len(check) < 2 or check[0] != "CMD":
        yield "has no health check, or one that is not a program and its arguments (CMD)"


def publishes_on_loopback(service, _compose, _folder):
    for port in service.get("ports", []):
        if not str(port).startswith(LOOPBACK):
            yield f"publishes {port} beyond this machine"


def mounts_what_exists(service, compose, folder):
    for volume in service.get("volumes", []):
        source, target, *mode = volume.split(":")
        if source.startswith((".", "/")):
            if not pathlib.Path(folder, source).exists():
                yield f"there is no {source}"
            if mode != ["ro"]:
                yield f"{target} is not mounted read-only"
        elif source not in compose.get("volumes", {}):
            yield f"there is no volume {source}"
    for secret in service.get("secrets", []):
        if secret not in compose.get("secrets", {}):
            yield f"there is no secret {secret}"
    for name in service.get("depends_on", {}):
        if name not in compose["services"]:
            yield f"depends on {name}, which there is not"
    for name, value in service.get("environment", {}).items():
        if re.search(r"PASSWORD|SECRET|TOKEN|KEY", name) and not name.endswith("_FILE"):
            yield f"{name} is written down as {value}"
