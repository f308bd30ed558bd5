#!/usr/bin/env bash
# Builds and runs the tests: all of them, or the parts that are named. ./test.sh --help
set -euo pipefail
cd "$(dirname "$0")"
source .ci/install.sh

parts=(format house unit protocol connection server processors memory rfc explore mutants exercises e2e browser
  consumers package docs faults proxies soak fuzz bench asan tsan tidy)
named_only=(bench-full explore-deep explore-fuzz)

usage() {
  cat <<END
./test.sh [PART...]   runs the parts, or all of them:
  all          all of them, too
  format       every source is as clang-format would have it
  house        the project's own rules: names in the documentation exist, includes stay behind the wall
  unit         the queue, the latch, the threads, the options
  protocol     HTTP and frames, bytes in and bytes out, without sockets
  connection   the three loops over a socket that the test controls; each wait, each ending
  server       behaviours S1 to S13 and the endings over TCP
  processors   the processors to copy: parallel, chat, rpc, proxy
  memory       each allocation of the server fails once
  rfc          RFC 6455 section by section over TCP: what a client sends, what must come back
  explore      queue, latch, loops and server under every schedule with up to 2 preemptions (among all
               the parts: 1 where 2 take long), as many as docs/proof.md says
  mutants      mistakes in the sources, each of which the explorer or a test must find (among all the
               parts: only those in files that have changed since it was found)
  explore-deep up to 3 preemptions, some hours, and only when it is named
  explore-fuzz the explorer beside an interpreter, on random programs: ten minutes (EXPLORE_FUZZ_SECONDS
               says otherwise), and only when it is named; a minute of it is in explore
  exercises    those of docs/exercises.md: each is broken as the page shows, its solution holds, and
               what one might have written before does not
  e2e          the program, with node's ws as client
  browser      the page, in Chromium
  consumers    programs that use an installed triloop, or include it, in every way that is documented
  package      the Debian packages: built, looked at by lintian, installed in a throwaway machine with a
               systemd of its own, run there as a service and as a library, and removed again. Needs
               root or sudo, and in a container --privileged
  docs         the book: every link resolves, every block of code compiles, every command runs, and
               Doxygen finds each public call described. Needs what package needs
  faults       limits, floods, a bad link between two network namespaces, shutdown under load
  proxies      nginx and HAProxy with TLS in front, configured as docs/operations.md says
  soak         churn, slow peers, floods and violations at once; nothing may be left (see SOAK_SECONDS)
  fuzz         libFuzzer on requests and frames (see FUZZ_SECONDS)
  bench        triloop beside other servers; writes docs/performance.md. Among all the parts: only
               whether the load generator notices what it must, and one short row
  bench-full   the same with every row of the grid; half an hour, and only when it is named
  asan         the C++ tests, e2e and browser with AddressSanitizer and UndefinedBehaviorSanitizer
  tsan         the same with ThreadSanitizer
  tidy         clang with -Wthread-safety -Werror, and clang-tidy

When they are named, soak takes 10 minutes and fuzz a minute for each target; among all the parts
they take 30 s and 20 s. SOAK_SECONDS and FUZZ_SECONDS say otherwise.
END
}

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

sources() { find src include tests docs/examples docs/exercises -name node_modules -prune -o -name '*.cpp' -print -o -name '*.h' -print; }
check_format() { sources | xargs clang-format --dry-run -Werror; }

# install_node_packages [FOLDER]: what its package-lock.json names.
install_node_packages() {
  local folder=${1:-tests/e2e}
  local done_for=$folder/node_modules/.package-lock.done
  cmp -s "$folder/package-lock.json" "$done_for" && return
  echo "installing node packages for $folder"
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
  cp "$folder/package-lock.json" "$done_for"
}

build_for_test() {
  install_missing "${build_packages[@]}" catch2 ccache=ccache
  build "$1"
}

# The figures come from a quiet machine, so only a run that is asked for writes them down.
run_bench() {
  install_missing "${build_packages[@]}" "${bench_packages[@]}" node=nodejs npm=npm ccache=ccache
  install_node_packages tests/bench
  build bench
  local directory=$PWD/build/bench scratch
  count "bench (load generator)" env TRILOOP_LOAD="$directory/tests/bench/triloop_load" \
    TRILOOP_BINARY="$directory/triloop" node --test tests/bench/selftest.mjs
  if [[ $short == yes ]]; then
    scratch=$(mktemp -d)
    cp docs/performance.md "$scratch"
    count "bench (one row)" node tests/bench/bench.mjs --build "$directory" --rounds 1 \
      --seconds 0.3 --rows "64x16 64 B" --out "$scratch"
    rm -r "$scratch"
  elif [[ $1 == bench ]]; then
    count bench node tests/bench/bench.mjs --build "$directory"
  else
    count bench-full node tests/bench/bench.mjs --build "$directory" --full
  fi
}

# explore_fuzz PART SECONDS: what was ever found, then programs that are new each day.
explore_fuzz() {
  count "$1" build/dev/tests/explore/fuzz/explore_fuzz --corpus tests/explore/fuzz/corpus \
    --seconds "$2" --seed "$(date +%Y%m%d)"
}

run_part() {
  echo "== $1"
  case $1 in
    format)
      install_missing clang-format=clang-format
      count format check_format
      ;;
    house)
      install_missing node=nodejs
      count house tests/check_house.sh
      ;;
    unit | protocol | connection | server | processors | memory | rfc)
      build_for_test dev
      run_ctest "$1" dev -L "^$1\$"
      ;;
    explore)
      install_missing node=nodejs
      build_for_test dev
      at_most=()
      if [[ $short == yes ]]; then at_most=(--at-most 500000); fi  # some ten seconds
      count "explore (schedules)" build/dev/tests/explore/explorer --page docs/proof.md --preemptions 2 \
        "${at_most[@]}" --random 2000 --jobs 2
      explore_fuzz "explore (fuzz)" "${EXPLORE_FUZZ_SECONDS:-60}"
      count "explore (wrong queues)" node tests/explore/wrong_queues.mjs --explorer build/dev/tests/explore/explorer
      ;;
    mutants)
      install_missing "${build_packages[@]}" catch2 ccache=ccache patch=patch node=nodejs
      changed=()
      if [[ $short == yes ]]; then changed=(--changed); fi
      count mutants node tests/explore/mutants.mjs "${changed[@]}"
      ;;
    explore-fuzz)
      build_for_test dev
      explore_fuzz explore-fuzz "${EXPLORE_FUZZ_SECONDS:-600}"
      ;;
    exercises)
      install_missing patch=patch
      for number in 1 2 3 4 5; do
        count "exercises ($number)" tests/exercises/run.sh "$number"
        count "exercises ($number, solution)" tests/exercises/run.sh "$number" --solution
      done
      count "exercises (half-right)" tests/exercises/half_right.sh
      ;;
    explore-deep)
      build_for_test dev
      count explore-deep build/dev/tests/explore/explorer --preemptions 3 --jobs 2 \
        --schedules 1000000000000 --random 10000000
      ;;
    e2e)
      install_missing node=nodejs npm=npm redis-server=redis-server ip=iproute2
      install_node_packages
      build_for_test dev
      run_ctest e2e dev -L '^e2e$'
      ;;
    browser)
      install_missing node=nodejs npm=npm chromium=chromium
      install_node_packages
      build_for_test dev
      run_ctest browser dev -L '^browser$'
      ;;
    consumers)
      install_missing "${build_packages[@]}" clang++=clang pkg-config=pkg-config nm=binutils dpkg-shlibdeps=dpkg-dev ccache=ccache
      build release
      build shared
      count consumers tests/consumers/run.sh
      ;;
    docs)
      install_missing "${machine_packages[@]}" node=nodejs npm=npm chromium=chromium doxygen=doxygen git=git \
        redis-server=redis-server curl=curl gdb=gdb pgrep=procps patch=patch clang++=clang \
        dpkg-shlibdeps=dpkg-dev pkg-config=pkg-config make=make
      install_node_packages
      install_node_packages tests/docs
      build_for_test dev
      build release
      count "docs (links)" node --test tests/docs/links.test.mjs
      count "docs (code)" env TRILOOP_GENERATED="$PWD/build/dev/generated" node --test tests/docs/code.test.mjs
      count "docs (drawings)" node --test tests/docs/mermaid.test.mjs
      count "docs (reference)" tests/docs/reference.sh
      count "docs (commands)" tests/docs/commands.sh
      ;;
    package)
      install_missing "${build_packages[@]}" "${machine_packages[@]}" dpkg-shlibdeps=dpkg-dev lintian=lintian \
        python3=python3 man=man-db pkg-config=pkg-config curl=curl pgrep=procps ccache=ccache
      build package
      count "package (machine)" tests/support/machine_test.sh
      count package tests/package/run.sh
      ;;
    faults)
      install_missing "${build_packages[@]}" node=nodejs npm=npm ip=iproute2
      install_node_packages
      build release
      for file in limits floods shutdown; do
        count "faults ($file)" env TRILOOP_BINARY="$PWD/build/release/triloop" \
          node --test "tests/faults/$file.test.mjs"
      done
      count "faults (link)" env TRILOOP_BINARY="$PWD/build/release/triloop" tests/faults/link.sh
      ;;
    proxies)
      install_missing "${build_packages[@]}" node=nodejs npm=npm nginx haproxy openssl=openssl
      install_node_packages
      build release
      count proxies env TRILOOP_BINARY="$PWD/build/release/triloop" \
        node --test tests/proxies/proxies.test.mjs
      ;;
    soak)
      install_missing "${build_packages[@]}" node=nodejs npm=npm
      install_node_packages
      build release
      count soak node tests/soak/soak.mjs --seconds "$soak_seconds" --binary build/release/triloop
      ;;
    fuzz)
      install_missing "${build_packages[@]}" catch2 clang++=clang libclang-rt-14-dev ccache=ccache
      count fuzz tests/fuzz/run.sh "$fuzz_seconds"
      ;;
    bench | bench-full) run_bench "$1" ;;
    asan | tsan)
      install_missing node=nodejs npm=npm chromium=chromium redis-server=redis-server
      install_node_packages
      build_for_test "$1"
      run_ctest "$1" "$1"
      ;;
    tidy)
      install_missing "${build_packages[@]}" clang++=clang clang-tidy=clang-tidy
      count tidy build tidy
      ;;
    *)
      echo "test.sh: there is no part '$1'; see ./test.sh --help" >&2
      exit 2
      ;;
  esac
}

short=no
if [[ $# -eq 0 || $* == all ]]; then
  short=yes
  set -- "${parts[@]}"
fi
for argument in "$@"; do
  if [[ $argument == --help || $argument == -h ]]; then
    usage
    exit
  fi
  [[ " ${parts[*]} ${named_only[*]} " == *" $argument "* ]] || run_part "$argument"  # says that there is none
done
if [[ $short == yes ]]; then
  soak_seconds=${SOAK_SECONDS:-30}
  fuzz_seconds=${FUZZ_SECONDS:-20}
else
  soak_seconds=${SOAK_SECONDS:-600}
  fuzz_seconds=${FUZZ_SECONDS:-60}
fi
for part in "$@"; do run_part "$part"; done

echo
if [[ $failed -gt 0 ]]; then echo "failed in: ${failed_parts[*]}"; fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
