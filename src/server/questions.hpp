// Questions that the live engine does not hold the answer to: who was in a segment at another time, who would be in one
// that is not in force, what becomes of a customer. They are answered from the record (workspace/), after everything
// that came before the question is in it. One at a time, so that the memory is that of one of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/site.hpp"
#include "workspace/facts.hpp"

namespace tessera::server {

struct PastMembers {
  bool is_known = true;  // false: no such segment was in force at known_at
  Instant as_of, known_at;
  std::string definition;
  std::vector<std::string> members{};  // ascending
};

// Default of known_at: now; of as_of: known_at. Usage errors are the caller's; others: the record, or somebody else's
// question is being answered.
Result<PastMembers> members_at(Service& service, std::string_view slug, std::optional<Instant> as_of,
                               std::optional<Instant> known_at);

// Definitions, or one condition: of each segment in it the count, a sample, what it shares with those in force, and
// what applying it would change. Nothing is applied.
Result<Json> preview(Service& service, const std::string& text);

// Why a customer (by public id) is in each segment in force, or not; `segment` alone where it is not empty. Reads what
// the definitions need of all customers.
Result<Json> explain_customer(Service& service, std::string_view customer, std::string_view segment);

// Who a customer (by public id) is, which segments they are in, since when, and what time alone changes: the command
// `tessera customer` as JSON. Default of as_of: now; of known_at: everything.
Result<Json> outlook_of(Service& service, std::string_view customer, std::optional<Instant> as_of,
                        std::optional<Instant> known_at);

// A customer's facts (by public id); not counted as one of the questions above, for it reads one page.
Result<Json> history_of(Service& service, std::string_view customer, const workspace::FactsWish& wish);

}  // namespace tessera::server
