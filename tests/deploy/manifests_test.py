"""Renders every overlay of deploy/kustomize and holds it against the rules; the gateway checks each configuration.

Usage: manifests_test.py ROOT_OF_THE_REPOSITORY DIRECTORY_OF_THE_PROGRAMS DIRECTORY_FOR_TOOLS [unittest arguments]
KUBECTL in the environment is used instead of the kubectl in PATH.
"""

import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

import yaml  # noqa: E402

from check_config import Checker, without  # noqa: E402
from live import calls_go_through  # noqa: E402
from objects import Bundle, container_of, labels_of, pod_of, secret_values, selects  # noqa: E402
from render import KNOWN_KEYS, Renderer, objects_of  # noqa: E402
from rules import findings  # noqa: E402

OVERLAYS = {"sandbox", "single", "replicated", "egress", "mtls"}
# What lies beside the overlays, for clusters that have the kinds.
EXAMPLES = ("overlays/mtls/certificate.yaml", "examples/pod-monitor.yaml")


class Manifests(unittest.TestCase):
    root = programs = tools = None  # set once, below

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.kustomize = cls.root / "deploy/kustomize"
        renderer = Renderer(cls.root / "deploy", cls.tools, cls.scratch.name, os.environ.get("KUBECTL"))
        print(f"rendered by {renderer.kubectl}", file=sys.stderr)
        readme = (cls.kustomize / "README.md").read_text()
        cls.bundles = {name: Bundle(name, renderer.render(f"kustomize/overlays/{name}"), readme) for name in OVERLAYS}
        cls.base = Bundle("base", renderer.render("kustomize/base"))
        cls.for_callers = renderer.render(".")
        cls.checker = Checker(cls.programs / "concero-gateway", f"{cls.scratch.name}/check")

    def test_these_are_all_overlays_and_the_readme_has_each(self):
        self.assertEqual({folder.name for folder in (self.kustomize / "overlays").iterdir()}, OVERLAYS)
        for name in OVERLAYS:
            self.assertIn(f"| `{name}` |", self.bundles[name].readme)

    def test_kustomizations_say_only_what_old_kustomize_knows(self):
        files = [*self.kustomize.rglob("kustomization.yaml"), self.root / "deploy/kustomization.yaml"]
        self.assertEqual(len(files), len(OVERLAYS) + 2)
        for file in files:
            self.assertLessEqual(set(yaml.safe_load(file.read_text())), KNOWN_KEYS, file)

    def test_they_keep_the_rules(self):
        for name, bundle in self.bundles.items():
            with self.subTest(overlay=name):
                self.assertEqual(findings(bundle), [])

    def test_the_gateway_accepts_each_configuration(self):
        for name, bundle in self.bundles.items():
            with self.subTest(overlay=name):
                code, said = self.checker.check_bundle(bundle)
                self.assertEqual(code, 0, said)
                self.assertIn("config.yaml: ok", said)
                self.assertNotIn("warning", said)

    def test_the_gateway_refuses_what_is_broken(self):
        """So that the test above can fail: without the one key that each needs beyond what all have."""
        for name, key in (("sandbox", "concero.allow_plaintext"), ("single", "concero.base_url"),
                          ("replicated", "grpc.allow_plaintext"), ("egress", "egress.proxy"),
                          ("mtls", "grpc.tls.key_file")):
            with self.subTest(overlay=name):
                bundle = self.bundles[name]
                code, said = self.checker.check(without(bundle.config_text(), key), self.checker.files_of(bundle))
                self.assertEqual(code, 2, said)

    def test_the_policy_lets_callers_in_by_their_certificates(self):
        for caller, method, verdict in (
                ("spiffe://cluster.local/ns/exams/sa/exams", "concero.v1.AssessmentService/AllocateCandidate",
                 'allowed by allow rule "exams team"'),
                ("spiffe://cluster.local/ns/exams/sa/exams", "concero.v1.AllocationService/EraseCandidate", "denied"),
                ("spiffe://cluster.local/ns/other/sa/any", "concero.v1.AssessmentService/ListExaminations", "denied"),
                ("spiffe://cluster.local/ns/other/sa/any", "grpc.health.v1.Health/Watch", "allowed"),
                ("anonymous", "concero.v1.AssessmentService/ListExaminations", "denied")):
            with self.subTest(caller=caller, method=method):
                code, said = self.checker.check_bundle(self.bundles["mtls"], "--caller", caller, "--method", method)
                self.assertEqual(code, 0, said)
                self.assertIn(verdict, said.splitlines()[-1])

    def test_the_stateful_set_has_the_pod_of_the_deployment(self):
        single, base = pod_of(self.bundles["single"].gateway()), pod_of(self.base.gateway())
        self.assertEqual(single["metadata"], base["metadata"])
        spec = dict(base["spec"])
        spec["volumes"] = [volume for volume in spec["volumes"] if volume["name"] != "data"]
        mine = json.loads(json.dumps(single["spec"]))
        (config,) = [volume["configMap"] for volume in mine["volumes"] if volume["name"] == "config"]
        self.assertRegex(config["name"], "^concero-gateway-config-[a-z0-9]{10}$")  # of the overlay, by its content
        config["name"] = "concero-gateway-config"
        self.assertEqual(mine, spec)

    def test_all_images_are_of_this_version(self):
        project = (self.root / "CMakeLists.txt").read_text()
        version = project.split("project(concero_gateway VERSION ", 1)[1].split()[0]
        for name, bundle in self.bundles.items():
            with self.subTest(overlay=name):
                for workload in bundle.workloads():
                    for container in pod_of(workload)["spec"]["containers"]:
                        self.assertEqual(container["image"], f"{workload['metadata']['name']}:{version}")

    def test_callers_mount_the_service_config_that_is_tested(self):
        (config_map,) = self.for_callers
        self.assertEqual((config_map["kind"], config_map["metadata"]["name"]),
                         ("ConfigMap", "concero-gateway-service-config"))
        self.assertEqual(config_map["data"],
                         {"service-config.json": (self.root / "deploy/service-config.json").read_text()})

    def test_the_keys_of_the_gateway_are_those_of_the_sandbox(self):
        """Both as the overlay says, as processes: preflight is content, and an allocation goes through."""
        bundle = self.bundles["sandbox"]
        container = container_of(bundle.find("Deployment", "concero-sandbox"))
        arguments, files = list(container["args"]), {}
        for variable in container["env"]:
            reference = variable["valueFrom"]["secretKeyRef"]
            value = secret_values(bundle.find("Secret", reference["name"]))[reference["key"]]
            arguments = [argument.replace(f"$({variable['name']})", value) for argument in arguments]
        (secret,) = bundle.kind("Secret")
        for key, value in secret_values(secret).items():
            files[f"/run/secrets/concero-gateway/{key}"] = value
        with tempfile.TemporaryDirectory() as scratch:
            preflight, call = calls_go_through(self.programs, scratch, arguments, bundle.config_text(), files)
        self.assertEqual(preflight[0], 0, preflight[1])
        self.assertEqual(call[0], 0, call[1])

    def test_examples_name_what_the_overlays_have(self):
        things = [thing for name in EXAMPLES for thing in objects_of((self.kustomize / name).read_text())]
        server, caller, monitor = things
        self.assertEqual(server["spec"]["secretName"], "concero-gateway-tls")
        self.assertIn("concero-gateway", server["spec"]["dnsNames"])
        self.assertIn("server auth", server["spec"]["usages"])
        self.assertIn("client auth", caller["spec"]["usages"])
        (uri,) = caller["spec"]["uris"]
        _, said = self.checker.check_bundle(self.bundles["mtls"], "--caller", uri, "--method",
                                            "concero.v1.AssessmentService/ListExaminations")
        self.assertIn("allowed", said)
        self.assertTrue(selects(monitor["spec"]["selector"], labels_of(self.base.gateway())))
        self.assertEqual([one["port"] for one in monitor["spec"]["podMetricsEndpoints"]], ["admin"])

    def test_mtls_can_stand_on_egress(self):
        """As kustomize/README.md says: its kustomization with ../egress, and one configuration of both."""
        with tempfile.TemporaryDirectory() as scratch:
            renderer = Renderer(self.root / "deploy", self.tools, scratch, os.environ.get("KUBECTL"))
            overlays = renderer.copy / "kustomize/overlays"
            file = overlays / "mtls/kustomization.yaml"
            self.assertIn("../replicated", file.read_text())
            file.write_text(file.read_text().replace("../replicated", "../egress"))
            both = yaml.safe_load((overlays / "mtls/config.yaml").read_text())
            both["egress"] = yaml.safe_load((overlays / "egress/config.yaml").read_text())["egress"]
            (overlays / "mtls/config.yaml").write_text(yaml.safe_dump(both))
            objects = renderer.render("kustomize/overlays/mtls")
        for name in ("egress", "mtls"):
            self.assertEqual(findings(Bundle(name, objects, self.bundles[name].readme)), [])
        self.assertEqual(self.checker.check_bundle(Bundle("both", objects))[0], 0)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("usage: manifests_test.py ROOT PROGRAMS TOOLS [unittest arguments]")
    Manifests.root, Manifests.programs, Manifests.tools = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(3))
    unittest.main()
