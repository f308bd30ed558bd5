#!/usr/bin/env bash
# Does the house keep its own rules? The tests, files and pages that the documentation names exist;
# no public header includes websocketpp or Asio, and no lock is taken past triloop/sync.h; no source
# has outgrown its room; every line of the log and every reason for an end is in docs/operations.md;
# test.sh runs what it is asked for.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=0
complain() {
  echo "$1: there is no $2" >&2
  missing=$((missing + 1))
}
forbid() {  # forbid WHY PATTERN PLACE...
  local why=$1 pattern=$2
  shift 2
  if grep -rnE --include='*.h' --include='*.cpp' "$pattern" "$@" >&2; then
    echo "^ $why" >&2
    missing=$((missing + 1))
  fi
}

# Tests: what stands between backticks and has at least three spaces and no sign of code in it.
# `server stop: ...` names all that begin so.
for page in docs/architecture.md docs/from-go.md docs/pattern.md docs/protocol.md; do
  names=$(grep -oE '`[^`]+`' "$page" | tr -d '`' | grep -E '( .*){3}|\.\.\.$' | grep -vE '[;{}<>=]|--|\.h\b')
  [[ -n $names ]] || complain "$page" "name of a test in it: is the pattern still right?"
  while IFS= read -r name; do
    name=${name%...}
    grep -rqF --include='*.cpp' "TEST_CASE(\"$name" tests ||
      grep -qF "test(\"$name" tests/e2e/*.mjs || complain "$page" "test '$name'"
  done <<<"$names"
done

# Files named between backticks. (That every link leads somewhere is for tests/docs/links.test.mjs.)
while IFS=: read -r page file; do
  [[ -e $file ]] || complain "$page" "file '$file'"
done < <(grep -oHE '`(src|include|tests|web|docs)/[a-zA-Z0-9_./-]+`' README.md docs/*.md docs/*/*.md | tr -d '`')

forbid 'a public header includes neither websocketpp nor Asio' '#include.*(websocketpp|asio)' include
forbid 'websocketpp is used in src/websocket alone, and src/server/version.cpp says its number' '#include.*(websocketpp|codec\.h)' \
  $(find src -name '*.cpp' ! -path 'src/websocket/*' ! -name version.cpp) \
  $(find src -name '*.h' ! -path 'src/websocket/*')
forbid 'locks, threads and clocks go through triloop/sync.h' \
  '#include <(mutex|thread|condition_variable|shared_mutex|future|atomic)>|std::chrono::.*clock' \
  $(find src -name '*.cpp' ! -name main.cpp -o -name '*.h') $(find include -name '*.h' ! -name sync.h)

# The rooms of src/, and which others each may use: arrows go one way, and observe stands beside them.
rooms='demo: server client pattern websocket net threads observe
server: life pattern websocket net threads observe
client: life pattern websocket net threads observe
life: pattern websocket net threads observe
broadcast: websocket
pattern: websocket net threads observe
observe: websocket net
websocket:
net:
threads:'
for file in src/*; do
  [[ -d $file ]] || complain src "room for $file"
done
for folder in src/*/; do
  room=$(basename "$folder")
  below=$(sed -n "s/^$room://p" <<<"$rooms")
  grep -q "^$room:" <<<"$rooms" || complain tests/check_house.sh "room $room in its table"
  if grep -rnE '#include "[^"]*/' "$folder" | grep -vE "#include \"(triloop|$room${below// /|})/" >&2; then
    echo "^ src/$room may use $room, include/triloop and:${below:- nothing else}" >&2
    missing=$((missing + 1))
  fi
done

# What one has to hold in one's head has a bound.
at_most() {  # at_most LINES NAME, of what comes in
  local lines
  lines=$(wc -l)
  [[ $lines -le $1 ]] && return
  echo "$2: $lines lines, and not at most $1; is there a seam where the story turns?" >&2
  missing=$((missing + 1))
}
while IFS= read -r file; do
  at_most 300 "$file" <"$file"
done < <(find src include -type f)
for file in src/pattern/*; do
  at_most 200 "$file" <"$file"
done
at_most 900 src/pattern < <(cat src/pattern/*)
at_most 170 include/triloop/connection.h <include/triloop/connection.h

node tests/house/log_lines.mjs || missing=$((missing + 1))
node --test tests/house/test_sh.test.mjs || missing=$((missing + 1))

[[ $missing -eq 0 ]]
