// Values of customers for whoever needs them besides segments: a message that says {{ first_name }}, a decision that
// weighs what somebody spent. Lets and scores in force are worked out by the evaluator that memberships come from; a
// trait is its last known value. Both as of the last entry of the log.
//
// Memory holds what definitions see and what readers of the log have asked for (LogReader::wanted), nothing more.
#pragma once

#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/number.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "fold/identities.hpp"

namespace tessera::fold {

class Fold;

// Unknown, or a value. A number is exact where millionths are; else (an average) it is the nearest one.
using Value = std::variant<std::monostate, bool, Number, std::string, Instant, Duration>;

struct AskedValues {
  std::vector<std::string> definitions{};  // lets and scores, by name or slug
  std::vector<std::string> traits{};
};

struct CustomerValues {
  std::vector<Value> definitions{}, traits{};  // as they were asked for
};

// Of customers, each by who leads them. Error: no such definition is in force, or nobody asked for a trait to be kept.
// O(facts of the customers + texts in memory), the latter once.
Result<std::vector<CustomerValues>> values_of(const Fold& fold, std::span<const Profile> leaders,
                                              const AskedValues& asked);

// What events that are not told apart in memory (Shape) are called together.
inline constexpr std::string_view kFurtherEvents = "(further events)";

// All that is known of one customer's traits and events in memory.
struct CustomerFacts {
  std::map<std::string, Value> traits;     // by name; what was cleared is not there
  std::map<std::string, uint64_t> events;  // how many of each name, the system's apart
};
CustomerFacts facts_of(const Fold& fold, Profile leader);

}  // namespace tessera::fold
