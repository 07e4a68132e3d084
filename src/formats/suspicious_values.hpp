// Odd values: they can be read and are hardly ever meant. A price below zero or of nothing, a time to come, an id that
// stands for nobody, a status that nobody knows. Whoever knows the data knows which of them are right there (refunds, gifts, bookings, guests), so
// an import that meets one is refused until its kind is named: --keep takes such rows as they are, --reject leaves them
// out. A preset names the kinds that belong to its vendor's exports (presets.cpp).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tessera::formats {

enum class Odd : uint8_t { NegativePrice, ZeroPrice, FutureTime, BlockedId, UnknownStatus };
inline constexpr std::array kOddValues = {Odd::NegativePrice, Odd::ZeroPrice, Odd::FutureTime, Odd::BlockedId,
                                          Odd::UnknownStatus};

// The code in reports and on the command line: "negative-price".
std::string_view code_of(Odd kind);
// What it is and what becomes of it when it is kept.
std::string_view meaning_of(Odd kind);
// All codes, comma-separated.
std::string odd_codes();

enum class OddRule : uint8_t { Refuse, Keep, Reject };

class OddRules {
 public:
  OddRule of(Odd kind) const { return rules_[static_cast<size_t>(kind)]; }
  void set(Odd kind, OddRule rule) { rules_[static_cast<size_t>(kind)] = rule; }
  // "negative-price,zero-price" or "all". Error of usage: an unknown kind, or one that was given another rule.
  Result<void> say(std::string_view kinds, OddRule rule);
  // Kinds of which nothing was said are kept.
  OddRules or_keep(std::span<const Odd> kinds) const;
  // The codes of a rule, comma-separated.
  std::string codes(OddRule rule) const;

 private:
  std::array<OddRule, kOddValues.size()> rules_{};
};

}  // namespace tessera::formats
