#!/bin/sh
# A python3 with gRPC and YAML, for the tests: the one first on PATH may be another than Debian's, without its packages.
for python in /usr/bin/python3 python3; do
  if "$python" -c 'import google.protobuf, grpc, yaml' 2>/dev/null; then exec "$python" "$@"; fi
done
echo "no python3 here has grpc and yaml; ./dev test installs them (Debian's python3-grpcio, python3-protobuf and" \
  "python3-yaml)" >&2
exit 1
