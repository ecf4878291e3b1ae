# Sourced: functions that make this machine ready to build and run. Needs $here, the root of the checkout.

# The packages of the given kinds (build, run, test) that are not installed.
missing_packages() {
  local kind name rest
  while read -r kind name rest; do
    [[ " $* " == *" $kind "* ]] || continue
    dpkg-query -W -f='${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || echo "$name"
  done <"$here/tools/packages.txt"
}

# Installs what is missing of the given kinds; without root says the line to run and ends.
install_packages() {
  local missing
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [[ -n "${missing// /}" ]] || return 0
  local line="apt-get update && apt-get install -y --no-install-recommends $missing"
  if [[ $(id -u) -ne 0 ]]; then
    printf 'sportapp: packages are missing. Run this as root, then try again:\n  sudo sh -c "%s"\n' "$line" >&2
    exit 1
  fi
  echo "sportapp: installing from Debian, needed to build and run: $missing"
  # Debian's own redis and nginx services are not wanted, only their programs: nothing may start by itself.
  local policy=/usr/sbin/policy-rc.d made=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made=1
  fi
  local status=0
  (export DEBIAN_FRONTEND=noninteractive
   apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing) \
    >"${TMPDIR:-/tmp}/sportapp-apt.log" 2>&1 || status=$?
  [[ $made -eq 0 ]] || rm -f "$policy"
  if [[ $status -ne 0 ]]; then
    tail -n 20 "${TMPDIR:-/tmp}/sportapp-apt.log" >&2
    echo "sportapp: apt-get failed; the whole of what it said: ${TMPDIR:-/tmp}/sportapp-apt.log" >&2
    exit 1
  fi
}

# Builds a preset (release, debug, tsan), quietly when nothing changes.
build_preset() {
  local preset=$1
  shift
  (cd "$here"
   [[ -f build/$preset/build.ninja ]] || cmake --preset "$preset" >/dev/null
   cmake --build --preset "$preset" "$@")
}
