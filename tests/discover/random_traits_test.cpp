// Whole discoveries of customers whose traits were drawn at random: what personas claim of them is wrong.
#include <gtest/gtest.h>

#include "core/parallel.hpp"
#include "core/random.hpp"
#include "discover/discover.hpp"

namespace tessera::discover {
namespace {

using profiles::HistoryBuilder;

constexpr size_t kCustomers = 500, kRuns = 60;

// Four kinds of customers by how often they order and how much; six traits that know nothing of it.
profiles::History company(Rng rng) {
  HistoryBuilder builder;
  const Instant start = *parse_instant("2025-01-01");
  const auto number = [](int64_t whole) { return HistoryBuilder::Value(Number::of(whole)); };
  for (size_t i = 0; i < kCustomers; ++i) {
    const std::string id = fmt::format("c{:05}", i);
    const size_t kind = i % 4;
    const auto word = [&](const char* of, uint64_t levels) {
      return HistoryBuilder::Value(fmt::format("{} {}", of, rng.below(levels)));
    };
    builder.add({id,
                 std::string("$identify"),
                 start,
                 {{"colour", word("colour", 3)},
                  {"region", word("region", 12)},
                  {"plan", word("plan", 2)},
                  {"source", word("source", 6)},
                  {"points", number(static_cast<int64_t>(1'000 * std::exp(rng.normal())))},
                  {"height", number(rng.between(150, 200))}}});
    for (size_t n = 0; n < (kind % 2 ? 10 : 2) + rng.below(3); ++n)
      builder.add({id,
                   "Order Completed",
                   start + kDay * static_cast<int64_t>(1 + rng.below(kind < 2 ? 300 : 150)),
                   {{"total", number(static_cast<int64_t>((kind < 2 ? 20 : 200) * (1 + rng.uniform())))}}});
  }
  return std::move(builder).build();
}

// All claims about the traits are false, so the false discovery rate is the share of discoveries with one.
TEST(RandomTraits, AreClaimedByOneReportInTwentyAtMost) {
  std::vector<uint8_t> tested(kRuns, 0), claimed(kRuns, 0);
  parallel_for(kRuns, 1, [&](size_t from, size_t to) {
    for (size_t run = from; run < to; ++run) {
      const profiles::History history = company(Rng(61).fork(run));
      SilentProgress quiet;
      const auto found = discover(history, language::schema_of(history), {.min_size = 40, .segments = 8}, quiet);
      ASSERT_TRUE(found.has_value()) << found.error().text();
      tested[run] = found->features.find("given_region") && found->features.find("given_points");
      for (const Segment& s : found->segments)
        claimed[run] |= !s.persona.demographics.empty();  // all claims about traits, however weak
    }
  });
  EXPECT_EQ(std::ranges::count(tested, 1), kRuns);
  const double rate = static_cast<double>(std::ranges::count(claimed, 1)) / kRuns;
  fmt::print("discoveries that claim something of random traits: {:.1f} % of {}\n", 100 * rate, kRuns);
  EXPECT_LE(rate, 0.05);
}

}  // namespace
}  // namespace tessera::discover
