#!/usr/bin/env bash
# Runs every fuzzer for SECONDS each from the seeds in tests/corpus; fails on any finding, which it keeps.
# Inputs found on the way are kept in build/fuzz/corpus, so that the next run starts from them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ ! "${1:-}" =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: tools/fuzz.sh SECONDS" >&2
  exit 2
fi
seconds=$1
source "$here/tools/setup.sh"
build_preset fuzz

fuzzers=("$here"/build/fuzz/bin/*_fuzz)
[[ -x ${fuzzers[0]} ]] || { echo "tools/fuzz.sh: no fuzzer was built" >&2; exit 1; }
for fuzzer in "${fuzzers[@]}"; do
  name=$(basename "$fuzzer")
  seeds=$here/tests/corpus/$name
  found=$here/build/fuzz/corpus/$name
  [[ -d $seeds ]] || { echo "tools/fuzz.sh: $name has no seeds; put some in tests/corpus/$name" >&2; exit 1; }
  mkdir -p "$found"
  log=$found.log
  if ! "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1 \
      -artifact_prefix="$found-finding-" "$found" "$seeds" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "tools/fuzz.sh: $name has a finding; the input: $found-finding-*, the whole log: $log" >&2
    exit 1
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "$name: ${runs:-0} inputs in $seconds s, no finding"
  [[ ${runs:-0} -gt 0 ]] || { echo "tools/fuzz.sh: $name ran nothing; see $log" >&2; exit 1; }
done
