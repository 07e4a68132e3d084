#include "simulate/measure.hpp"

#include "core/random.hpp"
#include "simulate/words.hpp"

namespace tessera::simulate {

namespace {

double money(const History& history, const Event& event, std::string_view name) {
  const Property* found = history.find(event, name);
  return found ? std::get<Number>(found->value).as_double() : 0;
}

// Everything about one customer, added up in one pass.
struct Tally {
  double mains = 0, things = 0, gross = 0, back = 0, looks = 0, promotions = 0, undos = 0, services = 0, mails = 0;
  double channel[3] = {}, device[3] = {}, hour[3] = {}, weekend = 0, events = 0, category[kCategories] = {},
         categories = 0;
  double winter = 0, summer = 0;
  std::vector<Instant> times;

  void add_category(const Words& words, std::string_view name) {
    for (size_t i = 0; i < kCategories; ++i)
      if (words.categories[i] == name) ++category[i], ++categories;
  }

  void add_main(const History& history, const Event& event, const Words& words) {
    ++mains;
    times.push_back(event.at);
    gross += money(history, event, words.amount);
    things += words.lines ? static_cast<double>(event.item_count) : money(history, event, words.count);
    for (const Item& item : history.items_of(event)) add_category(words, item.category);
    const int month = civil_of(event.at).month;
    winter += month >= 11;
    summer += month >= 6 && month <= 8;
  }

  void add(const History& history, const Event& event, const Words& words) {
    if (event.kind != Kind::Track) return;
    if (event.name == words.main) add_main(history, event, words);
    looks += event.name == words.look || event.name == words.look_in_person;
    promotions += event.name == words.promotion;
    services += event.name == words.service;
    mails += event.name == "Email Opened" || event.name == "Email Link Clicked";
    if (event.name == words.undo || event.name == words.undo_other) {
      ++undos;
      back += money(history, event, words.lines ? "total" : words.amount);
    }
    if (const Property* found = history.find(event, "category"))
      add_category(words, std::get<std::string_view>(found->value));
    if (event.channel != "email") ++channel[event.channel == "web" ? 0 : event.channel == "app" ? 1 : 2];
    if (event.device == "desktop") ++device[0];
    if (event.device == "mobile") ++device[1];
    if (event.device == "tablet") ++device[2];
    const int at = civil_of(event.at).hour;
    ++hour[at < 11 ? 0 : at < 17 ? 1 : 2];
    weekend += weekday_of(event.at) >= 5;
    ++events;
  }
};

double share(double part, double of) {
  return of > 0 ? part / of : 0;
}

void put_behaviour(std::vector<double>& row, const Tally& t, See see) {
  const double n = std::max(1.0, t.mains), touched = t.channel[0] + t.channel[1] + t.channel[2];
  const double devices = t.device[0] + t.device[1] + t.device[2];
  const double recency = (kAsOf - t.times.back()).ms / 86'400'000.0,
               tenure = (kAsOf - t.times.front()).ms / 86'400'000.0;
  double sum = 0, squares = 0;
  for (size_t i = 1; i < t.times.size(); ++i) {
    const double gap = std::log1p((t.times[i] - t.times[i - 1]).ms / 86'400'000.0);
    sum += gap, squares += gap * gap;
  }
  const double gaps = std::max(1.0, n - 1), mean = sum / gaps;
  for (const double value : {std::log(n),
                             std::log(std::max(1.0, t.gross / n)),
                             std::log1p(recency),
                             tenure,
                             std::sqrt(std::max(0.0, squares / gaps - mean * mean)),
                             std::log1p(t.looks / n),
                             t.promotions / n,
                             t.undos / n,
                             std::log1p(t.services / n),
                             std::log1p(t.mails),
                             std::log(t.things / n),
                             share(t.winter, n),
                             share(t.summer, n),
                             share(t.channel[0], touched),
                             share(t.channel[1], touched),
                             share(t.channel[2], touched),
                             share(t.device[0], devices),
                             share(t.device[1], devices),
                             share(t.device[2], devices),
                             share(t.hour[0], t.events),
                             share(t.hour[1], t.events),
                             share(t.hour[2], t.events),
                             share(t.weekend, t.events)})
    row.push_back(value);
  if (see == See::Everything)
    for (const double category : t.category) row.push_back(share(category, t.categories));
}

double distance2(const double* a, const double* b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

// Greedy k-means++: of several draws by distance, the one that lowers the sum most.
std::vector<double> start(const Table& table, size_t k, Rng& rng) {
  const size_t n = table.rows(), d = table.columns, tries = 2 + static_cast<size_t>(2 * std::log(k));
  std::vector<double> centres, nearest(n), candidate(n), best(n);
  const double* first = table.row(rng.below(n));
  centres.insert(centres.end(), first, first + d);
  for (size_t i = 0; i < n; ++i) nearest[i] = distance2(table.row(i), first, d);
  while (centres.size() < k * d) {
    double least = 1e300;
    const double* chosen = nullptr;
    for (size_t t = 0; t < tries; ++t) {
      const double* at = table.row(rng.pick(nearest));
      double sum = 0;
      for (size_t i = 0; i < n; ++i) sum += candidate[i] = std::min(nearest[i], distance2(table.row(i), at, d));
      if (sum < least) least = sum, chosen = at, best.swap(candidate);
    }
    nearest = best;
    centres.insert(centres.end(), chosen, chosen + d);
  }
  return centres;
}

Clusters lloyd(const Table& table, std::vector<double> centres, size_t k, int rounds) {
  const size_t n = table.rows(), d = table.columns;
  Clusters clusters{.labels = std::vector<uint32_t>(n)};
  for (int round = 0; round < rounds; ++round) {
    bool moved = false;
    clusters.sse = 0;
    std::vector<double> sums(k * d), counts(k);
    for (size_t i = 0; i < n; ++i) {
      uint32_t at = 0;
      double least = 1e300;
      for (uint32_t c = 0; c < k; ++c) {
        const double apart = distance2(table.row(i), &centres[c * d], d);
        if (apart < least) least = apart, at = c;
      }
      moved |= clusters.labels[i] != at;
      clusters.labels[i] = at;
      clusters.sse += least;
      ++counts[at];
      for (size_t j = 0; j < d; ++j) sums[at * d + j] += table.row(i)[j];
    }
    if (!moved && round > 0) break;
    for (size_t c = 0; c < k; ++c)
      for (size_t j = 0; j < d && counts[c] > 0; ++j) centres[c * d + j] = sums[c * d + j] / counts[c];
  }
  clusters.centres = std::move(centres);
  return clusters;
}

// The centre that is missed least if its customers go to its nearest neighbour.
size_t least_missed(const Clusters& clusters, size_t k, size_t d) {
  std::vector<double> counts(k);
  for (const uint32_t label : clusters.labels) ++counts[label];
  size_t least = 0;
  double cost = 1e300;
  for (size_t a = 0; a < k; ++a) {
    for (size_t b = 0; b < k; ++b) {
      if (a == b) continue;
      const double here = counts[a] * counts[b] / std::max(1.0, counts[a] + counts[b]) *
                          distance2(&clusters.centres[a * d], &clusters.centres[b * d], d);
      if (here < cost) cost = here, least = counts[a] < counts[b] ? a : b;
    }
  }
  return least;
}

}  // namespace

Measured measure(const Options& options, See see) {
  Measured measured;
  const Words& words = words_of(options.preset);
  const auto done = generate(options, [&](const History& history) {
    if (history.oddity != Oddity::None) return;
    Tally tally;
    for (const Event& event : history.events) tally.add(history, event, words);
    put_behaviour(measured.behaviour.cells, tally, see);
    measured.rfm.cells.insert(measured.rfm.cells.end(),
                              {(kAsOf - tally.times.back()).ms / 86'400'000.0, tally.mains, tally.gross - tally.back});
    measured.truth.push_back(history.segment);
  });
  VERIFY(done);
  measured.rfm.columns = 3;
  measured.behaviour.columns = measured.behaviour.cells.size() / measured.truth.size();
  return measured;
}

void standardise(Table& table) {
  const double n = static_cast<double>(table.rows());
  for (size_t j = 0; j < table.columns; ++j) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < table.rows(); ++i) sum += table.row(i)[j];
    for (size_t i = 0; i < table.rows(); ++i) squares += (table.row(i)[j] - sum / n) * (table.row(i)[j] - sum / n);
    const double sigma = std::sqrt(squares / n);
    for (size_t i = 0; i < table.rows(); ++i) table.row(i)[j] = sigma > 0 ? (table.row(i)[j] - sum / n) / sigma : 0;
  }
}

void to_quintiles(Table& table) {
  std::vector<size_t> order(table.rows());
  for (size_t j = 0; j < table.columns; ++j) {
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return table.row(a)[j] < table.row(b)[j]; });
    for (size_t rank = 0; rank < order.size(); ++rank)
      table.row(order[rank])[j] = 1 + static_cast<double>(rank * 5 / order.size());
  }
}

Clusters k_means(const Table& table, size_t k, size_t swaps, uint64_t seed) {
  const size_t d = table.columns;
  Rng rng(seed);
  Clusters best = lloyd(table, start(table, k, rng), k, 100);
  std::vector<double> far(table.rows());
  for (size_t swap = 0; swap < swaps && k > 2; ++swap) {
    for (size_t i = 0; i < far.size(); ++i) far[i] = distance2(table.row(i), &best.centres[best.labels[i] * d], d);
    std::vector<double> centres = best.centres;
    std::copy_n(table.row(rng.pick(far)), d, &centres[least_missed(best, k, d) * d]);
    Clusters tried = lloyd(table, std::move(centres), k, 8);
    if (tried.sse < best.sse) best = std::move(tried);
  }
  return lloyd(table, best.centres, k, 100);
}

Clusters k_means_from(const Table& table, size_t k, const std::vector<uint32_t>& groups) {
  const size_t d = table.columns;
  std::vector<double> centres(k * d), counts(k);
  for (const uint32_t group : groups) ++counts[group - 1];
  for (size_t i = 0; i < table.rows(); ++i)
    for (size_t j = 0; j < d; ++j) centres[(groups[i] - 1) * d + j] += table.row(i)[j] / counts[groups[i] - 1];
  return lloyd(table, std::move(centres), k, 100);
}

double adjusted_rand(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  const auto pairs = [](double n) { return n * (n - 1) / 2; };
  std::map<std::pair<uint32_t, uint32_t>, double> both;
  std::map<uint32_t, double> of_a, of_b;
  for (size_t i = 0; i < a.size(); ++i) ++both[{a[i], b[i]}], ++of_a[a[i]], ++of_b[b[i]];
  double index = 0, in_a = 0, in_b = 0;
  for (const auto& [key, n] : both) index += pairs(n);
  for (const auto& [key, n] : of_a) in_a += pairs(n);
  for (const auto& [key, n] : of_b) in_b += pairs(n);
  const double expected = in_a * in_b / pairs(static_cast<double>(a.size()));
  const double most = (in_a + in_b) / 2;
  return most == expected ? 1 : (index - expected) / (most - expected);
}

}  // namespace tessera::simulate
