"""Who reaches whom: Services and NetworkPolicies fit pods, and the admin port is fenced everywhere."""

import ipaddress
import re
import urllib.parse

from objects import GATEWAY, container_of, labels_of, selects

GRPC, ADMIN, DNS, POSTGRES = 50051, 9901, 53, 5432
MONITORING = {"concero-gateway/monitoring": "true"}
# Overlays from which nothing leaves but what a policy allows, and those where that holds for the whole namespace.
SHUT_IN = {"sandbox", "egress"}
DEFAULT_DENY = {"egress"}


def ports_of(workload):
    return {port.get("name"): port["containerPort"] for port in container_of(workload).get("ports", [])}


def selected_by(bundle, selector):
    return [workload for workload in bundle.workloads() if selects(selector, labels_of(workload))]


def policies_of(bundle, workload, direction):
    """The NetworkPolicies for one direction that select the workload's pods."""
    return [policy for policy in bundle.kind("NetworkPolicy")
            if selects(policy["spec"]["podSelector"], labels_of(workload))
            and direction in policy["spec"].get("policyTypes", ["Ingress"])]


def selectors_fit_their_own_pods(bundle):
    for workload in bundle.workloads():
        if selected_by(bundle, workload["spec"].get("selector", {})) != [workload]:
            yield f"{workload['kind']} {workload['metadata']['name']}: its selector does not fit its own pods alone"


def services_lead_to_pods(bundle):
    for service in bundle.kind("Service"):
        name, spec = service["metadata"]["name"], service["spec"]
        found = selected_by(bundle, {"matchLabels": spec.get("selector", {})})
        if len(found) != 1 or not spec.get("selector"):
            yield f"Service {name}: its selector fits the pods of {len(found)} workloads"
            continue
        if spec.get("type", "ClusterIP") != "ClusterIP" or spec.get("externalIPs"):
            yield f"Service {name}: reaches beyond the cluster"
        if spec.get("publishNotReadyAddresses"):
            yield f"Service {name}: publishes pods that are not ready"
        ports = ports_of(found[0])
        for port in spec["ports"]:
            target = port.get("targetPort", port["port"])
            if ports.get(target, target) not in ports.values():
                yield f"Service {name}: no pod has the port {target}"
            elif ADMIN in (port["port"], ports.get(target, target)):
                yield f"Service {name}: has the admin port"
    service = bundle.find("Service", GATEWAY)
    if service is None:
        yield "there is no Service concero-gateway"
        return
    ports = [(port.get("name"), port["port"]) for port in service["spec"]["ports"]]
    if service["spec"].get("clusterIP") != "None" or ports != [("grpc", GRPC)]:
        yield f"Service concero-gateway: is not headless with the port grpc alone: {ports}"


def peers_are_named(peers):
    """Whether each peer is narrowed by labels or by a network that is not everything."""
    for peer in peers:
        if "ipBlock" in peer:
            if ipaddress.ip_network(peer["ipBlock"]["cidr"]).prefixlen == 0:
                return False
        elif not any(peer.get(kind) for kind in ("podSelector", "namespaceSelector")):
            return False
    return bool(peers)


def numbers_of(rule):
    return [port.get("port") for port in rule.get("ports", [])]


def everybody_is_fenced(bundle):
    for workload in bundle.workloads():
        if not policies_of(bundle, workload, "Ingress"):
            yield f"{workload['metadata']['name']}: no NetworkPolicy says who may come in"
    for policy in bundle.kind("NetworkPolicy"):
        name, spec = policy["metadata"]["name"], policy["spec"]
        fitting = selected_by(bundle, spec["podSelector"])
        if not fitting:
            yield f"NetworkPolicy {name}: its selector fits no pod"
        for direction, field in (("Ingress", "ingress"), ("Egress", "egress")):
            if spec.get(field) and direction not in spec.get("policyTypes", []):
                yield f"NetworkPolicy {name}: {direction} is not among its policyTypes"
        known = {number for workload in fitting for number in ports_of(workload).values()}
        for rule in spec.get("ingress", []):
            if not peers_are_named(rule.get("from", [])):
                yield f"NetworkPolicy {name}: lets everybody in"
            if not rule.get("ports") or not set(numbers_of(rule)) <= known:
                yield f"NetworkPolicy {name}: opens {numbers_of(rule)}, pods have {sorted(known)}"
        for rule in spec.get("egress", []):
            if not peers_are_named(rule.get("to", [])) or not rule.get("ports"):
                yield f"NetworkPolicy {name}: lets out to everybody, or to every port"


def policies_are_narrow(bundle):
    """No range of ports anywhere, and networks to go to of one address each: an end of a way out, not a region."""
    for policy in bundle.kind("NetworkPolicy"):
        name, spec = policy["metadata"]["name"], policy["spec"]
        for rule in spec.get("ingress", []) + spec.get("egress", []):
            for port in rule.get("ports", []):
                if "endPort" in port:
                    yield f"NetworkPolicy {name}: opens all ports from {port.get('port')} to {port['endPort']}"
        for block in (peer["ipBlock"] for rule in spec.get("egress", []) for peer in rule.get("to", [])
                      if "ipBlock" in peer):
            network = ipaddress.ip_network(block["cidr"])
            if network.num_addresses != 1:
                yield f"NetworkPolicy {name}: lets out to all of {network}"
            if "except" in block:
                yield f"NetworkPolicy {name}: lets out to {network} except {block['except']}, which is no address"


def admin_is_for_monitoring_alone(bundle):
    gateway = bundle.gateway()
    rules = [rule for policy in policies_of(bundle, gateway, "Ingress") for rule in policy["spec"].get("ingress", [])
             ] if gateway else []
    admin = [rule for rule in rules if ADMIN in numbers_of(rule) or not rule.get("ports")]
    for rule in admin:
        if numbers_of(rule) != [ADMIN]:
            yield "the admin port shares a rule with another"
        if any(peer.get("namespaceSelector") != {"matchLabels": MONITORING} for peer in rule.get("from", [{}])):
            yield "the admin port is open to others than monitoring"
    if not admin:
        yield "nobody may read the metrics"
    if not any(numbers_of(rule) == [GRPC] for rule in rules):
        yield "no caller may come in"


def allowed_out(bundle, workload):
    """(peer, protocol, port) of all that may leave."""
    return [(peer, port.get("protocol", "TCP"), port.get("port"))
            for policy in policies_of(bundle, workload, "Egress") for rule in policy["spec"].get("egress", [])
            for peer in rule.get("to", []) for port in rule.get("ports", [])]


def reaches(allowed, number, fits):
    return any(port == number and protocol == "TCP" and fits(peer) for peer, protocol, port in allowed)


def is_network_of(address):
    return lambda peer: "ipBlock" in peer and address in ipaddress.ip_network(peer["ipBlock"]["cidr"])


def only_what_is_needed_leaves(bundle):
    gateway, config = bundle.gateway(), bundle.config() or {}
    if gateway is None or bundle.name not in SHUT_IN:
        return
    if not policies_of(bundle, gateway, "Egress"):
        yield "nothing says where the gateway may go"
        return
    allowed = allowed_out(bundle, gateway)
    wanted = {DNS}
    for protocol in ("UDP", "TCP"):
        if not any((port, how) == (DNS, protocol) for _, how, port in allowed):
            yield f"names cannot be looked up over {protocol}"
    proxy = config.get("egress", {}).get("proxy")
    if proxy:
        url = urllib.parse.urlsplit(proxy)
        wanted.add(url.port)
        if not reaches(allowed, url.port, is_network_of(ipaddress.ip_address(url.hostname))):
            yield f"the proxy {proxy} cannot be reached"
    else:
        yield from in_cluster_upstreams(bundle, config, allowed, wanted)
    if "postgres" in config.get("ledger", {}):
        wanted.add(POSTGRES)
        if not any(port == POSTGRES for _, _, port in allowed):
            yield "PostgreSQL cannot be reached"
    for _, _, port in allowed:
        if port not in wanted:
            yield f"port {port} is open, and nothing of the gateway's is there"


def in_cluster_upstreams(bundle, config, allowed, wanted):
    for section in ("concero", "proctorexam"):
        url = urllib.parse.urlsplit(config.get(section, {}).get("base_url", ""))
        service = bundle.find("Service", url.hostname)
        if service is None or url.port not in [port["port"] for port in service["spec"]["ports"]]:
            yield f"{section}.base_url: no Service {url.hostname} with port {url.port} is here"
            continue
        wanted.add(url.port)
        if not reaches(allowed, url.port, lambda peer, to=service["spec"]["selector"]: peer.get("podSelector") == {
                "matchLabels": to}):
            yield f"{section}.base_url: {url.hostname} cannot be reached"


def the_rest_is_denied(bundle):
    denying = [policy for policy in bundle.kind("NetworkPolicy") if policy["spec"]["podSelector"] == {}
               and set(policy["spec"].get("policyTypes", [])) == {"Ingress", "Egress"}
               and not policy["spec"].get("ingress") and not policy["spec"].get("egress")]
    if bundle.name in DEFAULT_DENY and not denying:
        yield "nothing denies what no policy allows"
    if bundle.name in DEFAULT_DENY and not (bundle.config() or {}).get("egress", {}).get("proxy"):
        yield "egress.proxy is not set"


def monitoring_finds_the_admin_port(bundle):
    gateway = bundle.gateway()
    notes = gateway["spec"]["template"]["metadata"].get("annotations", {}) if gateway else {}
    wanted = {"prometheus.io/scrape": "true", "prometheus.io/port": str(ADMIN), "prometheus.io/path": "/metrics"}
    if not wanted.items() <= notes.items():
        yield "the annotations for Prometheus are not those of the admin port"


def callers_have_tls_where_it_is_promised(bundle):
    config = bundle.config() or {}
    tls = config.get("grpc", {}).get("tls", {})
    if bundle.name == "mtls":
        if not all(re.fullmatch(r"/run/secrets/concero-gateway-tls/[a-z.]+", tls.get(key, ""))
                   for key in ("cert_file", "key_file", "client_ca_file")):
            yield "grpc.tls: is not that of the Secret concero-gateway-tls, with callers' certificates"
        if "policy_file" not in config.get("authorization", {}):
            yield "authorization: callers have certificates, and no policy says what they may call"
        if config.get("grpc", {}).get("allow_plaintext"):
            yield "grpc.allow_plaintext: with TLS there is no need of it"
    for section in ("concero", "proctorexam"):
        if bundle.name != "sandbox" and not config.get(section, {}).get("base_url", "https:").startswith("https:"):
            yield f"{section}.base_url: is not https"
        if bundle.name != "sandbox" and config.get(section, {}).get("allow_plaintext"):
            yield f"{section}.allow_plaintext: is for the sandbox alone"
    if bundle.name != "sandbox" and config.get("egress", {}).get("allow_private"):
        yield "egress.allow_private: upstreams have public addresses"


RULES = (selectors_fit_their_own_pods, services_lead_to_pods, everybody_is_fenced, policies_are_narrow,
         admin_is_for_monitoring_alone, only_what_is_needed_leaves, the_rest_is_denied, monitoring_finds_the_admin_port,
         callers_have_tls_where_it_is_promised)
