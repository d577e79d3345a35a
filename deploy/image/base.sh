#!/usr/bin/env bash
# Makes, where no registry is to be reached, a base as Debian's own slim image is: a minimal Debian 12 without manuals.
# usage: base.sh NAME, with DEBIAN_SNAPSHOT as in README.md; buildah has it under that name then. Needs root.
set -euo pipefail

readonly name=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
readonly here work root=$work/root

mirror=http://deb.debian.org/debian
if [[ -n ${DEBIAN_SNAPSHOT-} ]]; then
  "$here/snapshot.sh" "$DEBIAN_SNAPSHOT" "$work" >/dev/null
  mirror=http://snapshot.debian.org/archive/debian/$DEBIAN_SNAPSHOT
fi
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/log" 2>&1 ||
  { tail -n 20 "$work/log" >&2 && exit 1; }

rm "$root/etc/apt/sources.list"
cat >"$root/etc/apt/sources.list.d/debian.sources" <<'END'
Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
# Of the documents only who has the rights.
cat >"$root/etc/dpkg/dpkg.cfg.d/docker" <<'END'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
END
find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share/doc" -mindepth 1 -type d -empty -delete
rm -rf "$root"/usr/share/{man,info,locale}/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/archives/*.deb
# No more of this machine than of the registry's image.
rm -f "$root"/etc/{hostname,resolv.conf}

container=$(buildah from scratch)
buildah add -q "$container" "$root" / >/dev/null
buildah config --cmd bash --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
buildah commit -q --rm "$container" "$name" >/dev/null
