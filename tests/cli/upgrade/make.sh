#!/usr/bin/env bash
# Makes record.duckdb.gz and answers.txt here with the tessera of the first release (tables of version 1): commit 7b90448,
# `git worktree add /tmp/first 7b90448 && (cd /tmp/first && cmake --preset dev && ninja -C build/dev tessera)`.
#   tests/cli/upgrade/make.sh /tmp/first/build/dev/tessera
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$1" simulate --customers 40 --segments 3 --events-per-customer 12 --seed 7 --out company >/dev/null
echo '{"type": "track", "userId": "c0000001", "timestamp": "2026-01-05T00:00:00Z"}' >>company/events.jsonl # a reject
"$1" --store record.duckdb import company/events.jsonl --preset segment >/dev/null
"$1" --store record.duckdb segments apply "$here/segments.tsl" >/dev/null
sh "$here/questions.sh" "$1" record.duckdb >"$here/answers.txt" 2>&1
gzip -9nc record.duckdb >"$here/record.duckdb.gz"
ls -l "$here"
