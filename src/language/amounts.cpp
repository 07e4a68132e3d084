#include "language/amounts.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/currency.hpp"
#include "core/text.hpp"
#include "profiles/money_names.hpp"

namespace tessera::language {

namespace {

constexpr size_t kShownCurrencies = 6;  // those with the most events; of more it is said how many

const std::string* text_in(const Expr& expr) {
  const auto* literal = std::get_if<Literal>(&expr.node);
  return literal ? std::get_if<std::string>(&literal->value) : nullptr;
}

bool is_currency(const Expr& expr) {
  const auto* property = std::get_if<Property>(&expr.node);
  return property && property->name == profiles::kCurrencyProperty;
}

std::optional<std::string> equal_to(const Expr& a, const Expr& b) {
  const std::string* text = text_in(b);
  if (!is_currency(a) || !text) return std::nullopt;
  std::string named = currency_named(*text);
  return named.empty() ? std::nullopt : std::optional(std::move(named));
}

// By code: how many events.
std::map<std::string, uint64_t> currencies_of(const Schema& schema, const EventPattern& events,
                                              const std::string& property) {
  std::map<std::string, uint64_t> out;
  const auto has = [&](const Schema::Event& event) {
    return std::ranges::any_of(event.properties, [&](const auto& known) {
      return known.first == property || known.first.ends_with("." + property);
    });
  };
  const auto add = [&](const Schema::Event& event) {
    if (!has(event)) return;
    if (event.currencies.empty() && !schema.currency.empty()) out[schema.currency] += event.count;
    for (const auto& [code, count] : event.currencies) out[code.empty() ? schema.currency : code] += count;
  };
  for (const auto& [name, event] : schema.events)
    if (events.names.empty() ? profiles::is_counted(event.system) : std::ranges::count(events.names, name) > 0)
      add(event);
  return out;
}

}  // namespace

std::optional<std::string> currency_in(const Expr& where) {
  if (const auto* compare = std::get_if<Compare>(&where.node); compare && compare->op == CompareOp::Equal) {
    if (auto said = equal_to(compare->operands[0], compare->operands[1])) return said;
    return equal_to(compare->operands[1], compare->operands[0]);
  }
  if (const auto* in = std::get_if<In>(&where.node); in && !in->negated && in->operands.size() == 2)
    return equal_to(in->operands[0], in->operands[1]);
  const auto* logic = std::get_if<Logic>(&where.node);
  if (!logic || logic->op != LogicOp::And) return std::nullopt;
  for (const Expr& operand : logic->operands)
    if (auto said = currency_in(operand)) return said;
  return std::nullopt;
}

std::optional<Diagnostic> mixed_currencies(const Schema& schema, const EventPattern& events,
                                           const std::string& property, Span span) {
  const auto found = currencies_of(schema, events, property);
  if (found.size() < 2) return std::nullopt;
  std::vector<std::pair<std::string, uint64_t>> all(found.begin(), found.end());
  std::ranges::stable_sort(all, std::greater<>(), [](const auto& each) { return each.second; });
  std::string list;
  for (size_t i = 0; i < std::min(all.size(), kShownCurrencies); ++i) {
    list += fmt::format("{}{}", i == 0 ? "" : ", ", plain_line(all[i].first));
    if (all[i].second > 0) list += fmt::format(" ({})", grouped(static_cast<double>(all[i].second)));
  }
  if (all.size() > kShownCurrencies) list += fmt::format(" and {} more", all.size() - kShownCurrencies);
  const std::string home = plain_line(schema.currency);
  return Diagnostic{
      Severity::Error, span,
      fmt::format("{0} came in several currencies: {1}; say in which it is meant: segment \"...\" currency \"{2}\" = "
                  "..., or where currency = \"{2}\" with the event, or set the record's",
                  property, list, home),
      try_command("currency")
          .argument(home)
          .note("for the whole record; with --rates FILE the amounts of other currencies are converted")};
}

}  // namespace tessera::language
