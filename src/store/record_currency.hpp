// The currency of a record, in which amounts are read that name none and where neither a definition nor a question names
// another; and the rates by which amounts of other currencies are converted.
#pragma once

#include <span>
#include <string>

#include "core/currency.hpp"
#include "core/time.hpp"
#include "store/record.hpp"

namespace tessera::store {

// Empty: none was set. What the record is read in then is profiles/money.hpp's to say.
Result<std::string> currency_set(Connection& connection);
Result<Rates> rates_of_record(Connection& connection);

// As set_zone: where a server has told members, its next start tells what is different. REQUIRES: a code
// (currency_code).
Result<void> set_currency(Record& record, const std::string& code, Instant now);
// A rate of a day and currency that is there already is replaced; the others stay.
Result<void> put_rates(Record& record, std::span<const Rates::Quote> quotes, Instant now);

// What rates there are: from which day to which, of how many currencies. Days 0 where there are none.
struct RatesKept {
  uint64_t rates = 0, currencies = 0;
  std::string from, to;  // "2026-11-27"
};
Result<RatesKept> rates_kept(Connection& connection);

}  // namespace tessera::store
