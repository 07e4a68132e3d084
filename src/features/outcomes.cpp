#include "features/outcomes.hpp"

#include <algorithm>
#include <cmath>

#include "features/population.hpp"

namespace tessera::features {

Result<std::vector<Outcome>> measure_outcomes(const Setting& at, const EventRoles& parts, Duration horizon,
                                              std::string_view expression) {
  const std::string days = text_of(horizon), window = fmt::format("last {}", days), main = parts.alias(EventRole::Main);
  std::vector<Feature> features;
  features.push_back({.name = "outcome_count", .definition = fmt::format("count({}, {})", main, window)});
  if (!parts.money.empty()) {
    features.push_back({.name = "outcome_value", .definition = parts.net.text(window)});
  }
  FeatureTable measured = TRY(measure(at, text_of_definitions(parts, features), features));
  if (!expression.empty()) {
    features = {{.name = "outcome_goal", .definition = std::string(expression)}};
    auto goal = measure(at, text_of_definitions(parts, features), features);
    if (!goal) return std::unexpected(goal.error());
    measured.columns.push_back(std::move(goal->columns[0]));
  }
  for (FeatureColumn& column : measured.columns)
    for (double& x : column.values)
      if (std::isnan(x)) x = 0;
  const auto active = active_customers(at.history, at.as_of, horizon);
  const IndustryTerms& words = parts.words;
  const bool has_money = !parts.money.empty();
  std::vector<Outcome> out{
      {"value", fmt::format("{} in the {}", parts.value_words(), days), false, {}},
      {"repeat", fmt::format("another {} within {}", words.main, days), true, {}},
      {"retention", fmt::format("any event within {}", days), true, {}},
  };
  out[0].values = measured.columns[has_money ? 1 : 0].values;
  for (const double x : measured.columns[0].values) out[1].values.push_back(x > 0 ? 1 : 0);
  for (const bool is_active : active) out[2].values.push_back(is_active ? 1 : 0);
  if (!expression.empty()) {
    auto& values = measured.columns.back().values;
    const bool yes_or_no = std::ranges::all_of(values, [](double x) { return x == 0 || x == 1; });
    out.push_back({"goal", std::string(expression), yes_or_no, std::move(values)});
  }
  return out;
}

}  // namespace tessera::features
