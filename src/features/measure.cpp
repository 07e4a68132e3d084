#include "features/measure.hpp"

#include <algorithm>
#include <cmath>

#include "core/guarded.hpp"
#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "segment/evaluate.hpp"
#include "segment/plan.hpp"

namespace tessera::features {

namespace {

using language::Definition;
using language::DefinitionKind;
using language::Type;
using segment::ValueColumn;

constexpr size_t kBlock = 16'384;  // customers evaluated at a time: exact fractions are wide, doubles are kept

Result<language::Checked> checked_of(const Setting& setting, std::string_view text, std::string_view name) {
  language::Parsed parsed = language::parse_definitions(text);
  if (!parsed.ok()) return std::unexpected(language::error_of(parsed.diagnostics, text, name));
  language::Checked checked = language::check(std::move(parsed.definitions), setting.schema);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, text, name));
  return checked;
}

// What one double of a feature is: days, or a share of 1, where the language has milliseconds and percent.
double scale_of(Type type, Shape shape) {
  if (type == Type::Duration) return 1.0 / static_cast<double>(kDay.ms);
  return shape == Shape::Share ? 0.01 : 1;
}

}  // namespace

Result<FeatureTable> measure(const Setting& setting, std::string_view definitions, std::vector<Feature> features) {
  const language::Checked checked = TRY(checked_of(setting, definitions, "features"));
  const segment::Plan plan = TRY(segment::compile(checked.program, setting.zone));
  const segment::Bound bound = TRY(segment::Bound::bind(plan, setting.history));
  FeatureTable out;
  segment::EvaluateOptions options{.members = false};
  for (Feature& feature : features) {
    const auto output = plan.find(feature.name);
    VERIFY(output.has_value());
    options.values.push_back(*output);
    out.columns.push_back({.feature = std::move(feature), .values = std::vector<double>(setting.history.customers())});
  }
  using Named = std::vector<std::vector<std::pair<uint32_t, std::string>>>;
  Guarded<Named> named(out.columns.size());  // of categories: customer, text
  parallel_for(setting.history.customers(), kBlock, [&](size_t from, size_t to) {
    if (is_stopped()) return;
    const auto part = segment::evaluate(bound, {static_cast<uint32_t>(from), static_cast<uint32_t>(to)}, setting.as_of,
                                        setting.known_at, options);
    for (size_t j = 0; j < out.columns.size(); ++j) {
      const ValueColumn& values = part.values[options.values[j]];
      FeatureColumn& column = out.columns[j];
      if (values.type == Type::Text) {
        std::vector<std::pair<uint32_t, std::string>> found;
        for (size_t i = 0; i < to - from; ++i)
          if (values.known(i)) found.emplace_back(static_cast<uint32_t>(from + i), values.text(i));
        const auto all = named.lock();
        (*all)[j].insert((*all)[j].end(), found.begin(), found.end());
        continue;
      }
      if (column.feature.is_flag) {
        for (size_t i = 0; i < to - from; ++i) column.values[from + i] = values.as_double(i);
        continue;
      }
      const double scale = scale_of(values.type, column.feature.shape);
      for (size_t i = 0; i < to - from; ++i) {
        double x = values.as_double(i) * scale;
        if (values.type == Type::Instant && !std::isnan(x))
          x = (static_cast<double>(setting.as_of.ms) - x) / static_cast<double>(kDay.ms);
        column.values[from + i] = x;
      }
    }
  });
  TRY(go_on());
  const auto all = named.lock();
  for (size_t j = 0; j < out.columns.size(); ++j) {
    FeatureColumn& column = out.columns[j];
    if (column.feature.shape != Shape::Category) continue;
    if (column.feature.is_flag) {
      column.levels = {"no", "yes"};
      continue;
    }
    std::fill(column.values.begin(), column.values.end(), std::nan(""));
    for (const auto& [customer, text] : (*all)[j]) column.levels.push_back(text);
    std::sort(column.levels.begin(), column.levels.end());
    column.levels.erase(std::unique(column.levels.begin(), column.levels.end()), column.levels.end());
    for (const auto& [customer, text] : (*all)[j])
      column.values[customer] = static_cast<double>(std::lower_bound(column.levels.begin(), column.levels.end(), text) -
                                                    column.levels.begin());
  }
  return out;
}

Result<std::vector<Feature>> features_of_text(const Setting& setting, std::string_view text, std::string_view name) {
  const language::Checked checked = TRY(checked_of(setting, text, name));
  std::vector<Feature> out;
  for (const Definition& definition : checked.program.definitions) {
    if (definition.kind != DefinitionKind::Let && definition.kind != DefinitionKind::Score) continue;
    const Type type = definition.body.type;
    if (type == Type::List)
      return fail(fmt::format("'{}' is a list; a feature is one value a customer", definition.name), std::string(name),
                  fmt::format("let {} = size(...)", definition.name));
    const Shape shape = type == Type::Text                                ? Shape::Category
                        : type == Type::Duration || type == Type::Instant ? Shape::Days
                                                                          : Shape::Number;
    std::string phrase = definition.name;
    std::replace(phrase.begin(), phrase.end(), '_', ' ');
    out.push_back({.name = definition.name,
                   .definition = language::print(definition.body),
                   .family = Family::Own,
                   .shape = shape,
                   .phrase = phrase,
                   .tag = phrase,
                   // Conditions cannot be compared with a threshold; instants neither, with one that reads well.
                   .in_rules = type == Type::Number || type == Type::Duration || type == Type::Text});
  }
  if (out.empty())
    return fail("holds no let, so there are no features in it", std::string(name),
                "let orders = count(\"Order Completed\")");
  return out;
}

Result<Members> members_of(const Setting& setting, std::string_view text) {
  const language::Checked checked = TRY(checked_of(setting, text, "segments"));
  const segment::Plan plan = TRY(segment::compile(checked.program, setting.zone));
  const segment::Bound bound = TRY(segment::Bound::bind(plan, setting.history));
  const segment::Evaluation found = segment::evaluate_all(bound, setting.as_of, kNever);
  Members out;
  // In the text's order: the program is ordered by use.
  for (const uint32_t given : checked.given) {
    if (given == UINT32_MAX || checked.program.definitions[given].kind != DefinitionKind::Segment) continue;
    const std::string& slug = checked.program.definitions[given].slug;
    for (size_t s = 0; s < plan.segments.size(); ++s) {
      if (plan.outputs[plan.segments[s]].slug != slug) continue;
      out.ids.push_back(slug);
      auto& members = out.members.emplace_back();
      for (uint32_t c = 0; c < setting.history.customers(); ++c)
        if (found.is_member(s, c)) members.push_back(c);
    }
  }
  return out;
}

Result<std::string> formatted(std::string_view text) {
  const language::Parsed parsed = language::parse_definitions(text);
  if (!parsed.ok()) return std::unexpected(language::error_of(parsed.diagnostics, text, "segments"));
  return language::print(parsed.definitions, parsed.last_note);
}

}  // namespace tessera::features
