// One customer's facts, from the record.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "store/database.hpp"

namespace tessera::workspace {

struct FactsWish {
  std::string before;  // behind this one's "next"; empty: from the newest
  size_t limit = 0;
  Instant as_of = kNever, known_at = kNever;
};

struct Fact {
  std::string event;
  std::optional<Instant> time;  // none: a fact without a time
  Json properties;              // as received
};
struct FactsPage {
  std::vector<Fact> facts;
  std::optional<std::string> next;  // none: there are no more
};

// Events and traits as received, newest first; a fact without a time comes last. By public id. REQUIRES: the connection
// is in a transaction, so that all is of one moment, and is used for no other page.
Result<FactsPage> facts_of(store::Connection& connection, std::string_view customer, const FactsWish& wish);

}  // namespace tessera::workspace
