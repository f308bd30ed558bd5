# How the commands of a page are run; see commands.mjs. Sourced.
set -euo pipefail -m  # -m: what runs in the background is a process group, and is ended as one
source tests/support/inside.sh
project=$PWD
logs=$(mktemp -d)
running=()
failed=0

# step WHERE: says where the commands that follow stand.
step() { where=$1; }
trap 'echo "$where: status $? of: $BASH_COMMAND" >&2; failed=1; finish' ERR

# background WHERE TEXT: runs the commands on standard input, and returns when they have printed TEXT.
background() {
  where=$1
  local text=$2 log=$logs/${#running[@]} job
  : >"$log"
  bash -euo pipefail -c "$(cat)" </dev/null >"$log" 2>&1 &
  job=$!
  running+=("$job")
  # tail ends with the job, and grep with tail: so this ends when the text comes, or never will.
  if ! timeout 120 grep -qF -- "$text" < <(tail -n +1 -f --pid="$job" "$log"); then
    cat "$log"
    echo "$where: has not printed '$text'" >&2
    return 1
  fi
}

# finish: ends what still runs, as Ctrl-C would. It has to end by itself then.
finish() {
  local job status
  trap - ERR
  for job in "${running[@]}"; do
    kill -TERM -- "-$job" 2>/dev/null || true
    status=0
    wait "$job" || status=$?
    if [[ $status -ne 0 && $status -ne 143 ]]; then
      echo "$where: what ran in the background ended with status $status" >&2
      failed=1
    fi
  done
  rm -rf "$logs"
  exit "$failed"
}
