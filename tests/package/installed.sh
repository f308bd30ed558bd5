#!/usr/bin/env bash
# installed.sh FOLDER: installs the packages, and uses what is in them; service.sh does the service.
set -euo pipefail
source tests/support/inside.sh
packages=$1
scratch=$(mktemp -d)
source tests/support/check.sh
source .ci/install.sh
source tests/package/client.sh

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

# As docs/install.md says.
example_answers() {
  local url server status=0
  cp -r /usr/share/doc/libtriloop-dev/examples/own_server "$scratch" &&
    cmake -S "$scratch/own_server" -B "$scratch/own" && cmake --build "$scratch/own" || return
  mkfifo "$scratch/said"
  "$scratch/own/own_server" 0 >"$scratch/said" &
  server=$!
  exec {said}<"$scratch/said"
  read -r -t 20 -u "$said" _ url _
  url=${url%/}
  { PORT=${url##*:} connect /ws && say "good day" && hear "you said: good day" && leave; } ||
    status=1
  kill "$server"
  return $status
}

man_page_is_clean() {  # groff warns of what it does not understand
  local warnings
  warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=100 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 >/dev/null)
  [[ -z $warnings ]] || { echo "$warnings"; return 1; }
}

# As on the machine of somebody who runs the tests.
starts_no_service() {
  install_missing "$packages"/triloop_*.deb && systemctl cat triloop && ! systemctl is-active triloop &&
    [[ ! -e /usr/sbin/policy-rc.d ]] && tests/support/forget.sh
}

completes() {
  bash -c 'source /usr/share/bash-completion/completions/triloop
    COMP_WORDS=(triloop --vers) COMP_CWORD=1 COMPREPLY=()
    _triloop triloop --vers triloop; [[ ${COMPREPLY[*]} == --version ]]'
}

check "the machine is clean before" tests/support/forget.sh
check "what a test installs starts no service" starts_no_service
check "apt-get install" apt-get install --yes "$packages"/{triloop,libtriloop-dev}_*.deb
check "the program runs" triloop --version
check "the service manager is told READY=1 and STOPPING=1" python3 tests/package/notify.py /usr/bin/triloop
check "manual page triloop(1)" man_page_is_clean /usr/share/man/man1/triloop.1.gz
check "manual page triloop-dial(1)" man_page_is_clean /usr/share/man/man1/triloop-dial.1.gz
check "manual page triloop(3)" man_page_is_clean /usr/share/man/man3/triloop.3.gz
check "completion for bash" completes
check "a program with pkg-config" builds_with_pkg_config
check "a program with find_package" builds_with_find_package
check "the example of the documentation" example_answers
[[ $failures -eq 0 ]]
