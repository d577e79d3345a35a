"""Every field of what the overlays make is one that Kubernetes knows, of the right type: a misspelled one is ignored
by old clusters and refused by new ones, and no rule would look for it. TypeScript judges, by Kubernetes' own types.

Usage: fields_test.py ROOT_OF_THE_REPOSITORY DIRECTORY_FOR_TOOLS NODE_MODULES [unittest arguments]
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from render import Renderer  # noqa: E402

# Where each kind's type is, by its apiVersion.
MODULES = {"v1": "core/v1", "apps/v1": "apps/v1", "networking.k8s.io/v1": "networking/v1", "policy/v1": "policy/v1",
           "autoscaling/v2": "autoscaling/v2"}
TSC = ("--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler",
       "--target", "es2020")
SPEC = "spec.template.spec"

# kind, where, what stands there, what must be said
MUTATIONS = (
    ("Deployment", f"{SPEC}.terminationGracePeriodSecond", 60, "'\"terminationGracePeriodSecond\"' does not exist"),
    ("Deployment", f"{SPEC}.securityContext.readOnlyRootFilesystem", True,
     "'\"readOnlyRootFilesystem\"' does not exist"),
    ("Deployment", "spec.replicas", "3", "Type 'string' is not assignable to type 'number'"),
    ("Deployment", "apiVersion", "apps/v1beta1", "'\"apps/v1beta1\"' is not assignable to type '\"apps/v1\"'"),
    ("NetworkPolicy", "spec.podselector", {}, "'\"podselector\"' does not exist"),
    ("HorizontalPodAutoscaler", "spec.targetCPUUtilizationPercentage", 70, "does not exist"),
)


class Fields(unittest.TestCase):
    root = tools = node_modules = None  # set once, below

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.scratch = pathlib.Path(folder.name)
        renderer = Renderer(cls.root / "deploy", cls.tools, cls.scratch, os.environ.get("KUBECTL"))
        overlays = sorted(folder.name for folder in (cls.root / "deploy/kustomize/overlays").iterdir())
        cls.objects = {name: renderer.render(f"kustomize/overlays/{name}") for name in overlays}
        (cls.scratch / "node_modules").symlink_to(cls.node_modules)

    def said_of(self, objects):
        """What TypeScript says of them; empty when it has nothing to say."""
        lines = []
        for number, thing in enumerate(objects):
            module = MODULES.get(thing["apiVersion"], "apps/v1")
            lines += [f"import type {{ {thing['kind']} as T{number} }} from 'kubernetes-types/{module}';",
                      f"export const v{number}: T{number} = {json.dumps(thing)};"]
        (self.scratch / "all.ts").write_text("\n".join(lines))
        done = subprocess.run(["node", "node_modules/typescript/bin/tsc", *TSC, "all.ts"], cwd=self.scratch,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode == 0, done.stdout == "", done.stdout + done.stderr)
        return done.stdout

    def test_they_are_all_known(self):
        objects = [thing for rendered in self.objects.values() for thing in rendered]
        self.assertLessEqual({thing["apiVersion"] for thing in objects}, set(MODULES))
        self.assertEqual(self.said_of(objects), "")

    def test_what_is_not_known_is_named(self):
        broken = []
        for kind, path, value, _ in MUTATIONS:
            thing = next(json.loads(json.dumps(one)) for one in self.objects["replicated"] if one["kind"] == kind)
            *way, last = path.split(".")
            part = thing
            for step in way:
                part = part[step]
            part[last] = value
            broken.append(thing)
        said = self.said_of(broken).splitlines()
        for number, (kind, path, _, text) in enumerate(MUTATIONS):
            line = 2 * (number + 1)  # after its import
            with self.subTest(kind=kind, path=path):
                self.assertTrue(any(one.startswith(f"all.ts({line},") and text in one for one in said), said)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("usage: fields_test.py ROOT TOOLS NODE_MODULES [unittest arguments]")
    Fields.root, Fields.tools, Fields.node_modules = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(3))
    unittest.main()
