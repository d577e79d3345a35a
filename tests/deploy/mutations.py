"""What is broken on purpose in rendered overlays, and what must be said of it."""

import copy

import yaml

from objects import Bundle

GONE = object()  # in place of a value: the key, or the whole object, is taken away

DEPLOYMENT = "Deployment/concero-gateway"
STATEFUL_SET = "StatefulSet/concero-gateway"
SANDBOX = "Deployment/concero-sandbox"
POD = "spec.template.spec"
CONTAINER = f"{POD}.containers.0"
POLICY = "NetworkPolicy/concero-gateway"
EGRESS = "NetworkPolicy/concero-gateway-egress"
SCALER = "HorizontalPodAutoscaler/concero-gateway"
BUDGET = "PodDisruptionBudget/concero-gateway"
SERVICE = "Service/concero-gateway"
CONFIG = "config"  # the gateway's configuration itself
ADMIN_PORT = {"name": "admin", "port": 9901, "targetPort": "admin"}
URL = "postgresql://gateway:hunter2@db/gateway"
A_SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "concero-gateway-keys"},
            "stringData": {"concero-api-key": "live-3f9a"}}
A_BUDGET = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "concero-gateway"},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": "concero-gateway"}}}}

# overlay, object, where in it, what stands there now, the rule that must find it, and a part of what it says
MUTATIONS = (
    # the restricted profile, line by line
    ("single", STATEFUL_SET, f"{POD}.securityContext.runAsNonRoot", GONE, "is_restricted", "runAsNonRoot"),
    ("single", STATEFUL_SET, f"{POD}.securityContext.runAsUser", 0, "is_restricted", "runAsUser is 0"),
    ("single", STATEFUL_SET, f"{POD}.securityContext.fsGroup", GONE, "is_restricted", "fsGroup"),
    ("single", STATEFUL_SET, f"{POD}.securityContext.seccompProfile.type", "Unconfined", "is_restricted", "Unconfined"),
    ("single", STATEFUL_SET, f"{POD}.automountServiceAccountToken", GONE, "is_restricted", "automount"),
    ("single", STATEFUL_SET, f"{POD}.hostNetwork", True, "is_restricted", "hostNetwork"),
    ("single", STATEFUL_SET, f"{CONTAINER}.securityContext.allowPrivilegeEscalation", GONE, "is_restricted",
     "allowPrivilegeEscalation"),
    ("single", STATEFUL_SET, f"{CONTAINER}.securityContext.readOnlyRootFilesystem", False, "is_restricted",
     "readOnlyRootFilesystem"),
    ("single", STATEFUL_SET, f"{CONTAINER}.securityContext.capabilities.drop", ["NET_RAW"], "is_restricted", "drop"),
    ("single", STATEFUL_SET, f"{CONTAINER}.securityContext.capabilities.add", ["NET_ADMIN"], "is_restricted", "add"),
    ("single", STATEFUL_SET, f"{CONTAINER}.securityContext.privileged", True, "is_restricted", "privileged"),
    ("single", STATEFUL_SET, f"{CONTAINER}.securityContext.runAsUser", 0, "is_restricted", "runAsUser"),
    ("single", STATEFUL_SET, f"{CONTAINER}.ports.0.hostPort", 50051, "is_restricted", "hostPort"),
    ("single", STATEFUL_SET, f"{POD}.volumes.0", {"name": "config", "hostPath": {"path": "/etc"}}, "is_restricted",
     "of a kind"),
    ("single", STATEFUL_SET, f"{POD}.initContainers", [{"name": "first"}], "is_restricted", "capabilities.drop"),
    ("single", STATEFUL_SET, f"{POD}.shareProcessNamespace", True, "is_restricted", "shareProcessNamespace"),
    ("single", STATEFUL_SET, f"{POD}.securityContext.supplementalGroups", [0], "is_restricted", "supplementalGroups"),
    ("single", STATEFUL_SET, f"{POD}.securityContext.sysctls", [{"name": "kernel.msgmax", "value": "1"}],
     "is_restricted", "sysctls"),
    ("single", STATEFUL_SET, f"{POD}.securityContext.seLinuxOptions", {"type": "spc_t"}, "is_restricted",
     "seLinuxOptions"),
    ("single", STATEFUL_SET, f"{POD}.securityContext.windowsOptions", {"hostProcess": True}, "is_restricted",
     "windowsOptions"),
    ("single", STATEFUL_SET, f"{POD}.securityContext.appArmorProfile", {"type": "Unconfined"}, "is_restricted",
     "appArmorProfile"),
    ("single", STATEFUL_SET, f"{CONTAINER}.securityContext.runAsGroup", 0, "is_restricted", "runAsGroup is 0"),
    ("single", STATEFUL_SET, f"{CONTAINER}.securityContext.seLinuxOptions", {"user": "system_u"}, "is_restricted",
     "seLinuxOptions"),
    ("single", STATEFUL_SET, f"{CONTAINER}.securityContext.windowsOptions", {"hostProcess": True}, "is_restricted",
     "windowsOptions"),
    ("single", STATEFUL_SET, f"{CONTAINER}.securityContext.appArmorProfile", {"type": "Unconfined"}, "is_restricted",
     "appArmorProfile"),
    ("sandbox", SANDBOX, f"{CONTAINER}.securityContext.capabilities", GONE, "is_restricted", "concero-sandbox"),
    # accounts, images, resources
    ("single", "ServiceAccount/concero-gateway", "", GONE, "accounts_have_no_token", "no ServiceAccount"),
    ("single", "ServiceAccount/concero-gateway", "automountServiceAccountToken", True, "accounts_have_no_token",
     "automount"),
    ("single", "ServiceAccount/concero-gateway", "kind", "ClusterRole", "accounts_have_no_token", "ClusterRole"),
    ("single", STATEFUL_SET, f"{CONTAINER}.image", "registry.example:5000/concero-gateway",
     "containers_are_pinned_and_bounded", "not pinned"),
    ("single", STATEFUL_SET, f"{CONTAINER}.image", "concero-gateway:latest", "containers_are_pinned_and_bounded",
     "not pinned"),
    ("single", STATEFUL_SET, f"{CONTAINER}.resources.limits", GONE, "containers_are_pinned_and_bounded", "limit"),
    ("single", STATEFUL_SET, f"{CONTAINER}.resources.requests.memory", GONE, "containers_are_pinned_and_bounded",
     "requests"),
    ("single", STATEFUL_SET, f"{CONTAINER}.resources.limits.memory", "128Mi", "containers_are_pinned_and_bounded",
     "below the request"),
    ("single", STATEFUL_SET, f"{CONTAINER}.resources.limits.memory", "300Mi", "containers_are_pinned_and_bounded",
     "too low"),
    ("single", STATEFUL_SET, f"{POD}.containers.1", {"name": "second"}, "containers_are_pinned_and_bounded",
     "exactly one container"),
    # probes, ports, names
    ("single", STATEFUL_SET, "metadata.name", "gateway", "gateway_is_probed", "not one workload"),
    ("replicated", DEPLOYMENT, f"{CONTAINER}.readinessProbe.httpGet.path", "/healthz", "gateway_is_probed",
     "readinessProbe"),
    ("replicated", DEPLOYMENT, f"{CONTAINER}.livenessProbe.httpGet.port", "grpc", "gateway_is_probed", "livenessProbe"),
    ("replicated", DEPLOYMENT, f"{CONTAINER}.startupProbe", GONE, "gateway_is_probed", "startupProbe"),
    ("replicated", DEPLOYMENT, f"{CONTAINER}.livenessProbe.failureThreshold", 1, "gateway_is_probed", "after 10 s"),
    ("single", STATEFUL_SET, f"{CONTAINER}.livenessProbe.periodSeconds", 5, "gateway_is_probed", "after 30 s"),
    ("single", STATEFUL_SET, f"{CONTAINER}.livenessProbe.failureThreshold", GONE, "gateway_is_probed", "after 30 s"),
    ("mtls", DEPLOYMENT, f"{CONTAINER}.livenessProbe.httpGet.scheme", "HTTPS", "gateway_is_probed", "HTTP"),
    ("replicated", DEPLOYMENT, f"{CONTAINER}.ports.1.name", "metrics", "gateway_is_probed", "ports"),
    ("replicated", CONFIG, "admin.listen", "127.0.0.1:9901", "gateway_is_probed", "nobody outside"),
    ("replicated", CONFIG, "grpc.listen", "0.0.0.0:50052", "gateway_is_probed", "50052"),
    ("single", CONFIG, "ledger.sqlite.lock_timeout", "2m", "gateway_is_probed", "lock"),
    ("sandbox", SANDBOX, f"{CONTAINER}.readinessProbe.httpGet.port", "grpc",
     "workloads_other_than_the_gateway_are_probed", "readinessProbe"),
    ("replicated", DEPLOYMENT, f"{POD}.dnsConfig", GONE, "names_are_asked_for_as_they_are", "ndots"),
    ("replicated", DEPLOYMENT, "spec.template.metadata.labels.app.kubernetes~io/part-of", GONE, "labels_are_the_usual",
     "part-of"),
    ("replicated", DEPLOYMENT, "spec.template.metadata.labels.app.kubernetes~io/name", "other", "labels_are_the_usual",
     "is other"),
    # the time for a drain
    ("replicated", DEPLOYMENT, f"{POD}.terminationGracePeriodSeconds", GONE, "a_drain_has_time", "None"),
    ("replicated", DEPLOYMENT, f"{POD}.terminationGracePeriodSeconds", 45, "a_drain_has_time", "needs 50"),
    ("replicated", CONFIG, "shutdown.grace", "1m", "a_drain_has_time", "needs 80"),
    ("replicated", CONFIG, "shutdown.pause", "25s", "a_drain_has_time", "needs 65"),
    ("replicated", DEPLOYMENT, f"{CONTAINER}.lifecycle", {"preStop": {"sleep": {"seconds": 15}}}, "a_drain_has_time",
     "needs 65"),
    ("replicated", DEPLOYMENT, f"{CONTAINER}.lifecycle", {"preStop": {"exec": {"command": ["/bin/sleep", "5"]}}},
     "a_drain_has_time", "no shell"),
    # secrets
    ("replicated", CONFIG, "ledger.postgres.url", URL, "config_maps_have_no_secret", "a URL with credentials"),
    ("replicated", CONFIG, "concero.api_key", "abc", "config_maps_have_no_secret", "a setting that is a secret"),
    ("replicated", CONFIG, "concero.note", "c2VjcmV0LWtleS1vZi1jb25jZXJvLTE", "config_maps_have_no_secret",
     "what looks like a key"),
    ("mtls", "ConfigMap/concero-gateway-policy", "data.tls~key", "-----BEGIN EC PRIVATE KEY-----",
     "config_maps_have_no_secret", "a private key"),
    ("mtls", "ConfigMap/concero-gateway-policy", "data.password", "x", "config_maps_have_no_secret", "named like"),
    ("single", STATEFUL_SET, f"{CONTAINER}.env", [{"name": "CONCERO_API_KEY", "value": "x"}], "pods_have_no_secret",
     "CONCERO_API_KEY"),
    ("sandbox", SANDBOX, f"{CONTAINER}.args.3", "written-down", "pods_have_no_secret", "--api-key"),
    ("sandbox", SANDBOX, f"{CONTAINER}.args.4", "--url=https://user:word@host", "pods_have_no_secret", "looks like"),
    ("single", STATEFUL_SET, f"{CONTAINER}.env", [{"name": "DATABASE_URL", "value": URL}], "pods_have_no_secret",
     "DATABASE_URL has a URL"),
    ("single", STATEFUL_SET, f"{CONTAINER}.readinessProbe.httpGet.httpHeaders", [{"name": "X-From", "value": URL}],
     "pods_have_no_secret", "httpHeaders"),
    ("single", STATEFUL_SET, f"{POD}.initContainers", [{"name": "first", "env": [{"name": "A_TOKEN", "value": "x"}]}],
     "pods_have_no_secret", "A_TOKEN"),
    ("single", STATEFUL_SET, f"{POD}.initContainers", [{"name": "first", "args": ["--token", "x"]}],
     "pods_have_no_secret", "--token"),
    ("single", STATEFUL_SET, "spec.template.metadata.annotations.database", URL, "pods_have_no_secret",
     "annotation database"),
    ("single", STATEFUL_SET, "metadata.annotations", {"api-token": "x"}, "pods_have_no_secret",
     "annotation api-token"),
    ("single", "add", "", A_SECRET, "secrets_here_are_made_up", "no place"),
    ("sandbox", "Secret/concero-gateway-keys", "data.concero-api-key", "bGl2ZQ==", "secrets_here_are_made_up",
     "does not say"),
    ("sandbox", "Secret/concero-gateway-keys", "data.log-hash-key", GONE, "secrets_exist_or_are_asked_for",
     "has no log-hash-key"),
    ("single", CONFIG, "egress.proxy_credentials_file", "/run/secrets/concero-gateway/unheard-of",
     "secrets_exist_or_are_asked_for", "unheard-of"),
    ("mtls", CONFIG, "grpc.tls", GONE, "secrets_exist_or_are_asked_for", "nothing of it is used"),
    # files
    ("replicated", DEPLOYMENT, f"{CONTAINER}.volumeMounts.1.mountPath", "/run/secrets/other",
     "what_the_configuration_names_is_mounted", "api_key_file: /run/secrets/concero-gateway/concero-api-key is not"),
    ("replicated", DEPLOYMENT, f"{CONTAINER}.args.1", "/etc/other.yaml", "what_the_configuration_names_is_mounted",
     "no configuration"),
    ("mtls", CONFIG, "authorization.policy_file", "/etc/concero-gateway-policy/other.json",
     "what_the_configuration_names_is_mounted", "not in the ConfigMap"),
    ("single", CONFIG, "ledger.sqlite.path", "/etc/concero-gateway/gateway.db",
     "what_the_configuration_names_is_mounted", "no place for a ledger"),
    ("single", CONFIG, "ledger.sqlite.path", "gateway.db", "what_the_configuration_names_is_mounted",
     "working directory"),
    ("single", CONFIG, "concero.api_key_file", "/etc/concero-gateway/config.yaml",
     "what_the_configuration_names_is_mounted", "not on a Secret"),
    ("single", STATEFUL_SET, f"{CONTAINER}.volumeMounts.2.readOnly", True, "what_the_configuration_names_is_mounted",
     "cannot be written"),
    ("single", STATEFUL_SET, f"{CONTAINER}.volumeMounts.1.readOnly", GONE, "mounts_are_of_volumes",
     "not mounted readOnly"),
    ("single", STATEFUL_SET, f"{CONTAINER}.volumeMounts.1.subPath", "keys", "mounts_are_of_volumes", "never changes"),
    ("single", STATEFUL_SET, f"{CONTAINER}.volumeMounts.2.name", "disk", "mounts_are_of_volumes", "is no volume"),
    ("single", STATEFUL_SET, f"{POD}.volumes.1.secret.defaultMode", GONE, "mounts_are_of_volumes", "0440"),
    ("mtls", "ConfigMap/concero-gateway-policy", "", GONE, "mounts_are_of_volumes", "no ConfigMap"),
    # who reaches whom
    ("replicated", SERVICE, "spec.selector.app.kubernetes~io/component", "server", "services_lead_to_pods",
     "0 workloads"),
    ("replicated", SERVICE, "spec.ports.0.targetPort", "http", "services_lead_to_pods", "no pod has the port http"),
    ("replicated", SERVICE, "spec.ports.1", ADMIN_PORT, "services_lead_to_pods", "has the admin port"),
    ("sandbox", "Service/concero-sandbox", "spec.type", "NodePort", "services_lead_to_pods", "beyond the cluster"),
    ("replicated", SERVICE, "spec.publishNotReadyAddresses", True, "services_lead_to_pods", "not ready"),
    ("replicated", SERVICE, "spec.clusterIP", GONE, "services_lead_to_pods", "not headless"),
    ("replicated", SERVICE, "", GONE, "services_lead_to_pods", "no Service"),
    ("replicated", DEPLOYMENT, "spec.selector.matchLabels.app.kubernetes~io/name", "other",
     "selectors_fit_their_own_pods", "concero-gateway"),
    ("replicated", POLICY, "spec.podSelector.matchLabels.app.kubernetes~io/name", "other", "everybody_is_fenced",
     "who may come in"),
    ("sandbox", "NetworkPolicy/concero-sandbox", "", GONE, "everybody_is_fenced", "concero-sandbox: no NetworkPolicy"),
    ("replicated", POLICY, "spec.ingress.0.from", GONE, "everybody_is_fenced", "lets everybody in"),
    ("replicated", POLICY, "spec.ingress.0.from.0.podSelector", {}, "everybody_is_fenced", "lets everybody in"),
    ("replicated", POLICY, "spec.ingress.0.from.0", {"ipBlock": {"cidr": "0.0.0.0/0"}}, "everybody_is_fenced",
     "lets everybody in"),
    ("replicated", POLICY, "spec.ingress.0.ports.0.port", 8080, "everybody_is_fenced", "opens [8080]"),
    ("egress", EGRESS, "spec.policyTypes", ["Ingress"], "everybody_is_fenced", "Egress is not among"),
    ("egress", EGRESS, "spec.egress.1.to.0.ipBlock.cidr", "0.0.0.0/0", "everybody_is_fenced", "lets out to everybody"),
    ("egress", EGRESS, "spec.egress.1.ports", GONE, "everybody_is_fenced", "every port"),
    ("egress", EGRESS, "spec.egress.0.ports.0.endPort", 65535, "policies_are_narrow", "from 53 to 65535"),
    ("egress", EGRESS, "spec.egress.1.ports.0.endPort", 65535, "policies_are_narrow", "from 3128 to 65535"),
    ("replicated", POLICY, "spec.ingress.0.ports.0.endPort", 65535, "policies_are_narrow", "from 50051 to 65535"),
    ("egress", EGRESS, "spec.egress.0.to.1.ipBlock.cidr", "128.0.0.0/1", "policies_are_narrow", "128.0.0.0/1"),
    ("egress", EGRESS, "spec.egress.1.to.0.ipBlock.cidr", "128.0.0.0/1", "policies_are_narrow", "128.0.0.0/1"),
    ("egress", EGRESS, "spec.egress.2.to.0.ipBlock.cidr", "10.0.0.0/8", "policies_are_narrow", "10.0.0.0/8"),
    ("sandbox", EGRESS, "spec.egress.0.to.1.ipBlock.cidr", "fd00::/8", "policies_are_narrow", "fd00::/8"),
    ("egress", EGRESS, "spec.egress.1.to.0.ipBlock.except", ["192.0.2.10/32"], "policies_are_narrow", "except"),
    ("replicated", POLICY, "spec.ingress.0.ports.1", {"port": 9901}, "admin_is_for_monitoring_alone", "shares a rule"),
    ("replicated", POLICY, "spec.ingress.0.ports", GONE, "admin_is_for_monitoring_alone", "shares a rule"),
    ("sandbox", POLICY, "spec.ingress.1.from.0", {"podSelector": {"matchLabels": {"a": "b"}}},
     "admin_is_for_monitoring_alone", "others than monitoring"),
    ("replicated", POLICY, "spec.ingress.1", GONE, "admin_is_for_monitoring_alone", "nobody may read"),
    ("replicated", POLICY, "spec.ingress.0", GONE, "admin_is_for_monitoring_alone", "no caller"),
    ("egress", EGRESS, "", GONE, "only_what_is_needed_leaves", "proxy"),
    ("sandbox", EGRESS, "", GONE, "only_what_is_needed_leaves", "nothing says"),
    ("egress", EGRESS, "spec.egress.0.ports.0", GONE, "only_what_is_needed_leaves", "over UDP"),
    ("egress", CONFIG, "egress.proxy", "http://192.0.2.11:3128", "only_what_is_needed_leaves", "192.0.2.11"),
    ("egress", EGRESS, "spec.egress.2", GONE, "only_what_is_needed_leaves", "PostgreSQL"),
    ("egress", EGRESS, "spec.egress.1.ports.1", {"port": 443}, "only_what_is_needed_leaves", "port 443 is open"),
    ("sandbox", CONFIG, "concero.base_url", "http://concero-sandbox:8081/api/v1", "only_what_is_needed_leaves",
     "no Service"),
    ("sandbox", EGRESS, "spec.egress.1.to.0.podSelector.matchLabels.app.kubernetes~io/name", "other",
     "only_what_is_needed_leaves", "cannot be reached"),
    ("egress", "NetworkPolicy/default-deny", "", GONE, "the_rest_is_denied", "nothing denies"),
    ("egress", "NetworkPolicy/default-deny", "spec.policyTypes", ["Ingress"], "the_rest_is_denied", "nothing denies"),
    ("egress", CONFIG, "egress.proxy", GONE, "the_rest_is_denied", "not set"),
    ("replicated", DEPLOYMENT, "spec.template.metadata.annotations.prometheus~io/port", "50051",
     "monitoring_finds_the_admin_port", "annotations"),
    ("mtls", CONFIG, "grpc.tls.client_ca_file", GONE, "callers_have_tls_where_it_is_promised", "callers' certificates"),
    ("mtls", CONFIG, "authorization", GONE, "callers_have_tls_where_it_is_promised", "no policy"),
    ("mtls", CONFIG, "grpc.allow_plaintext", True, "callers_have_tls_where_it_is_promised", "no need"),
    ("single", CONFIG, "concero.base_url", "http://portal.example", "callers_have_tls_where_it_is_promised",
     "not https"),
    ("single", CONFIG, "proctorexam.allow_plaintext", True, "callers_have_tls_where_it_is_promised", "sandbox alone"),
    ("egress", CONFIG, "egress.allow_private", ["10.0.0.0/8"], "callers_have_tls_where_it_is_promised", "public"),
    # how many
    ("replicated", CONFIG, "ledger", {"sqlite": {"path": "/var/lib/concero-gateway/a.db"}}, "a_file_has_one_process",
     "13 processes"),
    ("replicated", CONFIG, "ledger", GONE, "a_file_has_one_process", "13 processes"),
    ("single", STATEFUL_SET, "spec.replicas", 2, "a_file_has_one_process", "2 processes"),
    ("sandbox", DEPLOYMENT, "spec.strategy", {"type": "RollingUpdate"}, "a_file_has_one_process", "2 processes"),
    ("sandbox", DEPLOYMENT, "spec.strategy", {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
     "a_file_has_one_process", "2 processes"),
    ("sandbox", DEPLOYMENT, "kind", "DaemonSet", "a_file_has_one_process", "2 processes"),
    ("single", CONFIG, "ledger.postgres", {"url_file": "/run/secrets/concero-gateway/postgres-url"},
     "a_file_has_one_process", "two places"),
    ("single", STATEFUL_SET, "spec.volumeClaimTemplates.0.spec.accessModes", ["ReadWriteMany"],
     "a_file_has_one_process",
     "several pods"),
    ("single", STATEFUL_SET, "spec.volumeClaimTemplates", GONE, "a_file_has_one_process", "outlives"),
    ("replicated", DEPLOYMENT, "spec.replicas", 1, "replicas_come_one_by_one", "1 replicas"),
    ("replicated", DEPLOYMENT, "spec.strategy.rollingUpdate.maxUnavailable", 1, "replicas_come_one_by_one",
     "none less"),
    ("replicated", DEPLOYMENT, "spec.minReadySeconds", GONE, "replicas_come_one_by_one", "minReadySeconds"),
    ("replicated", CONFIG, "shutdown.pause", "0s", "replicas_come_one_by_one", "shutdown.pause"),
    ("replicated", DEPLOYMENT, f"{POD}.topologySpreadConstraints.0", GONE, "replicas_come_one_by_one", "zones"),
    ("replicated", DEPLOYMENT, f"{POD}.topologySpreadConstraints.0.labelSelector.matchLabels.app.kubernetes~io/name",
     "other", "replicas_come_one_by_one", "other pods"),
    ("mtls", BUDGET, "", GONE, "disruptions_are_bounded", "0 PodDisruptionBudgets"),
    ("replicated", BUDGET, "spec.selector.matchLabels.app.kubernetes~io/name", "other", "disruptions_are_bounded",
     "selector"),
    ("replicated", BUDGET, "spec.maxUnavailable", 0, "disruptions_are_bounded", "drained"),
    ("single", "add", "", A_BUDGET, "disruptions_are_bounded", "one replica"),
    ("egress", SCALER, "", GONE, "scalers_can_scale", "0 HorizontalPodAutoscalers"),
    ("replicated", SCALER, "spec.scaleTargetRef.name", "gateway", "scalers_can_scale", "is not the gateway"),
    ("replicated", SCALER, "apiVersion", "autoscaling/v2beta2", "scalers_can_scale", "not served"),
    ("replicated", SCALER, "spec.minReplicas", 1, "scalers_can_scale", "below"),
    ("replicated", DEPLOYMENT, f"{CONTAINER}.resources.requests.cpu", GONE, "scalers_can_scale",
     "nothing is requested"),
    ("single", STATEFUL_SET, "kind", "Deployment", "a_stateful_set_has_its_service", "no StatefulSet"),
    ("single", STATEFUL_SET, "spec.serviceName", "other", "a_stateful_set_has_its_service", "no headless Service"),
    ("single", STATEFUL_SET, "spec.updateStrategy.type", "OnDelete", "a_stateful_set_has_its_service",
     "changes nothing"),
    ("single", STATEFUL_SET, "spec.podManagementPolicy", GONE, "a_stateful_set_has_its_service", "taken back"),
)


def mutated(bundle, target, path, value):
    """A copy of the bundle in which that one thing is otherwise. `~` in a path is a dot that is not one."""
    changed = Bundle(bundle.name, copy.deepcopy(bundle.objects), bundle.readme)
    if target == "add":
        changed.objects.append(copy.deepcopy(value))
    elif target == CONFIG:
        config = changed.config()
        put(config, path, value)
        config_map, = [thing for thing in changed.kind("ConfigMap")
                       if thing["data"].get("config.yaml") == changed.config_text()]
        config_map["data"]["config.yaml"] = yaml.safe_dump(config)
    else:
        kind, name = target.split("/")
        thing, = [thing for thing in changed.kind(kind) if is_named(thing, name)]
        if path == "" and value is GONE:
            changed.objects.remove(thing)
        else:
            put(thing, path, value)
    return changed


def is_named(thing, name):
    """Also when kustomize has put a hash behind it."""
    own = thing["metadata"]["name"]
    return own == name or (thing["kind"] == "Secret" and own.rsplit("-", 1)[0] == name)


def put(thing, path, value):
    *way, last = steps(path)
    for step in way:
        thing = thing.setdefault(step, {}) if isinstance(thing, dict) else thing[step]
    if value is GONE:
        del thing[last]
    elif isinstance(thing, list) and last == len(thing):
        thing.append(value)
    else:
        thing[last] = value


def steps(path):
    parts, rest = [], path
    if ".app.kubernetes~io/" in path:  # labels have dots of their own
        rest, label = path.split(".app.kubernetes~io/")
        parts = [f"app.kubernetes.io/{label}"]
    return [int(step) if step.isdigit() else step.replace("~", ".") for step in rest.split(".")] + parts
