#include "simulate/design.hpp"

#include <algorithm>

namespace tessera::simulate {

namespace {

constexpr HabitRow kRows[kHabits] = {
    {"frequency", 3, 0, {"seldom", "now and then", "often"}},
    {"spend", 3, 0, {"small amounts", "middle amounts", "large amounts"}},
    {"period", 5, 0, {"all year", "joined in the last year", "lapsed", "November and December", "summer"}},
    {"touchpoint", 5, 5, {"web on a desktop", "web on a phone", "app on a phone", "app on a tablet", "in person"}},
    {"hour", 3, 5, {"mornings", "midday", "evenings"}},
    {"week", 2, 5, {"working days", "weekends"}},
    {"rhythm", 2, 1, {"regular", "in bursts"}},
    {"promotion", 2, 5, {"hardly ever takes promotions", "takes promotions"}},
    {"undo", 2, 3, {"hardly ever takes back", "often takes back"}},
    {"look", 2, 4, {"goes straight for it", "looks around a lot"}},
    {"mail", 2, 4, {"ignores mail", "reads mail"}},
    {"service", 2, 3, {"needs no help", "asks for help"}},
    {"breadth", 2, 3, {"one thing at a time", "many things at a time"}},
    {"category", kCategories, 6, {}},
    {"second", kCategories, 0, {}},
    {"plan", 3, 0, {}},
    {"age", 3, 0, {"young", "middle-aged", "old"}},
    {"country", 3, 0, {}},
};

using Levels = std::array<uint8_t, kHabits>;

double distance(const Levels& a, const Levels& b) {
  double sum = 0;
  for (size_t h = kBandHabits; h < kChosenHabits; ++h) sum += a[h] == b[h] ? 0 : kRows[h].weight;
  return sum;
}

Levels random_levels(Rng& rng) {
  Levels levels{};
  for (size_t h = 0; h < kHabits; ++h) levels[h] = static_cast<uint8_t>(rng.below(kRows[h].levels));
  while (levels[Second] == levels[Category]) levels[Second] = static_cast<uint8_t>(rng.below(kCategories));
  return levels;
}

// The bands: combinations of the first three habits that differ in as many as possible.
std::vector<Levels> bands_of(size_t count, Rng& rng) {
  std::vector<Levels> all;
  for (uint8_t f = 0; f < 3; ++f)
    for (uint8_t s = 0; s < 3; ++s)
      for (uint8_t p = 0; p < 5; ++p) all.push_back({f, s, p});
  rng.shuffle(all);
  // The first band is the plain customer, so that small companies have one.
  std::iter_swap(all.begin(), std::find(all.begin(), all.end(), Levels{1, 1, Steady}));
  std::vector<Levels> bands{all[0]};
  while (bands.size() < count) {
    const auto nearest = [&](const Levels& candidate) {
      int least = 1000;
      for (const Levels& band : bands) {
        const int apart =
            std::abs(candidate[0] - band[0]) + std::abs(candidate[1] - band[1]) + 2 * (candidate[2] != band[2]);
        least = std::min(least, apart);
      }
      return least;
    };
    bands.push_back(*std::max_element(all.begin(), all.end(),
                                      [&](const Levels& a, const Levels& b) { return nearest(a) < nearest(b); }));
  }
  return bands;
}

// Greedy max-min over random candidates.
std::vector<Levels> spread(size_t count, Rng& rng) {
  std::vector<Levels> candidates(4000 + 100 * count);
  for (Levels& levels : candidates) levels = random_levels(rng);
  std::vector<double> nearest(candidates.size(), 1e9);
  std::vector<Levels> chosen{candidates[0]};
  while (chosen.size() < count) {
    for (size_t i = 0; i < candidates.size(); ++i)
      nearest[i] = std::min(nearest[i], distance(candidates[i], chosen.back()));
    chosen.push_back(candidates[std::max_element(nearest.begin(), nearest.end()) - nearest.begin()]);
  }
  return chosen;
}

// From 6 down to 1. With many segments they fall faster, so that the smallest of 48 still has 1 % of the customers: the
// mean of 1 + 5 (1-x)^p over x in [0, 1] is 1 + 5/(p+1).
std::vector<double> sizes_of(size_t segments) {
  const double mean = std::max(1.1, 1 / (0.0112 * static_cast<double>(segments)));
  const double power = std::max(1.5, 5 / (mean - 1) - 1);
  std::vector<double> sizes(segments);
  for (size_t i = 0; i < segments; ++i)
    sizes[i] = 1 + 5 * std::pow(1 - static_cast<double>(i) / std::max(1.0, static_cast<double>(segments) - 1), power);
  return sizes;
}

}  // namespace

const HabitRow& habit_row(size_t habit) {
  return kRows[habit];
}

double distance(const Profile& a, const Profile& b) {
  return distance(a.level, b.level);
}

std::vector<Profile> plant(uint32_t segments, Rng rng) {
  const auto bands = bands_of(std::clamp<size_t>(segments / 3, 1, 45), rng);
  const auto chosen = spread(segments, rng);
  std::vector<double> sizes = sizes_of(segments);
  const double sum = std::accumulate(sizes.begin(), sizes.end(), 0.0);
  rng.shuffle(sizes);
  std::vector<Profile> profiles(segments);
  for (size_t i = 0; i < segments; ++i) {
    Profile& profile = profiles[i];
    profile = {.level = chosen[i], .share = sizes[i] / sum, .band = static_cast<uint32_t>(i % bands.size())};
    std::copy_n(bands[profile.band].begin(), kBandHabits, profile.level.begin());
  }
  return profiles;
}

}  // namespace tessera::simulate
