#!/usr/bin/env bash
# Faults on a real link: a server and a client in two network namespaces, a cable between them
# that loses, delays, reorders, and is pulled. Needs root; says "skipped: ..." where it cannot be.
#
#     TRILOOP_BINARY=build/release/triloop tests/faults/link.sh [PATTERN]   (of the tests' names)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tag=tl$$
server_side=$tag-server
client_side=$tag-client

skip() {
  echo "skipped: $1"
  exit 0
}

clean_up() {
  # What runs inside goes first: a namespace lives as long as somebody is in it.
  for side in "$server_side" "$client_side"; do
    for pid in $(ip netns pids "$side" 2>/dev/null); do kill -KILL "$pid" 2>/dev/null || true; done
    ip netns del "$side" 2>/dev/null || true
  done
}

command -v ip >/dev/null || skip "no ip (package iproute2)"
[[ $(id -u) == 0 ]] || skip "network namespaces need root"
trap clean_up EXIT
trap 'exit 1' INT TERM HUP
ip netns add "$server_side" 2>/dev/null || skip "no network namespaces here"
ip netns add "$client_side" 2>/dev/null || skip "no network namespaces here"
ip link add "${tag}s" netns "$server_side" type veth peer name "${tag}c" netns "$client_side" \
  2>/dev/null || skip "no veth here"
ip -n "$server_side" addr add 10.77.1.1/24 dev "${tag}s"
ip -n "$client_side" addr add 10.77.1.2/24 dev "${tag}c"
ip -n "$server_side" link set "${tag}s" up
ip -n "$client_side" link set "${tag}c" up

# 30 ms there and 30 back, jitter that makes packets overtake each other, two in a hundred lost.
bad=none
relay=no
if [[ -c /dev/net/tun ]] && command -v python3 >/dev/null; then relay=yes bad=tun; fi
if tc -n "$client_side" qdisc add dev "${tag}c" root netem \
  delay 30ms 15ms loss 2% reorder 10% 2>/dev/null; then
  bad=netem
  tc -n "$server_side" qdisc add dev "${tag}s" root netem delay 30ms 15ms loss 2% reorder 10%
  tc -n "$client_side" qdisc del dev "${tag}c" root  # the test puts it on when its turn comes
  tc -n "$server_side" qdisc del dev "${tag}s" root
fi

export TRILOOP_LINK_SERVER=$server_side TRILOOP_LINK_CLIENT=$client_side
export TRILOOP_LINK_SERVER_END=${tag}s TRILOOP_LINK_CLIENT_END=${tag}c TRILOOP_LINK_BAD=$bad
export TRILOOP_LINK_RELAY=$relay

# The client's side runs the tests, and starts the server on the other.
ip netns exec "$client_side" node --test ${1:+--test-name-pattern="$1"} "$here/link.test.mjs"
