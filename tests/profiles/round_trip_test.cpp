// What is put into the record comes out of it: intake and loader against HistoryBuilder, which knows no database.
#include <rapidcheck/gtest.h>

#include "core/random.hpp"
#include "profiles/describe.hpp"
#include "profiles/import_intake.hpp"
#include "profiles/load.hpp"
#include "store/record.hpp"
#include "store/scratch.hpp"

using namespace tessera;
using namespace tessera::profiles;
using testing_support::describe;

namespace {

const FixedClock kClock(Instant{0});

using Value = HistoryBuilder::Value;
using List = std::vector<Value>;

// Puts a row of the builder's kind into an intake.
void put_row(Intake& intake, const HistoryBuilder::Row& row, uint64_t fingerprint) {
  const SystemStream system = system_stream_named(row.event);
  const auto kind = intake.kind(system == SystemStream::None ? StreamName(row.event) : StreamName(system));
  const Identifier who{IdentifierKind::UserId, row.customer};
  intake.start(kind, {&who, 1}, row.time, fingerprint);
  std::map<std::string, size_t> lengths;
  for (const auto& [name, values] : row.properties) {
    const auto property = intake.property(kind, name);
    if (const auto* list = std::get_if<List>(&values)) {
      lengths[name.substr(0, name.rfind('.'))] = std::max(lengths[name.substr(0, name.rfind('.'))], list->size());
      continue;
    }
    std::visit(
        Match{[&](std::nullptr_t) { intake.put_null(property); }, [&](bool truth) { intake.put(property, truth); },
              [&](Number number) { intake.put(property, number); },
              [&](const std::string& text) { intake.put(property, std::string_view(text)); }},
        std::get<Value>(values));
  }
  for (const auto& [prefix, length] : lengths)
    for (size_t e = 0; e < length; ++e) {
      for (const auto& [name, values] : row.properties) {
        const auto* list = std::get_if<List>(&values);
        if (!list || name.substr(0, name.rfind('.')) != prefix || e >= list->size()) continue;
        const auto property = intake.property(kind, name);
        std::visit(Match{[&](std::nullptr_t) {}, [&](bool truth) { intake.element(property, truth); },
                         [&](Number number) { intake.element(property, number); },
                         [&](const std::string& text) { intake.element(property, std::string_view(text)); }},
                   (*list)[e]);
      }
      intake.next_element(kind, prefix);
    }
}

Value random_value(Rng& rng) {
  switch (rng.below(3)) {
    case 0:
      return rng.chance(0.5);
    case 1:
      return Number{rng.between(-Number::kLimit + 1, Number::kLimit - 1)};
    default: {
      constexpr const char* kTexts[] = {
          "",          "a",          "it's \"quoted\"", "twelve bytes", "thirteen byte", "größer als zwölf Byte",
          "{\"a\":1}", "line\nbreak"};
      return std::string(kTexts[rng.below(8)]) + (rng.chance(0.2) ? std::to_string(rng.below(1000)) : "");
    }
  }
}

HistoryBuilder::Row random_row(Rng& rng) {
  constexpr const char* kEvents[] = {"Order Completed", "order completed", "$identify", "Ünïcode — event", "1st visit"};
  constexpr const char* kScalars[] = {"total", "Total", "time", "seq", "a.b", "customer", "weird \"name\"", "x"};
  constexpr const char* kLists[] = {"products.price", "products.category", "tags", "items.deep.sku"};
  HistoryBuilder::Row row{.customer = "c" + std::to_string(rng.below(12)),
                          .event = kEvents[rng.below(5)],
                          .time = rng.chance(0.1) ? kEver : Instant{rng.between(-5, 5) * 86'400'000}};
  for (const char* name : kScalars)
    if (rng.chance(0.3)) row.properties[name] = rng.chance(0.15) ? Value(nullptr) : random_value(rng);
  for (const char* name : kLists)
    if (rng.chance(0.3)) {
      List list;
      for (uint64_t n = rng.below(4); n > 0; --n) list.push_back(random_value(rng));
      // A list whose elements are all unknown has no type, and so no column, in the record.
      if (!list.empty()) row.properties[name] = list;
    }
  return row;
}

TEST(RoundTrip, RandomRowsComeBackAsTheyWentIn) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    Rng rng(seed);
    const auto record = MUST(store::Record::in_memory(kClock));
    HistoryBuilder builder;
    uint64_t fingerprint = 0;
    const uint64_t entries = 1 + rng.below(3);
    std::vector<HistoryBuilder::Row> rows;
    for (uint64_t e = 0; e < entries; ++e) {
      // Small batches, so that an intake is written in several.
      auto intake = MUST(begin_intake(*record, {.description = "test"}, Instant{static_cast<int64_t>(1000 * e)},
                                      {.batch_rows = 1 + rng.below(60)}));
      uint64_t repeated = 0;
      const uint64_t count = 1 + rng.below(60);
      for (uint64_t i = 0; i < count; ++i) {
        if (!rows.empty() && rng.chance(0.2)) {
          // A row that was there before, in this entry or an earlier one: dropped.
          const uint64_t earlier = rng.below(rows.size());
          put_row(*intake, rows[earlier], earlier + 1);
          ++repeated;
          continue;
        }
        rows.push_back(random_row(rng));
        builder.add(rows.back(), Instant{static_cast<int64_t>(1000 * e)});
        put_row(*intake, rows.back(), ++fingerprint);
      }
      SilentProgress progress;
      const auto outcome = MUST(intake->commit(progress));
      ASSERT_EQ(outcome.duplicates, repeated);
      ASSERT_EQ(outcome.stored + outcome.trait_facts, count - repeated);
    }
    const History expected = std::move(builder).build(), loaded = MUST(load(*record));
    ASSERT_EQ(describe(loaded), describe(expected)) << "seed " << seed;
  }
}

}  // namespace
