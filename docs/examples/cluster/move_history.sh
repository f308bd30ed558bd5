#!/usr/bin/env bash
# Puts the lines of an SQLite history into a stream of NATS, in their order: move_history.sh FILE [HOST PORT [NAME]]
# Once, before the first triloop with --cluster is started on it. Needs sqlite3.
set -euo pipefail
file=$1 host=${2:-127.0.0.1} port=${3:-4222} name=${4:-triloop}

# NATS's own protocol: PUB SUBJECT BYTES, then so many bytes. https://docs.nats.io/reference/reference-protocols/nats-protocol
lines() {
  sqlite3 "$file" "
    SELECT 'PUB $name.line.' || lower(hex(room)) || ' ' || length(CAST(entry AS BLOB)) || char(13, 10) || entry || char(13)
    FROM (SELECT room, json_object('name', name, 'sender', '', 'id', '', 'text', text, 'time', time) AS entry
          FROM lines ORDER BY id)"
}

exec 3<>"/dev/tcp/$host/$port"
{ printf 'CONNECT {"verbose":false}\r\n'; lines; printf 'PING\r\n'; } >&3
grep -q -m1 PONG <&3  # it has read them all
echo "$(sqlite3 "$file" 'SELECT COUNT(*) FROM lines') lines are on their way into the stream"
