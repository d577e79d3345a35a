#!/usr/bin/env bash
# Debian packages in build/tools/PACKAGE, unpacked and not installed: some would start a service. Needs no root.
#
# Where there is no apt it says what is missing, and goes on.
#
# Usage: unpack.sh PACKAGE …
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Lists of packages and a cache of our own, for when the system has no lists, or old ones.
readonly own=$PWD/build/tools/apt
readonly options=(-q -o "Dir::State::lists=$own/lists" -o "Dir::Cache=$own/cache")

download() {
  apt-get -q download "$1" &>/dev/null && return
  local output
  output=$(apt-get "${options[@]}" update 2>&1 && apt-get "${options[@]}" download "$1" 2>&1) && return
  printf '%s\n' "$output" >&2
  return 1
}

missing=()
for package in "$@"; do
  if [[ ! -d build/tools/$package ]]; then missing+=("$package"); fi
done
((${#missing[@]})) || exit 0
if ! type -P apt-get dpkg >/dev/null; then
  echo "this is not Debian or Ubuntu: nothing is unpacked; build/tools lacks, by Debian's names: ${missing[*]}" >&2
  exit
fi

mkdir -p "$own"/{lists,cache/archives}/partial
# One at a time: the next one finds what this one has unpacked.
exec {lock}>"$own/lock"
flock "$lock"
for package in "${missing[@]}"; do
  tools=build/tools/$package
  if [[ -d $tools ]]; then continue; fi
  echo "unpacking: $package, into $tools" >&2
  rm -rf "$tools.new"
  mkdir "$tools.new"
  if ! (cd "$tools.new" && download "$package" && dpkg -x ./*.deb . && rm ./*.deb); then
    echo "$package cannot be unpacked, see above: it is needed from Debian's archive" >&2
    exit 1
  fi
  mv "$tools.new" "$tools"
done
