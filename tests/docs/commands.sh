#!/usr/bin/env bash
# Runs every command of the documentation: each page in a machine of its own, which is thrown away.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
source tests/support/check.sh
source tests/support/machine.sh
trap 'machine_stop || true; rm -rf "$scratch"' EXIT

follow() {  # follow PAGE
  node tests/docs/commands.mjs "$1" >"$scratch/commands" || return
  machine_start || return
  # As on a machine that nobody has followed the page on.
  machine_run tests/support/forget.sh && machine_run rm -rf ../first build/packages || return
  # There is no network: what is installed is new enough.
  machine_run tee /etc/apt/apt.conf.d/90no-upgrade <<<'APT::Get::Upgrade "false";'
  local status=0
  machine_run CMAKE_CXX_COMPILER_LAUNCHER="${CMAKE_CXX_COMPILER_LAUNCHER:-}" CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1 \
    bash -s <"$scratch/commands" || status=$?
  machine_stop && return "$status"
}
while read -r page; do check "the commands of $page" follow "$page" </dev/null; done < <(node tests/docs/commands.mjs)
[[ $failures -eq 0 ]]
