#!/usr/bin/env bash
# The check of a cluster, cluster.mjs, with each machine in a network namespace of its own where that can be
# (it needs root). Where it cannot, all are on loopback.
#
#     tests/cluster/cluster.sh --binary build/release/triloop [OPTIONS]   (those of cluster.mjs)
set -euo pipefail

check=$(cd "$(dirname "$0")" && pwd)/cluster.mjs
tag=tc$$

# loopback WHY ARGUMENTS...
loopback() {
  echo "without network namespaces: $1"
  shift
  node "$check" "$@"
  exit
}

clean_up() {
  local namespace pid
  # What runs inside goes first: a namespace lives as long as somebody is in it.
  for namespace in $(ip netns list 2>/dev/null | awk -v tag="$tag-" 'index($1, tag) == 1 { print $1 }'); do
    for pid in $(ip netns pids "$namespace" 2>/dev/null); do kill -KILL "$pid" 2>/dev/null || true; done
    ip netns del "$namespace" 2>/dev/null || true
  done
}

command -v ip >/dev/null || loopback "there is no ip (package iproute2)" "$@"
[[ $(id -u) == 0 ]] || loopback "they need root" "$@"
trap clean_up EXIT
ip netns add "$tag-all" 2>/dev/null || loopback "there are none here" "$@"
ip -n "$tag-all" link add name bridge type bridge 2>/dev/null || loopback "there are no bridges here" "$@"
ip -n "$tag-all" link del bridge

# Not waited for in the foreground: a signal would wait, too.
ip netns exec "$tag-all" node "$check" --namespaces "$tag" "$@" &
running=$!
trap 'kill -TERM "$running"' INT TERM HUP
while kill -0 "$running" 2>/dev/null; do
  status=0
  wait "$running" || status=$?
done
exit "$status"
