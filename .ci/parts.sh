# The parts of the tests: which there are, what each needs, builds and runs. Sourced by test.sh, which
# says in `asked` which of them are wanted, and in `extent` how much of each:
#   short   what is soon over, as nobody named a part
#   all     what has to pass before a change is taken
#   named   whatever there is
source .ci/install.sh

parts=(format house unit protocol connection server processors memory rfc tls unobserved explore mutants exercises e2e
  browser consumers package docs faults proxies clients cluster soak fuzz bench scaling asan tsan tidy)
short_parts=(unit protocol connection server processors rfc tls explore e2e browser)
named_only=(bench-full bench-tls explore-deep explore-fuzz slow-peers)

# -- Where the time goes: the seconds of the part that runs, apart from those of its tests ---------------

installing=0
building=0

# spend WHAT COMMAND...: runs it, and books the seconds there. Not for a condition: a command that fails
# ends the script.
spend() {
  local what=$1 since=$SECONDS
  shift
  "$@"
  printf -v "$what" %d $((${!what} + SECONDS - since))
}

need() { spend installing install_missing "$@"; }
need_node_packages() { spend installing install_node_packages "$@"; }
compile() { spend building build "$@"; }

# install_node_packages [FOLDER]: what its package-lock.json names.
install_node_packages() {
  local folder=${1:-tests/e2e}
  local done_for=$folder/node_modules/.package-lock.done
  cmp -s "$folder/package-lock.json" "$done_for" && return
  echo "installing node packages for $folder"
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
  cp "$folder/package-lock.json" "$done_for"
}

# -- What is built ---------------------------------------------------------------------------------------

# dev_targets PART: what it runs of build/dev.
dev_targets() {
  case $1 in
    unit | connection | server | processors | memory | rfc) echo "$1_tests" ;;
    tls) echo tls_tests rfc_tests server_tests processors_tests triloop_server ;;
    protocol) echo protocol_tests unsigned_char_tests without_simdjson_tests ;;
    explore) if [[ $extent == short ]]; then echo explorer; else echo explorer explore_fuzz; fi ;;
    explore-deep) echo explorer ;;
    explore-fuzz) echo explore_fuzz ;;
    slow-peers) echo server_tests ending_server ;;
    e2e) echo triloop_server crashing_server admission_server ;;
    clients) echo triloop_server clients_server ;;
    browser) if [[ $extent == short ]]; then echo triloop_server; else echo triloop_server ending_server; fi ;;
    consumers) echo public_headers ;;
    docs) echo all ;;
  esac
}

# With what all parts that are wanted need of it, so that the compiler always has two files to work on.
compile_dev() {
  local part targets=()
  for part in "${asked[@]}"; do read -ra targets <<<"${targets[*]} $(dev_targets "$part")"; done
  need "${build_packages[@]}" catch2 libssl-dev ccache=ccache patch=patch
  compile dev "${targets[@]}"
}

# -- What is counted -------------------------------------------------------------------------------------

passed=0
failed=0
failed_parts=()

# count PART COMMAND...: runs one check that passes or fails as a whole.
count() {
  local part=$1
  shift
  if "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    failed_parts+=("$part")
  fi
}

# run_ctest PART PRESET ARGUMENTS...: runs tests and adds up what CTest counted.
run_ctest() {
  local part=$1 preset=$2 log
  shift 2
  log=$(mktemp)
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j2 "$@" | tee "$log" || true
  local total failures
  # "98% tests passed, 3 tests failed out of 150"
  read -r failures total < <(sed -nE 's/.* ([0-9]+) tests failed out of ([0-9]+).*/\1 \2/p' "$log")
  rm -f "$log"
  if [[ -z ${total:-} || $total -eq 0 ]]; then failures=1 total=1; fi
  failed=$((failed + failures))
  passed=$((passed + total - failures))
  if [[ $failures -gt 0 ]]; then failed_parts+=("$part"); fi
}

# -- The parts -------------------------------------------------------------------------------------------

sources() { find src include tests docs/examples docs/exercises -name node_modules -prune -o -name '*.cpp' -print -o -name '*.h' -print; }
check_format() { sources | xargs clang-format --dry-run -Werror; }

# The pages have the numbers of schedules within one preemption, and within two.
run_explore() {
  local how
  case $extent in
    short) how=(--preemptions 1) ;;
    all) how=(--preemptions 2 --at-most 500000 --random 2000) ;;  # some ten seconds for each at most
    named) how=(--preemptions 2 --random 2000) ;;
  esac
  count "explore (schedules)" build/dev/tests/explore/explorer --page docs/proof.md "${how[@]}" --jobs 2
  [[ $extent == short ]] || explore_fuzz "explore (fuzz)" "${EXPLORE_FUZZ_SECONDS:-60}"
  count "explore (wrong ones)" node tests/explore/wrong_ones.mjs --explorer build/dev/tests/explore/explorer
  count "explore (levels)" node tests/explore/levels.mjs --explorer build/dev/tests/explore/explorer
}

# With an empty src/observe: what decides nothing is missed by nobody, but by tests that look at it.
run_unobserved() {
  local programs=(connection_tests)
  if [[ $extent == named ]]; then programs+=(unit_tests processors_tests explorer); fi
  compile unobserved "${programs[@]}"
  count "unobserved (connection)" build/unobserved/tests/connection_tests '~[observed]'
  [[ $extent == named ]] || return 0
  count "unobserved (unit)" build/unobserved/tests/unit_tests
  count "unobserved (processors)" build/unobserved/tests/processors_tests '~[observed]'
  count "unobserved (explore)" build/unobserved/tests/explore/explorer --preemptions 1 --jobs 2 \
    --without "snapshot: while it lives and goes"  # which counts what is observed
}

# explore_fuzz PART SECONDS: what was ever found, then programs that are new each day.
explore_fuzz() {
  count "$1" build/dev/tests/explore/fuzz/explore_fuzz --corpus tests/explore/fuzz/corpus \
    --seconds "$2" --seed "$(date +%Y%m%d)"
}

# With uWebSockets, if its sources are said to be somewhere.
configure_bench() {
  if [[ -n ${UWEBSOCKETS:-} ]]; then
    cmake --preset bench -DTRILOOP_UWEBSOCKETS="$(realpath "$UWEBSOCKETS")" >/dev/null
  elif [[ -f build/bench/build.ninja ]]; then
    cmake --preset bench -DTRILOOP_UWEBSOCKETS= >/dev/null  # where they were may be gone
  fi
}

# The figures come from a quiet machine, so only a run that is asked for writes them down.
# UWEBSOCKETS=DIR: sources of uWebSockets, to measure beside. BASELINE=PROGRAM: an older triloop, which no
# row may fall behind. BENCH_ROUNDS: pairs that a figure is judged by.
run_bench() {
  need "${build_packages[@]}" "${bench_packages[@]}" node=nodejs npm=npm ccache=ccache
  need_node_packages tests/bench
  local directory=$PWD/build/bench scratch how=(--rounds "${BENCH_ROUNDS:-7}")
  configure_bench
  if [[ -n ${UWEBSOCKETS:-} ]]; then how+=(--uwebsockets); fi
  if [[ -n ${BASELINE:-} ]]; then how+=(--baseline "$BASELINE"); fi
  if [[ $1 == bench-tls ]]; then
    compile bench triloop_server triloop_load
  else
    compile bench
    count "bench (peers of a client)" env TRILOOP_PEERS="$directory/tests/bench" \
      TRILOOP_BINARY="$directory/triloop" node --test tests/bench/peers.test.mjs
  fi
  count "bench (load generator)" env TRILOOP_LOAD="$directory/tests/bench/triloop_load" \
    TRILOOP_BINARY="$directory/triloop" node --test tests/bench/selftest.mjs
  if [[ $extent == all ]]; then
    scratch=$(mktemp -d)
    cp docs/performance.md "$scratch"
    count "bench (two rows)" node tests/bench/bench.mjs --build "$directory" --rounds 1 \
      --seconds 0.3 --rows "64x16 64 B;64x16 64 B TLS" --out "$scratch"
    rm -r "$scratch"
  elif [[ $1 == bench ]]; then
    count bench node tests/bench/bench.mjs --build "$directory" "${how[@]}"
  elif [[ $1 == bench-tls ]]; then
    count bench-tls node tests/bench/bench.mjs --build "$directory" "${how[@]}" --tls
  else
    count bench-full node tests/bench/bench.mjs --build "$directory" "${how[@]}" --full
  fi
}

# Among all the parts: whether the page is what the kept figures say. When it is named: figures first.
run_scaling() {
  local what
  need node=nodejs python3=python3 python3-yaml
  if [[ $extent == named ]]; then
    need "${build_packages[@]}" "${bench_packages[@]}" npm=npm nats-server=nats-server ccache=ccache
    need_node_packages tests/bench
    configure_bench
    compile bench
    compile release
    count "scaling (one machine)" node tests/scaling/measure.mjs --build "$PWD/build/bench" --rounds 5
    count "scaling (engine)" node tests/scaling/engine.mjs
    count "scaling (requests)" node tests/scaling/requests.mjs
    for what in nodes joins foreign; do
      count "scaling ($what)" node "tests/scaling/$what.mjs" --binary "$PWD/build/release/triloop"
    done
    node tests/scaling/write.mjs
  fi
  count scaling node --test tests/scaling/scaling.test.mjs
}

# run_faults PART FILE...: those files of tests/faults, with whatever the environment says.
run_faults() {
  local part=$1 file
  shift
  for file in "$@"; do
    if [[ $file == link ]]; then
      count "$part (link)" env TRILOOP_BINARY="$PWD/build/release/triloop" tests/faults/link.sh
    else
      count "$part ($file)" env TRILOOP_BINARY="$PWD/build/release/triloop" \
        node --test "tests/faults/$file.test.mjs"
    fi
  done
}

# The program over TLS, from outside; and what suites for TCP say of it there.
run_tls_from_outside() {
  local files=(limits shutdown)
  if [[ $extent == named ]]; then
    files+=(floods link)
    run_ctest tls dev -L '^tls-slow$' -j4
  fi
  export TRILOOP_TEST_TLS=1
  count "tls (processors)" env TRILOOP_BINARY="$PWD/build/dev/triloop" node --test tests/e2e/processors.test.mjs
  run_faults tls "${files[@]}"
  unset TRILOOP_TEST_TLS
  count "tls (scanners)" env TRILOOP_BINARY="$PWD/build/dev/triloop" TLS_EXTENT="$extent" node --test tests/tls/scanners.test.mjs
}

# Among all the parts: four of them, whose rows on the page have to be what they show. When it is named: all, and it
# writes the page.
run_clients() {
  local programs=(TRILOOP_BINARY="$PWD/build/dev/triloop" TRILOOP_CLIENTS_SERVER="$PWD/build/dev/tests/clients_server")
  need_node_packages tests/e2e
  need_node_packages tests/clients
  if [[ $extent == all ]]; then
    count clients env "${programs[@]}" CLIENTS=beast,gorilla,websockets,ws node --test tests/clients/clients.test.mjs
  else
    local again
    again=$(mktemp)
    count "clients (come back)" env "${programs[@]}" TRILOOP_AGAIN_RESULTS="$again" node --test tests/clients/again.test.mjs
    count clients env "${programs[@]}" TRILOOP_AGAIN_RESULTS="$again" TRILOOP_CLIENTS_PAGE="$PWD/docs/clients.md" \
      node --test tests/clients/clients.test.mjs
    rm -f "$again"
  fi
}

run_part() {
  case $1 in
    format)
      need clang-format=clang-format
      count format check_format
      ;;
    house)
      need node=nodejs
      count house tests/check_house.sh
      ;;
    unit | protocol | connection | server | processors | memory | rfc)
      compile_dev
      run_ctest "$1" dev -L "^$1\$" -j4  # they wait more than they compute
      ;;
    tls)
      need "${tls_packages[@]}"
      need_node_packages
      compile_dev
      if [[ $extent == short ]]; then
        run_ctest tls dev -L '^tls$' -E '\.test\.mjs$' -j4
      else
        compile release triloop_server
        run_ctest tls dev -L '^tls$' -j4  # they wait more than they compute
        run_tls_from_outside
      fi
      ;;
    explore)
      need node=nodejs
      compile_dev
      run_explore
      ;;
    mutants)
      need "${build_packages[@]}" catch2 libssl-dev ccache=ccache patch=patch node=nodejs
      local changed=()
      if [[ $extent == all ]]; then changed=(--changed); fi
      count mutants node tests/explore/mutants.mjs "${changed[@]}"
      ;;
    explore-fuzz)
      compile_dev
      explore_fuzz explore-fuzz "${EXPLORE_FUZZ_SECONDS:-600}"
      ;;
    exercises)
      need patch=patch
      for number in 1 2 3 4 5; do
        count "exercises ($number)" tests/exercises/run.sh "$number"
        count "exercises ($number, solution)" tests/exercises/run.sh "$number" --solution
      done
      count "exercises (half-right)" tests/exercises/half_right.sh
      ;;
    explore-deep)
      compile_dev
      count explore-deep build/dev/tests/explore/explorer --preemptions 3 --jobs 2 \
        --schedules 1000000000000 --random 10000000
      ;;
    e2e)
      need node=nodejs npm=npm redis-server=redis-server ip=iproute2 /usr/bin/python3=python3 python3-websockets
      need_node_packages
      compile_dev
      run_ctest e2e dev -L '^e2e$'
      ;;
    browser)
      need node=nodejs npm=npm chromium=chromium
      need_node_packages
      compile_dev
      if [[ $extent == short ]]; then
        run_ctest browser dev -R '^browser\.test\.mjs$'
      else
        need "${engine_packages[@]}"
        BROWSER_EXTENT=$extent run_ctest browser dev -L '^browser$'
      fi
      ;;
    consumers)
      need clang++=clang pkg-config=pkg-config nm=binutils dpkg-shlibdeps=dpkg-dev
      compile_dev
      compile release
      compile shared
      count consumers tests/consumers/run.sh
      ;;
    docs)
      need "${machine_packages[@]}" node=nodejs npm=npm chromium=chromium doxygen=doxygen git=git \
        redis-server=redis-server nats-server haproxy curl=curl gdb=gdb pgrep=procps patch=patch clang++=clang \
        dpkg-shlibdeps=dpkg-dev pkg-config=pkg-config make=make
      need_node_packages
      need_node_packages tests/docs
      compile_dev
      compile release
      count "docs (links)" node --test tests/docs/links.test.mjs
      count "docs (code)" env TRILOOP_GENERATED="$PWD/build/dev/generated" node --test tests/docs/code.test.mjs
      count "docs (drawings)" node --test tests/docs/mermaid.test.mjs
      count "docs (reference)" tests/docs/reference.sh
      count "docs (commands)" tests/docs/commands.sh
      ;;
    package)
      need "${build_packages[@]}" "${machine_packages[@]}" dpkg-shlibdeps=dpkg-dev lintian=lintian \
        python3=python3 man=man-db pkg-config=pkg-config curl=curl pgrep=procps ccache=ccache node=nodejs npm=npm
      need_node_packages
      compile package
      count "package (machine)" tests/support/machine_test.sh
      count package tests/package/run.sh
      ;;
    faults)
      need "${build_packages[@]}" node=nodejs npm=npm ip=iproute2 python3=python3
      need_node_packages
      compile release
      run_faults faults limits floods shutdown link
      ;;
    slow-peers)
      need node=nodejs npm=npm chromium=chromium "${engine_packages[@]}" ip=iproute2 python3=python3
      need_node_packages
      compile_dev
      compile release
      count slow-peers tests/faults/slow_peers.sh build/dev build/release
      ;;
    proxies)
      need "${build_packages[@]}" node=nodejs npm=npm nginx libnginx-mod-stream haproxy openssl=openssl
      need_node_packages
      compile release
      count proxies env TRILOOP_BINARY="$PWD/build/release/triloop" \
        node --test tests/proxies/proxies.test.mjs tests/proxies/who.test.mjs
      ;;
    clients)
      if [[ $extent == all ]]; then need "${four_clients_packages[@]}"; else need "${clients_packages[@]}"; fi
      compile_dev
      run_clients
      ;;
    cluster)
      need "${build_packages[@]}" node=nodejs npm=npm nats-server haproxy ip=iproute2 faketime sqlite3=sqlite3 openssl=openssl
      need_node_packages
      compile release
      count "cluster (checker)" node --test tests/cluster/checker.test.mjs
      for file in recovery limits secure; do
        count "cluster ($file)" env TRILOOP_BINARY="$PWD/build/release/triloop" \
          node --test "tests/cluster/$file.test.mjs"
      done
      local seconds=600
      if [[ $extent == all ]]; then seconds=60; fi
      count "cluster (faults)" tests/cluster/cluster.sh --binary "$PWD/build/release/triloop" \
        --seconds "${CLUSTER_SECONDS:-$seconds}"
      ;;
    soak)
      need "${build_packages[@]}" node=nodejs npm=npm
      need_node_packages
      compile release
      local seconds=600
      if [[ $extent == all ]]; then seconds=30; fi
      count soak node tests/soak/soak.mjs --seconds "${SOAK_SECONDS:-$seconds}" --binary build/release/triloop
      ;;
    fuzz)
      need "${build_packages[@]}" catch2 libssl-dev clang++=clang libclang-rt-14-dev ccache=ccache
      local seconds=60
      if [[ $extent == all ]]; then seconds=20; fi
      count fuzz tests/fuzz/run.sh "${FUZZ_SECONDS:-$seconds}"
      ;;
    bench | bench-full | bench-tls) run_bench "$1" ;;
    scaling) run_scaling ;;
    asan | tsan)
      need "${build_packages[@]}" catch2 libssl-dev ccache=ccache node=nodejs npm=npm chromium=chromium \
        firefox-esr=firefox-esr redis-server=redis-server nats-server sqlite3=sqlite3 ip=iproute2 \
        /usr/bin/python3=python3 python3-websockets
      need_node_packages
      compile "$1"
      run_ctest "$1" "$1"
      count "$1 (cluster)" env TSAN_OPTIONS=halt_on_error=1 TRILOOP_BINARY="$PWD/build/$1/triloop" \
        node --test tests/cluster/recovery.test.mjs tests/cluster/limits.test.mjs
      ;;
    unobserved)
      need "${build_packages[@]}" catch2 libssl-dev ccache=ccache patch=patch
      run_unobserved
      ;;
    tidy)
      need "${build_packages[@]}" clang++=clang clang-tidy=clang-tidy patch=patch
      count tidy build tidy
      ;;
    *)
      echo ".ci/parts.sh: '$1' is in a list, and nothing runs it" >&2
      exit 1
      ;;
  esac
}
