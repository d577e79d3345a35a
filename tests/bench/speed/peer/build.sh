#!/usr/bin/env bash
# Builds the Go gateway: build.sh DIRECTORY makes DIRECTORY/speed_peer from main.go and the repository's protos, with
# Debian's packages alone (no module is fetched).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here proto=$here/../../../../proto
mkdir -p "${1:?usage: build.sh DIRECTORY}"
out=$(cd "$1" && pwd)
readonly out

# Debian's protoc-gen-go knows no `optional` of proto3: without it a zero is not sent, which is no difference here.
rm -rf "$out/peer"
mkdir -p "$out/peer/proto/concero/v1" "$out/peer/go/src/speed_peer"
for file in "$proto"/concero/v1/*.proto; do
  sed 's/^  optional /  /' "$file" >"$out/peer/proto/concero/v1/$(basename "$file")"
done

readonly known=github.com/golang/protobuf/ptypes
packages=plugins=grpc
for mapping in concero/v1/{assessment,allocation}.proto=concerov1 \
  google/protobuf/{timestamp.proto=$known/timestamp,duration.proto=$known/duration,struct.proto=$known/struct} \
  google/rpc/status.proto=google.golang.org/genproto/googleapis/rpc/status; do
  packages+=,M$mapping
done
protoc -I "$out/peer/proto" -I "$proto" --go_out="$packages:$out/peer/go/src" concero/v1/{assessment,allocation}.proto
mkdir -p "$out/peer/go/src/concerov1"
mv "$out"/peer/go/src/concero/v1/*.go "$out/peer/go/src/concerov1"

cp "$here/main.go" "$out/peer/go/src/speed_peer"
cd "$out/peer/go/src/speed_peer"
export GO111MODULE=off GOFLAGS='' GOPATH=$out/peer/go:/usr/share/gocode GOCACHE=$out/peer/cache
exec go build -o "$out/speed_peer" .
