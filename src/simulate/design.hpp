// The planting. A segment is one level of each habit in the table below. Segments must be told apart by what customers
// do, and not by recency, frequency and money alone, or three columns would do and nothing would be shown. So:
//
// - The habits that move recency, frequency and money (how often, how much, in which part of the two years) are shared
//   by a *band* of about three segments. Within a band those three numbers say nothing.
// - All other habits are chosen for mutual distance: of many random combinations the one farthest from those already
//   chosen is taken, again and again (greedy max-min, Gonzalez 1985, a 2-approximation of the best possible minimum
//   distance). A habit's weight is the squared distance between its levels in standard deviations of what one customer
//   shows of it, roughly, cut so that no single habit decides.
// - Sizes fall from 6 to 1, shuffled, so that neither rank nor band tells the size.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "simulate/words.hpp"

namespace tessera::simulate {

enum Habit : uint8_t {
  // The band.
  Frequency,
  Spend,
  Period,
  // Chosen for distance.
  Touchpoint,
  Hour,
  Week,
  Rhythm,
  Promotion,
  Undo,
  Look,
  Mail,
  Service,
  Breadth,
  Category,
  // Follow along: drawn at random, concentrated, never counted on.
  Second,
  PlanTrait,
  Age,
  Country,
};
inline constexpr size_t kBandHabits = Period + 1, kChosenHabits = Category + 1, kHabits = Country + 1;

enum PeriodLevel : uint8_t { Steady, Recent, Lapsed, Winter, Summer };

struct HabitRow {
  std::string_view name;
  uint8_t levels;
  double weight;  // squared distance of two different levels
  std::array<std::string_view, 5> words;
};
const HabitRow& habit_row(size_t habit);

// What the levels mean in numbers. Shares are means of a Beta around which customers scatter.
struct Scatter {
  double concentration;    // of the Beta and Dirichlet draws of one customer's own shares
  double activity, spend;  // sigma of the lognormal factors of one customer
  double purchase;         // sigma of the lognormal of single amounts
};
inline constexpr Scatter kScatter{25, 0.28, 0.15, 0.4};
inline constexpr double kMains[] = {6.5, 11, 19};      // main events in two years, at scale 1
inline constexpr double kSpends[] = {0.4, 1, 2.5};     // times the preset's typical amount
inline constexpr double kHours[] = {8.5, 13.5, 20.5};  // centre of the habitual hours, UTC
inline constexpr double kHourShare = 0.86, kHourSigma = 1.3;
inline constexpr double kWeekends[] = {0.1, 0.82};
inline constexpr double kPromotions[] = {0.07, 0.8};
inline constexpr double kUndos[] = {0.03, 0.42};
inline constexpr double kLooks[] = {0.7, 3.6};              // looks around for each main event
inline constexpr double kMails[] = {0.06, 0.8};             // of the mailings that reach a customer
inline constexpr double kServices[] = {0.04, 0.6};          // asks for help, for each main event
inline constexpr double kBreadths[] = {0.15, 2.4};          // further things in a main event
inline constexpr double kFavourite = 0.76, kSecond = 0.12;  // of the categories; the rest is even
inline constexpr double kTouch = 0.88;                      // of the habitual touchpoint
inline constexpr double kAges[] = {24, 42, 66};
inline constexpr double kMailings = 11;    // that reach a customer, at scale 1
inline constexpr double kMixtures = 0.02;  // of customers who live by two profiles

struct Profile {
  std::array<uint8_t, kHabits> level{};
  double share = 0;  // of the customers who are not odd
  uint32_t band = 0;
};

inline constexpr double kCheapest = 0.06, kDearest = 6;  // price of a thing, times the typical amount

struct Thing {
  std::string id, name;
  double price;  // times the typical amount
};

struct Plan {
  const Words* words = nullptr;
  std::vector<Profile> profiles;
  double scale = 1;                           // times kMains and kMailings
  std::array<std::vector<double>, 3> season;  // cumulative weight of days: all year, winter, summer
  std::vector<std::string> dates;             // "2024-03-01" of each day
  std::vector<Thing> things;                  // kItemsPerCategory of each category
  std::string id_prefix;                      // of message ids
};

std::vector<Profile> plant(uint32_t segments, Rng rng);
// Squared distance of two combinations over the chosen habits.
double distance(const Profile& a, const Profile& b);

}  // namespace tessera::simulate
