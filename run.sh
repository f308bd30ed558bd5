#!/usr/bin/env bash
# Builds the server and runs it: ./run.sh [SERVER OPTIONS], for example ./run.sh --port 8080
# The options are in ./run.sh --help.
#
# ./run.sh lab NAME [--port PORT] causes one of the lab's scenarios, on the server that runs already at
# that port (7777) or on one of its own; ./run.sh lab lists them.
#
# ./run.sh scheduler [SERVER OPTIONS] builds the explorer, too, and serves it: http://localhost:7777/play
#
# ./run.sh cluster [N] [SERVER OPTIONS] runs N servers (3) that share their rooms, the NATS servers that
# keep the lines, and HAProxy in front of all, at --port (7777). Ctrl+C ends them and leaves nothing.
set -euo pipefail
started_from=$PWD
cd "$(dirname "$0")"
source .ci/install.sh

install_missing "${build_packages[@]}"
build release
binary=$PWD/build/release/triloop
if [[ ${1:-} == lab ]]; then
  shift
  install_missing node=nodejs
  exec node tests/lab/lab.mjs --binary "$binary" "$@"
fi
if [[ ${1:-} == cluster ]]; then
  shift
  install_missing node=nodejs nats-server haproxy
  here=$PWD
  cd "$started_from"  # as below
  exec node "$here/tests/cluster/run.mjs" --binary "$binary" "$@"
fi
if [[ ${1:-} == scheduler ]]; then
  shift
  install_missing catch2 patch=patch  # the explorer is a part of the tests
  build dev explorer
  set -- --scheduler "$PWD/build/dev/tests/explore/explorer" "$@"
fi
cd "$started_from"  # --web and --config may be relative
exec "$binary" "$@"
