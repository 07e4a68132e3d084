// What people take, attribute by attribute: the brand, category, material, colour, price tier of things, words in their
// names, whether there was a discount or a gift wrap; and of main events how they were paid for or delivered. Read from
// any column of the main event that has few different texts, is a yes or no, a price or a discount, or names things.
//
// An attribute is, for each customer, how many things of theirs it is known of, and how many of them are at each level
// ("brand: Acme"). What is no product (postage, fees, samples, test articles) is never counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "features/attribute_words.hpp"
#include "features/event_roles.hpp"
#include "profiles/history.hpp"

namespace tessera::persona {

using features::AttributeKind;

struct AttributeLevel {
  std::string name;  // "Acme", "vintage", "the dearest third"
  AttributeKind kind = AttributeKind::Other;
  std::string said;      // after "34 % of products": "of brand \"Acme\"", "with \"vintage\" in the name"
  bool made = false;     // the groups were made by it
  bool is_word = false;  // a word of names, not the whole text
};

// So many things of a customer's are at a level.
struct Occurrence {
  uint32_t customer = 0, level = 0, count = 0;
};

struct Attribute {
  std::string property;  // "products.brand"
  std::string of;        // what is counted: "products", "orders", "texts"
  std::vector<AttributeLevel> levels;
  std::vector<uint32_t> total;         // of each customer of the history: things it is known of
  std::vector<Occurrence> counts;      // customers ascending
  std::vector<uint32_t> undone_total;  // the same of what was taken back; empty where that cannot be told
  std::vector<Occurrence> undone;
  bool own_undone = false;  // what was taken back says so itself, thing by thing
};

struct AttributeBasis {
  const profiles::History& history;
  const features::EventRoles& parts;
  Instant as_of;
  const std::vector<std::string>& withheld;  // properties that must not be used
  const std::vector<bool>& counts;           // of each customer: is counted
  const std::vector<std::string>& made;      // names of levels that made the groups: categories, words; "promotion"
};

// O(rows of main events), parallel over attributes.
std::vector<Attribute> attributes_of(const AttributeBasis& basis);

}  // namespace tessera::persona
