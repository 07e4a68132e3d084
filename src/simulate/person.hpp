// One customer's own habits, scattered around those of the profile.
#pragma once

#include <array>

#include "core/random.hpp"
#include "simulate/design.hpp"

namespace tessera::simulate {

struct Person {
  const Profile* profile = nullptr;
  double activity = 1, spend = 1;             // factors of how often and how much
  double hour = 0, weekend = 0;               // shares of visits at the habitual hours, on weekends
  double promotion = 0, undo = 0;             // shares of main events
  double look = 0, service = 0, breadth = 0;  // for each main event
  double mail = 0;                            // share of mailings opened
  std::array<double, 5> touch{};              // weights of the touchpoints
  std::array<double, kCategories> category{};
};

// A draw around the profile: Beta and Dirichlet for shares, lognormal for factors.
Person born(Rng& rng, const Profile& profile);
// A factor with median 1.
double lognormal(Rng& rng, double sigma);

}  // namespace tessera::simulate
