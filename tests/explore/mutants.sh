#!/usr/bin/env bash
# Each patch in mutants/ is a mistake that people make. Applies each to a copy of the headers, builds
# the explorer with it, and demands that it finds a schedule that fails.
#
#     tests/explore/mutants.sh [NAME...]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if [[ $# -eq 0 ]]; then
  mapfile -t names < <(cd "$here/mutants" && ls -- *.patch | sed 's/\.patch$//')
else
  names=("$@")
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

flags=(-std=c++17 -O2 -w)
compile() { "${CXX:-c++}" "${flags[@]}" -I"$here/include" -I"$here" "$@"; }
# What no mutant changes is built once.
for source in scheduler main; do compile -c "$here/$source.cpp" -o "$scratch/$source.o"; done

# try NAME: 0 if the explorer finds it.
try() {
  local name=$1 copy=$scratch/$1
  mkdir -p "$copy"
  cp -r "$root/include" "$copy/include"
  patch --quiet -p1 -d "$copy" <"$here/mutants/$name.patch" || return 1
  compile -I"$copy/include" "$here/queue_scenarios.cpp" "$scratch"/{scheduler,main}.o \
    -o "$copy/explorer" || return 1
  local status=0
  "$copy/explorer" --preemptions 2 --fail-fast >"$copy/output" 2>&1 || status=$?
  if [[ $status -eq 1 ]] && grep -q '^  FAILED: ' "$copy/output"; then
    echo "killed: $name: $(sed -n 's/^  FAILED: //p' "$copy/output" | head -n 1)"
  else
    echo "SURVIVED: $name (status $status)"
    return 1
  fi
}
survivors=0
# Two at a time: each is one thread.
for ((i = 0; i < ${#names[@]}; i += 2)); do
  try "${names[i]}" & first=$!
  second=
  if ((i + 1 < ${#names[@]})); then try "${names[i + 1]}" & second=$!; fi
  wait "$first" || survivors=$((survivors + 1))
  if [[ -n $second ]]; then wait "$second" || survivors=$((survivors + 1)); fi
done
echo "$((${#names[@]} - survivors)) mutants killed, $survivors survived"
[[ $survivors -eq 0 ]]
