// Discovery end to end, from a history in memory to the report: how long, how much memory, how cost grows.
// `discover_bench soak` instead judges it: companies with known truth (seeds that were not used while building), asked
// for K and left to choose, beside k-means on recency, frequency and money.
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "bench/bench.hpp"
#include "cluster/quality.hpp"
#include "cluster/seeding.hpp"
#include "core/random.hpp"
#include "discover/discover.hpp"
#include "language/schema.hpp"
#include "report/report.hpp"
#include "tests/discover/simulated_history.hpp"

namespace tessera::discover {
namespace {

double seconds_of(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Ends the program on an error: a bench has no one to tell.
template <typename T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}\n", result.error().text());
  std::exit(1);
}

Discovery discovered(const profiles::History& history, std::optional<size_t> segments, bool hides = false,
                     std::string goal = "") {
  SilentProgress quiet;
  Options options{.as_of = simulate::kAsOf, .zone = Zone::utc()};
  options.segments = segments;
  options.hides = hides;
  options.goal = std::move(goal);
  return must(discover(history, language::schema_of(history), options, quiet));
}

double agreement(const SimulatedHistory& company, const Discovery& found) {
  std::vector<uint32_t> truth, label;
  for (size_t c = 0; c < company.truth.size(); ++c)
    if (company.truth[c] > 0)
      truth.push_back(company.truth[c]), label.push_back(static_cast<uint32_t>(found.label[c] + 1));
  return cluster::adjusted_rand_index(truth, label);
}

// What three columns would do: k-means on z-scored recency, frequency and money.
double by_rfm(const SimulatedHistory& company, const Discovery& found, size_t k) {
  const features::IndustryTerms& words = found.parts.words;
  std::vector<const features::FeatureColumn*> columns;
  for (const std::string& name :
       {fmt::format("since_last_{}", words.main), std::string(words.mains), std::string(words.money_name)})
    if (const features::FeatureColumn* column = found.features.find(name)) columns.push_back(column);
  std::vector<size_t> rows;
  std::vector<uint32_t> truth;
  for (size_t c = 0; c < company.truth.size(); ++c)
    if (company.truth[c] > 0 && !std::isnan(columns[0]->values[c]))
      rows.push_back(c), truth.push_back(company.truth[c]);
  cluster::Matrix table(rows.size(), columns.size());
  for (size_t j = 0; j < columns.size(); ++j) {
    double mean = 0, squares = 0;
    const double n = static_cast<double>(rows.size());
    for (const size_t c : rows) mean += columns[j]->values[c] / n;
    for (const size_t c : rows) squares += (columns[j]->values[c] - mean) * (columns[j]->values[c] - mean) / n;
    for (size_t i = 0; i < rows.size(); ++i) table.at(i, j) = (columns[j]->values[rows[i]] - mean) / std::sqrt(squares);
  }
  Rng rng(1);
  cluster::KMeans best;
  for (int start = 0; start < 4; ++start) {
    cluster::KMeans fit = cluster::run_kmeans(table, cluster::seed_centroids(table, k, rng));
    if (start == 0 || fit.sse < best.sse) best = std::move(fit);
  }
  return cluster::adjusted_rand_index(truth, best.labels);
}

int growth_of_cost(const bench::Options& options) {
  bench::Table table(
      {"customers", "events", "features", "k", "alone, s", "and hidden days, s", "with a goal, s", "peak memory, MiB"});
  std::vector<double> sizes, costs;
  const std::vector<uint32_t> customers =
      options.smoke ? std::vector<uint32_t>{2'000, 5'000} : std::vector<uint32_t>{10'000, 100'000, 1'000'000};
  for (const uint32_t n : customers) {
    const auto company = must(simulated_history({.customers = n,
                                                 .segments = 12,
                                                 .preset = simulate::Preset::Bank,
                                                 .seed = 7,
                                                 .events_per_customer = n > 200'000 ? 10.0 : 48.0}));
    Discovery found;
    const double seconds = seconds_of([&] {
      found = discovered(company.history, std::nullopt);
      (void)report::html_of(found);
    });
    const double hiding = seconds_of([&] { (void)report::html_of(discovered(company.history, std::nullopt, true)); });
    const double with_goal =
        seconds_of([&] { (void)report::html_of(discovered(company.history, std::nullopt, true, "repeat")); });
    sizes.push_back(n);
    costs.push_back(seconds);
    table.add({fmt::format("{}", n), fmt::format("{}", company.history.events()),
               fmt::format("{}", found.treatment.size()), fmt::format("{}", found.k), fmt::format("{:.1f}", seconds),
               fmt::format("{:.1f}", hiding), fmt::format("{:.1f}", with_goal),
               fmt::format("{}", bench::memory_peak() >> 20)});
  }
  table.print(fmt::format("Discovery, from a history in memory to the report page (exponent {:.2f})",
                          bench::growth(sizes, costs)));
  return 0;
}

int soak(const bench::Options& options) {
  bench::Table table({"preset", "K", "seed", "ARI, K given", "ARI, chosen", "k chosen", "off", "RFM ARI", "rules F1",
                      "in one rule", "seconds"});
  const uint32_t customers = options.smoke ? 4'000 : 50'000;
  bool held = true;
  for (const auto preset :
       {simulate::Preset::Shop, simulate::Preset::Clinic, simulate::Preset::Bank, simulate::Preset::Airline})
    for (const uint32_t k : options.smoke ? std::vector<uint32_t>{6} : std::vector<uint32_t>{6, 12, 24, 48}) {
      const uint64_t seed = 9'000 + k + 100 * static_cast<uint64_t>(preset);
      const auto company =
          must(simulated_history({.customers = customers, .segments = k, .preset = preset, .seed = seed}));
      Discovery given, chosen;
      const double seconds = seconds_of([&] { given = discovered(company.history, k); });
      chosen = discovered(company.history, std::nullopt);
      const double ari = agreement(company, given), rfm = by_rfm(company, given, k);
      const double off = std::fabs(static_cast<double>(chosen.k) - k) / k;
      held = held && ari >= (preset == simulate::Preset::Shop ? 0.9 : 0.85) && off <= 0.25 && rfm <= 0.6;
      table.add({std::string(simulate::kPresetNames[static_cast<size_t>(preset)]), fmt::format("{}", k),
                 fmt::format("{}", seed), fmt::format("{:.3f}", ari), fmt::format("{:.3f}", agreement(company, chosen)),
                 fmt::format("{}", chosen.k), fmt::format("{:.0f} %", 100 * off), fmt::format("{:.3f}", rfm),
                 fmt::format("{:.3f}", given.macro_f1), fmt::format("{:.3f}", given.in_exactly_one),
                 fmt::format("{:.1f}", seconds)});
      fmt::print(stderr, "{} K={} done: ARI {:.3f}, auto {}, RFM {:.3f}\n",
                 simulate::kPresetNames[static_cast<size_t>(preset)], k, ari, chosen.k, rfm);
    }
  table.print(fmt::format("Companies with known truth, {} customers", customers));
  return held ? 0 : 1;
}

}  // namespace
}  // namespace tessera::discover

int main(int argc, char** argv) {
  const auto options = tessera::bench::options_of(argc, argv);
  if (!options.rest.empty() && options.rest[0] == "soak") return tessera::discover::soak(options);
  return tessera::discover::growth_of_cost(options);
}
