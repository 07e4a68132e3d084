// Values that a definition does not see because they came in another type than it was settled with: they are unknown to
// it, and it is said how many there are.
#pragma once

#include <compare>
#include <set>
#include <string>
#include <vector>

#include "language/schema.hpp"
#include "language/tree.hpp"
#include "profiles/money.hpp"
#include "profiles/tables.hpp"
#include "store/database.hpp"

namespace tessera::language {

struct OtherType {
  std::string event;     // empty: a trait
  std::string property;  // as it is stored; of an object the member
  Schema::Form form;     // in which it came, and is not read
  // Of texts where a number is asked for: those that read as one (number_in_text) are read.
  bool but_numbers = false;
  // Not empty: amounts that are in other currencies than this one, and for which there is no rate.
  std::string currency = {};
  auto operator<=>(const OtherType&) const = default;
};

// Of each definition of a checked program, with what it uses: what `now` has under its names in forms that it does not
// read. O(program, and of patterns of any event the events that are known).
std::vector<std::set<OtherType>> other_types(const Program& program, const Schema& now);

// How many values these are.
Result<uint64_t> count_unread(store::Connection& connection, const profiles::EventTables& tables, const OtherType& type,
                              const profiles::MoneyBook& book);

std::string text_of(const OtherType& type);  // "trait vip", "total of Order Completed"
// "text", "list of number", "text that is no number", "other currencies than EUR, without a rate"
std::string came_as(const OtherType& type);

}  // namespace tessera::language
