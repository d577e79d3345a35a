#!/bin/sh
# Puts together, in a stage of the Dockerfile, what we add to each image: the programs and the list of its packages.
set -eu

here=$(dirname "$0")
snapshot=/image/snapshot/apt.conf # install.sh has made it when it was asked for one
if [ -f "$snapshot" ]; then export APT_CONFIG="$snapshot"; fi
created=${SOURCE_DATE_EPOCH:-$(date +%s)}

# add IMAGE PROGRAM...
add() {
  image=$1
  shift
  mkdir -p /contents
  cp -a "/programs/$image" "/contents/$image"
  python3 "$here/write.py" "concero-$image" "$VERSION" "$created" "/roots/$image" /src/build/release \
    "/contents/$image/usr/share/doc/concero-$image/packages.spdx.json" "$@"
  find "/contents/$image" -exec touch -h -d "@$created" {} +
}

add gateway concero-gateway concero
add sandbox concero-sandbox
