#!/usr/bin/env bash
# The installed service under systemd. Ends with the service as chat, with a line in its database.
set -euo pipefail
source tests/support/inside.sh
scratch=$(mktemp -d)
source tests/support/check.sh
source tests/package/client.sh

property() { systemctl show -P "$1" triloop; }
options() { printf '%s\n' "$@" >/etc/default/triloop; }  # options NAME=VALUE...

is_enabled() { [[ $(systemctl is-enabled triloop) == enabled ]]; }
is_active() { [[ $(property ActiveState) == active && $(property Type) == notify ]]; }
is_understood() {  # what systemd does not know it passes over, with status 0
  local complaints
  complaints=$(systemd-analyze verify triloop.service 2>&1) || return
  [[ $complaints != *triloop* ]] || { echo "$complaints"; return 1; }
}
# 100 is the worst; a service without any restriction has 96.
is_hardened() {
  systemd-analyze security --offline=true --threshold=20 /usr/lib/systemd/system/triloop.service
}
is_unprivileged() {
  local user capabilities
  user=$(stat -c %u "/proc/$(property MainPID)")
  capabilities=$(sed -nE 's/^Cap(Prm|Eff|Bnd|Amb):\s*0*$/none/p' "/proc/$(property MainPID)/status" | wc -l)
  # Where systemd takes dynamic users from.
  echo "user $user" && [[ $user -ge 61184 && $user -le 65519 && $capabilities -eq 4 ]]
}
may_write_only_its_folder() {
  local name
  for name in /usr /etc /home /var /var/log; do
    ! nsenter --mount --target "$(property MainPID)" test -w "$name" || { echo "$name"; return 1; }
  done
  nsenter --mount --target "$(property MainPID)" test -w /var/lib/triloop
}
serves_the_page() { curl --silent --fail http://127.0.0.1:7777/ | grep -i '<title>'; }
echoes() { connect /ws && say "hello, service" && hear "hello, service" && leave; }
logs() { journalctl --sync && journalctl --unit triloop --output cat; }
has_logged() { logs | grep 'listening on http://127.0.0.1:7777/' && logs | grep -E '\[[0-9]+\] open: .* /ws$'; }

restart_drains() {
  local before
  before=$(property MainPID)
  connect /ws && say "before the restart" && hear "before the restart" &&
    systemctl restart triloop && hear "closed with 1001" && leave &&
    [[ $(property MainPID) != "$before" && $(property ActiveState) == active ]]
}

takes_an_option() {
  options TRILOOP_PROCESSOR=rpc TRILOOP_QUEUE=10 && systemctl restart triloop && connect /ws &&
    say '{"jsonrpc": "2.0", "id": 1, "method": "nothing.like.it"}' && hear '"code":-32601' && leave
}

refuses_a_bad_option() {
  options TRILOOP_QUEUE=many
  if systemctl restart triloop; then return 1; fi
  [[ $(property ActiveState) == failed && $(property Result) == exit-code &&
    $(property ExecMainStatus) == 2 && $(property NRestarts) == 0 ]] &&
    logs | grep 'triloop: .*--queue.*triloop --help'
}
recovers() { options && systemctl reset-failed triloop && systemctl start triloop && is_active; }

crash_is_restarted() {  # crash_is_restarted BY: in SECONDS
  local before after
  before=$(property MainPID)
  [[ $before -gt 0 ]] && kill -SEGV "$before" || return
  until after=$(property MainPID) && [[ $after -ne 0 && $after -ne $before ]] && is_active; do
    [[ $SECONDS -lt $1 ]] || return 1
    sleep 0.05
  done
  [[ $(property NRestarts) == 1 ]] && echoes
}

stops_with_success() {
  systemctl stop triloop && [[ $(property ActiveState) == inactive && $(property Result) == success &&
    $(property ExecMainStatus) == 0 ]]
}

chat_keeps_its_lines() {
  options TRILOOP_PROCESSOR=chat && systemctl restart triloop && connect '/ws?room=lobby&name=ann' &&
    hear welcome && say "a line to keep" && hear "a line to keep" && leave &&
    [[ -s /var/lib/triloop/triloop-chat.db ]] &&
    systemctl restart triloop && connect '/ws?room=lobby&name=ben' && hear '"history":*"a line to keep"' && leave
}
its_folder_is_its_own() { [[ $(stat -L -c %a /var/lib/triloop) == 700 ]]; }

socket_is_understood() {
  local complaints
  complaints=$(systemd-analyze verify triloop.socket 2>&1) || return
  [[ $complaints != *triloop* ]] || { echo "$complaints"; return 1; }
}
socket_starts_the_service() {
  options TRILOOP_HEARTBEAT=0 TRILOOP_MAX_HANDSHAKES=1000 TRILOOP_DRAIN_TIMEOUT=20 &&
    systemctl stop triloop && systemctl start triloop.socket &&
    [[ $(property ActiveState) == inactive ]] && echoes && is_active
}
restart_loses_nobody() {  # reset-failed: more than five starts in ten seconds are too many for systemd
  node tests/package/crowd.mjs ws://127.0.0.1:7777/ws 200 3 \
    bash -c 'systemctl reset-failed triloop && systemctl restart triloop' &&
    [[ $(property Result) == success && $(property ActiveState) == active ]]
}
socket_stops() {
  systemctl stop triloop.socket && options && systemctl reset-failed triloop && systemctl restart triloop && echoes
}

check "the service is enabled" is_enabled
check "the service is active, and has told so" is_active
check "the service is understood by systemd" is_understood
check "the service may do little" is_hardened
check "its user is nobody in particular, and may nothing" is_unprivileged
check "it may write in one folder" may_write_only_its_folder
check "it serves the page" serves_the_page
check "it echoes" echoes
check "its log is in the journal" has_logged
check "a restart closes open connections with 1001" restart_drains
check "an option in /etc/default/triloop counts" takes_an_option
check "a bad option there ends it with 2, for good" refuses_a_bad_option
check "with good options it starts again" recovers
check "after a crash it is started again" crash_is_restarted $((SECONDS + 20))
check "triloop.socket is understood by systemd" socket_is_understood
check "triloop.socket listens, and who connects starts the service" socket_starts_the_service
check "with it, a restart under 200 clients refuses nobody and loses nothing" restart_loses_nobody
check "without it the service listens itself again" socket_stops
check "systemctl stop ends it with success" stops_with_success
check "chat keeps its lines over a restart" chat_keeps_its_lines
check "its folder is its own" its_folder_is_its_own
[[ $failures -eq 0 ]]
