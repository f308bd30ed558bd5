#!/usr/bin/env bash
# machine_host.sh PROJECT: makes the machine of machine.sh, says the number of its first process and the
# name of its cgroup when it is up, and keeps it until standard input ends. As root. The steps run one
# another, each in more namespaces than the last, so that only a cgroup has to be tidied away.
# machine_host.sh --run NUMBER CGROUP COMMAND...: runs the command in it.
set -euo pipefail
umask 022
readonly up_within_s=60
readonly namespaces=(--mount=ns/mnt --uts=ns/uts --ipc=ns/ipc --net=ns/net --pid=ns/pid --cgroup=ns/cgroup)

give_up() {
  echo "machine: $*" >&2
  exit 1
}

# What the machine takes, and what to do if it is not there.
look_around() {
  local tool
  [[ $EUID -eq 0 ]] || give_up "only root can make one"
  for tool in unshare nsenter setpriv pivot_root mount; do
    command -v "$tool" >/dev/null || give_up "there is no $tool (package util-linux or mount)"
  done
  [[ -x /lib/systemd/systemd ]] || give_up "there is no systemd (package systemd)"
  unshare --mount --pid --net --uts --ipc --cgroup --fork true 2>/dev/null ||
    give_up "root may not make namespaces here. Is this a container? Then it needs --privileged"
  grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null || give_up "the kernel has no overlayfs"
}

# go_to NUMBER CGROUP: to the machine's folder in /proc, from where `nsenter "${namespaces[@]}"` enters it.
# The number may be another process's by now, of this host even: hence the cgroup. And the folder, once
# it is the current one, is never another's: its files are gone when the machine has ended.
go_to() {
  { cd "/proc/$1" && grep -qE "/$2(/|$)" cgroup; } 2>/dev/null || give_up "it has ended"
}

# In a mount namespace of its own. /run is the place for what only this program and the machine see.
keep_until_told() {
  trap '' INT TERM HUP  # the end of the input is what counts
  mount -t tmpfs -o mode=755 triloop-machine /run
  mkdir /run/cgroup
  mount -t cgroup2 triloop-machine /run/cgroup 2>/dev/null ||
    give_up "cgroup2 cannot be mounted. Is this a container? Then it needs --privileged"
  group=$(mktemp -d /run/cgroup/triloop-machine.XXXXXX) || give_up "no cgroup can be made"
  chmod 755 "$group"
  trap tidy EXIT
  [[ -e $group/cgroup.kill ]] || give_up "the kernel has no cgroup.kill: it is older than 5.14"
  # unshare complains of a signal mask when its child is killed; the steps that follow say more on 3.
  exec {from_machine}< <(exec setsid setpriv --pdeathsig KILL \
    unshare --mount --pid --net --uts --ipc --fork --kill-child \
    "$0" --enter "$1" "$group" </dev/null 3>&2 2>/dev/null)
  machine=$!
  read -r -u "$from_machine" init || give_up "it could not be made"
  go_to "$init" "${group##*/}"
  wait_until_up
  echo "$init ${group##*/}"
  read -r || true
  [[ -e comm ]] || give_up "it has ended before it was told to"
}

# In the machine's folder. Asks again and again, because systemctl's own --wait may miss the moment. Between
# the questions it may be told to stop.
wait_until_up() {
  local state='' up told
  for ((up = SECONDS + up_within_s; SECONDS < up; )); do
    [[ -e comm ]] || give_up "it has ended before it was up"
    if [[ $(cat comm 2>/dev/null) == systemd ]]; then
      state=$(nsenter "${namespaces[@]}" -- systemctl is-system-running 2>&1) && return
      [[ $state != degraded ]] || return 0
    fi
    told=0
    read -r -t 0.05 || told=$?
    [[ $told -gt 128 ]] || exit 1  # else: 0.05 s have passed
  done
  nsenter "${namespaces[@]}" -- systemctl list-jobs >&2 || true
  give_up "systemd is not up after $up_within_s s, but says: $state"
}

# With the last process go the mounts. unshare waits for the first. No number is killed, which might be
# another process's by now.
tidy() {
  local tries
  cd /
  if [[ -e $group/cgroup.kill ]]; then echo 1 >"$group/cgroup.kill"; fi
  if [[ -n ${machine:-} ]]; then wait "$machine" 2>/dev/null || true; fi
  for ((tries = 0; tries < 200; tries++)); do  # the kernel may still be at it
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && return
    sleep 0.05
  done
  give_up "${group##*/} is left among the cgroups"
}

# The first process of the new process namespace, with a copy of the mounts. What it mounts is seen
# by nobody outside.
enter() {
  local self
  exec 2>&3 3>&-
  read -r self _ </proc/self/stat  # /proc is still the one outside
  echo 0 >"$2/cgroup.procs"
  exec unshare --cgroup "$0" --boot "$1" "$self"
}

# overlay PLACE: what is there is seen in the machine, and what the machine writes there is kept apart.
overlay() {
  local layers
  layers=$(mktemp -d /run/layers.XXXXXX)
  mkdir -p "$layers"/{upper,work} "/run/root$1"
  chown --reference="$1" "$layers/upper"
  chmod --reference="$1" "$layers/upper"
  # As ".", because of the characters that a list of options gives a meaning to.
  (cd "$1" && mount -t overlay -o "lowerdir=.,upperdir=$layers/upper,workdir=$layers/work" triloop-machine "/run/root$1") ||
    give_up "no overlay can be made over $1"
}

mount_files() {
  local place
  mount -t tmpfs -o mode=755 triloop-machine /run  # over the one with the cgroups
  overlay /
  # Other file systems. What has no part in the tests is an empty folder in the machine.
  for place in /usr /var /opt /home /root /tmp "$(stat -c %m "$1")"; do
    if mountpoint -q "$place" && ! mountpoint -q "/run/root$place"; then overlay "$place"; fi
  done
}

# What the kernel shows. What of it belongs to the whole kernel, the machine can only read.
mount_kernel() {
  local device
  mount -t proc -o nosuid,nodev,noexec proc proc
  mount --bind proc/sys proc/sys
  mount -o remount,bind,ro proc/sys
  mount --bind /proc/sys/net proc/sys/net
  if [[ -e proc/sysrq-trigger ]]; then mount --bind /dev/null proc/sysrq-trigger; fi
  mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
  mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
  mount -t tmpfs -o mode=755,nosuid dev dev
  for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
  done
  mkdir dev/{pts,shm,mqueue}
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
  mount -t tmpfs -o mode=1777,nosuid,nodev shm dev/shm
  mount -t mqueue mqueue dev/mqueue
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s /proc/self/fd/0 dev/stdin
  ln -s /proc/self/fd/1 dev/stdout
  ln -s /proc/self/fd/2 dev/stderr
  mount -t tmpfs -o mode=755,nosuid,nodev run run
}

# Nothing is started but what every system needs, and what is installed in the machine.
configure() {
  local unit generator
  echo machine >etc/hostname
  printf '127.0.0.1 localhost machine\n::1 localhost\n' >etc/hosts
  rm -f etc/machine-id etc/fstab usr/sbin/policy-rc.d  # the last forbids packages to start services
  tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
  rm -rf etc/systemd/system/*.wants etc/systemd/system/*.requires
  mkdir -p etc/systemd/system-generators etc/tmpfiles.d
  for generator in lib/systemd/system-generators/*; do
    ln -sf /dev/null "etc/systemd/system-generators/$(basename "$generator")"
  done
  # Slim images install no manual pages, for example.
  find etc/dpkg/dpkg.cfg* -type f -exec sed -i '/^path-exclude/d' {} +
  # A mount over /tmp, or emptying it at the start, would hide a project that is there.
  ln -sf /dev/null etc/tmpfiles.d/tmp.conf
  for unit in tmp.mount getty.target console-getty.service systemd-logind.service modprobe@.service \
    systemd-{modules-load,sysctl,binfmt}.service dev-hugepages.mount \
    sys-{kernel-debug,kernel-tracing,kernel-config,fs-fuse-connections}.mount proc-sys-fs-binfmt_misc.automount; do
    ln -sf /dev/null "etc/systemd/system/$unit"
  done
}

boot() {
  mount_files "$1"
  cd /run/root
  mount_kernel
  configure
  hostname machine
  echo "$2"
  pivot_root . .
  umount -l .
  mount --make-rshared /
  exec env -i container=triloop PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --unit=multi-user.target --log-target=journal >/dev/null 2>&1
}

case $1 in
  --run)
    go_to "$2" "$3"
    exec nsenter "${namespaces[@]}" -- "${@:4}"
    ;;
  --keep) keep_until_told "$2" ;;
  --enter) enter "$2" "$3" ;;
  --boot) boot "$2" "$3" ;;
  *)
    look_around
    exec unshare --mount "$0" --keep "$1"
    ;;
esac
