# Installs what is missing. Sourced by run.sh and test.sh.

# install_missing WHAT...: each WHAT is the name of a Debian package, or COMMAND=PACKAGE where any
# program of that name will do. Says what it installs; without need it touches neither apt nor the
# network.
install_missing() {
  local what missing=()
  for what in "$@"; do
    if [[ $what == *=* ]]; then
      command -v "${what%%=*}" >/dev/null || missing+=("${what#*=}")
    elif ! dpkg-query -W -f='${db:Status-Status}\n' "$what" 2>/dev/null | grep -qx installed; then
      missing+=("$what")
    fi
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  if ! command -v apt-get >/dev/null; then
    echo "missing: ${missing[*]} (names of Debian packages); there is no apt-get to install them" >&2
    return 1
  fi
  local sudo=()
  [[ $EUID -eq 0 ]] || sudo=(sudo)
  echo "installing Debian packages: ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  (
    # Servers that tests start for themselves (nginx, redis) are not to be started as services too.
    local policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
      trap '"${sudo[@]}" rm -f "$policy"' EXIT
      "${sudo[@]}" install -m 755 /dev/stdin "$policy" <<<$'#!/bin/sh\nexit 101'
    fi
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends \
      "${missing[@]}" >/dev/null
  )
}

# What the server is built with.
build_packages=(g++=g++ cmake=cmake ninja=ninja-build
  libwebsocketpp-dev libasio-dev libspdlog-dev libcli11-dev nlohmann-json3-dev zlib1g-dev libsqlite3-dev
  libutf8proc-dev libnats-dev libsimdjson-dev libssl-dev)

# Clients and scanners of TLS that nobody here wrote, and what the suites need that run over it.
tls_packages=(node=nodejs npm=npm chromium=chromium firefox-esr=firefox-esr openssl=openssl curl=curl
  /usr/bin/python3=python3 python3-websockets sslscan=sslscan testssl=testssl.sh redis-server=redis-server ip=iproute2)

# What a throwaway machine for tests is made with, and has in it: tests/support/machine.sh.
machine_packages=(/lib/systemd/systemd=systemd libnss-systemd sudo=sudo)

# The engines beside Chromium that the pages are tried in; WebKit wants a screen.
engine_packages=(firefox-esr=firefox-esr WebKitWebDriver=webkit2gtk-driver Xvfb=xvfb)

# What it is measured with, and the servers beside it.
bench_packages=(libboost-dev go=golang-go golang-github-gorilla-websocket-dev
  python3-websockets perf=linux-perf haproxy nginx openssl=openssl)

# Clients that nobody here wrote: those that are tried among all the parts, and all. Each line is a family in tests/clients.
four_clients_packages=(node=nodejs npm=npm openssl=openssl python3-websockets go=golang-go
  golang-github-gorilla-websocket-dev libboost-dev)
clients_packages=("${four_clients_packages[@]}" haproxy
  /usr/bin/python3=python3 python3-websocket python3-aiohttp python3-tornado python3-autobahn python3-twisted python3-ws4py
  chromium=chromium "${engine_packages[@]}"
  golang-nhooyr-websocket-dev golang-golang-x-net-dev
  g++=g++ libssl-dev libpoco-dev libqt5websockets5-dev libsoup-3.0-dev glib-networking libwebsockets-dev pkg-config=pkg-config
  openjdk-17-jdk-headless libtomcat10-java libokhttp-java
  ghc libghc-websockets-dev
  tcllib tcl tcl-tls
  elpa-websocket emacs-nox
  ruby=ruby ruby-faye-websocket
  libmojolicious-perl libanyevent-websocket-client-perl libio-socket-ssl-perl
  lua-http lua5.2=lua5.2
  swi-prolog-nox
  mono-runtime mono-mcs libmono-system-core4.0-cil)

# build PRESET [TARGET...]: configures once, then builds what has changed: of all, or of the targets.
build() {
  local preset=$1
  shift
  if command -v ccache >/dev/null; then
    # What was compiled in one clone need not be compiled again in the next.
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
  fi
  if [[ ! -f build/$preset/build.ninja ]]; then cmake --preset "$preset" >/dev/null; fi
  cmake --build --preset "$preset" ${1:+--target "$@"} -- --quiet
}
