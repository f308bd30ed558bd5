#!/usr/bin/env bash
# Each patch in half_right/ makes of a solution what one might have written before. The exercise's
# check must not let it pass.
#
#     tests/exercises/half_right.sh [NAME...]
set -euo pipefail
cd "$(dirname "$0")/../.."
source .ci/install.sh
patches=tests/exercises/half_right
names=("$@")
if [[ $# -eq 0 ]]; then mapfile -t names < <(cd $patches && printf '%s\n' *.patch | sed 's/\.patch$//'); fi
attempts=build/dev/tests/exercises/attempt

found=0
for name in "${names[@]}"; do
  number=${name%%-*}
  rm -rf "$attempts"
  mkdir -p "$attempts"
  cp -r docs/exercises/solutions/"$number"-* "$attempts"
  patch --quiet -p1 -d "$attempts" <"$patches/$name.patch"
  build dev "attempt_$number" >&2
  status=0
  output=$("build/dev/tests/exercises/attempt_$number") || status=$?
  if [[ $status -eq 1 ]] && grep -q '^BROKEN' <<<"$output"; then
    echo "found: $name: $(grep '^BROKEN' <<<"$output" | sed 's/BROKEN *//'): $(tail -n 1 <<<"$output")"
    found=$((found + 1))
  else
    echo "NOT FOUND: $name (status $status)"
    echo "$output"
  fi
done
rm -rf "$attempts"
echo "$found half-right solutions found, $((${#names[@]} - found)) passed"
[[ $found -eq ${#names[@]} ]]
