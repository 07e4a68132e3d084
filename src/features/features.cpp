#include "features/features.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/text.hpp"
#include "features/extent.hpp"
#include "features/interests.hpp"
#include "language/lex.hpp"
#include "profiles/service_lines.hpp"

namespace tessera::features {

namespace {

using profiles::Column;
using profiles::History;
using profiles::PropertyType;
using profiles::Stream;

constexpr size_t kMostInterests = 12, kMostLevels = 6, kMostTraitLevels = 30;

// Traits that name a person or a place too finely, or are of no use for groups.
constexpr std::string_view kNamingTraits[] = {
    "email",      "name",      "first_name", "last_name",   "firstname", "lastname", "phone",         "address",
    "street",     "id",        "user_id",    "customer_id", "username",  "birthday", "date_of_birth", "dob",
    "created_at", "signed_up", "is_test",    "is_staff",    "ip",        "avatar",   "website",       "title"};
// Not for groups of patients or bank clients until someone allows it by name.
constexpr std::string_view kCarefulTraits[] = {"age",         "gender",    "sex",       "marital_status", "postcode",
                                               "postal_code", "zip",       "zip_code",  "ethnicity",      "religion",
                                               "income",      "diagnosis", "condition", "medication",     "disability"};

// A let's name of any text: small letters, digits and '_'.
std::string identifier(std::string_view text) {
  std::string out = slug_of(text);
  for (char& c : out)
    if (c == '-') c = '_';
  if (out.size() > 32) out.resize(32);
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out.empty() || (out[0] >= '0' && out[0] <= '9') ? "x" + out : out;
}

class Candidates {
  // Long because it is one method for each family of features, over the same words of the record.
 public:
  Candidates(const History& history, const EventRoles& parts, bool hours)
      : history_(history), parts_(parts), words_(parts.words), hours_(hours) {}

  std::vector<Feature> all() {
    if (!parts_.has(EventRole::Main)) {
      traits();
      return std::move(out_);
    }
    money();
    rhythm();
    breadth();
    interests();
    habits();
    touch();
    times();
    traits();
    return std::move(out_);
  }

 private:
  const std::string& main() const { return main_; }
  Feature& add(Feature feature) {
    for (int n = 2; std::any_of(out_.begin(), out_.end(), [&](const Feature& f) { return f.name == feature.name; });
         ++n)
      feature.name += fmt::format("_{}", n);
    out_.push_back(std::move(feature));
    return out_.back();
  }
  // 100 times one count over another: percent.
  void share(std::string name, std::string part, std::string whole, Family family, std::string phrase, std::string tag,
             std::string of) {
    add({.name = std::move(name),
         .definition = fmt::format("100 * {} / {}", part, whole),
         .family = family,
         .shape = Shape::Share,
         .phrase = std::move(phrase),
         .tag = std::move(tag),
         .of = std::move(of)});
  }

  // The things of main events, service lines left out, under a condition.
  std::string things(std::string_view condition = {}, bool in_list = true) const {
    if (!in_list || parts_.list.empty())
      return condition.empty() ? main() : fmt::format("{} where {}", main(), condition);
    std::string out = fmt::format("each {}.{}", main(), parts_.list);
    std::vector<std::string> tests;
    if (!condition.empty()) tests.emplace_back(condition);
    if (parts_.service_lines) tests.push_back("service is not true");
    if (!tests.empty()) out += fmt::format(" where {}", fmt::join(tests, " and "));
    return out;
  }

  void money() {
    add({.name = "since_last_" + main(),
         .definition = fmt::format("ago(last_time({}))", main()),
         .family = Family::Recency,
         .shape = Shape::Days,
         .phrase = fmt::format("days since the last {}", words_.main),
         .tag = "lapsed"});
    add({.name = mains(),
         .definition = parts_.net.count_text(main()),
         .family = Family::Frequency,
         .shape = Shape::Count,
         .phrase = std::string(words_.mains),
         .tag = "frequent"});
    if (!parts_.money.empty()) {
      add({.name = std::string(words_.money_name),
           .definition = parts_.net.text(),
           .family = Family::Money,
           .shape = Shape::Money,
           .phrase = std::string(words_.money),
           .tag = "high spend"});
      add({.name = std::string(words_.money_name) + "_per_" + main(),
           .definition = fmt::format("avg({}.{})", main(), parts_.money),
           .family = Family::Size,
           .shape = Shape::Money,
           .phrase = fmt::format("average amount of {} {}", article(), words_.main),
           .tag = fmt::format("large {}", words_.mains)});
    }
  }
  std::string_view article() const {
    return std::string_view("aeiou").find(words_.main[0]) != std::string_view::npos ? "an" : "a";
  }
  std::string mains() const {
    return std::string(words_.mains) == main() ? "number_of_" + main() : std::string(words_.mains);
  }

  void rhythm() {
    const double days = extent_of(history_, parts_.of(EventRole::Main)).days();
    add({.name = "usual_gap",
         .definition = fmt::format("(last_time({0}) - first_time({0})) / (count({0}) - 1)", main()),
         .family = Family::Gap,
         .shape = Shape::Days,
         .phrase = fmt::format("days between {}", words_.mains),
         .tag = "regular"});
    add({.name = "since_first_" + main(),
         .definition = fmt::format("ago(first_time({}))", main()),
         .family = Family::Tenure,
         .shape = Shape::Days,
         .phrase = fmt::format("days since the first {}", words_.main),
         .tag = "long-standing",
         .clusters = false});
    if (days >= 180) {
      const int window = days >= 540 ? 180 : 90;
      share("recent_percent", fmt::format("count({}, last {} days)", main(), window), fmt::format("count({})", main()),
            Family::Trend, fmt::format("of {} in the last {} days", words_.mains, window), "rising", mains());
    }
  }

  void breadth() {
    if (!parts_.list.empty()) {
      add({.name = "number_of_things",
           .definition = fmt::format("count({})", things()),
           .family = Family::Breadth,
           .shape = Shape::Count,
           .phrase = fmt::format("{} in all", words_.things),
           .tag = "",
           .clusters = false,
           .in_rules = false});
      add({.name = "things_per_" + main(),
           .definition = fmt::format("count({}) / count({})", things(), main()),
           .family = Family::Breadth,
           .shape = Shape::Ratio,
           .phrase = std::string(words_.breadth),
           .tag = "many at a time",
           .of = mains()});
    } else if (!parts_.count.empty()) {
      add({.name = parts_.count + "_per_" + main(),
           .definition = fmt::format("avg({}.{})", main(), parts_.count),
           .family = Family::Breadth,
           .shape = Shape::Ratio,
           .phrase = std::string(words_.breadth),
           .tag = "many at a time",
           .of = mains()});
    }
  }

  void interests() {
    const auto& events = parts_.of(EventRole::Main);
    const std::string path = parts_.category_in_list ? parts_.list + "." + parts_.category : parts_.category;
    auto categories =
        parts_.category.empty() ? std::vector<Level>{} : levels_of(history_, events, path, parts_.category_in_list);
    std::erase_if(categories, [](const Level& level) { return profiles::is_service_line("", level.text); });
    const double all = static_cast<double>(history_.customers());
    if (categories.size() >= 2 && categories.size() <= 200) {
      for (size_t i = 0; i < std::min(kMostInterests, categories.size()); ++i) {
        const std::string& name = categories[i].text;
        if (static_cast<double>(categories[i].customers) < 0.02 * all) break;
        share(identifier(name) + "_percent",
              fmt::format("count({})", things(fmt::format("{} = {}", parts_.category, language::in_quotes(name)),
                                              parts_.category_in_list)),
              fmt::format("count({})", things("", parts_.category_in_list)), Family::Interest,
              fmt::format("of {} in {}", parts_.category_in_list ? words_.things : words_.mains, name), name,
              parts_.category_in_list ? "number_of_things" : mains());
      }
      const std::string what = parts_.category_in_list
                                   ? fmt::format("each {}.{}.{}", main(), parts_.list, parts_.category)
                                   : fmt::format("{}.{}", main(), parts_.category);
      const bool services = parts_.category_in_list && parts_.service_lines;
      commonest("usual_" + identifier(words_.interest),
                fmt::format("mode({}{})", what, services ? " where service is not true" : ""), Family::Interest,
                fmt::format("usual {}", words_.interest));
      return;
    }
    const std::string item = parts_.list.empty() ? parts_.item_name : parts_.list + "." + parts_.item_name;
    if (parts_.item_name.empty()) return;
    const auto named = levels_of(history_, events, item, !parts_.list.empty());
    if (named.size() < 20) return;
    for (const std::string& word : words_of_interest(named, history_, parts_, kMostInterests))
      share(identifier(word) + "_percent",
            fmt::format("count({})", things(fmt::format("{} contains {} ignoring case", parts_.item_name,
                                                        language::in_quotes(word)))),
            fmt::format("count({})", things()), Family::Interest,
            fmt::format("of {} with \"{}\" in the name", words_.things, word), word,
            parts_.list.empty() ? mains() : "number_of_things");
  }

  // The commonest of a mix in one word: mixes make the groups, words make short rules.
  void commonest(std::string name, std::string definition, Family family, std::string phrase) {
    add({.name = std::move(name),
         .definition = std::move(definition),
         .family = family,
         .shape = Shape::Category,
         .phrase = std::move(phrase),
         .tag = "",
         .clusters = false});
  }

  void per_main(EventRole part, std::string name, Family family, std::string phrase, std::string tag) {
    if (!parts_.has(part)) return;
    add({.name = std::move(name),
         .definition = fmt::format("count({}) / count({})", parts_.alias(part), main()),
         .family = family,
         .shape = Shape::Ratio,
         .phrase = std::move(phrase),
         .tag = std::move(tag),
         .of = mains()});
  }

  void habits() {
    if (!parts_.promotion.empty()) {
      std::vector<std::string> tests;
      for (const std::string& property : parts_.promotion)
        tests.push_back(property.starts_with("discount") && property != "discount_code" ? property + " > 0"
                                                                                        : property + " is known");
      share("promotion_percent", fmt::format("count({} where {})", main(), fmt::join(tests, " or ")),
            fmt::format("count({})", main()), Family::Promotion, fmt::format("of {} {}", words_.mains, words_.promoted),
            "promotion", mains());
    } else if (parts_.has(EventRole::Promotion)) {
      share("promotion_percent", "count(promotion)", fmt::format("count({})", main()), Family::Promotion,
            fmt::format("of {} {}", words_.mains, words_.promoted), "promotion", mains());
    }
    if (parts_.has(EventRole::Undo))
      share(parts_.alias(EventRole::Undo) + "_percent", fmt::format("count({})", parts_.alias(EventRole::Undo)),
            fmt::format("count({})", main()), Family::Undo, fmt::format("of {} {}", words_.mains, words_.undo_phrase),
            std::string(words_.undos), mains());
    per_main(EventRole::Look, "looks_per_" + main(), Family::Look,
             fmt::format("{} for each {}", words_.looks, words_.main), "browsing");
    per_main(EventRole::Service, "help_per_" + main(), Family::Service,
             fmt::format("{} for each {}", words_.service, words_.main), "asking");
    if (parts_.has(EventRole::MailOpen)) {
      add({.name = "months_known",
           .definition = "1 + (last_time(any event) - first_time(any event)) / 30 days",
           .family = Family::Tenure,
           .shape = Shape::Number,
           .phrase = "months between the first and the last thing done",
           .tag = "",
           .clusters = false,
           .in_rules = false});
      add({.name = "mails_a_month",
           .definition = "count(mail_opened) / (1 + (last_time(any event) - first_time(any event)) / 30 days)",
           .family = Family::Mail,
           .shape = Shape::Ratio,
           .phrase = "mails opened in a month",
           .tag = "mail reading",
           .of = "months_known"});
    }
  }

  // Everything a customer does of themselves; mail has no channel or hour of its own. Things done in one visit are
  // alike, so a share of them is as sure as the number of main events, not of things done, makes it.
  std::vector<std::string> visit_events() const {
    std::vector<std::string> out;
    for (const EventRole part :
         {EventRole::Main, EventRole::Look, EventRole::Pick, EventRole::Promotion, EventRole::Login, EventRole::Page})
      for (const std::string& event : parts_.of(part)) out.push_back(event);
    return out;
  }

  void mix(const std::string& property, Family family, std::string_view word) {
    if (property.empty()) return;
    const auto levels = levels_of(history_, visit_events(), property, false);
    if (levels.size() < 2 || levels.size() > 40) return;
    commonest(fmt::format("usual_{}", family_name(family)), fmt::format("mode(visit.{})", property), family,
              fmt::format("usual {}", family_name(family)));
    for (size_t i = 0; i < std::min(kMostLevels, levels.size()); ++i) {
      if (static_cast<double>(levels[i].customers) < 0.03 * static_cast<double>(history_.customers())) break;
      share(identifier(levels[i].text) + "_percent",
            fmt::format("count(visit where {} = {})", property, language::in_quotes(levels[i].text)), "count(visit)",
            family, fmt::format("of visits by {}{}", word, levels[i].text), levels[i].text, mains());
    }
  }

  void touch() {
    add({.name = "visits",
         .definition = "count(visit)",
         .family = Family::Frequency,
         .shape = Shape::Count,
         .phrase = "things done in all",
         .tag = "active",
         .clusters = false,
         .in_rules = false});
    mix(parts_.channel, Family::Channel, "");
    mix(parts_.device, Family::Device, "");
  }

  void times() {
    if (hours_) {
      struct PartOfDay {
        std::string_view name, phrase, condition;
      };
      for (const PartOfDay& row : {PartOfDay{"morning_percent", "of visits before 11", "$hour < 11"},
                                   PartOfDay{"midday_percent", "of visits from 11 to 17", "$hour between 11 and 16"},
                                   PartOfDay{"evening_percent", "of visits after 17", "$hour >= 17"}})
        share(std::string(row.name), fmt::format("count(visit where {})", row.condition), "count(visit)", Family::Hour,
              std::string(row.phrase), std::string(row.name.substr(0, row.name.find('_'))), mains());
    }
    share("weekend_percent", "count(visit where $weekday >= 6)", "count(visit)", Family::Week, "of visits at weekends",
          "weekend", mains());
    if (extent_of(history_, parts_.of(EventRole::Main)).days() < 330) return;
    share("november_december_percent", fmt::format("count({} where $month >= 11)", main()),
          fmt::format("count({})", main()), Family::Season, fmt::format("of {} in November and December", words_.mains),
          "year's end", mains());
    share("summer_percent", fmt::format("count({} where $month between 6 and 8)", main()),
          fmt::format("count({})", main()), Family::Season, fmt::format("of {} from June to August", words_.mains),
          "summer", mains());
  }

  void traits() {
    const Stream* traits = history_.stream(profiles::SystemStream::Identify);
    if (!traits) return;
    const bool is_all = !parts_.has(EventRole::Main);
    for (const Column& column : traits->columns) {
      const std::string folded = fold_case(column.property);
      const auto is_one_of = [&](const auto& names) {
        return std::find(std::begin(names), std::end(names), folded) != std::end(names);
      };
      if (column.is_list || is_one_of(kNamingTraits) || (words_.careful && is_one_of(kCarefulTraits))) continue;
      const bool number = column.type == PropertyType::Number, flag = column.type == PropertyType::Bool;
      if (column.type == PropertyType::Text) {
        const auto levels = levels_of(history_, {traits->event}, column.property, false);
        if (levels.size() < 2 || levels.size() > kMostTraitLevels) continue;
      } else if (!number && !(flag && is_all)) {
        continue;
      }
      const bool plain = identifier(column.property) == column.property;
      const bool switched = is_all && number && is_nought_or_one(column);
      const std::string named = "trait " + (plain ? column.property : language::in_quotes(column.property));
      add({.name = "given_" + identifier(column.property),
           .definition = switched ? named + " = 1" : named,
           .family = Family::Trait,
           .shape = number && !switched ? Shape::Number : Shape::Category,
           .phrase = is_all ? words_of(column.property) : column.property,
           .tag = is_all ? words_of(column.property) : column.property,
           .trait = column.property,
           .is_flag = flag || switched,
           // What people are describes groups; what they do makes them. A trait of three values would cut every group
           // in three, for nothing separates as cleanly as a word that was typed in. Where nothing is known of what
           // they do, what they are is all there is.
           .clusters = is_all});
    }
  }

  // A yes or no that was written as 1 and 0.
  static bool is_nought_or_one(const Column& column) {
    bool nought = false, one = false;
    for (const int64_t x : column.numbers) {
      if (x <= profiles::kClearedNumber) continue;
      if (x != 0 && x != Number::kOne) return false;
      (x == 0 ? nought : one) = true;
    }
    return nought && one;
  }

  // "monthly_charges" as it is said.
  static std::string words_of(std::string property) {
    std::ranges::replace(property, '_', ' ');
    return property;
  }

  const History& history_;
  const EventRoles& parts_;
  const IndustryTerms& words_;
  bool hours_;
  std::string main_{parts_.alias(EventRole::Main)};
  std::vector<Feature> out_;
};

}  // namespace

std::string_view family_name(Family family) {
  static constexpr std::string_view kNames[kFamilies] = {
      "recency", "frequency", "money",          "size",       "gaps",    "tenure",       "trend",
      "breadth", "interests", "promotions",     "taken back", "channel", "device",       "time of day",
      "week",    "season",    "looking around", "mail",       "help",    "traits given", "your own"};
  return kNames[static_cast<size_t>(family)];
}

const FeatureColumn* FeatureTable::find(std::string_view name) const {
  for (const FeatureColumn& column : columns)
    if (column.feature.name == name) return &column;
  return nullptr;
}

size_t FeatureTable::index(std::string_view name) const {
  const FeatureColumn* found = find(name);
  VERIFY(found != nullptr);
  return static_cast<size_t>(found - columns.data());
}

std::vector<Feature> default_features(const History& history, const EventRoles& parts, bool hours) {
  return Candidates(history, parts, hours).all();
}

std::string shown(Shape shape, double value) {
  switch (shape) {
    case Shape::Share:
      return fmt::format("{:.0f} %", 100 * value);
    case Shape::Days: {
      const std::string number = fmt::format("{:.0f}", value);
      return fmt::format("{} {}", number, number == "1" ? "day" : "days");
    }
    default:
      return grouped(value);
  }
}

std::string text_of_definitions(const EventRoles& parts, std::span<const Feature> features) {
  std::string out;
  const auto events = [&](std::string_view alias, const std::vector<std::string>& names) {
    std::vector<std::string> texts;
    for (const std::string& name : names) texts.push_back(language::in_quotes(name));
    if (!texts.empty()) out += fmt::format("event {} = {}\n", alias, fmt::join(texts, " or "));
  };
  const auto used = [&](std::string_view alias) {
    return std::any_of(features.begin(), features.end(),
                       [&](const Feature& f) { return f.definition.find(alias) != std::string::npos; });
  };
  for (size_t part = 0; part < kParts; ++part) {
    const std::string alias = parts.alias(static_cast<EventRole>(part));
    if (static_cast<EventRole>(part) == EventRole::Main || used(alias)) events(alias, parts.events[part]);
  }
  for (const MoneySource& source : parts.net.sources)
    if (source.alias != parts.alias(EventRole::Main) && used("(" + source.alias + "."))
      events(source.alias, source.events);
  const auto& corrected = parts.net.orders;
  const bool has_alias = std::ranges::any_of(
      parts.net.sources, [&](const MoneySource& source) { return source.alias == corrected.alias; });
  if (!corrected.events.empty() && !has_alias && used("(" + corrected.alias + "."))
    events(corrected.alias, corrected.events);
  std::vector<std::string> visits;
  for (const EventRole part :
       {EventRole::Main, EventRole::Look, EventRole::Pick, EventRole::Promotion, EventRole::Login, EventRole::Page})
    for (const std::string& event : parts.of(part)) visits.push_back(event);
  if (used("(visit")) events("visit", visits);
  out += '\n';
  for (const Feature& feature : features) out += fmt::format("let {} = {}\n", feature.name, feature.definition);
  return out;
}

}  // namespace tessera::features
