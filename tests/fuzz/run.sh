#!/usr/bin/env bash
# tests/fuzz/run.sh [SECONDS]   builds the fuzzers and runs each for SECONDS (60), from its seeds.
# Leaves nothing behind but build/fuzz; an input that is a finding is kept there.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
build=build/fuzz

if [[ ! -f $build/build.ninja ]]; then
  launcher=()
  command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=None \
    -DTRILOOP_TESTS=ON -DTRILOOP_FUZZERS=ON "${launcher[@]}" >/dev/null
fi
cmake --build "$build" --target fuzz_request fuzz_frames fuzz_text fuzz_proxy fuzz_forwarded -- --quiet

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

findings=0
for what in request frames text proxy forwarded; do
  cp -r "tests/fuzz/seeds/$what" "$scratch/$what"
  log=$scratch/$what.log
  if "$build/tests/fuzz/fuzz_$what" "$scratch/$what" -dict="tests/fuzz/$what.dict" \
    -max_total_time="$seconds" -max_len=8192 -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$build/finding_$what-" >"$log" 2>&1; then
    tried=$(sed -nE 's/^stat::number_of_executed_units: *([0-9]+).*/\1/p' "$log")
    found=$(sed -nE 's/^stat::new_units_added: *([0-9]+).*/\1/p' "$log")
    memory=$(sed -nE 's/^stat::peak_rss_mb: *([0-9]+).*/\1/p' "$log")
    echo "fuzz_$what: $tried inputs tried in $seconds s, $found of them new ways through the code," \
      "peak $memory MB, no finding"
    if [[ -z $tried || $tried -eq 0 ]]; then findings=$((findings + 1)); fi
  else
    findings=$((findings + 1))
    tail -n 60 "$log"
    echo "fuzz_$what: a finding, see above"
  fi
done
[[ $findings -eq 0 ]]
