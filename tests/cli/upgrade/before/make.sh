#!/usr/bin/env bash
# Makes, with the tessera of a version, what it leaves behind: VERSION/record.duckdb.gz, a record into which was imported
# and decided; VERSION/served.tar.gz, the same with the log of a server that was killed before it had recorded what it
# had acknowledged; and what each answers (record.txt; served.txt: once that server's successor has read the log).
#   tests/cli/upgrade/before/make.sh TESSERA
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tessera=$(realpath "$1")
made=$here/$("$tessera" --version | cut -d' ' -f2)
mkdir -p "$made"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
start() { # STORE
  "$tessera" --store "$1" --format json serve --listen 127.0.0.1:0 >words 2>&1 &
  pid=$!
  until grep -q 'http://127.0.0.1:[0-9]' words; do kill -0 $pid; done
  address=$(grep -o 'http://127.0.0.1:[0-9]*' words | sed 1q)
}
cp "$here/events.jsonl" .
"$tessera" --store record.duckdb import events.jsonl --preset segment >/dev/null
"$tessera" --store record.duckdb segments apply "$here/segments.tsl" >/dev/null
"$tessera" --store record.duckdb customers mark bob --as staff --reason "helps out" >/dev/null
"$tessera" --store record.duckdb customers consent ann --profiling yes >/dev/null
bash "$here/questions.sh" "$tessera" record.duckdb >"$made/record.txt" 2>&1
gzip -9nc record.duckdb >"$made/record.duckdb.gz"

mkdir served
cp record.duckdb served/record.duckdb
start served/record.duckdb
key=$(sed -n 's/.*"write_key": *"\([^"]*\)".*/\1/p' words)
while read -r ruling; do
  curl -sf -X POST "$address/api/v1/rulings" -d "$ruling" >/dev/null
done <"$here/rulings.jsonl" &
feeder=$!
curl -sf -u "$key:" -X POST "$address/v1/batch" -d "{\"batch\":[$(paste -sd, "$here/tail.jsonl")]}" >/dev/null
wait $feeder
kill -9 $pid
wait $pid 2>/dev/null || true
tar -czf "$made/served.tar.gz" -C served .
start served/record.duckdb
kill $pid
wait $pid || true
bash "$here/questions.sh" "$tessera" served/record.duckdb >"$made/served.txt" 2>&1
ls -l "$made"
