# For scripts that check several things. Sourced; needs a folder `scratch`.
failures=0

# check WHAT COMMAND...: says how it went, and its output if it went wrong.
check() {
  local what=$1
  shift
  if "$@" >"$scratch/log" 2>&1; then echo "ok: $what"; else
    failures=$((failures + 1))
    cat "$scratch/log"
    echo "FAILED: $what"
  fi
}
