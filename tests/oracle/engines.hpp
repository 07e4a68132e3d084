// Every way this product has of answering "who is in it, and what is its value?", so that one case is put to all of
// them and they must agree. An engine is a row of engines(); the case runner and the random tests loop over the rows.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "language/tree.hpp"
#include "profiles/history.hpp"

namespace tessera::oracle {

struct Question {
  const language::Program& program;  // asked is its last definition
  const profiles::History& history;
  Instant as_of;
  Instant known_at;
};

// One line a customer, in the order of History::customer. For a condition "true", "false" or "unknown"; for a value its
// text or "unknown": numbers as decimals where they are (12.5), else as a reduced fraction (10/3); texts as they are;
// times as text_of(Instant), lengths of time as text_of(Duration); true and false.
using Answer = std::vector<std::string>;

struct Engine {
  std::string_view name;
  std::function<Result<Answer>(const Question&)> answer;
};

// The reference evaluator first.
std::vector<Engine> engines();

}  // namespace tessera::oracle
