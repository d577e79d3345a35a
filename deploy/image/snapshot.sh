#!/bin/sh
# Has apt take its packages from one point in time. usage: snapshot.sh TIME DIRECTORY, TIME as 20260801T000000Z;
# prints the file that APT_CONFIG is to name.
set -eu

time=$1
directory=$2

case $time in
  [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z) ;;
  *)
    echo "snapshot.sh: DEBIAN_SNAPSHOT is to be a time such as 20260801T000000Z, not '$time'" >&2
    exit 1
    ;;
esac

mkdir -p "$directory/none"
# Without TLS, as a base has no certificates yet: Debian's signature is what counts. It was made for a week and is older.
options="check-valid-until=no signed-by=/usr/share/keyrings/debian-archive-keyring.gpg"
archive=http://snapshot.debian.org/archive
cat >"$directory/sources.list" <<END
deb [$options] $archive/debian/$time bookworm main
deb [$options] $archive/debian/$time bookworm-updates main
deb [$options] $archive/debian-security/$time bookworm-security main
END
cat >"$directory/apt.conf" <<END
Dir::Etc::SourceList "$directory/sources.list";
Dir::Etc::SourceParts "$directory/none";
END
echo "$directory/apt.conf"
