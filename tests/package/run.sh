#!/usr/bin/env bash
# The Debian packages of build/package, in a throwaway machine with a systemd of its own: made, looked
# at, installed, run and removed. The steps build on one another.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/support/machine.sh
trap machine_stop EXIT
machine_start
status=0
for step in made installed service removed; do
  machine_run tests/package/"$step".sh /var/tmp/packages || status=1
done
exit $status
