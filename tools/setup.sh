# Sourced: functions that make this machine ready to build and run. Needs $here, the root of the checkout.

# The packages of the given kinds (build, run, test) that are not installed, each with its purpose.
missing_packages() {
  local kind name purpose
  local -A installed=()
  # What an installed package provides counts too: some packages of Node.js bring npm along.
  while read -r name; do installed[$name]=1; done < <(
    dpkg-query -W -f='${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null | sed -n 's/^installed //p' |
      sed -E 's/\([^)]*\)//g; s/[ ,]+/\n/g' | sed '/^$/d')
  while read -r kind name purpose; do
    [[ " $* " == *" $kind "* && -z "${installed[$name]:-}" ]] && printf '%s %s\n' "$name" "$purpose"
  done <"$here/tools/packages.txt"
  return 0
}

# Installs what is missing of the given kinds, saying first what and why; without root says the line to run and
# ends.
install_packages() {
  local missing names line
  missing=$(missing_packages "$@")
  [[ -n "$missing" ]] || return 0
  names=$(cut -d' ' -f1 <<<"$missing" | tr '\n' ' ')
  names=${names% }
  line="apt-get update && apt-get install -y --no-install-recommends $names"
  echo "sportapp: these Debian packages are needed and not installed:" >&2
  while read -r name purpose; do printf '  %-24s %s\n' "$name" "$purpose"; done <<<"$missing" >&2
  if [[ $(id -u) -ne 0 ]]; then
    printf 'sportapp: run this as root, then try again:\n  sudo sh -c "%s"\n' "$line" >&2
    exit 1
  fi
  echo "sportapp: installing them: $line" >&2
  install_as_root "$names"
}

# Debian's own redis and nginx services are not wanted, only their programs: nothing may start by itself.
install_as_root() {
  local names=$1 policy=/usr/sbin/policy-rc.d made=0 status=0
  local log=${TMPDIR:-/tmp}/sportapp-apt.log
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made=1
  fi
  # shellcheck disable=SC2086  # names are words
  (export DEBIAN_FRONTEND=noninteractive
   apt-get update && apt-get install -y --no-install-recommends $names) 2>&1 |
    tee "$log" | show_apt_progress || status=$?
  [[ $made -eq 0 ]] || rm -f "$policy"
  if [[ $status -ne 0 ]]; then
    tail -n 20 "$log" >&2
    echo "sportapp: apt-get failed; the whole of what it said: $log" >&2
    exit 1
  fi
}

# One word for each package that apt has unpacked or set up.
show_apt_progress() {
  local line
  while read -r line; do
    case $line in
      "Get:"*) progress "fetching: ${line#Get:}" ;;
      "Unpacking "* | "Setting up "*) progress "$line" ;;
    esac
  done
  progress_end
}

# A line that is written over on a terminal; elsewhere every tenth second.
progress_shown=0
progress() {
  if [[ -t 2 ]]; then
    printf '\r\033[K%.100s' "$1" >&2
  elif ((SECONDS - progress_shown >= 10)); then
    progress_shown=$SECONDS
    printf '  %.100s\n' "$1" >&2
  fi
}
progress_end() { [[ ! -t 2 ]] || printf '\r\033[K' >&2; }

# Builds a preset (release, debug, tsan) and tells all that the build tells.
build_preset() {
  local preset=$1
  shift
  (cd "$here"
   [[ -f build/$preset/build.ninja ]] || cmake --preset "$preset" >/dev/null
   cmake --build --preset "$preset" "$@")
}

# Builds targets of a preset: silent when there is nothing to do, else with progress; what went wrong is shown
# whole. Two at once in one checkout wait for each other.
build_quietly() {
  local preset=$1 status=0
  shift
  local log=$here/build/$preset.log
  mkdir -p "$here/build"
  exec {lock}>"$here/build/.lock"
  flock -n "$lock" || { echo "sportapp: another build runs in this checkout; waiting for it" >&2; flock "$lock"; }
  [[ -f $here/build/$preset/build.ninja ]] ||
    echo "sportapp: building (the first time takes some minutes; log: $log)" >&2
  build_preset "$preset" --target "$@" 2>&1 | tee "$log" | show_build_progress || status=$?
  exec {lock}>&-
  if [[ $status -ne 0 ]]; then
    grep -vE '^\[[0-9]+/[0-9]+\] ' "$log" | tail -n 40 >&2 || true
    echo "sportapp: the build failed; the whole of what it said: $log" >&2
    exit 1
  fi
}

show_build_progress() {
  local line
  while IFS= read -r line; do
    [[ $line != "["*"/"*"]"* ]] || progress "building $line"
  done
  progress_end
}
