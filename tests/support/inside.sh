# Sourced, first of all, by what is meant for the throwaway machine of machine.sh alone: it would remove
# packages and files of the machine that somebody works on.
if ! grep -qzx container=triloop /proc/1/environ 2>/dev/null; then
  echo "${BASH_SOURCE[1]:-$0}: only for the throwaway machine of tests/support/machine.sh" >&2
  exit 1
fi
