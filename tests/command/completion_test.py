#!/usr/bin/env python3
"""Completion in real shells: completion_test.py BINARIES"""

import os
import subprocess
import sys
import unittest

BINARIES = os.path.abspath(sys.argv.pop(1))


def run(shell, *arguments, script):
    done = subprocess.run([shell, *arguments, "-c", script], text=True, capture_output=True, timeout=60,
                          env={"PATH": f"{BINARIES}:{os.environ['PATH']}", "HOME": "/nonexistent"})
    return done.returncode, done.stdout, done.stderr


class Bash(unittest.TestCase):
    def complete(self, *words):
        quoted = " ".join(f"'{word}'" for word in words)
        code, out, err = run("bash", "--norc", script=f"""
            source <(concero completion bash)
            COMP_WORDS=({quoted}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
            _concero && printf '%s\\n' "${{COMPREPLY[@]}}" """)
        self.assertEqual((code, err), (0, ""))
        return out.split()

    def test_names_of_commands(self):
        self.assertEqual(self.complete("concero", "al"), ["allocate", "allocations"])
        self.assertLessEqual({"list", "watch"}, set(self.complete("concero", "exams", "")))
        self.assertEqual(self.complete("concero", "--output", "json", "report", "w"), ["watch"])

    def test_names_of_options(self):
        self.assertEqual(self.complete("concero", "exams", "list", "--f"), ["--filter"])
        self.assertEqual(self.complete("concero", "allocations", "resolve", "order-1", "--re"), ["--resend"])
        self.assertEqual(self.complete("concero", "--gat"), ["--gateway"])

    def test_values(self):
        self.assertEqual(self.complete("concero", "-o", ""), ["table", "json"])
        self.assertEqual(self.complete("concero", "exams", "list", "--output", "j"), ["json"])
        self.assertEqual(self.complete("concero", "allocations", "list", "--state", "in"), ["in-doubt"])
        self.assertIn("/etc/passwd", self.complete("concero", "allocate", "--file", "/etc/passw"))
        self.assertEqual(self.complete("concero", "allocate", "--request-id", ""), [], "anything goes")


class Zsh(unittest.TestCase):
    # What is offered goes to functions of the test's instead of to the line editor.
    SCRIPT = """
        compdef() {{ : ; }}
        source <(concero completion zsh)
        _describe() {{ print -l -- "${{(@)${{(P)3}}%%:*}}"; }}
        compadd() {{ shift; print -l -- "$@"; }}
        _files() {{ print files; }}
        words=({words}); CURRENT=${{#words}}
        _concero"""

    def complete(self, *words):
        quoted = " ".join(f"'{word}'" for word in words)
        code, out, err = run("zsh", "-f", script=self.SCRIPT.format(words=quoted))
        self.assertEqual((code, err), (0, ""))
        return out.split()

    def test_names_of_commands(self):
        self.assertLessEqual({"exams", "allocate", "health"}, set(self.complete("concero", "")))
        self.assertLessEqual({"list", "get", "resolve"}, set(self.complete("concero", "allocations", "")))

    def test_names_of_options(self):
        self.assertIn("--filter", self.complete("concero", "exams", "list", ""))

    def test_values(self):
        self.assertEqual(self.complete("concero", "-o", ""), ["table", "json"])
        self.assertIn("in-doubt", self.complete("concero", "allocations", "list", "--state", ""))
        self.assertEqual(self.complete("concero", "allocate", "--file", ""), ["files"])

    def test_it_is_loaded_as_a_function_of_its_own_too(self):
        code, out, err = run("zsh", "-f", script="""
            directory=$(mktemp -d) && concero completion zsh > $directory/_concero
            fpath=($directory $fpath); autoload -Uz compinit && compinit -D -u
            print ${_comps[concero]}; rm -r $directory""")
        self.assertEqual((code, out, err), (0, "_concero\n", ""))


if __name__ == "__main__":
    unittest.main()
