"""Runs the tests of the grpc-js client against a sandbox and a gateway.

Usage: grpc_js_test.py DIRECTORY_OF_THE_PROGRAMS NODE_MODULES
"""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # the tests may run from a tree that is not to be written to
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from processes import sandbox_and_gateway  # noqa: E402


def main(binaries, node_modules):
    if not pathlib.Path(node_modules, "@grpc", "grpc-js").is_dir():
        sys.exit(f"@grpc/grpc-js is not in {node_modules}; ./dev test puts it there")
    with tempfile.TemporaryDirectory() as directory, \
            sandbox_and_gateway(binaries, directory) as (sandbox, gateway):
        done = subprocess.run(
            ["node", HERE / "js" / "gateway_test.js"], check=False, stdin=subprocess.DEVNULL,
            env=dict(os.environ, NODE_PATH=node_modules, GATEWAY=gateway.grpc, SANDBOX=sandbox.address))
        if done.returncode != 0:
            print(f"\nThe gateway's log:\n{gateway.log.read_text(errors='replace')}", file=sys.stderr)
        return done.returncode


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: grpc_js_test.py DIRECTORY_OF_THE_PROGRAMS NODE_MODULES")
    sys.exit(main(*sys.argv[1:]))
