// The words of the guess: what columns are called in five languages (English, German, French, Spanish, Italian) and in
// the usual exports, for each thing a column may mean.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "formats/mapping.hpp"

namespace tessera::formats {

// What a column's values must be like for a role.
enum class Values : uint8_t { Any, Number, Time, ClockTime, EmailAddress, Text, Category, Status, Flag, IdLike };

struct Meaning {
  Role role;
  std::string_view target;
  Values values;
  // Bare names, whole, between '|'; "~word": enough if the name contains it. Those before a "||" say it more plainly
  // than those behind: a column called "order id" is the order's, whatever "transaction id" beside it is.
  std::string_view words;
};

// Earlier rows win ties.
std::span<const Meaning> meanings();
const Meaning& meaning_of(Role role, std::string_view target = {});

inline constexpr int kPlainest = 11, kPlain = 10, kHinted = 4;
// How plainly a bare name says the words' meaning: one of the above, or 0.
int name_score(std::string_view words, const std::string& bare);

// Dates about a person that say nothing of when the row happened: "birthday", "last visit".
bool is_personal_date(const std::string& bare);

// The name without case, accents and anything that is no letter or digit.
std::string bare_name(std::string_view column);

}  // namespace tessera::formats
