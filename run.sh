#!/usr/bin/env bash
# Builds the server and runs it: ./run.sh [SERVER OPTIONS], for example ./run.sh --port 8080
# The options are in ./run.sh --help.
set -euo pipefail
started_from=$PWD
cd "$(dirname "$0")"
source .ci/install.sh

install_missing "${build_packages[@]}"
build release
binary=$PWD/build/release/triloop
cd "$started_from"  # --web and --config may be relative
exec "$binary" "$@"
