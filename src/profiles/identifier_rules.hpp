// What holds of identifiers whoever brings them: which may join, which are shown themselves, by what else they were known.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "core/phone.hpp"
#include "profiles/identifiers.hpp"

namespace tessera::profiles {

// Whether a user id is an e-mail address or a telephone number, which its owner can be reached by: it is shown as a
// pseudonym then. A telephone number is one where it is written as one: with its "+", in brackets, or beginning with a
// zero and with blanks or dashes in it; digits alone are an id.
bool is_contact(std::string_view user_id);
// The same in SQL: under what an identifier is shown. `table`: of tessera.identity.
std::string shown_sql(std::string_view table);
// The user id itself, unless it is a contact; else the pseudonym.
bool is_shown_itself(const Identifier& identifier);

// Whether it may make one customer of two. A telephone number of which nobody knows the country may be two numbers.
bool may_join(const Identifier& identifier);
// By which a row is kept: the strongest of those that may join, else the strongest. REQUIRES: there is one.
const Identifier& strongest_of(std::span<const Identifier> who);

// Whether one of the texts is wanted by which the identifier is or was known: of a telephone number also as it is dialled
// inside its country, as it was kept before version 14 of the record.
template <typename IsWanted>
bool any_spelling(const Identifier& identifier, IsWanted is_wanted) {
  if (is_wanted(identifier)) return true;
  if (identifier.kind != IdentifierKind::Phone) return false;
  return std::ranges::any_of(spellings_inside(identifier.value),
                             [&](const std::string& text) { return is_wanted(Identifier{identifier.kind, text}); });
}

}  // namespace tessera::profiles
