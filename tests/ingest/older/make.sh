#!/usr/bin/env bash
# Makes record.duckdb.gz: what the tessera of a version before 0.4.0 recorded of an export of each preset that has orders.
#   tests/ingest/older/make.sh TESSERA
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tessera=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for preset in shopify-orders woocommerce-orders square-sales online-retail transactions; do
  "$tessera" --store "$work/record.duckdb" import "$here/$preset.csv" --preset "$preset" --yes >/dev/null
done
gzip -9nc "$work/record.duckdb" >"$here/record.duckdb.gz"
"$tessera" --version
