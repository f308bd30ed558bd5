#!/usr/bin/env bash
# Removes the packages while the service runs with its database, and then what they have left.
set -euo pipefail
source tests/support/inside.sh
scratch=$(mktemp -d)
source tests/support/check.sh
source tests/package/left.sh

runs_no_more() {
  [[ $(systemctl show -P ActiveState triloop) == inactive ]] && ! pgrep -x triloop && ! [[ -e /usr/bin/triloop ]]
}
is_kept() { [[ -s /var/lib/triloop/triloop-chat.db && -s /etc/default/triloop ]]; }
nothing_has_failed() {
  [[ $(systemctl is-system-running) == running ]] || { systemctl --failed; return 1; }
}

check "before, the service runs" systemctl is-active triloop
check "apt-get remove" apt-get remove --yes triloop libtriloop-dev
check "the service runs no more" runs_no_more
check "options and database are kept" is_kept
check "apt-get purge" apt-get purge --yes triloop
check "nothing is left" nothing_is_left
check "no unit has failed" nothing_has_failed
[[ $failures -eq 0 ]]
