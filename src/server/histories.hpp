// One customer's facts, from the record.
#pragma once

#include <optional>
#include <string>

#include "server/site.hpp"

namespace tessera::server {

struct HistoryWish {
  std::string before;  // behind this one's "next"; empty: from the newest
  size_t limit = 0;
  Instant as_of = kNever, known_at = kNever;
};

// Events and traits as received, newest first; a fact without a time comes last. By public id.
Result<Json> history_of(Service& service, std::string_view customer, const HistoryWish& wish);

}  // namespace tessera::server
