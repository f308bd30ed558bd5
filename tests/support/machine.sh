# A throwaway machine for tests. Sourced, with the project's root as the current directory.
#
# It has the files of this machine, and what is written to them stays in memory; processes, a network
# (the loopback interface and no other) and a host name of its own; and systemd as its first process.
# So packages can be installed in it and services run, and whatever happens, nothing of it is left.
#
#   machine_start           returns when systemd has started what it starts
#   machine_run COMMAND...  as root, in this folder, which is found in it under the same name. Input,
#                           output and exit status are the command's. Several may run at once.
#   machine_stop            ends all that runs in it; may be called at any time, and again. Fails if the
#                           machine has ended before.
#
# A script that ends takes its machine along, however it ends. It needs root or sudo, and the packages
# in machine_packages of .ci/install.sh. tests/support/machine_host.sh does the work.

machine_start() {
  machine_root=()
  if [[ $EUID -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
      echo "machine: only root can make a machine for tests; this is not root, and there is no sudo" >&2
      return 1
    fi
    machine_root=(sudo)
  fi
  machine_program=$PWD/tests/support/machine_host.sh
  machine_init=
  # The machine stops when its input ends. Bash lets no other process have the other end.
  coproc machine { exec "${machine_root[@]}" "$machine_program" "$PWD"; }
  machine_host=$machine_PID
  # A line of output: the first process, by the number that it has outside, and the name of its cgroup.
  read -r -u "${machine[0]}" machine_init machine_group || { machine_stop; return 1; }
}

machine_run() {
  if [[ -z ${machine_init:-} ]]; then
    echo "machine: there is none" >&2
    return 1
  fi
  # A session of its own: what it sends to its process group comes to nobody outside.
  "${machine_root[@]}" "$machine_program" --run "$machine_init" "$machine_group" \
    setsid --wait env --ignore-environment --chdir="$PWD" \
    HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8 TERM="${TERM:-dumb}" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

machine_stop() {
  [[ -n ${machine_host:-} ]] || return 0
  local host=$machine_host
  machine_host='' machine_init=''
  # Its input ends. Bash has closed the pipes by itself if it has ended.
  if [[ -n ${machine[1]:-} ]]; then exec {machine[1]}>&- || true; fi 2>/dev/null
  wait "$host"
}
