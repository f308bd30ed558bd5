#!/usr/bin/env bash
# Runs every command of the documentation, page by page, in a machine that is thrown away afterwards.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
source tests/support/check.sh
source tests/support/machine.sh
end() {
  machine_stop
  rm -rf "$scratch"
}
trap end EXIT
machine_start

follow() {  # follow PAGE
  node tests/docs/commands.mjs "$1" >"$scratch/commands" && machine_run bash -s <"$scratch/commands"
}
while read -r page; do check "the commands of $page" follow "$page" </dev/null; done < <(node tests/docs/commands.mjs)
[[ $failures -eq 0 ]]
