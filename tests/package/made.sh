#!/usr/bin/env bash
# made.sh FOLDER: makes the packages there and looks at them.
set -euo pipefail
source tests/support/inside.sh
packages=$1
scratch=$(mktemp -d)
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

# What is in the way: a umask, and what somebody has built from the example.
packs() {
  mkdir -p docs/examples/own_server/build && touch docs/examples/own_server/build/own_server &&
    (umask 077 && cpack --config build/package/CPackConfig.cmake -B "$packages")
}
everybody_may_read() {  # everybody_may_read PACKAGE
  local closed
  closed=$(dpkg-deb --contents "$1" | grep -vE '^([d-]rwxr-xr-x|-rw-r--r--) ' || true)
  [[ -z $closed ]] || { echo "$closed"; return 1; }
}
service_runs_the_program() {
  dpkg-deb --fsys-tarfile "$1" | tar -xO ./usr/lib/systemd/system/triloop.service | grep -x 'ExecStart=/usr/bin/triloop --quiet'
}
has_the_example_alone() {
  [[ $(dpkg-deb --contents "$1" | grep -c '/examples/own_server/.') -eq 2 ]]
}

check cpack packs
server=$(compgen -G "$packages/triloop_*.deb")
development=$(compgen -G "$packages/libtriloop-dev_*.deb")
check "files of triloop" holds "$server" usr/bin/triloop usr/lib/systemd/system/triloop.{service,socket} \
  etc/default/triloop usr/share/man/man1/triloop.1.gz usr/share/man/man1/triloop-dial.1.gz usr/share/bash-completion/completions/triloop
check "files of libtriloop-dev" holds "$development" usr/include/triloop/{server,version}.h \
  'usr/lib/*/libtriloop.a' 'usr/lib/*/cmake/triloop/triloopConfig.cmake' \
  'usr/lib/*/pkgconfig/triloop.pc' usr/share/man/man3/triloop.3.gz \
  usr/share/doc/libtriloop-dev/examples/own_server/{CMakeLists.txt,main.cpp}
check "the service runs the program of the package" service_runs_the_program "$server"
check "of the example, the two files" has_the_example_alone "$development"
for deb in "$server" "$development"; do
  check "everybody may read $(basename "$deb")" everybody_may_read "$deb"
  check "lintian finds nothing in $(basename "$deb")" \
    lintian --allow-root --fail-on error,warning "$deb"
done
[[ $failures -eq 0 ]]
