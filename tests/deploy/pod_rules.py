"""What each pod must be: restricted, probed, bounded, pinned, and given the time that a drain takes."""

from objects import container_of, containers_of, labels_of, pod_of, seconds, size

# The restricted profile of the Pod Security Standards, and what we ask for besides: where, and what must stand there.
POD_TABLE = (
    (("securityContext", "runAsNonRoot"), True),
    (("securityContext", "runAsUser"), 65532),
    (("securityContext", "runAsGroup"), 65532),
    (("securityContext", "fsGroup"), 65532),
    (("securityContext", "seccompProfile", "type"), "RuntimeDefault"),
    (("automountServiceAccountToken",), False),
    (("hostNetwork",), None),
    (("hostPID",), None),
    (("hostIPC",), None),
    (("shareProcessNamespace",), None),
    (("securityContext", "supplementalGroups"), None),
    (("securityContext", "sysctls"), None),
    (("securityContext", "seLinuxOptions"), None),
    (("securityContext", "windowsOptions"), None),
    (("securityContext", "appArmorProfile"), None),
)
CONTAINER_TABLE = (
    (("securityContext", "allowPrivilegeEscalation"), False),
    (("securityContext", "readOnlyRootFilesystem"), True),
    (("securityContext", "capabilities", "drop"), ["ALL"]),
    (("securityContext", "capabilities", "add"), None),
    (("securityContext", "privileged"), None),
    (("securityContext", "runAsUser"), None),
    (("securityContext", "runAsGroup"), None),
    (("securityContext", "runAsNonRoot"), None),
    (("securityContext", "seccompProfile"), None),
    (("securityContext", "procMount"), None),
    (("securityContext", "seLinuxOptions"), None),
    (("securityContext", "windowsOptions"), None),
    (("securityContext", "appArmorProfile"), None),
)
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}

PROBES = (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz"))
PORTS = {"grpc": 50051, "admin": 9901}
# What a stop takes beyond pause and grace: telling callers, recording, the log's last lines; and some air.
TELLING, RECORDING, LOG, MARGIN = 1, 3, 1, 5
DEFAULT_PAUSE, DEFAULT_GRACE, DEFAULT_LOCK_TIMEOUT = 5, 30, 10
LEAST_SILENCE = 60  # a restart puts what is under way in doubt
LEAST_MEMORY = 512 * 2**20  # below it the gateway would end connections in everyday use


def at(thing, path):
    for key in path:
        thing = (thing or {}).get(key)
    return thing


def is_restricted(bundle):
    for workload in bundle.workloads():
        name, spec = workload["metadata"]["name"], pod_of(workload)["spec"]
        tables = [(spec, POD_TABLE)]
        tables += [(one, CONTAINER_TABLE) for one in containers_of(workload)]
        for thing, table in tables:
            for path, wanted in table:
                if at(thing, path) != wanted:
                    yield f"{name}: {'.'.join(path)} is {at(thing, path)!r}, not {wanted!r}"
            if any("hostPort" in port for port in thing.get("ports", [])):
                yield f"{name}: hostPort"
        for volume in spec.get("volumes", []):
            if not set(volume) - {"name"} <= VOLUMES:
                yield f"{name}: the volume {volume['name']} is of a kind that the restricted profile refuses"


def accounts_have_no_token(bundle):
    for workload in bundle.workloads():
        account = pod_of(workload)["spec"].get("serviceAccountName")
        if account and not bundle.find("ServiceAccount", account):
            yield f"{workload['metadata']['name']}: there is no ServiceAccount {account}"
    for account in bundle.kind("ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            yield f"ServiceAccount {account['metadata']['name']}: automountServiceAccountToken is not false"
    for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
        if bundle.kind(kind):
            yield f"{kind}: nothing here asks the cluster for anything"


def containers_are_pinned_and_bounded(bundle):
    for workload in bundle.workloads():
        name, container = workload["metadata"]["name"], container_of(workload)
        if not container:
            yield f"{name}: has not exactly one container"
            continue
        image = container.get("image", "").rsplit("/", 1)[-1]
        if "@sha256:" not in image and (":" not in image or image.endswith(":latest")):
            yield f"{name}: the image {image} is not pinned"
        requests, limits = at(container, ("resources", "requests")), at(container, ("resources", "limits"))
        if not at(requests, ("cpu",)) or not at(requests, ("memory",)):
            yield f"{name}: requests of CPU and memory are missing"
        elif not at(limits, ("memory",)):
            yield f"{name}: a limit of memory is missing"
        elif size(limits["memory"]) < size(requests["memory"]):
            yield f"{name}: the limit of memory is below the request"
        elif workload is bundle.gateway() and size(limits["memory"]) < LEAST_MEMORY:
            yield f"{name}: the limit of memory is too low"


def patience_of(container, probe):
    """For how many seconds it may fail."""
    asked = container.get(probe, {})
    return asked.get("periodSeconds", 10) * asked.get("failureThreshold", 3)


def gateway_is_probed(bundle):
    gateway = bundle.gateway()
    if gateway is None:
        yield "there is not one workload named concero-gateway"
        return
    container = container_of(gateway)
    for probe, path in PROBES:
        asked = at(container, (probe, "httpGet")) or {}
        if (asked.get("path"), asked.get("port")) != (path, "admin"):
            yield f"{probe}: asks {asked.get('path')} at {asked.get('port')}, not {path} at admin"
        if asked.get("scheme", "HTTP") != "HTTP":
            yield f"{probe}: the admin port speaks HTTP"
    ports = {port.get("name"): port["containerPort"] for port in container.get("ports", [])}
    if container.get("name") != "gateway" or ports != PORTS:
        yield f"the container is {container.get('name')} with ports {ports}, not gateway with {PORTS}"
    config = bundle.config() or {}
    for section, port in PORTS.items():
        listen = at(config, (section, "listen"))
        if listen != f"0.0.0.0:{port}":
            yield f"{section}.listen is {listen}: nobody outside finds port {port}"
    lock = at(config, ("ledger", "sqlite", "lock_timeout"))
    if patience_of(container, "livenessProbe") < LEAST_SILENCE:
        yield f"livenessProbe: restarts after {patience_of(container, 'livenessProbe')} s without an answer"
    patience = patience_of(container, "startupProbe")
    if patience <= seconds(lock, DEFAULT_LOCK_TIMEOUT) + MARGIN:
        yield f"startupProbe: {patience} s is less than the ledger's lock may take"


def workloads_other_than_the_gateway_are_probed(bundle):
    for workload in bundle.workloads():
        if workload is bundle.gateway():
            continue
        container = container_of(workload)
        names = {port.get("name") for port in container.get("ports", [])}
        for probe, _ in PROBES:
            if at(container, (probe, "httpGet", "port")) not in names:
                yield f"{workload['metadata']['name']}: {probe} asks no port of the container"


def a_drain_has_time(bundle):
    gateway, shutdown = bundle.gateway(), (bundle.config() or {}).get("shutdown", {})
    if gateway is None:
        return
    spec = pod_of(gateway)["spec"]
    before = at(container_of(gateway), ("lifecycle", "preStop"))
    if before is not None and set(before) != {"sleep"}:
        yield "preStop: how long it takes cannot be told; the image has no shell"
        return
    needed = (seconds(shutdown.get("pause"), DEFAULT_PAUSE) + seconds(shutdown.get("grace"), DEFAULT_GRACE) + TELLING
              + RECORDING + LOG + MARGIN + (at(before, ("sleep", "seconds")) or 0))
    if spec.get("terminationGracePeriodSeconds", 30) < needed:
        yield f"terminationGracePeriodSeconds is {spec.get('terminationGracePeriodSeconds')}; a drain needs {needed}"


def names_are_asked_for_as_they_are(bundle):
    gateway = bundle.gateway()
    options = at(pod_of(gateway)["spec"], ("dnsConfig", "options")) if gateway else None
    if {"name": "ndots", "value": "1"} not in (options or []):
        yield "dnsConfig: ndots is not 1"


def labels_are_the_usual(bundle):
    for workload in bundle.workloads():
        name, labels = workload["metadata"]["name"], labels_of(workload)
        if labels.get("app.kubernetes.io/name") != name:
            yield f"{name}: app.kubernetes.io/name of its pods is {labels.get('app.kubernetes.io/name')}"
        for label in ("app.kubernetes.io/part-of", "app.kubernetes.io/component"):
            if label not in labels:
                yield f"{name}: its pods have no {label}"


RULES = (is_restricted, accounts_have_no_token, containers_are_pinned_and_bounded, gateway_is_probed,
         workloads_other_than_the_gateway_are_probed, a_drain_has_time, names_are_asked_for_as_they_are,
         labels_are_the_usual)
