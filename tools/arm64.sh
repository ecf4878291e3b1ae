#!/usr/bin/env bash
# Builds unit tests for arm64 with Debian's cross compiler and runs them under qemu-user: tools/arm64.sh [TEST PROGRAM ...]
# The libraries for arm64 are fetched from Debian into build/arm64/sysroot; see docs/portability.md.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$here/tools/setup.sh"
install_packages arm64

folder=$here/build/arm64
sysroot=$folder/sysroot
programs=("$@")
[[ $# -gt 0 ]] || programs=(base_test failover_test replication_test journal_test simulator_test commands_test)

# With a state of its own: as on a machine of that kind on which nothing is installed yet.
apt_of_arm64() {
  apt-get -q -y -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User= -o Debug::NoLocking=1 \
    -o Dir::State="$folder/apt" -o Dir::State::status="$folder/apt/status" -o Dir::Cache="$folder/apt" "$@"
}

# What the cross compiler has of its own is left out: a second libc's headers would come before the compiler's.
fetch_libraries() {
  local libraries package
  rm -rf "$folder/apt" "$sysroot"
  mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial" "$sysroot"
  touch "$folder/apt/status"
  mapfile -t libraries < <(awk '$1 == "build" && $2 ~ /-dev$/ {print $2}' "$here/tools/packages.txt")
  apt_of_arm64 update
  apt_of_arm64 install --download-only --no-install-recommends "${libraries[@]}"
  for package in "$folder"/apt/archives/*.deb; do
    case ${package##*/} in
      libc6-dev_* | linux-libc-dev_* | libcrypt-dev_* | libstdc++-*-dev_* | libgcc-*-dev_* | libtirpc-dev_* | libnsl-dev_*) ;;
      lib* | prometheus-cpp* | civetweb* | zlib1g*) dpkg-deb -x "$package" "$sysroot" ;;
    esac
  done
  touch "$sysroot/complete"
}

[[ -f $sysroot/complete ]] || fetch_libraries
build_preset arm64 --target "${programs[@]}"
for program in "${programs[@]}"; do
  echo "--- $program"
  qemu-aarch64 -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$sysroot/usr/lib/aarch64-linux-gnu:$sysroot/lib/aarch64-linux-gnu" \
    "$folder/bin/$program" --gtest_brief=1
done
