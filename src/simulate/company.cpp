// A company from its options: the plan, the calendar, the catalogue, and the scale that gives the events asked for.
#include <cmath>

#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "simulate/design.hpp"
#include "simulate/life.hpp"
#include "simulate/simulate.hpp"

namespace tessera::simulate {

namespace {

constexpr size_t kDays = static_cast<size_t>((kAsOf - kFrom).ms / kDay.ms);

// How busy a day is: slow growth, a yearly wave with a peak before Christmas; and the same seen by those who come in
// winter or in summer alone.
std::array<std::vector<double>, 3> seasons() {
  std::array<std::vector<double>, 3> cumulative;
  double sum[3] = {};
  for (size_t day = 0; day < kDays; ++day) {
    const CivilTime civil = civil_of(kFrom + kDay * static_cast<int64_t>(day));
    const double growth = 1 + 0.25 * static_cast<double>(day) / kDays;
    const bool winter = civil.month == 11 || (civil.month == 12 && civil.day <= 24);
    const bool summer = civil.month >= 6 && civil.month <= 8;
    const double year = winter ? 1.5 : civil.month <= 2 ? 0.85 : summer ? 0.9 : 1;
    const double weights[3] = {growth * year, winter ? 1 : 0.02, summer ? 1 : 0.03};
    for (size_t s = 0; s < 3; ++s) cumulative[s].push_back(sum[s] += weights[s]);
  }
  return cumulative;
}

std::vector<Thing> catalogue(const Words& words, Rng rng) {
  std::vector<Thing> things;
  for (size_t category = 0; category < kCategories; ++category) {
    for (size_t i = 0; i < kItemsPerCategory; ++i) {
      const double rise = std::pow(kDearest / kCheapest, static_cast<double>(i) / (kItemsPerCategory - 1));
      things.push_back({fmt::format("{}-{:03}", words.thing_prefix, category * 100 + i),
                        fmt::format("{} {}", words.things[category], i + 1),
                        kCheapest * rise * (0.95 + 0.1 * rng.uniform())});
    }
  }
  return things;
}

// Events of a customer on average, by living some; the scale is moved until they are as many as asked for.
double events_at(const Plan& plan, const Options& options) {
  History history;
  uint64_t events = 0;
  constexpr uint32_t kTried = 600;
  for (uint32_t i = 0; i < kTried; ++i) {
    live(plan, options, i, history);
    events += history.events.size();
  }
  return static_cast<double>(events) / kTried;
}

// The secant rule: events are nearly straight in the scale, but for those who do everything only once.
void fit_scale(Plan& plan, const Options& options) {
  double before = 0.5, at_before = 0;
  plan.scale = before;
  at_before = events_at(plan, options);
  double scale = std::clamp(before * options.events_per_customer / at_before, 0.05, 50.0);
  for (int step = 0; step < 4 && scale != before; ++step) {
    plan.scale = scale;
    const double at_scale = events_at(plan, options);
    const double slope = std::max(1.0, (at_scale - at_before) / (scale - before));
    before = scale;
    at_before = at_scale;
    scale = std::clamp(scale + (options.events_per_customer - at_scale) / slope, 0.02, 50.0);
  }
  plan.scale = scale;
}

Result<void> check(const Options& options) {
  const auto range = [](std::string_view flag, auto value, auto from, auto to) -> Result<void> {
    if (value >= from && value <= to) return {};
    return usage(fmt::format("{} is {}, which is not between {} and {}", flag, value, from, to),
                 try_again().option(std::string(flag), fmt::format("{}", value < from ? from : to)));
  };
  TRY(range("--customers", options.customers, 1u, 100'000'000u));
  TRY(range("--segments", options.segments, 1u, 100u));
  TRY(range("--events-per-customer", options.events_per_customer, 10.0, 1000.0));
  return {};
}

}  // namespace

Result<Preset> preset_named(std::string_view name) {
  const std::vector<std::string> names(std::begin(kPresetNames), std::end(kPresetNames));
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Preset>(i);
  const auto nearest = nearest_name(name, names);
  return usage(fmt::format("unknown preset '{}': there are {}", name, join(names, ", ")),
               try_again().option("--preset", nearest.value_or("shop")));
}

std::string_view TextArena::keep(std::string_view text) {
  VERIFY(text.size() <= kBlock);
  if (block_ < blocks_.size() && used_ + text.size() > kBlock) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlock));
  char* to = blocks_[block_].get() + used_;
  std::copy(text.begin(), text.end(), to);
  used_ += text.size();
  return {to, text.size()};
}

const Property* History::find(const Event& event, std::string_view name) const {
  for (const Property& property : properties_of(event))
    if (property.name == name) return &property;
  return nullptr;
}

Result<Company> Company::create(const Options& options) {
  TRY(check(options));
  auto plan = std::make_unique<Plan>();
  const Rng rng(mix64(options.seed) ^ static_cast<uint64_t>(options.preset));
  plan->words = &words_of(options.preset);
  plan->profiles = plant(options.segments, rng.fork(1));
  plan->season = seasons();
  for (size_t day = 0; day < kDays; ++day)
    plan->dates.push_back(text_of(kFrom + kDay * static_cast<int64_t>(day)).substr(0, 10));
  plan->things = catalogue(*plan->words, rng.fork(2));
  plan->id_prefix = fmt::format("{}-{:08x}-", kPresetNames[static_cast<size_t>(options.preset)],
                                static_cast<uint32_t>(mix64(options.seed)));
  fit_scale(*plan, options);
  return Company(options, std::move(plan));
}

Company::Company(const Options& options, std::unique_ptr<const Plan> plan)
    : options_(options), plan_(std::move(plan)) {}
Company::Company(Company&&) noexcept = default;
Company& Company::operator=(Company&&) noexcept = default;
Company::~Company() = default;

void Company::history(uint32_t index, History& out) const {
  VERIFY(index < options_.customers);
  live(*plan_, options_, index, out);
}

std::string Company::describe() const {
  std::string text;
  for (size_t i = 0; i < plan_->profiles.size(); ++i) {
    const Profile& profile = plan_->profiles[i];
    fmt::format_to(std::back_inserter(text), "segment {:>3}  {:5.1f} %  ", i + 1, profile.share * 100);
    for (size_t habit = 0; habit < kHabits; ++habit) {
      const HabitRow& row = habit_row(habit);
      const uint8_t level = profile.level[habit];
      const std::string_view word = habit == Category || habit == Second ? plan_->words->categories[level]
                                    : habit == PlanTrait                 ? plan_->words->plans[level]
                                    : habit == Country                   ? places()[level].country
                                                                         : row.words[level];
      fmt::format_to(std::back_inserter(text), "{}{}", habit ? "; " : "",
                     habit >= Category && habit != Age ? fmt::format("{} {}", row.name, word) : std::string(word));
    }
    text += '\n';
  }
  return text;
}

Result<void> generate(const Options& options, const Sink& sink) {
  const Company company = TRY(Company::create(options));
  // Lives are made a wave at a time, each on its own place, then handed over in order.
  constexpr uint32_t kWave = 1024;
  std::vector<History> wave(std::min(kWave, options.customers));
  for (uint32_t from = 0; from < options.customers; from += kWave) {
    const uint32_t count = std::min(kWave, options.customers - from);
    parallel_for(count, 32, [&](size_t a, size_t b) {
      for (size_t i = a; i < b; ++i) company.history(from + static_cast<uint32_t>(i), wave[i]);
    });
    for (uint32_t i = 0; i < count; ++i) sink(wave[i]);
  }
  return {};
}

}  // namespace tessera::simulate
