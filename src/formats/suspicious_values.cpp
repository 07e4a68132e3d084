#include "formats/suspicious_values.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::formats {
namespace {

struct OddKind {
  Odd kind;
  std::string_view code;  // stored in tessera.reject, never change
  std::string_view says;
};
constexpr OddKind kKinds[] = {
    {Odd::NegativePrice, "negative-price",
     "prices below zero (or amounts, where no column has the price): kept, money below zero is money given back"},
    {Odd::ZeroPrice, "zero-price", "prices of zero (or amounts, where no column has the price): kept as they are"},
    {Odd::FutureTime, "future-time", "times to come: kept, they count when their time comes"},
    {Odd::BlockedId, "blocked-id", "ids that stand for nobody (0, -1, guest ...): kept, taken as no customer"},
    {Odd::UnknownStatus, "unknown-status",
     "statuses not known: kept, the orders are pending; --status says what they mean"},
};
static_assert(std::size(kKinds) == kOddValues.size());

const OddKind& row_of(Odd kind) {
  return *std::find_if(std::begin(kKinds), std::end(kKinds), [kind](const OddKind& row) { return row.kind == kind; });
}

}  // namespace

std::string_view code_of(Odd kind) {
  return row_of(kind).code;
}

std::string_view meaning_of(Odd kind) {
  return row_of(kind).says;
}

std::string odd_codes() {
  std::string out;
  for (const OddKind& row : kKinds) out += fmt::format("{}{}", out.empty() ? "" : ",", row.code);
  return out;
}

Result<void> OddRules::say(std::string_view kinds, OddRule rule) {
  const std::string_view flag = rule == OddRule::Keep ? "--keep" : "--reject";
  for (const std::string_view written : split(kinds, ',')) {
    const std::string_view code = trim(written);
    bool is_known = code == "all";
    for (const OddKind& row : kKinds) {
      if (code != "all" && code != row.code) continue;
      is_known = true;
      if (of(row.kind) != OddRule::Refuse && of(row.kind) != rule) {
        return usage(fmt::format("--keep and --reject both name {}", row.code));
      }
      set(row.kind, rule);
    }
    if (is_known) continue;
    std::vector<std::string> codes{"all"};
    for (const OddKind& row : kKinds) codes.emplace_back(row.code);
    const auto nearest = nearest_name(code, codes);
    return usage(fmt::format("{} takes kinds of odd values, {} or all, not '{}'", flag, odd_codes(), code),
                 nearest ? try_again().option(std::string(flag), *nearest) : Remedy());
  }
  return {};
}

OddRules OddRules::or_keep(std::span<const Odd> kinds) const {
  OddRules out = *this;
  for (const Odd kind : kinds) {
    if (of(kind) == OddRule::Refuse) out.set(kind, OddRule::Keep);
  }
  return out;
}

std::string OddRules::codes(OddRule rule) const {
  std::string out;
  for (const OddKind& row : kKinds) {
    if (of(row.kind) == rule) out += fmt::format("{}{}", out.empty() ? "" : ",", row.code);
  }
  return out;
}

}  // namespace tessera::formats
