#!/bin/sh
# A python3 with gRPC and YAML, for the tests: the one first on PATH may be another than Debian's, without its packages.

# Drivers start programs beside gRPC's threads. Who is forked there becomes another program at once, needs none of what
# gRPC does around a fork, and may abort in it. Before any `import grpc`, whichever module has the first.
export GRPC_ENABLE_FORK_SUPPORT="${GRPC_ENABLE_FORK_SUPPORT:-0}"

for python in /usr/bin/python3 python3; do
  if "$python" -c 'import google.protobuf, grpc, yaml' 2>/dev/null; then exec "$python" "$@"; fi
done
echo "no python3 here has grpc and yaml; ./dev test installs them (Debian's python3-grpcio, python3-protobuf and" \
  "python3-yaml)" >&2
exit 1
