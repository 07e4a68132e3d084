// Every way this product has of answering "who is in it, and what is its value?", so that one case is put to all of
// them and they must agree. An engine is a row of engines(); the case runner and the random tests loop over the rows.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "language/tree.hpp"
#include "oracle/money.hpp"
#include "profiles/history.hpp"

namespace tessera::oracle {

enum class Asks : uint8_t {
  Value,       // of the last definition, as it is written
  Membership,  // in all segments, with what every segment has beside its definition (the gate, segment/plan.hpp)
};

struct Question {
  const language::Program& program;
  const profiles::History& history;
  Instant as_of;
  Instant known_at;
  Asks asks = Asks::Value;
  Money money = {};
};

// One line a customer, in the order of History::customer. For a condition "true", "false" or "unknown"; for a value its
// text or "unknown": numbers as decimals where they are (12.5), else as a reduced fraction (10/3); texts as they are;
// times as text_of(Instant), lengths of time as text_of(Duration); true and false. For memberships the ids of the
// segments, with blanks between.
using Answer = std::vector<std::string>;

struct Engine {
  std::string_view name;
  std::function<Result<Answer>(const Question&)> answer;
  // Why this question cannot be put to it, in a few words; nullopt: it can. Whoever asks counts these.
  std::function<std::optional<std::string_view>(const Question&)> cannot = [](const Question&) { return std::nullopt; };
};

// The reference evaluator first.
std::vector<Engine> engines();

// Some engines know memberships and no values. To them a condition is two segments, those for whom it is true and those
// for whom it is false: the program with both behind what it had. As it is where memberships are asked for; nullopt:
// what is asked is no condition.
std::optional<language::Program> as_segments(const Question& question);
// Of one customer, by the program's segments, counted from 0.
std::string said_by_segments(const Question& question, const language::Program& program,
                             const std::function<bool(size_t)>& is_member);
// Why such an engine cannot be asked.
std::optional<std::string_view> cannot_be_segments(const Question& question);

// The live engine: the facts as rows that come in, in the order in which they were learnt (live.cpp).
Engine live_engine();

}  // namespace tessera::oracle
