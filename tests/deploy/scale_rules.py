"""How many: never two processes with a SQLite each, and replicas that come and go without callers noticing."""

from network_rules import selected_by
from objects import GATEWAY, container_of, labels_of, pod_of, seconds, selects, volumes_of

DEFAULT_PAUSE = 5
LEAST_READY_SECONDS = 10  # deploy/README.md: callers are connected to the new one before an old one goes
REPLICATED = {"replicated", "egress", "mtls"}


def scalers_of(bundle, workload):
    return [scaler for scaler in bundle.kind("HorizontalPodAutoscaler")
            if scaler["spec"]["scaleTargetRef"]["kind"] == workload["kind"]
            and scaler["spec"]["scaleTargetRef"]["name"] == workload["metadata"]["name"]]


def most_pods(bundle, workload):
    """How many pods of it may run at once, an update's included."""
    spec = workload["spec"]
    most = max([spec.get("replicas", 1)] + [scaler["spec"]["maxReplicas"] for scaler in scalers_of(bundle, workload)])
    if workload["kind"] == "Deployment" and spec.get("strategy", {}).get("type") != "Recreate":
        most += 1  # whatever maxSurge is: an old pod counts as gone as soon as it is told to end
    if workload["kind"] not in ("Deployment", "StatefulSet"):
        most = max(most, 2)  # nothing keeps the number of the others
    return most


def a_file_has_one_process(bundle):
    gateway, config = bundle.gateway(), bundle.config()
    if gateway is None or config is None:
        return
    ledger = config.get("ledger", {})
    if "postgres" in ledger:
        if "sqlite" in ledger:
            yield "the ledger is in two places"
        return
    if most_pods(bundle, gateway) > 1:
        yield f"{most_pods(bundle, gateway)} processes may run at once, each with a SQLite of its own"
    for volume in volumes_of(gateway):
        modes = volume.get("claim", {}).get("accessModes")
        if modes not in (None, ["ReadWriteOncePod"]):
            yield f"the volume {volume['name']} may be mounted by several pods: {modes}"
    if bundle.name == "single" and not any("claim" in volume for volume in volumes_of(gateway)):
        yield "the ledger has no volume that outlives the pod"


def replicas_come_one_by_one(bundle):
    gateway, config = bundle.gateway(), bundle.config() or {}
    if gateway is None or bundle.name not in REPLICATED:
        return
    spec, update = gateway["spec"], gateway["spec"].get("strategy", {}).get("rollingUpdate", {})
    if gateway["kind"] != "Deployment" or spec.get("replicas", 1) < 3:
        yield f"{spec.get('replicas', 1)} replicas of a {gateway['kind']}, not three or more of a Deployment"
    if (update.get("maxUnavailable"), update.get("maxSurge")) != (0, 1):
        yield f"an update goes by {update}, not one more and none less"
    if spec.get("minReadySeconds", 0) < LEAST_READY_SECONDS:
        yield f"minReadySeconds is {spec.get('minReadySeconds', 0)}"
    if seconds(config.get("shutdown", {}).get("pause"), DEFAULT_PAUSE) < DEFAULT_PAUSE:
        yield "shutdown.pause: callers do not hear in time that a replica goes"
    spread = {one["topologyKey"]: one for one in pod_of(gateway)["spec"].get("topologySpreadConstraints", [])}
    if set(spread) != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
        yield f"spread over {sorted(spread)}, not over zones and nodes"
    for key, one in spread.items():
        if not one.get("labelSelector") or not selects(one["labelSelector"], labels_of(gateway)):
            yield f"the spread over {key} counts other pods"


def disruptions_are_bounded(bundle):
    budgets = bundle.kind("PodDisruptionBudget")
    for budget in budgets:
        spec = budget["spec"]
        if not spec.get("selector") or selected_by(bundle, spec["selector"]) != [bundle.gateway()]:
            yield "PodDisruptionBudget: its selector does not fit the gateway's pods alone"
        if spec.get("maxUnavailable") != 1 or "minAvailable" in spec:
            yield "PodDisruptionBudget: does not let nodes be drained one replica at a time"
    if bundle.name in REPLICATED and len(budgets) != 1:
        yield f"{len(budgets)} PodDisruptionBudgets"
    if bundle.name not in REPLICATED and budgets:
        yield "PodDisruptionBudget: one replica cannot be drained at all with it, or is not protected by it"


def scalers_can_scale(bundle):
    scalers = bundle.kind("HorizontalPodAutoscaler")
    for scaler in scalers:
        spec = scaler["spec"]
        if scaler["apiVersion"] != "autoscaling/v2":
            yield f"HorizontalPodAutoscaler: {scaler['apiVersion']} is not served by clusters of today"
        target = bundle.find(spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"])
        if target is None or target is not bundle.gateway():
            yield f"HorizontalPodAutoscaler: {spec['scaleTargetRef']} is not the gateway"
            continue
        if not target["spec"].get("replicas", 1) <= spec.get("minReplicas", 1) <= spec["maxReplicas"]:
            yield "HorizontalPodAutoscaler: begins below what the Deployment says, or ends below where it begins"
        for metric in spec["metrics"]:
            resource = metric["resource"]["name"]
            if resource not in container_of(target).get("resources", {}).get("requests", {}):
                yield f"HorizontalPodAutoscaler: scales by {resource}, of which nothing is requested"
    if bundle.name in REPLICATED and len(scalers) != 1:
        yield f"{len(scalers)} HorizontalPodAutoscalers"


def a_stateful_set_has_its_service(bundle):
    for workload in bundle.kind("StatefulSet"):
        service = bundle.find("Service", workload["spec"].get("serviceName"))
        if service is None or service["spec"].get("clusterIP") != "None":
            yield f"StatefulSet {workload['metadata']['name']}: serviceName names no headless Service"
        if workload["spec"].get("updateStrategy", {}).get("type") != "RollingUpdate":
            yield f"StatefulSet {workload['metadata']['name']}: an apply changes nothing"
        if workload["spec"].get("podManagementPolicy") != "Parallel":
            yield f"StatefulSet {workload['metadata']['name']}: an update that fails is not taken back by an apply"
    if bundle.name == "single" and (bundle.gateway() or {}).get("kind") != "StatefulSet":
        yield f"{GATEWAY} is no StatefulSet"


RULES = (a_file_has_one_process, replicas_come_one_by_one, disruptions_are_bounded, scalers_can_scale,
         a_stateful_set_has_its_service)
