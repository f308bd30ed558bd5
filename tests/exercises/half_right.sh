#!/usr/bin/env bash
# Each patch in half_right/ makes of a solution what one might have written before. The exercise's
# check must not let it pass. Where a solution leaves the work to the library, by_hand/ has it as one would write it; and
# that has to be right.
#
#     tests/exercises/half_right.sh [NAME...]
set -euo pipefail
cd "$(dirname "$0")/../.."
source .ci/install.sh
patches=tests/exercises/half_right
names=("$@")
if [[ $# -eq 0 ]]; then mapfile -t names < <(cd $patches && printf '%s\n' *.patch | sed 's/\.patch$//'); fi
attempts=build/dev/tests/exercises/attempt

# attempt NUMBER [PATCH]: what comes of the solution, as one would write it by hand, with the patch.
attempt() {
  local number=$1 solution
  rm -rf "$attempts"
  mkdir -p "$attempts"
  cp -r docs/exercises/solutions/"$number"-* "$attempts"
  solution=$(echo "$attempts"/"$number"-*)
  if [[ -d $solution/by_hand ]]; then mv "$solution"/by_hand/* "$solution"; fi
  if [[ $# -gt 1 ]]; then patch --quiet -p1 -d "$attempts" <"$2"; fi
  build dev "attempt_$number" >&2
  status=0
  output=$("build/dev/tests/exercises/attempt_$number") || status=$?
}

found=0
for name in "${names[@]}"; do
  attempt "${name%%-*}" "$patches/$name.patch"
  if [[ $status -eq 1 ]] && grep -q '^BROKEN' <<<"$output"; then
    echo "found: $name: $(grep '^BROKEN' <<<"$output" | sed 's/BROKEN *//'): $(tail -n 1 <<<"$output")"
    found=$((found + 1))
  else
    echo "NOT FOUND: $name (status $status)"
    echo "$output"
  fi
done
for by_hand in docs/exercises/solutions/*/by_hand; do
  name=$(basename "$(dirname "$by_hand")")
  attempt "${name%%-*}"
  [[ $status -eq 0 ]] || { echo "NOT RIGHT: $by_hand"; echo "$output"; found=-1; }
done
rm -rf "$attempts"
echo "$found half-right solutions found, $((${#names[@]} - found)) passed"
[[ $found -eq ${#names[@]} ]]
