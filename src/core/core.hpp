// The front door of the ground floor: what every room may use, and what touches the machine so that no other room needs
// to.
//
// Large because every room stands on it; each of its files is one small thing.
//
//   errors     result.hpp       Result<T>, TRY, fail, usage, VERIFY: what went wrong, where, and what would be right
//              remedy.hpp       Remedy, try_command, try_again, try_shell: what helps, as data
//              remedy_json.hpp  put_remedy, remedy_from: as members of a document
//   values     number.hpp       Number, parse_number: exact, in millionths
//              number_in_text.hpp  number_in_text: where a number is asked for and a text came
//              currency.hpp     currency_code, Rates: what an amount of one day is in another currency
//              time.hpp         Instant, Duration, Zone, Clock, parse_instant
//              text.hpp         fold_case, slug_of, nearest_name, split, trim, join
//              json.hpp         Json, parse_json
//              base64.hpp       base64_of, from_base64, from_any_base64
//              csv.hpp          csv_field: writing, defused; formats/csv.hpp reads
//              phone.hpp        e164_of: a telephone number however it is written; country_of
//              gzip.hpp         inflate, gzipped: bodies and files that come or go compressed
//              hash.hpp         hash64, sha256_hex, pseudonym_of, secret_bytes
//              merkle.hpp       MerkleTree: a list that only grows, and a hash of it all (RFC 6962)
//   machine    random.hpp       Rng: every draw from a seed
//              machine.hpp      Machine: the time that nobody sets
//              parallel.hpp     parallel_for: work over the cores, results in the order of blocks
//              guarded.hpp      Guarded: what threads share, reachable only through its lock
//              memory.hpp       MemoryBudget, ThreadMemory, within_memory: for work that others set off; a reserve
//              stop.hpp         StopWhen, go_on: long work that nobody waits for any more
//              progress.hpp     Progress: what a long command is doing
//              logging.hpp      Logger, say, LogTally: what a server says of itself, and nothing of customers
//              http_client.hpp  curl_client, exchange: to other people's servers
//              address.hpp      reach_of: may an address be sent to
#pragma once
