// The front door of what is known of each customer, in numbers and in the words of their industry.
//
//   roles     event_roles.hpp  recognise: the industry, its main event, what undoes it
//             net_money.hpp    NetMoney: what they bring, less what is given back
//             industry.hpp     industries: what things are called in each
//             extent.hpp       extent_of: from when to when a record speaks
//   features  features.hpp     default_features (below)
//             interests.hpp    levels_of, words_of_interest: what texts say
//             text_tokens.hpp  words_of_text, language_of: texts that people typed
//             attribute_words.hpp: what words in names of things stand for
//             measure.hpp      measure, members_of: text of the language in, values and members out
//   whom      population.hpp   divide: who is grouped, left out, set apart
//   then      transform.hpp    transform: to a table that distances make sense in
//             outcomes.hpp     measure_outcomes: what customers did next
//             revenue.hpp      takings_of: what they brought, period by period
//             rule_text.hpp    text_of: a rule's conditions as text of the language
//
// What is measured about every customer. Features are lets of the segment language, generated as text from what the
// record holds, so each can be read, edited, reused in rules, and handed back with --features.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "features/event_roles.hpp"
#include "profiles/history.hpp"

namespace tessera::features {

// Features of one family share one vote in clustering.
enum class Family : uint8_t {
  Recency,
  Frequency,
  Money,
  Size,  // of one main event
  Gap,
  Tenure,
  Trend,
  Breadth,
  Interest,  // mix of categories or kinds of things
  Promotion,
  Undo,
  Channel,
  Device,
  Hour,
  Week,
  Season,
  Look,
  Mail,
  Service,
  Trait,
  Own,  // the user's own
};
inline constexpr size_t kFamilies = 21;
std::string_view family_name(Family family);

enum class Shape : uint8_t { Count, Money, Days, Share, Ratio, Number, Category };

// How a value of a feature is written: "3.2", "61 %", "1,204", "45 days".
std::string shown(Shape shape, double value);

struct Feature {
  std::string name;        // of the let: "orders"
  std::string definition;  // its text: "count(order)"
  Family family = Family::Own;
  Shape shape = Shape::Number;
  std::string phrase;    // "orders", "days since the last order": stands after a number or before a verb
  std::string tag;       // two or three words for names: "evening", "garden"; may be empty
  std::string of;        // for shares: the feature that counts the observations
  std::string trait;     // of a trait given: its name as received
  bool is_flag = false;  // a category of "no" and "yes": the let is a condition
  bool clusters = true;  // false: describes segments, and may stand in rules, but does not make them
  bool in_rules = true;
};

struct FeatureColumn {
  Feature feature;
  std::vector<double> values;       // one a customer of the history; NaN = unknown; categories: index of the level
  std::vector<std::string> levels;  // of a category
};

struct FeatureTable {
  std::vector<FeatureColumn> columns;
  std::vector<std::string> dropped;  // sentences: which candidates the data does not support, and why

  const FeatureColumn* find(std::string_view name) const;
  size_t index(std::string_view name) const;  // REQUIRES: there is one
};

// The candidates for this record. `hours` = the zone is known.
std::vector<Feature> default_features(const profiles::History& history, const EventRoles& parts, bool hours);

// The text of a file of definitions: aliases first, then one let a feature.
std::string text_of_definitions(const EventRoles& parts, std::span<const Feature> features);

// Leaves what the data supports among these rows: known for at least 60 % (of describing ones 5 %), more than one
// value, not the same as another.
void keep_supported(FeatureTable& table, std::span<const uint32_t> rows);

}  // namespace tessera::features
