"""The rules find what they are for: each overlay is broken in many ways, and each of them must be named.

Usage: rules_test.py ROOT_OF_THE_REPOSITORY DIRECTORY_FOR_TOOLS [unittest arguments]
"""

import os
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from mutations import MUTATIONS, mutated  # noqa: E402
from objects import Bundle, seconds, selects, size  # noqa: E402
from render import Renderer, RenderError, rewritten  # noqa: E402
from rules import RULES, findings  # noqa: E402


class Rules(unittest.TestCase):
    root = tools = None  # set once, below

    @classmethod
    def setUpClass(cls):
        readme = (cls.root / "deploy/kustomize/README.md").read_text()
        with tempfile.TemporaryDirectory() as scratch:
            renderer = Renderer(cls.root / "deploy", cls.tools, scratch, os.environ.get("KUBECTL"))
            cls.bundles = {name: Bundle(name, renderer.render(f"kustomize/overlays/{name}"), readme)
                           for name in {mutation[0] for mutation in MUTATIONS}}

    def test_what_is_not_broken_is_not_reported(self):
        for name, bundle in self.bundles.items():
            self.assertEqual(findings(bundle), [], name)

    def test_what_is_broken_is_named(self):
        for overlay, target, path, value, rule, text in MUTATIONS:
            with self.subTest(overlay=overlay, target=target, path=path, rule=rule):
                found = findings(mutated(self.bundles[overlay], target, path, value))
                self.assertTrue(any(name == rule and text in said for name, said in found), found)

    def test_every_rule_is_broken_at_least_once(self):
        self.assertEqual({rule.__name__ for rule in RULES}, {mutation[4] for mutation in MUTATIONS})

    def test_nothing_at_all_is_not_right_either(self):
        self.assertTrue(findings(Bundle("replicated", [])))

    def test_a_kubectl_that_fails_is_no_empty_answer(self):
        with tempfile.TemporaryDirectory() as scratch:
            renderer = Renderer(self.root / "deploy", self.tools, scratch, os.environ.get("KUBECTL"))
            with self.assertRaises(RenderError):
                renderer.render("kustomize/overlays")


class Words(unittest.TestCase):
    def test_durations(self):
        for text, value in (("300ms", 0.3), ("10s", 10), ("2m", 120), ("24h", 86400), (None, 5)):
            self.assertEqual(seconds(text, 5), value)

    def test_sizes(self):
        for text, value in (("1Gi", 1073741824), ("256Mi", 268435456), ("1k", 1000), (12, 12)):
            self.assertEqual(size(text), value)

    def test_selectors(self):
        labels = {"a": "b", "c": "d"}
        self.assertTrue(selects({"matchLabels": {"a": "b"}}, labels))
        self.assertTrue(selects({}, labels))
        self.assertFalse(selects({"matchLabels": {"a": "d"}}, labels))
        self.assertFalse(selects({"matchExpressions": []}, labels))  # which no rule here can judge

    def test_old_names(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "base").mkdir()
            self.assertEqual(rewritten({"resources": ["base", "a.yaml"], "patches": [{"path": "b.yaml"}]},
                                       pathlib.Path(folder)),
                             {"bases": ["base"], "resources": ["a.yaml"], "patchesStrategicMerge": ["b.yaml"]})


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: rules_test.py ROOT TOOLS [unittest arguments]")
    Rules.root, Rules.tools = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(2))
    unittest.main()
