# What is asked of a store of a version before, then and now: the answers must be the same.
# questions.sh TESSERA STORE
set -eu
tessera() { "$TESSERA" --store "$STORE" --as-of 2027-01-01 "$@"; }
TESSERA=$1 STORE=$2
tessera sql 'SELECT * FROM customers ORDER BY customer' --format csv
tessera sql 'SELECT customer, event, time FROM events ORDER BY seq' --format csv
tessera sql 'SELECT customer, time, path FROM v_pageview ORDER BY seq' --format csv
tessera sql 'SELECT customer, "$marked", "$profiling", "$by" FROM v_ruling ORDER BY customer, "$by", "$marked"' --format csv
tessera sql 'SELECT kind, source FROM tessera.entry WHERE kind <> '"'live'"' ORDER BY id' --format csv
tessera segments list --text
for segment in Buyers Lookers Germans Marked Grouped; do
  tessera segments members "$segment"
done
tessera segments explain Buyers --customer cid
tessera rejects --format csv
