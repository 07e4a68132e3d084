// What a row says beyond the typed columns of its table: `extra`, one JSON object a row, a member a property. There lies
// what is said null, what has no exact form (objects, too large numbers), and every value of a rare property: one that
// came when its table had all the columns it may have, or of a rare event, whose table has none (tables.hpp).
//
// One rule says what a member means, and every engine reads by it: the loader of the record (rare_columns.hpp) and the
// fold, before and after a restart. It is a function of the JSON alone:
//
//   true, "text", an exact number     the value
//   ["a", null, "b"]                  a list of one type; null: an element without the property
//   [["a"], [1]], ["a", [1]]          several values, each of another type or form
//   {"count": 3}, of a name without a dot   how many elements the lists under this name have
//   anything else, as {"raw": "1e99"}  said null: unknown, and whatever lies under the name (addr.city under addr) too
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "profiles/intake.hpp"

namespace tessera::profiles {

// A value, or a list, of one type.
struct ExtraForm {
  PropertyType type = PropertyType::Text;
  bool is_list = false;
  std::vector<std::optional<Scalar>> values;  // one; of a list: its elements, nullopt where one has none
};

struct ExtraSaid {
  std::vector<ExtraForm> forms{};  // each another one
  uint64_t elements = 0;           // of the lists under the name
  bool is_cleared = false;
};

// More elements than this no call has (32 KB each): a count beyond it is a sender's object, not ours.
inline constexpr uint64_t kMostElements = 1 << 20;

// Texts in it are the Json's.
ExtraSaid said_by(std::string_view property, const Json& value);

// The member for what came without an exact form: as received where that cannot be taken for a value, else as
// {"raw": ...}; so it is always unknown. What is no JSON is a text.
std::string json_of_raw(std::string_view property, std::string_view received);

// The member that says how many elements the lists under a name have.
std::string json_of_length(int64_t elements);

// "addr.city" under "addr", and each under itself.
constexpr bool is_under(std::string_view property, std::string_view prefix) {
  return property.starts_with(prefix) && (property.size() == prefix.size() || property[prefix.size()] == '.');
}

}  // namespace tessera::profiles
