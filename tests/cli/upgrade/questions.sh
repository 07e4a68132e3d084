# What is asked of the record of the first release, then and now: the answers must be the same.
# questions.sh TESSERA RECORD
set -eu
tessera() { "$TESSERA" --store "$RECORD" --as-of 2026-03-01 "$@"; }
TESSERA=$1 RECORD=$2
tessera sql 'SELECT * FROM customers ORDER BY customer' --format csv
tessera sql 'SELECT count(*) AS events, count(DISTINCT customer) AS customers, sum(total) AS total FROM v_order_completed' --format csv
tessera sql 'SELECT kind, first_seq, until_seq, source FROM tessera.entry ORDER BY id' --format csv
tessera sql 'SELECT customer, time, total FROM v_order_completed ORDER BY customer, time' --format csv | sha256sum
tessera segments list --text
for segment in Regulars Lost; do
  tessera segments count "$segment"
  tessera segments members "$segment"
done
tessera segments explain Lost --customer c0000001
tessera rejects --format csv
