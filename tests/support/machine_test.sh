#!/usr/bin/env bash
# Is the throwaway machine of machine.sh one, and is nothing left of it?
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
source tests/support/check.sh
source tests/support/machine.sh
trap 'machine_stop || true; rm -rf "$scratch"' EXIT

# marks_of FIRST_PROCESS: the names of its process namespace, as pid:[4026532210], of its cgroup, and of
# the folder that is written to.
marks_of() {
  "${machine_root[@]}" readlink "/proc/$1/ns/pid"
  grep -o 'triloop-machine\.[^/]*' "/proc/$1/cgroup"
  "${machine_root[@]}" grep -om 1 '/run/layers\.[^/]*' "/proc/$1/mountinfo"
}

# traces NAMESPACE CGROUP FOLDER: what there is of such a machine; each process says the namespace once.
# The number of a namespace that has ended comes to the next one, perhaps of another machine.
traces() {
  "${machine_root[@]}" sh -c 'for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/ns/pid")" = "$1" ] && grep -qF "$2" "$process/mountinfo"; then echo "$1"; fi
  done' traces "$1" "$3" 2>/dev/null
  find /sys/fs/cgroup -name "$2" 2>/dev/null
}

writes_stay_inside() {
  machine_run sh -c 'echo inside >/usr/local/triloop-machine && echo inside >triloop-machine && rm README.md' &&
    [[ $(machine_run cat triloop-machine /usr/local/triloop-machine) == $'inside\ninside' ]] &&
    [[ ! -e triloop-machine && ! -e /usr/local/triloop-machine && -e README.md ]]
}

status_and_streams_pass() {
  local status=0
  [[ $(echo in | machine_run sh -c 'read -r word; echo "$word $PWD $(id -u)"') == "in $PWD 0" ]] || return
  machine_run sh -c 'exit 7' || status=$?
  [[ $status -eq 7 ]]
}

# Each waits for the other.
several_at_once() {
  machine_run mkfifo /run/there /run/back
  machine_run sh -c 'echo ball >/run/there; cat /run/back' >"$scratch/first" &
  local first=$!
  machine_run sh -c 'read -r ball </run/there; echo "$ball" >/run/back' && wait "$first" && [[ $(<"$scratch/first") == ball ]]
}

knock='import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)'
listen='import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
sys.stdin.read()'

# ports_are_apart HERE THERE: what listens HERE is reached from HERE, and not from THERE.
ports_are_apart() {
  local port listener status=0
  rm -f "$scratch/fifo"
  mkfifo "$scratch/fifo"
  exec {end}<>"$scratch/fifo"
  exec {answer}< <($1 python3 -c "$listen" <"$scratch/fifo" {end}>&-)
  listener=$!
  read -r -u "$answer" port
  $1 python3 -c "$knock" "$port" || status=1
  if $2 python3 -c "$knock" "$port" 2>"$scratch/knock"; then status=1; fi
  grep ConnectionRefusedError "$scratch/knock" || status=1
  exec {end}>&- {answer}<&-
  wait "$listener" && return $status
}
kills_stay_inside() {
  local status=0
  machine_run sh -c 'kill -TERM 0' || status=$?
  [[ $status -eq 143 ]] && machine_run true
}
only_loopback() { [[ $(machine_run ls /sys/class/net) == lo ]]; }

a_service_runs() {
  machine_run sh -c 'printf "[Service]\nType=oneshot\nDynamicUser=yes\nExecStart=/usr/bin/id -un\n" \
    >/run/systemd/system/who.service && systemctl start who && journalctl --sync && journalctl --unit who --output cat' | grep -x who
}

# fails WHY COMMAND...: with status 1 (and not by a signal), and says WHY.
fails() {
  local why=$1 status=0
  shift
  "$@" 2>"$scratch/why" || status=$?
  cat "$scratch/why"
  [[ $status -eq 1 ]] && grep "^machine: .*$why" "$scratch/why"
}
# refuses WHY COMMAND...: a machine cannot be made by COMMAND, which says WHY.
refuses() { fails "$@" bash -c 'source tests/support/machine.sh && machine_start'; }
mkdir "$scratch/no_sudo"
for tool in bash env; do ln -s "$(command -v "$tool")" "$scratch/no_sudo"; done
chmod 755 "$scratch"

killed_script_takes_it_along() {
  local script init host marks lived
  mkfifo "$scratch/started"
  bash -c 'source tests/support/machine.sh && machine_start && echo "$machine_init $machine_host" && machine_run sleep infinity' \
    >"$scratch/started" &
  script=$!
  read -r init host <"$scratch/started"
  mapfile -t marks < <(marks_of "$init")
  lived=$(traces "${marks[@]}")
  kill -KILL $script
  has_ended "$host" &&
    [[ -n $lived && -z $(traces "${marks[@]}") ]]
}

has_ended() { timeout 60 tail --pid="$1" --follow /dev/null; }

# On the number of its first process runs another by now: this script.
another_has_its_number() { (machine_init=$$ && fails "has ended" machine_run true); }
ends_by_itself() {
  local first=$machine_init
  machine_run systemctl poweroff --force --force || true
  has_ended "$first" && fails "has ended" machine_run true || return
  if machine_stop; then return 1; fi
  grep "ended before it was told to" "$scratch/said"
}
# Its first process is killed by what asks whether systemd is up, in the machine's folder in /proc.
mkdir "$scratch/killing"
printf '#!/bin/sh\nkill -KILL "${PWD##*/}"\nexit 1\n' >"$scratch/killing/nsenter"
chmod 755 "$scratch/killing/nsenter"

# Also where it is a file system of its own, whatever the umask; and users may read what was written anew.
folders_are_as_outside() {
  local place=/opt
  [[ $PWD != /opt/* ]] || place=/home
  "${machine_root[@]}" unshare --mount bash -c 'umask 077 && mount -t tmpfs -o mode=1770,uid=65534,gid=1 place $1 &&
    source tests/support/machine.sh && machine_start && machine_run stat -c "%a %u %g %n" / $1 &&
    machine_run sudo --user=nobody cat /etc/machine-id >&2 && machine_stop' modes $place >"$scratch/folders" &&
    diff <(stat -c "%a %u %g %n" / && echo "1770 65534 1 $place") "$scratch/folders"
}
is_guarded() {  # what is meant for the machine alone
  machine_run bash -c 'source tests/support/inside.sh' && ! bash -c 'source tests/support/inside.sh' &&
    ! grep -L '^source tests/support/inside.sh' tests/package/{made,installed,service,removed}.sh tests/support/forget.sh tests/docs/steps.sh | grep .
}

is_there() { [[ $(traces "${marks[@]}") == *pid:*triloop-machine* ]]; }
mounts() { grep ' triloop-machine ' /proc/self/mountinfo || true; }
mounts_are_found() {  # by their source
  "${machine_root[@]}" cat "/proc/$machine_init/mountinfo" | grep -q ' - overlay triloop-machine ' && no_mount_is_left
}
no_mount_is_left() { diff "$scratch/mounts" <(mounts); }
nothing_is_left() { [[ -z $(traces "${marks[@]}") ]] && no_mount_is_left; }

mounts >"$scratch/mounts"
check "it starts" machine_start
mapfile -t marks < <(marks_of "$machine_init")
check "its traces are found while it lives" is_there
check "its mounts are its own" mounts_are_found
check "what is written inside is not there outside" writes_stay_inside
check "input, output and exit status pass through" status_and_streams_pass
check "several commands run at once" several_at_once
check "a port inside is not reached from outside" ports_are_apart machine_run ""
check "a port outside is not reached from inside" ports_are_apart "" machine_run
check "a signal to a process group stays inside" kills_stay_inside
check "it has loopback only" only_loopback
check "sudo works" machine_run sudo --non-interactive true
check "everybody sees the cgroups" machine_run sudo --user=nobody ls /sys/fs/cgroup
check "a service runs" a_service_runs
check "nothing has failed in it" machine_run sh -c '[ "$(systemctl is-system-running)" = running ]'
check "what is for it alone runs in it alone" is_guarded
check "no other process is taken for its first one" another_has_its_number
check "it stops" machine_stop
check "nothing is left" nothing_is_left
machine_start 2>"$scratch/said"
mapfile -t marks < <(marks_of "$machine_init")
check "when it ends by itself, that is said" ends_by_itself
check "nothing is left of it either" nothing_is_left
check "folders have the modes and owners of those outside" folders_are_as_outside
check "a script that is killed takes its machine along" killed_script_takes_it_along
check "without root and sudo it says so" refuses "no sudo" \
  "${machine_root[@]}" setpriv --reuid 65534 --clear-groups env PATH="$scratch/no_sudo"
check "where it cannot be made it says so" refuses "--privileged" \
  "${machine_root[@]}" setpriv --bounding-set -sys_admin
check "when it ends before it is up it says so" refuses "ended before it was up" \
  "${machine_root[@]}" env PATH="$scratch/killing:$PATH"
check "no mount is left of these" no_mount_is_left
[[ $failures -eq 0 ]]
