#include "simulate/person.hpp"

#include <cmath>

namespace tessera::simulate {

namespace {

double beta(Rng& rng, double mean, double concentration) {
  const double a = rng.gamma(mean * concentration, 1), b = rng.gamma((1 - mean) * concentration, 1);
  return a + b > 0 ? a / (a + b) : mean;
}

template <size_t N>
void dirichlet(Rng& rng, std::array<double, N>& weights, double concentration) {
  for (double& weight : weights) weight = rng.gamma(weight * concentration, 1);
}

}  // namespace

double lognormal(Rng& rng, double sigma) {
  return std::exp(sigma * rng.normal());
}

Person born(Rng& rng, const Profile& profile) {
  const auto& level = profile.level;
  const double c = kScatter.concentration;
  Person me{.profile = &profile};
  me.activity = lognormal(rng, kScatter.activity);
  me.spend = kSpends[level[Spend]] * lognormal(rng, kScatter.spend);
  me.hour = beta(rng, kHourShare, c);
  me.weekend = beta(rng, kWeekends[level[Week]], c);
  me.promotion = beta(rng, kPromotions[level[Promotion]], c);
  me.undo = beta(rng, kUndos[level[Undo]], c);
  me.look = kLooks[level[Look]] * lognormal(rng, 0.2);
  me.mail = beta(rng, kMails[level[Mail]], c);
  me.service = kServices[level[Service]] * lognormal(rng, 0.2);
  me.breadth = kBreadths[level[Breadth]] * lognormal(rng, 0.2);
  me.touch.fill((1 - kTouch) / 4);
  me.touch[level[Touchpoint]] = kTouch;
  dirichlet(rng, me.touch, c);
  me.category.fill((1 - kFavourite - kSecond) / (kCategories - 2));
  me.category[level[Category]] = kFavourite;
  me.category[level[Second]] = kSecond;
  dirichlet(rng, me.category, c);
  return me;
}

}  // namespace tessera::simulate
