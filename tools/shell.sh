# What the scripts of this folder share; sourced after `set -euo pipefail`.
sage_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$sage_root"

# say TEXT: what happens next, on stderr, so that results stay alone on stdout.
say() { printf '\033[1m>> %s\033[0m\n' "$*" >&2; }
[[ -t 2 ]] || say() { printf '>> %s\n' "$*" >&2; }

# die TEXT: the one line that says why this ends.
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# usage_of FILE: the comment at the top of a script is its help.
usage_of() { sed -n '2,/^[^#]/{/^# \{0,1\}/{s/^# \{0,1\}//;p}}' "$1"; }

# An unexpected failure still names its place.
trap 'status=$?; printf "%s: failed at line %s (exit %s)\n" "${0##*/}" "$LINENO" "$status" >&2; exit "$status"' ERR

# build PRESET [TARGET...]: configures when needed and builds; quick when nothing changed.
build() {
  local preset=$1
  shift
  if [[ ! -f build/$preset/build.ninja ]]; then
    say "configuring build/$preset"
    cmake --preset "$preset" > "build.log.$$" 2>&1 || { cat "build.log.$$" >&2; rm -f "build.log.$$"; die "cmake --preset $preset failed"; }
    rm -f "build.log.$$"
  fi
  say "building build/$preset"
  local targets=()
  (($# > 0)) && targets=(--target "$@")
  cmake --build --preset "$preset" "${targets[@]}" >&2 || die "the build of preset $preset failed (see the first 'error:' above)"
}
