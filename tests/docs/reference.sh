#!/usr/bin/env bash
# The reference is made without a complaint, has a comment on all that a program may call, and shows
# nothing of what is inside. Needs doxygen alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
output=$(sed -nE 's/^OUTPUT_DIRECTORY *= *//p' docs/Doxyfile)
html=${output:?docs/Doxyfile has no OUTPUT_DIRECTORY}/html
version=$(sed -nE 's/^project\(triloop VERSION ([0-9.]+).*/\1/p' CMakeLists.txt)
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
source tests/support/check.sh

# Complains about what has no comment, and what it cannot make sense of. It knows of enum values only
# when some of an enumeration have one; see has_no_bold_name.
makes_it() {
  rm -rf "$html"
  TRILOOP_VERSION=$version doxygen docs/Doxyfile
}
makes_it_without_the_version() {
  (cat docs/Doxyfile && echo "OUTPUT_DIRECTORY = $scratch") | env -u TRILOOP_VERSION doxygen -
}

page_of() { ls "$html"/{class,struct,namespace}"triloop${1:+_1_1}${1//::/_1_1}.html" 2>"$scratch/others"; }

# describes SCOPE NAME...: the page of the class or namespace has a part for each.
describes() {
  local page name
  page=$(page_of "$1")
  shift
  for name in "$@"; do
    grep -qE "class=\"memtitle\">.*</span>$name(\(\))*( <span class=\"overload\">.*)?</h2>" "$page" || {
      echo "${page:-no page} says nothing about $name"
      return 1
    }
  done
}

# What the shared library exports is what a program may call; but for the inside of the trace, and for
# what only the demo or a template calls.
describes_what_is_exported() {
  local name scope
  while read -r name; do
    scope=${name#triloop::}
    if [[ $scope == *::* ]]; then scope=${scope%::*}; else scope=; fi
    describes "$scope" "${name##*::}" || return 1
  done < <(grep -vE 'trace::detail|is_label|set_value' tests/consumers/exports.txt)
}

# A name that has no comment stands there in bold, without a link.
has_no_bold_name() {
  [[ -e $html/index.html ]] && ! grep -E '<b>[A-Za-z_]+</b>' "$html"/*.html | grep -vE -- '=delete|-members\.html:'
}

# hides PATTERN PAGE...: none of them has it.
hides() {
  local pattern=$1
  shift
  [[ -e $html/index.html ]] && ! grep -nE "$pattern" "$@"
}

# Doxygen leaves a name that it does not know as it is.
leads_everywhere() {
  sed -E 's|<a [^>]*>[^<]*</a>||g' "$html/index.html" >"$scratch/without_links" &&
    ! grep -n 'triloop::' "$scratch/without_links"
}

shows_the_version() { grep -q "id=\"projectnumber\">[^<]*$version<" "$html/index.html"; }

# The types in signatures lead to their pages.
links_types() {
  local page=$html/classtriloop_1_1Connection.html type
  for type in Message Latch Request ConnectionHandle ConnectionSnapshot; do
    grep -qE "<a class=\"el\" href=\"(class|struct)triloop_1_1$type.html\">$type</a>" "$page" || {
      echo "$page does not lead to $type"
      return 1
    }
  done
}

check "doxygen has nothing to complain about" makes_it
check "it needs no version" makes_it_without_the_version
check "the pages say which version they are of" shows_the_version
check "what is exported has a description" describes_what_is_exported
check "so have Connection's inline functions" describes Connection try_read try_write state admitted ending \
  over id peer_address request path subprotocol begin end
check "and BoundedQueue's" describes BoundedQueue BoundedQueue push push_until push_all push_urgent \
  pop pop_until pop_batch nudge close discard snapshot is_closed kUrgentItems
check "and Latch's" describes Latch fire fired reason wait wait_until
check "and ConnectionHandle's" describes ConnectionHandle ConnectionHandle write write_for try_write \
  close abort is_over id
check "and Verdict's" describes Verdict header subprotocol value refusal
check "and the options, those of a path among them" describes Options port max_connections heartbeat
check "and types, enumerations and constants" describes "" Processor Page Admit ReadResult WriteResult \
  PushResult PopResult ClosedBy Doing MessageType kNever kNow
check "no name is without a comment" has_no_bold_name
check "every name on the first page leads to what it names" leads_everywhere
check "no sentence is torn, or taken for a list" hides '^<p >[a-z]|<ol' "$html"/*.html
check "types lead to their pages" links_types
check "no macro is shown but the version's" hides 'TRILOOP_([^V]|V[^E])' "$html"/*.html
check "nothing is shown that only the server calls" hides \
  '>(serve|refuse|stop|stop_now|~?Connection)(\(\)</h2>|</[ab]> \()' \
  "$html/classtriloop_1_1Connection.html"
check "nothing private is shown" hides '>[a-z_]+_<|read_loop|run_processor|write_loop|Impl\b' \
  "$html"/*.html
check "nothing is shown that private members are made of" hides \
  '\b(Frame|Opcode|Gauge|Hint|Stopwatch|[A-Z][a-z]+Meter|Mutex|MutexLock|CondVar|WsProtocol)\b|detail::' \
  "$html"/*.html

[[ $failures -eq 0 ]]
