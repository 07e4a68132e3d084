#include "features/rule_text.hpp"

#include <cmath>

#include "language/lex.hpp"

namespace tessera::features {

namespace {

std::string number_text(double value) {
  std::string text = fmt::format("{:.6f}", value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

// A condition is said as such: "given_partner is true". Whoever it is not known of is neither.
std::string flag_text(const cluster::Condition& condition, const FeatureColumn& column) {
  const bool yes = condition.codes.size() == 1 && condition.codes[0] == 1, no = condition.codes.size() == 1 && !yes;
  if (yes) return fmt::format("{} is {}", column.feature.name, condition.excluded ? "not true" : "true");
  if (no) return fmt::format("{} is {}", column.feature.name, condition.excluded ? "not false" : "false");
  return fmt::format("{} is {}", column.feature.name, condition.excluded ? "unknown" : "known");
}

std::string category_text(const cluster::Condition& condition, const FeatureColumn& column) {
  std::vector<std::string> items;
  for (const uint32_t code : condition.codes) items.push_back(language::in_quotes(column.levels[code]));
  if (items.size() == 1) return fmt::format("{} {} {}", column.feature.name, condition.excluded ? "!=" : "=", items[0]);
  return fmt::format("{} {}in ({})", column.feature.name, condition.excluded ? "not " : "", fmt::join(items, ", "));
}

std::string days_text(const cluster::Condition& condition, const FeatureColumn& column, const IndustryTerms& words) {
  const auto days = [](double value) { return number_text(value) + (value == 1 ? " day" : " days"); };
  std::string subject = column.feature.name, ago;
  if (subject == fmt::format("since_last_{}", words.main))
    subject = fmt::format("last {}", words.main), ago = " ago";
  else if (subject == fmt::format("since_first_{}", words.main))
    subject = fmt::format("first {}", words.main), ago = " ago";
  if (std::isinf(condition.low)) return fmt::format("{} less than {}{}", subject, days(condition.high), ago);
  if (std::isinf(condition.high)) return fmt::format("{} at least {}{}", subject, days(condition.low), ago);
  return fmt::format("{} between {} and {}{}", subject, days(condition.low), days(condition.high), ago);
}

}  // namespace

std::string text_of(const cluster::Condition& condition, const FeatureColumn& column, const IndustryTerms& words) {
  const Feature& feature = column.feature;
  switch (feature.shape) {
    case Shape::Category:
      return feature.is_flag ? flag_text(condition, column) : category_text(condition, column);
    case Shape::Days:
      return days_text(condition, column, words);
    default:
      break;
  }
  const double scale = feature.shape == Shape::Share ? 100 : 1;
  const double low = condition.low * scale, high = condition.high * scale;
  if (feature.shape == Shape::Count) {
    if (std::isinf(high)) return fmt::format("{} at least {}", feature.name, number_text(low));
    if (std::isinf(low)) return fmt::format("{} at most {}", feature.name, number_text(std::ceil(high) - 1));
    if (std::ceil(high) - 1 <= low) return fmt::format("{} = {}", feature.name, number_text(low));
    return fmt::format("{} between {} and {}", feature.name, number_text(low), number_text(std::ceil(high) - 1));
  }
  if (std::isinf(high)) return fmt::format("{} at least {}", feature.name, number_text(low));
  if (std::isinf(low)) return fmt::format("{} less than {}", feature.name, number_text(high));
  const double step = feature.shape == Shape::Ratio || feature.shape == Shape::Number ? 0.001 : 0.01;
  return fmt::format("{} between {} and {}", feature.name, number_text(low), number_text(high - step));
}

std::string text_of(const cluster::Conjunction& rule, const FeatureTable& features, const IndustryTerms& words) {
  std::vector<std::string> texts;
  for (const cluster::Condition& condition : rule)
    texts.push_back(text_of(condition, features.columns[condition.column], words));
  return fmt::format("{}", fmt::join(texts, "\n  and "));
}

}  // namespace tessera::features
