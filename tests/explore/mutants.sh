#!/usr/bin/env bash
# Each patch in mutants/ is a mistake that people make. Applies each to a copy of the sources, builds
# the explorer with it, and demands that it finds a schedule that fails.
#
#     tests/explore/mutants.sh [--write] [NAME...]     --write: into docs/proof-mutants.md
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
page=$root/docs/proof-mutants.md
write=no
if [[ ${1:-} == --write ]]; then
  write=yes
  shift
fi
names=("$@")
if [[ $# -eq 0 ]]; then mapfile -t names < <(cd "$here/mutants" && printf '%s\n' *.patch | sed 's/\.patch$//'); fi
# The same place each time, so that a compiler cache knows what it has compiled before.
scratch=$root/build/mutants
rm -rf "$scratch"
mkdir -p "$scratch"
trap 'rm -rf "$scratch"' EXIT

# compile TREE ARGUMENTS...: with the headers and sources of TREE, and the explorer's own triloop/sync.h.
compile() {
  local tree=$1
  shift
  ${CMAKE_CXX_COMPILER_LAUNCHER:-} "${CXX:-c++}" -std=c++17 -O1 -w -I"$here/include" -I"$here" \
    -I"$tree/include" -I"$tree/src" -DSPDLOG_SHARED_LIB -DSPDLOG_COMPILED_LIB -D_GLIBCXX_ASSERTIONS \
    -DSPDLOG_FMT_EXTERNAL -DASIO_STANDALONE -D_WEBSOCKETPP_CPP11_STL_ "$@"
}

# in_turn COMMAND: once for each line of the input, with the line's words as arguments; two at a time.
in_turn() {
  local running=0 line
  while read -r line; do
    if [[ $running -eq 2 ]]; then
      wait -n || return 1
      running=1
    fi
    # shellcheck disable=SC2086
    "$1" $line </dev/null &
    running=$((running + 1))
  done
  while [[ $running -gt 0 ]]; do
    wait -n || return 1
    running=$((running - 1))
  done
}

# What no mutant changes is built once. Those of the headers run the queue's scenarios alone: two
# versions of a header do not mix in one program.
sources=(server admission roster connection handshake reader processor writer ping snapshot gather http http_head request routes
  ws_protocol deflate printable many_threads spare_threads trace trace_ring trace_recorder trace_json)
frame=(scheduler run printing graveyard main self_test kernel wrong_queues)
scenarios=(queue_scenarios spare_scenarios connection_scenarios server_scenarios)
cat >"$scratch/none.cpp" <<'END'
#include "scenarios.h"
namespace explore {
static const std::vector<Named> none;
const std::vector<Named>& spare_scenarios() { return none; }
const std::vector<Named>& connection_scenarios() { return none; }
const std::vector<Named>& server_scenarios() { return none; }
}
END
compile_once() { compile "$root" -c "$1" -o "$scratch/$(basename "$1" .cpp).o"; }
{
  printf '%s\n' "$scratch/none.cpp" "${frame[@]/#/$here/}" "${scenarios[@]/#/$here/}" "${sources[@]/#/$root/src/}" |
    sed 's/\(\.cpp\)\?$/.cpp/'
} | in_turn compile_once

# try NAME: succeeds if the explorer finds it. Leaves a line for the page in NAME.row.
try() {
  local name=$1 copy=$scratch/tree-$1 changed objects=() source status=0 scenario again only=()
  mkdir -p "$copy"
  cp -r "$root/include" "$root/src" "$copy"
  patch --quiet -p1 -d "$copy" <"$here/mutants/$name.patch"
  changed=$(sed -nE 's|^\+\+\+ b/||p' "$here/mutants/$name.patch")
  if [[ $changed == include/* ]]; then
    compile "$copy" -c "$here/queue_scenarios.cpp" -o "$copy/changed.o"
    objects=("$scratch"/{none,scheduler,run,printing,graveyard,main,self_test,kernel,wrong_queues,trace,trace_ring,trace_recorder,trace_json}.o)
  else
    compile "$copy" -c "$copy/$changed" -o "$copy/changed.o"
    for source in "${frame[@]}" "${scenarios[@]}"; do objects+=("$scratch/$source.o"); done
    for source in "${sources[@]}"; do
      [[ src/$source.cpp == "$changed" ]] || objects+=("$scratch/$source.o")
    done
  fi
  "${CXX:-c++}" "${objects[@]}" "$copy/changed.o" -o "$copy/explorer" -lspdlog -lfmt -lz
  # Of the connection's scenarios, the one that the patch names: all would take minutes each.
  scenario=$(sed -n 's/^Scenario: //p' "$here/mutants/$name.patch")
  if [[ -n $scenario ]]; then only=(--scenario "$scenario"); fi
  "$copy/explorer" --preemptions 2 --fail-fast "${only[@]}" >"$copy/output" 2>&1 || status=$?
  failure=$(sed -n 's/^  FAILED: //p' "$copy/output" | head -n 1)
  if [[ $status -eq 1 && -n $failure ]]; then
    echo "killed: $name: $failure"
    again=$(sed -n 's/^  again: //p' "$copy/output" | head -n 1)
    [[ $again =~ --scenario\ \'(.*)\'\ --replay\ (.*) ]]
    echo "| $name | ${BASH_REMATCH[1]} | $failure | \`${BASH_REMATCH[2]}\` |" >"$scratch/$name.row"
  else
    echo "SURVIVED: $name (status $status)"
    tail -n 3 "$copy/output"
  fi
  rm -rf "$copy"
}
printf '%s\n' "${names[@]}" | in_turn try

killed=0
for name in "${names[@]}"; do
  if [[ -f $scratch/$name.row ]]; then killed=$((killed + 1)); fi
  if [[ $write == no ]] && ! grep -qF "| $name |" "$page"; then
    echo "$page has no row for $name: see --write"
    exit 1
  fi
done
if [[ $write == yes ]]; then
  {
    sed '/^<!-- rows -->$/q' "$page"
    echo '| mistake | scenario that finds it | what is found | its schedule |'
    echo '|---|---|---|---|'
    for patch in "$here"/mutants/*.patch; do  # the others keep the rows that they have
      name=$(basename "$patch" .patch)
      cat "$scratch/$name.row" 2>/dev/null || grep -F "| $name |" "$page" || true
    done
    sed -n '/^<!-- end -->$/,$p' "$page"
  } >"$scratch/page"
  cp "$scratch/page" "$page"
fi
echo "$killed mutants killed, $((${#names[@]} - killed)) survived"
[[ $killed -eq ${#names[@]} ]]
