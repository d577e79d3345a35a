#!/usr/bin/env bash
# ./dev image: builds the images of the Dockerfile with docker, podman or buildah, whichever is there and works.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() {
  cat <<'END'
Usage: ./dev image [OPTIONS]

  --target gateway|sandbox|all   which image (all)
  --tag TAG                      concero-gateway:TAG and concero-sandbox:TAG (the version)
  --base IMAGE                   what they stand on (debian:bookworm-slim), best with its digest
  --snapshot TIME                Debian's packages as they were then, for example 20260801T000000Z
  --engine docker|podman|buildah not the first of them that works
  --no-cache                     build everything anew, a base that was made here, too

What is in each image is in build/image/NAME.spdx.json afterwards.
END
}

die() {
  echo "dev image: $*" >&2
  exit 1
}

usage_error() {
  echo "dev image: $*" >&2
  usage >&2
  exit 2
}

# docker's client is often there without an engine.
works() {
  type -P "$1" >/dev/null && "$1" info >/dev/null 2>&1
}

choose_engine() {
  local candidate
  for candidate in docker podman buildah; do
    if works "$candidate"; then
      echo "$candidate"
      return
    fi
  done
}

# build ARGUMENT…: one image. Without the format of docker there would be no HEALTHCHECK in it. The engine's own
# isolation needs more of the machine than these builds do.
build() {
  case $engine in
    docker) docker build "$@" . ;;
    podman) podman build --format docker --isolation chroot --layers "$@" . ;;
    buildah) buildah bud --format docker --isolation chroot --layers "$@" . ;;
  esac
}

# The base, for buildah and podman: of its registry or, without one, made here.
need_base() {
  local output
  local -a pull=("$engine" pull -q)
  [[ $engine == podman ]] || pull+=(--policy always) # podman asks the registry always
  if output=$("${pull[@]}" "$base" 2>&1); then return; fi
  [[ $base == debian:bookworm-slim ]] || die "$base cannot be had, and only debian:bookworm-slim can be made here: $output"
  if [[ -z $no_cache ]] && "$engine" inspect --type image "$base" >/dev/null 2>&1; then
    echo "dev image: $base cannot be pulled: the one that is here is taken" >&2
    return
  fi
  ((EUID == 0)) || die "$base cannot be pulled, and only root can make it with debootstrap: $output"
  echo "dev image: $base cannot be pulled: it is made with debootstrap, under the same name" >&2
  need_packages buildah debootstrap
  deploy/image/base.sh "$base" || die "$base cannot be made, see above"
}

# contents IMAGE FILE: copies its list of packages out of it.
contents() {
  local container
  case $engine in
    docker | podman)
      container=$("$engine" create "$1:$tag")
      "$engine" cp "$container:/usr/share/doc/$1/packages.spdx.json" "$2"
      "$engine" rm "$container" >/dev/null
      ;;
    buildah)
      container=$(buildah from --pull-never "$1:$tag")
      buildah run --isolation chroot "$container" -- cat "/usr/share/doc/$1/packages.spdx.json" >"$2"
      buildah rm "$container" >/dev/null
      ;;
  esac
}

target=all
version=$(sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
tag=$version
base=debian:bookworm-slim
snapshot=''
engine=''
no_cache=''
while (($#)); do
  case $1 in
    --target | --tag | --base | --snapshot | --engine)
      [[ -n ${2-} ]] || usage_error "$1 needs a value"
      ;;&
    --target) target=$2 ;;
    --tag) tag=$2 ;;
    --base) base=$2 ;;
    --snapshot) snapshot=$2 ;;
    --engine) engine=$2 ;;
    --no-cache)
      no_cache=yes
      shift
      continue
      ;;
    --help)
      usage
      exit
      ;;
    *) usage_error "no such option: '$1'" ;;
  esac
  shift 2
done
case $target in
  all) targets=(gateway sandbox) ;;
  gateway | sandbox) targets=("$target") ;;
  *) usage_error "no such target: '$target'" ;;
esac
case $engine in
  '') engine=$(choose_engine) ;;
  docker | podman | buildah) ;;
  *) usage_error "no such engine: '$engine'" ;;
esac
if [[ -z $engine ]]; then
  need_packages buildah
  engine=buildah
fi
works "$engine" || die "$engine does not work here; \`$engine info\` says why"

# The revision, and the time when what is built was changed last: other commits make the same image but for a label. Of
# a tree that differs from its revision both are only near the truth.
revision=unknown
epoch=${SOURCE_DATE_EPOCH-}
if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
  revision=$(git rev-parse HEAD)
  [[ -z $(git status --porcelain --untracked-files=no) ]] || revision+=-dirty
  mapfile -t sources < <(sed -n 's/^!//p' .dockerignore)
  epoch=${epoch:-$(git log -1 --format=%ct -- Dockerfile .dockerignore "${sources[@]}" ':!*.md')}
fi
epoch=${epoch:-$(date +%s)}
arguments=(
  --build-arg "BASE=$base"
  --build-arg "VERSION=$version"
  --build-arg "REVISION=$revision"
  --build-arg "SOURCE_DATE_EPOCH=$epoch"
  --build-arg "CREATED=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)"
)
[[ -z $snapshot ]] || arguments+=(--build-arg "DEBIAN_SNAPSHOT=$snapshot")
[[ -z ${CMAKE_BUILD_PARALLEL_LEVEL-} ]] ||
  arguments+=(--build-arg "CMAKE_BUILD_PARALLEL_LEVEL=$CMAKE_BUILD_PARALLEL_LEVEL")
[[ -z $no_cache ]] || arguments+=(--no-cache)
if [[ $engine != docker ]]; then
  export DEBIAN_SNAPSHOT=$snapshot
  need_base
  arguments+=(--pull-never --timestamp "$epoch")
fi

mkdir -p build/image
for each in "${targets[@]}"; do
  name=concero-$each
  echo "dev image: $name:$tag with $engine" >&2
  build "${arguments[@]}" --target "$each" --tag "$name:$tag" >&2 || die "$name cannot be built, see above"
  contents "$name" "build/image/$name.spdx.json"
  echo "$name:$tag"
done
