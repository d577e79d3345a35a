#!/bin/sh
# Installs the packages of a list in a stage of the Dockerfile, and brings what is there already to the same state.
# usage: install.sh LIST [--keep-lists]; DEBIAN_SNAPSHOT and SOURCE_DATE_EPOCH as in README.md
set -eu

here=$(dirname "$0")
list=$1
keep=${2-}

if [ -n "${DEBIAN_SNAPSHOT-}" ]; then
  APT_CONFIG=$("$here/snapshot.sh" "$DEBIAN_SNAPSHOT" "$here/snapshot")
  export APT_CONFIG
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y --no-install-recommends upgrade
# shellcheck disable=SC2046 # a name has no spaces
apt-get -q -y --no-install-recommends install $(sed '/^#/d' "$list")
if [ "$keep" = --keep-lists ]; then exit; fi

# Nobody in the image is to become somebody else.
find / -xdev -type f -perm /6000 -exec chmod ug-s {} +

rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig/* /var/lib/dpkg/*-old /var/log/*
rm -rf "$here"

# The same packages make the same files, whenever that was. What the builder lends has times of its own.
if [ -n "${SOURCE_DATE_EPOCH-}" ]; then
  find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /etc/hosts -o -path /etc/hostname \
    -o -path /etc/resolv.conf \) -prune -o -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
fi
