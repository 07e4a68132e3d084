// Live membership in this process: facts put into the fold (identities, de-duplication, histories, page for the record)
// and every segment of the customers they touch brought up to date, in entries of 500 facts as group commit makes them.
// No other program does this step alone, so there is no peer; the batch evaluator must agree with the result.
//
// How cost grows with segments, with facts a customer, and what a storm of timers (everybody's at one instant) and one
// customer with many facts cost. --smoke: small.
#include <algorithm>
#include <chrono>

#include "bench/bench.hpp"
#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "live/fold.hpp"
#include "segment/check.hpp"
#include "segment/parse.hpp"

namespace {

using namespace tessera;
using namespace tessera::bench;

constexpr Instant kStart{1'772'323'200'000};  // 2026-03-01
constexpr std::string_view kEvents[] = {"Email Opened", "Order Completed", "Product Added", "Product Viewed"};
constexpr std::string_view kCategories[] = {"shoes", "shirts", "hats", "bags", "socks", "coats", "belts", "rings"};

double seconds_of(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Counts, sums, recency, windows, since and negation in turn; thresholds such that a few per cent are members.
std::string definitions(size_t segments) {
  std::string text;
  for (size_t s = 0; s < segments; ++s) {
    const std::string_view event = kEvents[s / 6 % 4];
    const size_t days = 1 + s * 7 % 90, other = 1 + s * 13 % 60;
    switch (s % 6) {
      case 0:
        text += fmt::format("segment \"S{}\" = at least {} \"{}\" in the last {} days\n", s, 2 + s % 5, event, days);
        break;
      case 1:
        text += fmt::format("segment \"S{}\" = sum(\"Order Completed\".total, last {} days) > {}\n", s, days, 100 + s);
        break;
      case 2:
        text += fmt::format("segment \"S{}\" = last \"{}\" more than {} days ago\n", s, event, days);
        break;
      case 3:
        text += fmt::format(
            "segment \"S{}\" = last \"Product Added\" between {} hours and {} days ago and no \"Order Completed\" "
            "since "
            "then\n",
            s, 1 + s % 40, days);
        break;
      case 4:
        text += fmt::format("segment \"S{}\" = at least 1 \"{}\" where category = \"{}\" in the last {} days\n", s,
                            event, kCategories[s % 8], days);
        break;
      default:
        text += fmt::format(
            "segment \"S{}\" = no \"{}\" in the last {} days and at least 1 \"Product Viewed\" in the last {} days\n",
            s, event, other, days);
    }
  }
  return text;
}

live::Definitions definitions_of(std::string_view text) {
  const auto checked = segment::check(segment::parse_definitions(text).definitions, segment::Schema{});
  VERIFY(checked.ok());
  live::Definitions out{.program = checked.program, .segments = {}};
  for (const segment::Definition& each : out.program.definitions)
    out.segments.push_back({.slug = each.slug, .name = each.name, .version = 1, .since = kEver});
  return out;
}

struct Shop {
  std::unique_ptr<live::Fold> fold;
  Rng rng{20260301};
  size_t customers;
  uint64_t sent = 0, offset = 1;
  Instant now = kStart;
  profiles::Intake::Kind kinds[4];
  profiles::Intake::Property category[4], total;

  // Facts of the last 90 days are there already, as a start from a record brings them.
  Shop(size_t segments, size_t of, size_t facts) : customers(of) {
    live::Definitions definitions = definitions_of(::definitions(segments));
    auto memory = std::make_unique<live::Memory>(*live::Fold::wanted_by(definitions));
    memory->histories.append(history(facts, memory->dictionary));
    fold = *live::Fold::make(std::move(definitions), {.remembered_messages = 20'000'000}, nullptr, std::move(memory));
    for (size_t c = 0; c < customers; ++c)
      fold->identities().find_or_add(profiles::IdentifierKind::UserId, fmt::format("customer-{:08}", c));
    fold->restore(std::vector<Instant>(customers, now - kDay * 90), now, static_cast<profiles::Seq>(facts));
    for (size_t k = 0; k < 4; ++k) {
      kinds[k] = fold->intake().kind(kEvents[k]);
      category[k] = fold->intake().property(kinds[k], "category");
    }
    total = fold->intake().property(kinds[1], "total");
  }

  profiles::History history(size_t facts, const profiles::Dictionary& dictionary) {
    profiles::History out{.dictionary = dictionary, .streams = {}, .customer = {}, .learnt = {}};
    for (const std::string_view event : kEvents) {
      profiles::Stream stream{.event = std::string(event), .first = {0}, .time = {}, .seq = {}, .columns = {}};
      stream.columns.push_back({.property = "category",
                                .type = profiles::PropertyType::Text,
                                .is_list = false,
                                .numbers = {},
                                .texts = {},
                                .truths = {},
                                .list_first = {}});
      stream.columns.push_back({.property = "total",
                                .type = profiles::PropertyType::Number,
                                .is_list = false,
                                .numbers = {},
                                .texts = {},
                                .truths = {},
                                .list_first = {}});
      out.streams.push_back(std::move(stream));
    }
    profiles::Seq seq = 0;
    const size_t each = facts / customers;
    std::vector<int64_t> times(each);
    for (size_t c = 0; c < customers; ++c) {
      for (int64_t& time : times) time = now.ms - static_cast<int64_t>(rng.below(90 * kDay.ms));
      std::ranges::sort(times);
      for (const int64_t time : times) {
        const size_t k = rng.below(8) == 0 ? 1 : rng.below(4);
        profiles::Stream& stream = out.streams[k];
        stream.time.push_back({time});
        stream.seq.push_back(seq++);
        stream.columns[0].texts.push_back(out.dictionary.intern(kCategories[rng.below(8)]));
        stream.columns[1].numbers.push_back(k == 1 ? static_cast<int64_t>(rng.below(90'000'000))
                                                   : profiles::kAbsentNumber);
      }
      for (profiles::Stream& stream : out.streams) stream.first.push_back(static_cast<uint32_t>(stream.rows()));
    }
    out.customer.resize(customers);
    return out;
  }

  void put(uint64_t customer, Instant time) {
    auto& intake = fold->intake();
    const size_t k = rng.below(8) == 0 ? 1 : rng.below(4);
    char id[24];
    const auto end = fmt::format_to_n(id, sizeof id, "customer-{:08}", customer);
    const profiles::Identifier who{profiles::IdentifierKind::UserId, {id, end.size}};
    intake.start(kinds[k], {&who, 1}, time, mix64(++sent));
    intake.put(category[k], kCategories[rng.below(8)]);
    if (k == 1) intake.put(total, Number{static_cast<int64_t>(rng.below(90'000'000))});
  }

  // A second's facts after the other, `entry` together.
  void live(size_t facts, size_t entry, int64_t per_second) {
    for (size_t done = 0; done < facts;) {
      now = now + Duration{static_cast<int64_t>(entry) * 1000 / per_second};
      fold->begin(offset++, now);
      for (size_t i = 0; i < entry && done < facts; ++i, ++done)
        put(rng.below(customers), now - Duration{static_cast<int64_t>(rng.below(200))});
      fold->finish(offset);
      if (done % 50'000 < entry) (void)fold->take_page();
    }
  }
};

std::string thousands(double value) {
  return fmt::format("{:.0f} k", value / 1000);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_of(argc, argv);
  const size_t customers = options.smoke ? 20'000 : 200'000, facts = options.smoke ? 20'000 : 200'000;

  Table by_segments({"segments", "facts a customer", "facts/s, 1 thread", "facts/s, 2 threads", "changes a fact",
                     "timers a fact", "bytes a fact"});
  std::vector<double> sizes, costs;
  for (const size_t segments : {size_t{10}, size_t{100}, size_t{1000}}) {
    double rate[2];
    live::Fold::Counts counts{};
    double bytes = 0;
    for (const size_t threads : {1, 2}) {
      set_threads(threads);
      Shop shop(segments, customers, customers * 20);
      const auto before = shop.fold->counts();
      const size_t these = segments == 1000 ? facts / 4 : facts;
      rate[threads - 1] = static_cast<double>(these) / seconds_of([&] { shop.live(these, 500, 20'000); });
      counts = shop.fold->counts();
      counts.flips -= before.flips;
      counts.timers -= before.timers;
      counts.flips = counts.flips * 1000 / these;
      counts.timers = counts.timers * 1000 / these;
      bytes = static_cast<double>(shop.fold->bytes()) / static_cast<double>(shop.fold->memory().histories.rows());
    }
    by_segments.add({fmt::format("{}", segments), "20", thousands(rate[0]), thousands(rate[1]),
                     fmt::format("{:.2f}", static_cast<double>(counts.flips) / 1000),
                     fmt::format("{:.2f}", static_cast<double>(counts.timers) / 1000), fmt::format("{:.0f}", bytes)});
    sizes.push_back(static_cast<double>(segments));
    costs.push_back(1 / rate[1]);
  }
  by_segments.print(fmt::format("Live membership, {} customers, entries of 500 facts", customers));
  fmt::print("\nCost grows with segments to the power {:.2f}.\n\n", growth(sizes, costs));

  Table by_facts({"facts a customer", "microseconds a fact"});
  sizes.clear();
  costs.clear();
  set_threads(0);
  for (const size_t each : {size_t{10}, size_t{100}, size_t{10'000}, size_t{100'000}}) {
    if (options.smoke && each > 1000) continue;
    const size_t all = options.smoke ? 20'000 : 1'000'000;
    Shop shop(100, all / each, all);
    const size_t these = each >= 10'000 ? 500 : facts / 8;
    const double micros =
        seconds_of([&] { shop.live(these, each >= 10'000 ? 1 : 500, 20'000); }) * 1e6 / static_cast<double>(these);
    by_facts.add({fmt::format("{}", each), fmt::format("{:.1f}", micros)});
    sizes.push_back(static_cast<double>(each));
    costs.push_back(micros);
  }
  by_facts.print("How cost grows with a customer's history (100 segments)");
  fmt::print("\nto the power {:.2f}\n\n", growth(sizes, costs));

  Shop storm(100, customers, customers * 20);
  storm.now = storm.now + kDay;
  storm.fold->begin(storm.offset++, storm.now);
  storm.fold->finish(storm.offset);
  const auto before = storm.fold->counts().looks;
  storm.now = storm.now + kDay * 30;
  const double took = seconds_of([&] {
    storm.fold->begin(storm.offset++, storm.now);
    storm.fold->finish(storm.offset);
  });
  fmt::print("A storm: 30 days pass for {} customers at once: {} looks in {:.2f} s, {:.2f} microseconds each.\n",
             customers, storm.fold->counts().looks - before, took,
             took * 1e6 / static_cast<double>(storm.fold->counts().looks - before));
  return 0;
}
