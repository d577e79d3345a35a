"""Holds the tree to the rules of rules.py, and the rules to what they are for.

Usage: architecture_test.py ROOT_OF_THE_REPOSITORY [unittest arguments]
"""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to

from rules import files_of, violations  # noqa: E402

HARMLESS = {
    "README.md": "# A house\n" * 500,
    ".clang-tidy": "Checks: '*'\n",
    "build/release/junk.cc": '#include "service/app/main.h"\n' * 500,
    "proto/google/rpc/code.proto": "// long\n" * 500,
    "service/base/clock.h": "#include <chrono>\n",
    "service/http/loop.cc": '#include <curl/curl.h>\n#include "service/observe/log.h"\n#include "loop.h"\n',
    "service/http/loop.h": '#include "absl/time/time.h"\n',
    "service/concero/json_codec.cc": '#include <nlohmann/json.hpp>\n#include "concero/v1/assessment.pb.h"\n',
    "service/concero/report_codec.cc": '#include "service/rest/json_view.h"\n',
    "service/rest/json_view.cc": '#include "service/rest/json_view.h"\n',
    "service/rpc/health.cc": '#include "grpc/health/v1/health.pb.h"\n#include <grpcpp/grpcpp.h>\n',
    "client/demo/main.cc": "#include <curl/curl.h>\n#include <grpcpp/grpcpp.h>\n",
    "client/include/concero_gateway/client.h":
        '#include <string>\n#include "absl/time/time.h"\n#include "concero/v1/a.pb.h"\n#include "concero_gateway/intent.h"\n',
    "client/library/grpc_client.h": '#include <grpcpp/grpcpp.h>\n#include <openssl/pem.h>\n#include "concero/v1/a.grpc.pb.h"\n',
    "client/command/main.cc": '#include <CLI/CLI.hpp>\n#include "concero_gateway/client.h"\n',
    "tests/unit/client/backoff_test.cc": '#include "client/library/backoff.h"\n',
    "tests/unit/http/loop_test.cc": '#include "service/http/loop.h"\n#include "tests/support/fakes.h"\n',
    "tests/sandbox/main.cc": '#include "tests/sandbox/journal.h"\n#include <nlohmann/json.hpp>\n',
}

# What is added to the harmless tree, and what the one violation begins with and says.
BROKEN = (
    ("service/base/clock.cc", '\n#include "service/observe/log.h"\n',
     "service/base/clock.cc:2: includes service/observe/log.h", "base may include no other folder"),
    ("service/http/retry.cc", "#include <service/concero/client.h>\n",
     "service/http/retry.cc:1: includes service/concero/client.h", "http may include base, observe"),
    ("service/http/retry.cc", '#include "../concero/json_codec.cc"\n',
     "service/http/retry.cc:1: includes ../concero/json_codec.cc", "includes point down only"),
    ("service/keys/watch.h", '  #  include "service/http/loop.h"\n',
     "service/keys/watch.h:1: includes service/http/loop.h", "keys may include base, observe"),
    ("service/rest/answer.h", '#include "service/concero/client.h"\n',
     "service/rest/answer.h:1: includes service/concero/client.h", "rest may include base, observe, http, keys"),
    ("service/proctorexam/client.h", '#include "service/concero/client.h"\n',
     "service/proctorexam/client.h:1: includes service/concero/client.h", "includes point down only"),
    ("service/rpc/call.h", '#include "service/app/settings.h"\n',
     "service/rpc/call.h:1: includes service/app/settings.h", "includes point down only"),
    ("service/cache/cache.h", '#include "service/base/clock.h"\n',
     "service/cache/cache.h:1: includes service/base/clock.h", "service/cache has no place in LAYERS"),
    ("service/app/main.cc", '#include "tests/support/fakes.h"\n',
     "service/app/main.cc:1: includes tests/support/fakes.h", "service includes neither tests nor client"),
    ("service/base/failure.cc", '#include "google/rpc/status.pb.h"\n',
     "service/base/failure.cc:1: includes google/rpc/status.pb.h", "base knows no protobuf messages"),
    ("service/rpc/fetch.cc", "#include <curl/curl.h>\n",
     "service/rpc/fetch.cc:1: includes curl/curl.h", "libcurl belongs in service/http"),
    ("service/concero/client.cc", "#include <nlohmann/json_fwd.hpp>\n",
     "service/concero/client.cc:1: includes nlohmann/json_fwd.hpp", "JSON belongs in *codec* files"),
    ("service/concero/client.cc", '#include "service/rest/json_view.h"\n',
     "service/concero/client.cc:1: includes service/rest/json_view.h", "JSON belongs in *codec* files"),
    ("service/rest/json_view.cc", "#include <nlohmann/json.hpp>\n",
     "service/rest/json_view.cc:1: includes nlohmann/json.hpp", "JSON belongs in *codec* files"),
    ("service/rpc/count.cc", "#include <prometheus/counter.h>\n",
     "service/rpc/count.cc:1: includes prometheus/counter.h", "Prometheus belongs in"),
    ("service/app/logging.cc", "#include <spdlog/spdlog.h>\n",
     "service/app/logging.cc:1: includes spdlog/spdlog.h", "spdlog belongs in service/observe"),
    ("service/concero/reactor.h", "#include <grpcpp/server.h>\n",
     "service/concero/reactor.h:1: includes grpcpp/server.h", "gRPC belongs in"),
    ("service/concero/reactor.h", '#include "concero/v1/assessment.grpc.pb.h"\n',
     "service/concero/reactor.h:1: includes concero/v1/assessment.grpc.pb.h", "gRPC belongs in"),
    ("service/rpc/rows.cc", "#include <sqlite3.h>\n",
     "service/rpc/rows.cc:1: includes sqlite3.h", "databases belong in service/ledger"),
    ("service/app/rows.cc", "#include <libpq-fe.h>\n",
     "service/app/rows.cc:1: includes libpq-fe.h", "databases belong in service/ledger"),
    ("service/app/peek.h", "#include <gtest/gtest_prod.h>\n",
     "service/app/peek.h:1: includes gtest/gtest_prod.h", "test libraries belong in tests"),
    ("client/demo/peek.cc", '#include "service/base/clock.h"\n',
     "client/demo/peek.cc:1: includes service/base/clock.h", "client knows the gateway only through its protos"),
    ("client/library/pause.cc", '#include "service/base/clock.h"\n',
     "client/library/pause.cc:1: includes service/base/clock.h", "client knows the gateway only through its protos"),
    ("client/library/pause.cc", '#include <nlohmann/json.hpp>\n',
     "client/library/pause.cc:1: includes nlohmann/json.hpp", "the client library has no JSON"),
    ("client/command/list.cc", '#include <grpcpp/grpcpp.h>\n',
     "client/command/list.cc:1: includes grpcpp/grpcpp.h", "gRPC belongs in client/library"),
    ("client/command/list.cc", '#include "client/library/pause.h"\n',
     "client/command/list.cc:1: includes client/library/pause.h", "others use concero_gateway/"),
    ("client/include/concero_gateway/intent.h", '#include "concero/v1/assessment.grpc.pb.h"\n',
     "client/include/concero_gateway/intent.h:1: includes concero/v1/assessment.grpc.pb.h", "gRPC belongs in client/library"),
    ("client/include/concero_gateway/intent.h", "#include <openssl/pem.h>\n",
     "client/include/concero_gateway/intent.h:1: includes openssl/pem.h", "public headers include their own"),
    ("tests/sandbox/api.cc", '#include "service/base/clock.h"\n',
     "tests/sandbox/api.cc:1: includes service/base/clock.h", "the sandbox shares no code with the gateway"),
    ("tests/sandbox/api.cc", '#include "concero/v1/assessment.pb.h"\n',
     "tests/sandbox/api.cc:1: includes concero/v1/assessment.pb.h", "the sandbox shares no code with the gateway"),
    ("tests/sandbox/api.cc", '#include "tests/support/process.h"\n',
     "tests/sandbox/api.cc:1: includes tests/support/process.h", "the sandbox is a program of its own"),
    ("tests/support/fakes.h", '#include "tests/unit/http/loop_test.cc"\n',
     "tests/support/fakes.h:1: includes tests/unit/http/loop_test.cc", "tests/support is below the tests"),
    ("tests/unit/faults_test.cc", '#include "tests/sandbox/faults.h"\n',
     "tests/unit/faults_test.cc:1: includes tests/sandbox/faults.h", "the sandbox is reached as a process"),
    ("service/http/long.cc", "// one more\n" * 401, "service/http/long.cc: 401 lines", "at most 400"),
    ("tests/interop/long.py", "# one more\n" * 401, "tests/interop/long.py: 401 lines", "at most 400"),
    ("dev", "# one more\n" * 401, "dev: 401 lines", "at most 400"),
    ("scripts/release.sh", "#!/bin/sh\n", "scripts: the top level has only", "proto service tests and dotfiles"),
    ("notes.txt", "Remember.\n", "notes.txt: the top level has only", "proto service tests and dotfiles"),
)


class TheTree(unittest.TestCase):
    root = ""  # set once, below

    def test_it_keeps_the_rules(self):
        self.assertIn("service/base/clock.h", files_of(self.root))
        found = violations(self.root)
        self.assertFalse(found, "\n" + "\n".join(found))


class TheRules(unittest.TestCase):
    def violations_with(self, *more):
        with tempfile.TemporaryDirectory() as root:
            for name, text in (*HARMLESS.items(), *more):
                file = pathlib.Path(root, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return violations(root)

    def test_what_is_allowed_is_not_reported(self):
        self.assertEqual(self.violations_with(), [])
        self.assertEqual(self.violations_with(("service/http/long.cc", "// a line\n" * 400)), [])

    def test_what_is_broken_is_named_with_its_rule(self):
        for name, text, beginning, rule in BROKEN:
            with self.subTest(name=name, text=text[:60]):
                (line,) = self.violations_with((name, text))
                self.assertTrue(line.startswith(beginning), line)
                self.assertIn(rule, line)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: architecture_test.py ROOT_OF_THE_REPOSITORY [unittest arguments]")
    TheTree.root = sys.argv.pop(1)
    unittest.main()
