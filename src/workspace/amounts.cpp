#include "workspace/amounts.hpp"

#include <algorithm>

#include "language/parse.hpp"
#include "language/print.hpp"
#include "language/record_schema.hpp"
#include "profiles/currencies.hpp"
#include "profiles/home_amounts.hpp"
#include "profiles/load.hpp"
#include "segment/runnable.hpp"

namespace tessera::workspace {

Result<profiles::History> load_to_report(store::Connection& connection, Instant known_at,
                                         const std::vector<language::Definition>& known) {
  auto history = TRY(profiles::load(connection, {}, known_at));
  const profiles::MoneyBook book = TRY(profiles::money_book(connection));
  if (book.home.empty()) return history;
  const language::Schema schema = schema_to_report(TRY(language::schema_of_record(connection)));
  const segment::Runnable runnable = segment::runnable(known, schema);
  std::vector<profiles::MoneyWant> wants;
  if (runnable.plan)
    for (const profiles::MoneyWant& want : segment::money_wanted(*runnable.plan)) wants.push_back(want);
  profiles::read_in_home(history, wants, book);
  return history;
}

std::string currency_to_say(const language::Schema& schema) {
  if (schema.currency_is_set) return {};
  const auto is_other = [&](const auto& named) { return !named.first.empty() && named.first != schema.currency; };
  const bool are_several = std::ranges::any_of(
      schema.events, [&](const auto& event) { return std::ranges::any_of(event.second.currencies, is_other); });
  return are_several ? schema.currency : "";
}

std::string with_currency(std::string text, const std::string& currency) {
  if (currency.empty()) return text;
  auto parsed = language::parse_definitions(text);
  if (!parsed.ok()) return text;  // whoever reads it says so
  for (language::Definition& one : parsed.definitions)
    if (one.currency.empty()) one.currency = currency;
  return language::print(parsed.definitions, parsed.last_note);
}

language::Schema schema_to_report(language::Schema schema) {
  schema.currency_is_set = true;
  return schema;
}

}  // namespace tessera::workspace
