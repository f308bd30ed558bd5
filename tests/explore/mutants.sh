#!/usr/bin/env bash
# Each patch in mutants/ is a mistake that people make. Applies each to a copy of the sources, builds
# the explorer with it, and demands that it finds a schedule that fails.
#
#     tests/explore/mutants.sh [NAME...]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
names=("$@")
if [[ $# -eq 0 ]]; then mapfile -t names < <(cd "$here/mutants" && printf '%s\n' *.patch | sed 's/\.patch$//'); fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# compile TREE ARGUMENTS...: with the headers and sources of TREE, and the explorer's own triloop/sync.h.
compile() {
  local tree=$1
  shift
  ${CMAKE_CXX_COMPILER_LAUNCHER:-} "${CXX:-c++}" -std=c++17 -O1 -w -I"$here/include" -I"$here" \
    -I"$tree/include" -I"$tree/src" -DSPDLOG_SHARED_LIB -DSPDLOG_COMPILED_LIB \
    -DSPDLOG_FMT_EXTERNAL -DASIO_STANDALONE -D_WEBSOCKETPP_CPP11_STL_ "$@"
}

# What no mutant changes is built once. Those of the headers run the queue's scenarios alone: two
# versions of a header do not mix in one program.
sources=(connection handshake reader processor writer gather http http_head request ws_protocol
  deflate printable many_threads spare_threads trace trace_ring trace_recorder trace_json)
cat >"$scratch/none.cpp" <<'END'
#include "scenarios.h"
namespace explore {
static const std::vector<Named> none;
const std::vector<Named>& spare_scenarios() { return none; }
const std::vector<Named>& connection_scenarios() { return none; }
}
END
build_list() {
  for source in scheduler main queue_scenarios spare_scenarios connection_scenarios; do
    echo "$here/$source.cpp $scratch/$source.o"
  done
  echo "$scratch/none.cpp $scratch/none.o"
  for source in "${sources[@]}"; do echo "$root/src/$source.cpp $scratch/$source.o"; done
}
building=()
while read -r source object; do
  compile "$root" -c "$source" -o "$object" &
  building+=($!)
  if [[ ${#building[@]} -eq 2 ]]; then
    wait "${building[0]}"
    building=("${building[1]}")
  fi
done < <(build_list)
wait "${building[@]}"

# try NAME: succeeds if the explorer finds it.
try() {
  local name=$1 copy=$scratch/tree-$1 changed objects=() source status=0
  mkdir -p "$copy"
  cp -r "$root/include" "$root/src" "$copy"
  patch --quiet -p1 -d "$copy" <"$here/mutants/$name.patch"
  changed=$(sed -nE 's|^\+\+\+ b/||p' "$here/mutants/$name.patch")
  if [[ $changed == include/* ]]; then
    compile "$copy" -c "$here/queue_scenarios.cpp" -o "$copy/changed.o"
    objects=("$scratch"/{scheduler,main,none,trace,trace_ring,trace_recorder,trace_json}.o)
  else
    compile "$copy" -c "$copy/$changed" -o "$copy/changed.o"
    objects=("$scratch"/{scheduler,main,queue_scenarios,spare_scenarios,connection_scenarios}.o)
    for source in "${sources[@]}"; do
      [[ src/$source.cpp == "$changed" ]] || objects+=("$scratch/$source.o")
    done
  fi
  "${CXX:-c++}" "${objects[@]}" "$copy/changed.o" -o "$copy/explorer" -lspdlog -lfmt -lz
  # Of the connection's scenarios, the one that the patch names: all would take minutes each.
  local only=() scenario
  scenario=$(sed -n 's/^Scenario: //p' "$here/mutants/$name.patch")
  if [[ -n $scenario ]]; then only=(--scenario "$scenario"); fi
  "$copy/explorer" --preemptions 2 --fail-fast "${only[@]}" >"$copy/output" 2>&1 || status=$?
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
  try "${names[i]}" &
  first=$!
  second=
  if ((i + 1 < ${#names[@]})); then
    try "${names[i + 1]}" &
    second=$!
  fi
  wait "$first" || survivors=$((survivors + 1))
  if [[ -n $second ]]; then wait "$second" || survivors=$((survivors + 1)); fi
done
echo "$((${#names[@]} - survivors)) mutants killed, $survivors survived"
[[ $survivors -eq 0 ]]
