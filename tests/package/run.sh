#!/usr/bin/env bash
# Makes the Debian packages of build/package, looks at them, installs them on this machine, runs what
# is in them, and removes them again.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=()
[[ $EUID -eq 0 ]] || root=(sudo)
if dpkg-query -W triloop libtriloop-dev >/dev/null 2>&1; then
  echo "triloop or libtriloop-dev is installed on this machine: these tests would remove it" >&2
  exit 1
fi
scratch=$(mktemp -d)
end() {
  "${root[@]}" dpkg --purge triloop libtriloop-dev >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap end EXIT
source tests/support/check.sh

holds() {  # holds PACKAGE FILE...: the package has these files
  local deb=$1 file
  shift
  dpkg-deb -x "$deb" "$scratch/tree" || return
  for file in "$@"; do
    # The library's folder has the name of the architecture in it.
    compgen -G "$scratch/tree/$file" >/dev/null || { echo "no $file"; return 1; }
  done
}

builds_with_pkg_config() {
  local flags
  read -ra flags <<<"$(pkg-config --cflags --libs triloop)"
  g++ -std=c++17 tests/consumers/main.cpp -o "$scratch/consumer" "${flags[@]}" && "$scratch/consumer"
}

builds_with_find_package() {
  cmake -S tests/consumers/find_package -B "$scratch/consumer_tree" -G Ninja &&
    grep -q '^triloop_DIR:PATH=/usr/lib/' "$scratch/consumer_tree/CMakeCache.txt" &&
    cmake --build "$scratch/consumer_tree" && "$scratch/consumer_tree/consumer_20"
}

is_understood() {  # what systemd does not know it passes over, with status 0
  local complaints
  complaints=$(systemd-analyze verify triloop.service 2>&1) || return
  [[ $complaints != *triloop* ]] || { echo "$complaints"; return 1; }
}

# 100 is the worst; a service without any restriction has 96.
is_hardened() {
  systemd-analyze security --offline=true --threshold=20 /usr/lib/systemd/system/triloop.service
}

man_page_is_clean() {  # groff warns of what it does not understand
  local warnings
  warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=100 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 >/dev/null)
  [[ -z $warnings ]] || { echo "$warnings"; return 1; }
}

completes() {
  bash -c 'source /usr/share/bash-completion/completions/triloop
    COMP_WORDS=(triloop --vers) COMP_CWORD=1 COMPREPLY=()
    _triloop triloop --vers triloop; [[ ${COMPREPLY[*]} == --version ]]'
}

# What dpkg knows of, and what the maintainer scripts may have left.
nothing_is_left() {
  local left
  left=$(find /etc /usr /var/lib -xdev -name '*triloop*' -not -path '*/dpkg/*' \
    -not -path '*/apt/*' -not -path "$PWD/*" 2>/dev/null)
  [[ -z $left ]] || { echo "$left"; return 1; }
}

check "the machine is clean before" nothing_is_left
check cpack cpack --config build/package/CPackConfig.cmake -B "$scratch/packages"
server=$(compgen -G "$scratch/packages/triloop_*.deb")
development=$(compgen -G "$scratch/packages/libtriloop-dev_*.deb")
check "files of triloop" holds "$server" usr/bin/triloop usr/lib/systemd/system/triloop.service \
  usr/share/man/man1/triloop.1.gz usr/share/bash-completion/completions/triloop
check "files of libtriloop-dev" holds "$development" usr/include/triloop/{server,version}.h \
  'usr/lib/*/libtriloop.a' 'usr/lib/*/cmake/triloop/triloopConfig.cmake' \
  'usr/lib/*/pkgconfig/triloop.pc' usr/share/man/man3/triloop.3.gz
for deb in "$server" "$development"; do
  check "lintian finds nothing in $(basename "$deb")" \
    lintian --allow-root --fail-on error,warning "$deb"
done

check "dpkg -i" "${root[@]}" dpkg -i "$server" "$development"
check "the program runs" triloop --version
check "the service is enabled" test -L /etc/systemd/system/multi-user.target.wants/triloop.service
check "the service manager is told READY=1 and STOPPING=1" python3 tests/package/notify.py /usr/bin/triloop
check "the service is understood by systemd" is_understood
check "the service may do little" is_hardened
check "manual page triloop(1)" man_page_is_clean /usr/share/man/man1/triloop.1.gz
check "manual page triloop(3)" man_page_is_clean /usr/share/man/man3/triloop.3.gz
check "completion for bash" completes
check "a program with pkg-config" builds_with_pkg_config
check "a program with find_package" builds_with_find_package
check "dpkg -r" "${root[@]}" dpkg -r triloop libtriloop-dev
check "dpkg --purge" "${root[@]}" dpkg --purge triloop libtriloop-dev
check "nothing is left" nothing_is_left
[[ $failures -eq 0 ]]
