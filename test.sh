#!/usr/bin/env bash
# Builds the tests and runs them: ./test.sh --help
set -euo pipefail
cd "$(dirname "$0")"
source .ci/parts.sh

usage() {
  cat <<END
./test.sh           does the product work? For whoever has just fetched it; some minutes. The parts
                    ${short_parts[*]},
                    and of explore and browser only what is soon over
./test.sh all       what has to pass before a change is taken: all parts but those of which it says "only
                    when it is named". About an hour on 2 cores
./test.sh PART...   the parts that are named, with all that they have:

  format       every source is as clang-format would have it
  house        the project's own rules: names in the documentation exist, includes stay behind the wall
  unit         the queue, the latch, the threads, the options
  protocol     HTTP and frames, bytes in and bytes out, without sockets
  connection   the three loops over a socket that the test controls; each wait, each ending
  server       behaviours S1 to S13 and the endings over TCP
  processors   the processors to copy: parallel, chat, rpc, proxy
  memory       each allocation of the server fails once
  rfc          RFC 6455 section by section over TCP: what a client sends, what must come back
  tls          TLS with a client in memory; rfc, server and processors over it; with node, python, curl, openssl, Chromium
               and Firefox, and what cuts and stops its records; faults over it; and under sslscan and testssl.sh (when
               no part is named: the first two alone; among all the parts: of faults limits and shutdown, sslscan,
               and no slow peers)
  unobserved   the tests of a connection with an empty src/observe: no thread decides anything by it (when it
               is named: unit and explore, too)
  explore      queue, latch, loops and server under every schedule with up to 2 preemptions (when no part
               is named: 1; among all the parts: 1 where 2 take long), as many as docs/proof.md says
  mutants      mistakes in the sources, each of which the explorer or a test must find (among all the
               parts: only those in files that have changed since it was found)
  explore-deep up to 3 preemptions, some hours, and only when it is named
  explore-fuzz the explorer beside an interpreter, on random programs: ten minutes (EXPLORE_FUZZ_SECONDS
               says otherwise), and only when it is named; a minute of it is in explore
  exercises    those of docs/exercises.md: each is broken as the page shows, its solution holds, and
               what one might have written before does not
  e2e          the program, with node's ws as client
  browser      the pages: the live view, the lab, the strip, the walk, the code, the scheduler and the chat
               in Chromium, with axe-core; and in Chromium, Firefox and WebKit that they open, echo, end
               cleanly, come back, and fit. Needs chromium, firefox-esr, webkit2gtk-driver and xvfb, and
               one that is not there is a failure (when no part is named: only what the first page is
               for, in Chromium; among all the parts: axe-core in light colours only)
  consumers    programs that use an installed triloop, or include it, in every way that is documented
  package      the Debian packages: built, looked at by lintian, installed in a throwaway machine with a
               systemd of its own, run there as a service and as a library, and removed again. Needs
               root or sudo, and in a container --privileged
  docs         the book: every link resolves, every block of code compiles, every command runs, and
               Doxygen finds each public call described. Needs what package needs
  faults       limits, floods, a bad link between two network namespaces, shutdown under load
  slow-peers   those of server and faults whose peers and links are slow, with their real times, and a
               table of what was seen; nine minutes, and only when it is named
  proxies      nginx and HAProxy with TLS in front, configured as docs/operations.md says
  clients      WebSocket clients in many languages, each with every check; writes docs/clients.md. Among all the parts:
               four of them
  cluster      servers that share their rooms, NATS and HAProxy: what is known to go wrong when one comes
               again, and machines that are killed, restarted and parted while members talk (see
               CLUSTER_SECONDS)
  soak         churn, slow peers, floods and violations at once; nothing may be left (see SOAK_SECONDS)
  fuzz         libFuzzer on requests, frames, text, PROXY headers and Forwarded (see FUZZ_SECONDS)
  bench        triloop beside other servers; writes docs/performance.md; an hour. Among all the parts: only
               whether the load generator notices what it must, whether the client talks to gorilla
               and Boost.Beast, and two short rows.
               UWEBSOCKETS=DIR has sources of uWebSockets, to measure beside; without them the figures of
               the last run with them stay. BASELINE=PROGRAM is an older triloop, which no row may fall
               behind. BENCH_ROUNDS=7 says by how many pairs a figure is judged
  bench-full   the same with every row of the grid; two hours, and only when it is named
  bench-tls    its rows with TLS alone, beside HAProxy and nginx; the tables of the others stay. Five minutes,
               and only when it is named
  scaling      measures what docs/scaling.md reckons with, and writes its tables; half an hour on a quiet
               machine. Among all the parts: only whether the model predicts what it has not seen, and the
               page is what the kept figures say
  asan         the C++ tests, e2e, the first page and the chat in Chromium, and how connections are
               recovered over several servers, with AddressSanitizer and UndefinedBehaviorSanitizer
  tsan         the same with ThreadSanitizer
  tidy         clang with -Wthread-safety -Werror, and clang-tidy

When they are named, cluster and soak take 10 minutes, and fuzz a minute for each target; among all
the parts they take a minute, 30 s and 20 s. CLUSTER_SECONDS, SOAK_SECONDS and FUZZ_SECONDS say
otherwise.
At the end stands what each part took: to install packages, to build, and to run.
END
}

if [[ " $* " == *" --help "* || " $* " == *" -h "* ]]; then
  usage
  exit
fi
asked=("$@")
extent=named
if [[ $# -eq 0 ]]; then
  extent=short
  asked=("${short_parts[@]}")
elif [[ $* == all ]]; then
  extent=all
  asked=("${parts[@]}")
fi
for part in "${asked[@]}"; do
  if [[ " ${parts[*]} ${named_only[*]} " != *" $part "* ]]; then
    echo "test.sh: there is no part '$part'; see ./test.sh --help" >&2
    exit 2
  fi
done

# row PART SECONDS INSTALLING BUILDING: the rest is what its tests took.
row() { printf '%-14s%9s%9s%9s%9s\n' "$1" "$3" "$4" $(($2 - $3 - $4)) "$2"; }

table=()
all_installing=0
all_building=0
for part in "${asked[@]}"; do
  echo "== $part"
  installing=0 building=0 since=$SECONDS
  run_part "$part"
  table+=("$(row "$part" $((SECONDS - since)) "$installing" "$building")")
  all_installing=$((all_installing + installing))
  all_building=$((all_building + building))
done

echo
printf '%-14s%9s%9s%9s%9s\n' seconds: install build run all
printf '%s\n' "${table[@]}"
row all "$SECONDS" "$all_installing" "$all_building"
echo
if [[ $failed -gt 0 ]]; then echo "failed in: ${failed_parts[*]}"; fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
