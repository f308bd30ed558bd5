#!/usr/bin/env bash
# Is the starting code of an exercise broken, and in the way that docs/exercises.md shows? Does its
# solution hold?
#
#     tests/exercises/run.sh [--write] [NUMBER [--solution]]
#
# Without a number all ten. --write: what the checks print, into the page.
set -euo pipefail
cd "$(dirname "$0")/../.."
page=docs/exercises.md
write=no
if [[ ${1:-} == --write ]]; then
  write=yes
  shift
fi
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

# shown MARK: what the page has in the fence under the mark.
shown() {
  awk -v mark="$1" '$0 == mark { getline; on = 1; next } on && /^```$/ { exit } on' "$page"
}

# show MARK FILE: puts it there.
show() {
  awk -v mark="$1" -v file="$2" '
    $0 == mark { print; getline; print; while ((getline line < file) > 0) print line; skip = 1; next }
    skip && /^```$/ { skip = 0 }
    !skip' "$page" >"$scratch/page"
  cp "$scratch/page" "$page"
}

# leads_to_code NUMBER: has the check printed a link to a page whose level has what the student wrote?
leads_to_code() {
  local page
  page=$(sed -n 's|^Play it, with your code: file://\(.*\)/play\.html#exercise-'"$1"':[0-9a-z]*$|\1|p' "$scratch/aside")
  [[ -n $page ]] && grep -qF "\"docs/exercises/$1-" "$page/levels.js"
}

# try NUMBER [--solution]: fails, and says why, unless all is as it should be.
try() {
  local mark="<!-- check $* -->" wanted=1 status=0
  if [[ ${2:-} == --solution ]]; then wanted=0; fi
  docs/exercises/check "$@" >"$scratch/output" 2>"$scratch/aside" || status=$?
  cat "$scratch/aside" >&2
  if [[ $status -ne $wanted ]]; then
    cat "$scratch/output"
    echo "FAILED: docs/exercises/check $*: status $status instead of $wanted"
    return 1
  fi
  if [[ $wanted -eq 1 && $1 -le 3 ]] && ! leads_to_code "$1"; then
    echo "FAILED: docs/exercises/check $*: no link to a page with the code"
    return 1
  fi
  if [[ $wanted -eq 1 ]] || grep -qxF -e "$mark" "$page"; then
    if [[ $write == yes ]]; then show "$mark" "$scratch/output"; fi
    if ! diff -u --label "$page" --label "docs/exercises/check $*" <(shown "$mark") "$scratch/output"; then
      echo "FAILED: $page does not show it: see --write"
      return 1
    fi
  fi
  echo "ok: docs/exercises/check $*: status $status, as it should be"
}

if [[ $# -gt 0 ]]; then
  try "$@"
else
  failures=0
  for number in 1 2 3 4 5; do
    try "$number" || failures=$((failures + 1))
    try "$number" --solution || failures=$((failures + 1))
  done
  echo "$((10 - failures)) passed, $failures failed"
  [[ $failures -eq 0 ]]
fi
