#!/bin/sh
# A python3 with gRPC, for the tests: the one first on PATH may be another than Debian's, without its packages.
for python in /usr/bin/python3 python3; do
  if "$python" -c 'import google.protobuf, grpc' 2>/dev/null; then exec "$python" "$@"; fi
done
echo "no python3 here has grpc; ./dev test installs it (Debian's python3-grpcio and python3-protobuf)" >&2
exit 1
