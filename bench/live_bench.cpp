// Live membership in this process: facts put into the fold (identities, de-duplication, histories, page for the record)
// and every segment of the customers they touch brought up to date, in entries of 500 facts as group commit makes them.
// No other program does this step alone, so there is no peer; the batch evaluator must agree with the result.
//
// Customers come in visits: one in a hundred is here at any time, does eight things on average and makes room for
// another one; one fact in a hundred comes up to an hour late.
//
// How cost grows with segments, with facts a customer, and what a storm of timers (everybody's at one instant) and one
// customer with many facts cost. --smoke: small. --segments N: only so many, --facts N: only a customer with so many,
// --live N: so many facts come in, and nothing but that is measured.
#include <algorithm>
#include <chrono>
#include <ctime>

#include "bench/bench.hpp"
#include "bench/shop.hpp"
#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "fold/fold.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"

namespace {

using namespace tessera;
using namespace tessera::bench;

constexpr Instant kStart{1'772'323'200'000};  // 2026-03-01
struct Took {
  double seconds, cpu;
};

double cpu_now() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Took took(const std::function<void()>& run) {
  const double cpu = cpu_now();
  const auto start = std::chrono::steady_clock::now();
  run();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), cpu_now() - cpu};
}

fold::Definitions definitions_of(std::string_view text) {
  const auto checked = language::check(language::parse_definitions(text).definitions, language::Schema{});
  VERIFY(checked.ok());
  fold::Definitions out{.program = checked.program, .segments = {}};
  for (const language::Definition& each : out.program.definitions)
    out.segments.push_back({.slug = each.slug, .name = each.name, .version = 1, .since = kEver});
  return out;
}

struct Shop {
  std::unique_ptr<fold::Fold> fold;
  Rng rng{20260301};
  size_t customers;
  uint64_t sent = 0, offset = 1;
  Instant now = kStart;
  int64_t micros = 0;  // past `now`
  struct Visit {
    uint64_t customer;
    Duration lag;  // of what is sent
  };
  std::vector<Visit> visits;
  profiles::Intake::Kind kinds[4];
  profiles::Intake::Property category[4], total;

  // Facts of the last 90 days are there already, as a start from a record brings them.
  Shop(size_t segments, size_t of, size_t facts) : customers(of) {
    fold::Definitions definitions = definitions_of(definitions_text(segments));
    auto memory = std::make_unique<fold::Memory>(*fold::Fold::wanted_by(definitions));
    memory->histories.append(history(facts, memory->dictionary));
    fold = *fold::Fold::make(std::move(definitions), {.remembered_messages = 20'000'000}, nullptr, std::move(memory));
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

  Visit new_visit() { return {rng.below(customers), Duration{static_cast<int64_t>(rng.below(200))}}; }

  void live(size_t facts, size_t entry, int64_t per_second) {
    while (visits.size() < std::max<size_t>(1, customers / 100)) visits.push_back(new_visit());
    for (size_t done = 0; done < facts;) {
      micros += static_cast<int64_t>(entry) * 1'000'000 / per_second;
      now = now + Duration{micros / 1000};
      micros %= 1000;
      fold->begin(offset++, now);
      for (size_t i = 0; i < entry && done < facts; ++i, ++done) {
        Visit& visit = visits[rng.below(visits.size())];
        const bool is_late = rng.below(100) == 0;
        put(visit.customer,
            now - visit.lag - (is_late ? Duration{static_cast<int64_t>(rng.below(kHour.ms))} : Duration{}));
        if (rng.below(8) == 0) visit = new_visit();
      }
      fold->finish(offset);
      if (done % 50'000 < entry) (void)fold->take_page();
    }
  }
};

std::string thousands(double value) {
  return fmt::format("{:.0f} k", value / 1000);
}

void by_segments(const std::vector<size_t>& all, size_t customers, size_t facts) {
  Table table({"segments", "facts/s, 1 thread", "facts/s, 2 threads", "CPU microseconds a fact", "changes a fact",
               "late a fact", "bytes a fact"});
  std::vector<double> sizes, costs;
  for (const size_t segments : all) {
    const size_t these = segments == 1000 ? facts / 4 : facts;
    double rate[2], cpu = 0, bytes = 0;
    fold::Fold::Counts before, after;
    for (const size_t threads : {1, 2}) {
      set_threads(threads);
      Shop shop(segments, customers, customers * 20);
      before = shop.fold->counts();
      const Took time = took([&] { shop.live(these, 500, 20'000); });
      rate[threads - 1] = static_cast<double>(these) / time.seconds;
      cpu = time.cpu * 1e6 / static_cast<double>(these);
      after = shop.fold->counts();
      bytes = static_cast<double>(shop.fold->bytes()) / static_cast<double>(shop.fold->memory().histories.rows());
    }
    const auto a_fact = [&](uint64_t count) {
      return fmt::format("{:.3f}", static_cast<double>(count) / static_cast<double>(these));
    };
    table.add({fmt::format("{}", segments), thousands(rate[0]), thousands(rate[1]), fmt::format("{:.2f}", cpu),
               a_fact(after.flips - before.flips), a_fact(after.walks - before.walks), fmt::format("{:.0f}", bytes)});
    sizes.push_back(static_cast<double>(segments));
    costs.push_back(cpu);
  }
  table.print(fmt::format("Live membership, {} customers of 20 facts, entries of 500 facts", customers));
  if (sizes.size() > 1) fmt::print("\nCost grows with segments to the power {:.2f}.\n\n", growth(sizes, costs));
}

void by_facts(const std::vector<size_t>& all, size_t most, size_t facts) {
  Table table({"facts a customer", "facts an entry", "microseconds a fact", "CPU microseconds a fact"});
  std::vector<double> sizes, costs;
  set_threads(0);
  for (const size_t each : all) {
    Shop shop(100, most / each, most);
    const size_t these = each >= 10'000 ? 2'000 : facts / 8, entry = each >= 10'000 ? 1 : 500;
    shop.live(10, entry, 20'000);  // what is kept unpacked is made once
    const Took time = took([&] { shop.live(these, entry, 20'000); });
    const double cpu = time.cpu * 1e6 / static_cast<double>(these);
    table.add({fmt::format("{}", each), fmt::format("{}", entry),
               fmt::format("{:.1f}", time.seconds * 1e6 / static_cast<double>(these)), fmt::format("{:.1f}", cpu)});
    sizes.push_back(static_cast<double>(each));
    costs.push_back(cpu);
  }
  table.print("How cost grows with a customer's history (100 segments)");
  if (sizes.size() > 1) fmt::print("\nto the power {:.2f}\n\n", growth(sizes, costs));
}

void storm(size_t customers) {
  Shop shop(100, customers, customers * 20);
  const auto pass = [&](Duration time) {
    shop.now = shop.now + time;
    shop.fold->begin(shop.offset++, shop.now);
    shop.fold->finish(shop.offset);
  };
  pass(kDay);
  const auto before = shop.fold->counts();
  const Took time = took([&] { pass(kDay * 30); });
  const uint64_t looks = shop.fold->counts().looks - before.looks;
  fmt::print(
      "A storm: 30 days pass for {} customers at once: {} looks, {} changes in {:.2f} s; {:.2f} microseconds a look.\n",
      customers, looks, shop.fold->counts().flips - before.flips, time.seconds,
      time.seconds * 1e6 / static_cast<double>(looks));
}

// Nothing comes in, and a minute passes as a server lets it pass: a beat of 20 ms, an entry where somebody's time has
// come.
void idle(size_t segments, size_t customers) {
  Shop shop(segments, customers, customers * 20);
  const auto before = shop.fold->counts();
  constexpr int64_t kSeconds = 60;
  size_t entries = 0;
  const Took time = took([&] {
    for (const Instant end = shop.now + kSecond * kSeconds; shop.now < end;) {
      shop.now = shop.now + Duration{20};
      if (shop.fold->next_due() > shop.now) continue;
      shop.fold->begin(shop.offset++, shop.now);
      shop.fold->finish(shop.offset);
      ++entries;
    }
  });
  const auto after = shop.fold->counts();
  fmt::print(
      "Idle, {} segments and {} customers of 20 facts: {:.2f} % of a core; a second has {:.1f} entries, {:.1f} looks, "
      "{:.1f} changes.\n",
      segments, customers, time.cpu * 100 / kSeconds, static_cast<double>(entries) / kSeconds,
      static_cast<double>(after.looks - before.looks) / kSeconds,
      static_cast<double>(after.flips - before.flips) / kSeconds);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_of(argc, argv);
  const auto value_of = [&](std::string_view name) -> std::optional<size_t> {
    for (size_t i = 0; i + 1 < options.rest.size(); ++i)
      if (options.rest[i] == name) return std::stoul(options.rest[i + 1]);
    return std::nullopt;
  };
  const auto only_segments = value_of("--segments"), only_facts = value_of("--facts"), only = value_of("--live");
  const size_t customers = options.smoke ? 20'000 : 200'000, facts = only.value_or(options.smoke ? 20'000 : 200'000);
  std::vector<size_t> segments{10, 100, 1000}, sizes{10, 100, 10'000};
  if (!options.smoke) sizes.push_back(100'000);
  if (only_segments) segments = {*only_segments};
  if (only_facts) sizes = {*only_facts};
  if (!only_facts) by_segments(segments, customers, facts);
  if (!only_segments) by_facts(sizes, options.smoke ? 20'000 : 1'000'000, facts);
  if (!only_segments && !only_facts) storm(customers);
  if (!only_facts && !only) idle(only_segments.value_or(1000), options.smoke ? 20'000 : 1'000'000);
  return 0;
}
