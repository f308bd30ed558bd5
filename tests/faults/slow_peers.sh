#!/usr/bin/env bash
# The slow peers' tests with their real times (nine minutes), and a table of what they have seen.
#
#     tests/faults/slow_peers.sh build/dev build/release
set -euo pipefail

tests=$(cd "$(dirname "$0")/.." && pwd)
dev=$(realpath "$1")
release=$(realpath "$2")
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export TRILOOP_SLOW_PEERS=1
failed=()

run() {
  "$@" 2>&1 | tee -a "$log" || failed+=("$1")
}

run "$dev/tests/server_tests" "[slow_peers]"
run env TRILOOP_ENDING_SERVER="$dev/tests/ending_server" node --test "$tests/e2e/endings.test.mjs"
run env TRILOOP_BINARY="$release/triloop" "$tests/faults/link.sh" "download"

printf '\nSeen:\n'
# Of what node's reporters write, each with a mark of its own before it, only the lines of the table.
sed -nE 's/^[^[:alnum:]]*(([0-9]+|link): .*|skipped: .*)/  \1/p' "$log"
[[ ${#failed[@]} -eq 0 ]]
