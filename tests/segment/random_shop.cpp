#include "segment/random_shop.hpp"

#include <algorithm>

namespace tessera::segment {

namespace {

using profiles::HistoryBuilder;
using Value = HistoryBuilder::Value;
using List = std::vector<Value>;

constexpr Instant kStart{20'000 * kDay.ms};
constexpr int64_t kHours = 24 * 120;

const char* const kEvents[] = {"Order Completed", "Product Viewed", "Product Added", "ping", "$message", "$identify"};
const char* const kWords[] = {"DE",
                              "",
                              "  ",
                              "größe",
                              "GRÖSSE",
                              "50% _off_",
                              "web",
                              "2",
                              " -1.5 ",
                              "+.50",
                              "1e3",
                              "1,000",
                              "0003",
                              "3.",
                              "2024-11-02",
                              "2024-12-24T12:00:00Z",
                              "1234567890123",
                              "0.1234567"};

Value word(Rng& rng) {
  return std::string(kWords[rng.below(std::size(kWords))]);
}

// Mostly of the property's own type; now and then null or another type.
Value scalar(Rng& rng, char kind) {
  const uint64_t odd = rng.below(14);
  if (odd == 0) return nullptr;
  if (odd == 1) kind = "ntb"[rng.below(3)];
  if (kind == 'n') {
    if (rng.chance(0.05)) return Number{rng.between(-Number::kLimit + 1, Number::kLimit - 1)};
    return rng.chance(0.7) ? Number::of(rng.between(-1, 4)) : Number{rng.between(-3'000'000, 9'000'000)};
  }
  if (kind == 't') return word(rng);
  if (kind == 'd') return text_of(kStart + kHour * rng.between(0, kHours));
  return rng.chance(0.5);
}

struct Named {
  const char* name;
  char kind;
};
constexpr Named kProperties[] = {{"total", 'n'},   {"quantity", 'n'}, {"Item price", 'n'}, {"count", 'n'},
                                 {"channel", 't'}, {"coupon", 't'},   {"a.b", 't'},        {"last", 't'},
                                 {"is_gift", 'b'}, {"is_test", 'b'},  {"date", 'd'}};
constexpr Named kTraits[] = {
    {"age", 'n'}, {"country", 't'}, {"Home address", 't'}, {"signed_up", 'd'}, {"newsletter", 'b'}};
constexpr Named kLists[] = {{"products.price", 'n'}, {"products.category", 't'}, {"tags", 't'}};

}  // namespace

Instant random_moment(Rng& rng) {
  const Instant hour = kStart + kHour * rng.between(0, kHours);
  return rng.chance(0.5) ? hour : hour + Duration{rng.between(-1, 1)};
}

namespace {

enum class Currencies : uint8_t { None, Several };

Value currency(Rng& rng) {
  constexpr const char* kCurrencies[] = {"EUR", "USD", "usd ", "JPY", "EUR", "", "credits of ours"};
  if (rng.chance(0.05)) return nullptr;
  if (rng.chance(0.05)) return Number::of(978);
  return std::string(kCurrencies[rng.below(std::size(kCurrencies))]);
}

profiles::History shop_with(Rng& rng, Currencies currencies) {
  HistoryBuilder builder;
  const auto customers = rng.between(1, 4);
  for (int64_t c = 0; c < customers; ++c) builder.add_customer(fmt::format("c{}", c));
  const auto rows = rng.between(0, 40);
  std::vector<Instant> learnt;
  for (int64_t r = 0; r < rows; ++r) learnt.push_back(random_moment(rng));
  std::sort(learnt.begin(), learnt.end());
  for (int64_t r = 0; r < rows; ++r) {
    HistoryBuilder::Row row;
    row.customer = fmt::format("c{}", rng.below(static_cast<uint64_t>(customers)));
    row.event = kEvents[rng.below(std::size(kEvents))];
    row.time = kStart + kHour * (rng.chance(0.3) ? 24 * rng.between(0, 4) : rng.between(0, kHours));
    if (rng.chance(0.1)) row.time = row.time + Duration{rng.between(-1, 1)};
    const bool traits = row.event == "$identify";
    if (traits && rng.chance(0.2)) row.time = kEver;
    if (traits) {
      for (const Named& trait : kTraits)
        if (rng.chance(0.6)) row.properties[trait.name] = scalar(rng, trait.kind);
    } else {
      for (const Named& property : kProperties)
        if (rng.chance(0.7)) row.properties[property.name] = scalar(rng, property.kind);
      if (currencies == Currencies::Several && rng.chance(0.8)) row.properties["currency"] = currency(rng);
    }
    for (const Named& list : kLists) {
      if (rng.chance(0.3)) continue;
      List elements;
      while (rng.chance(0.6)) elements.push_back(scalar(rng, list.kind));
      row.properties[list.name] = elements;
    }
    builder.add(row, learnt[static_cast<size_t>(r)]);
    if (rng.chance(0.1)) builder.add(row, learnt[static_cast<size_t>(r)]);  // the same again
  }
  return std::move(builder).build();
}

}  // namespace

profiles::History random_shop(Rng& rng) {
  return shop_with(rng, Currencies::None);
}

profiles::History random_shop_of_currencies(Rng& rng) {
  return shop_with(rng, Currencies::Several);
}

}  // namespace tessera::segment
