# How the commands of a page are run; see commands.mjs. Sourced.
set -euo pipefail -m  # -m: what runs in the background is a process group, and is ended as one
source tests/support/inside.sh
project=$PWD
logs=$(mktemp -d)
running=()  # jobs, and in `begun` where each stands
begun=()
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
  begun+=("$where")
  # tail ends with the job, and grep with tail: so this ends when the text comes, or never will.
  if ! timeout 120 grep -qF -- "$text" < <(tail -n +1 -f --pid="$job" "$log"); then
    cat "$log"
    echo "$where: has not printed '$text'" >&2
    return 1
  fi
}

# fails WHERE: runs the commands on standard input, which have to end with status 1.
fails() {
  where=$1
  local status=0
  bash -euo pipefail -c "$(cat)" </dev/null || status=$?
  if [[ $status -ne 1 ]]; then
    echo "$where: status $status instead of 1" >&2
    return 1
  fi
}

# finish: ends what still runs, as Ctrl-C would. It has to end by itself then, and soon.
finish() {
  local i job status
  trap - ERR
  for i in "${!running[@]}"; do
    job=${running[i]}
    kill -TERM -- "-$job" 2>/dev/null || true
    timeout 30 tail -f --pid="$job" /dev/null || kill -KILL -- "-$job"
    status=0
    wait "$job" || status=$?
    if [[ $status -ne 0 && $status -ne 143 ]]; then
      echo "${begun[i]}: what ran in the background ended with status $status" >&2
      failed=1
    fi
  done
  rm -rf "$logs"
  exit "$failed"
}
