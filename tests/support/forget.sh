#!/usr/bin/env bash
# Makes the machine one in which no triloop was ever installed. This host may have packages, or a
# program and a service in /usr/local, which come first.
set -euo pipefail
source tests/support/inside.sh
source tests/package/left.sh
systemctl stop triloop 2>/dev/null || true  # there may be none
dpkg --purge triloop libtriloop-dev  # only warns of what is not installed
what_is_left | xargs --no-run-if-empty --delimiter='\n' rm -rf
systemctl daemon-reload
nothing_is_left
