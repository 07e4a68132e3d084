// Counts at past instants are over those who were known then: every definition of the library, at twenty instants of
// simulated companies, against the same conditions put to nobody but the customers that a slow look finds known.
#include <array>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "ingest/import.hpp"
#include "language/check.hpp"
#include "language/library.hpp"
#include "language/parse.hpp"
#include "profiles/load.hpp"
#include "segment/evaluate.hpp"
#include "simulate/simulate.hpp"
#include "soak.hpp"
#include "store/scratch.hpp"
#include "workspace/columns.hpp"

namespace tessera::cli {
namespace {

using profiles::History;

constexpr uint64_t kCompanies = 3;
constexpr int kInstants = 20;
constexpr size_t kMostOfTheLibrary = 15;  // definitions; others ask for what a company of that trade has not

class OneRecord final : public workspace::Holder {
 public:
  explicit OneRecord(std::shared_ptr<store::Record> record) : record_(std::move(record)) {}
  bool has_record() override { return true; }
  Result<std::shared_ptr<store::Record>> open_record(store::OpenMode) override { return record_; }

 private:
  std::shared_ptr<store::Record> record_;
};

// With a dated fact by then, or without any dated fact.
std::vector<bool> known_by(const History& history, Instant at) {
  std::vector<bool> out(history.customers());
  for (profiles::CustomerIndex c = 0; c < history.customers(); ++c) {
    bool has_dated = false;
    for (const profiles::Stream& stream : history.streams)
      for (uint32_t row = stream.first[c]; row < stream.first[c + 1]; ++row) {
        if (stream.time[row] == kEver) continue;
        has_dated = true;
        if (stream.time[row] <= at) out[c] = true;
      }
    if (!has_dated) out[c] = true;
  }
  return out;
}

class Company {
 public:
  explicit Company(uint64_t seed) {
    simulate::Options options{.customers = 120, .segments = 4, .seed = seed, .events_per_customer = 20};
    options.preset = MUST(simulate::preset_named(std::array{"shop", "clinic", "bank"}[seed % 3]));
    SilentProgress quiet;
    made = MUST(simulate::simulate(options, folder_.path(), quiet));
    const std::string file = let_people_come(made);
    // Learnt long after: nobody is known by that alone.
    ingest::ImportOptions import{.preset = "segment", .learnt = made.as_of + kDay};
    MUST(import.odd.say("all", formats::OddRule::Keep));
    MUST(ingest::import_files(*record, std::span(&file, 1), import, {}, quiet));
  }
  workspace::Workspace looked_at(Instant at) { return MUST(workspace::open(holder, clock, {.as_of = at})); }

  // Simulated customers are all there in the first month: of each, only what is behind an instant of their own is left.
  std::string let_people_come(const simulate::Summary& summary) const {
    std::ifstream in(folder_.path() / "events.jsonl");
    const std::string file = (folder_.path() / "later.jsonl").string();
    std::ofstream out(file);
    for (std::string line; std::getline(in, line);) {
      const Json event = MUST(parse_json(line));
      const auto text = [&](const char* key) { return event.find(key) ? event.find(key)->text_or("") : std::string(); };
      const auto span = static_cast<uint64_t>((summary.as_of - summary.from).ms);
      const Duration later{static_cast<int64_t>(hash64(text("userId")) % span)};
      const auto time = parse_instant(text("timestamp"));
      if (time && *time >= summary.from + later) out << line << '\n';
    }
    return file;
  }

  simulate::Summary made;
  const FixedClock clock{simulate::kAsOf + kDay * 2};
  std::shared_ptr<store::Record> record = MUST(store::Record::in_memory(clock, {.database = {.threads = 1}}));
  OneRecord holder{record};

 private:
  testing_support::Scratch folder_{testing_support::in_memory()};
};

// The library asks for what people did; these hold of whoever did nothing.
constexpr const char* kOfNothing = R"(
segment "No order yet" = no "Order Completed"
segment "At most one" = at most 1 "Order Completed" in the last 90 days
segment "Silent" = no any event in the last 30 days
segment "Not many" = not (at least 3 "Order Completed")
)";

language::Program library_of(const language::Schema& schema) {
  auto parsed = language::parse_definitions(std::string(language::library_text()) + kOfNothing);
  EXPECT_TRUE(parsed.ok());
  auto checked = language::check_each(std::move(parsed.definitions), schema);
  return std::move(checked.program);  // what does not fit a record's types is no question of it
}

TEST(PastCounts, OfTheLibraryAreOverThoseWhoWereKnownThen) {
  size_t counted = 0, fewer = 0;
  for (uint64_t seed = 0; seed < kCompanies; ++seed) {
    Company company(seed);
    History whole = MUST(profiles::load(*company.record));
    whole.begin.clear();
    const auto schema = language::schema_of(whole);
    const language::Program program = library_of(schema);
    const segment::Plan plan = MUST(segment::compile(program));
    const segment::Bound bound = MUST(segment::Bound::bind(plan, whole));
    EXPECT_GE(plan.segments.size(), kMostOfTheLibrary);
    const Duration step{(company.made.as_of - company.made.from).ms / kInstants};
    for (int i = 0; i < kInstants; ++i) {
      const Instant at = company.made.from + step * i + kHour * 7;
      const std::vector<bool> known = known_by(whole, at);
      auto workspace = company.looked_at(at);
      const language::Program* const programs[] = {&program};
      const auto found = MUST(workspace::columns_of(workspace, programs));
      EXPECT_EQ(found.there, static_cast<size_t>(std::ranges::count(known, true)));
      const segment::Evaluation all = segment::evaluate_all(bound, at, kNever);
      for (size_t s = 0; s < plan.segments.size(); ++s) {
        size_t expected = 0;
        for (size_t c = 0; c < known.size(); ++c) expected += known[c] && all.is_member(s, c);
        EXPECT_EQ(found.columns[0][s].count, expected)
            << plan.outputs[plan.segments[s]].name << " at " << text_of(at) << ", company " << seed;
        ++counted;
        fewer += expected < all.count(s);
      }
    }
  }
  figure("{} counts, in {} of them some were not known yet", counted, fewer);
  EXPECT_GT(fewer * 20, counted) << "too few counts in which it matters";
}

}  // namespace
}  // namespace tessera::cli
