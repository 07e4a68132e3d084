// What things are called in each industry. The life of a customer (life.cpp) knows roles alone: looking around,
// picking, committing, the main event that brings money, what undoes it. This table gives the roles their names, so
// that a clinic never orders and a bank has no basket.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "simulate/simulate.hpp"

namespace tessera::simulate {

inline constexpr size_t kCategories = 8;
inline constexpr size_t kItemsPerCategory = 24;

// An event that follows the main one.
struct Follow {
  std::string_view event;
  double chance;                // for each main event that was not undone
  double after_from, after_to;  // days
};

struct Words {
  Preset preset;
  std::string_view customer;  // how one customer is called in the README
  std::string_view arrive;    // a visit's first event; empty = a page call
  std::string_view look, look_in_person;
  std::string_view pick;  // once for each thing picked
  std::string_view commit;
  std::string_view main;
  std::string_view undo, undo_other;  // what undoes a main event; the other in three cases of ten
  std::string_view promotion;         // a reduction, reminder or bonus taken
  std::string_view service;           // asks a person for help
  std::array<Follow, 3> follows;
  std::string_view in_person;      // channel
  std::string_view id, id_prefix;  // property of the main event
  std::string_view thing, thing_prefix;
  std::string_view count;   // how many things the main event covers
  std::string_view amount;  // property with the money of the main event
  bool lines;               // main event lists its things as products[]
  bool money_back;          // undoing returns the money
  double typical_amount;    // in euro, at the middle level of value
  std::array<std::string_view, 3> plans;
  std::array<std::string_view, kCategories> categories;
  std::array<std::string_view, kCategories> things;  // name of a thing of the category, before its number
};

const Words& words_of(Preset preset);

struct Place {
  std::string_view country;
  std::array<std::string_view, 6> cities;
};
std::span<const Place, 3> places();
std::span<const std::string_view> first_names();
std::span<const std::string_view> last_names();
// Mailings, and how visits from advertisements are tagged.
std::span<const Campaign> mailings();
std::span<const Campaign> advertisements();

}  // namespace tessera::simulate
