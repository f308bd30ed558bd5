# A WebSocket client. Sourced; needs a folder `scratch`.
trap '' PIPE  # one that has ended is a failed check, and not the end of the script

# connect PATH: a client (PORT=... of another server), sent to with `say` and heard with `hear`, until `leave`.
connect() {
  rm -f "$scratch"/{to,from}
  mkfifo "$scratch"/{to,from}
  python3 tests/package/peer.py "$1" <"$scratch/to" >"$scratch/from" &
  client=$!
  exec {to}>"$scratch/to" {from}<"$scratch/from"
  hear "101 Switching Protocols"
}
say() { echo "$1" >&"$to"; }
hear() {  # hear PATTERN: up to the next line that has it
  local line
  while read -r -t 20 -u "$from" line; do
    echo "$line"
    [[ $line != *$1* ]] || return 0
  done
  return 1
}
leave() {
  exec {to}>&- {from}<&-
  kill "$client" 2>/dev/null || true
  wait "$client" 2>/dev/null || true
}
