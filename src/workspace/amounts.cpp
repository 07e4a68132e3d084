#include "workspace/amounts.hpp"

#include <algorithm>
#include <set>

#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "language/record_schema.hpp"
#include "profiles/currencies.hpp"
#include "profiles/home_amounts.hpp"
#include "profiles/load.hpp"
#include "segment/runnable.hpp"

namespace tessera::workspace {

namespace {

void add(std::set<profiles::MoneyWant>& wants, const segment::Plan& plan) {
  wants.merge(segment::money_wanted(plan));
}

// What is wrong in them is said by whoever asks them.
void add(std::set<profiles::MoneyWant>& wants, const std::string& text, const language::Schema& schema,
         const std::vector<language::Definition>& known) {
  language::Checked checked;
  if (auto asked = language::parse_expression(text); asked.ok())
    checked = language::check_expression(std::move(asked.expr), schema, known);
  else if (auto defined = language::parse_definitions(text); defined.ok())
    checked = language::check(std::move(defined.definitions), schema, known);
  if (!checked.ok()) return;
  if (const auto plan = segment::compile(checked.program)) add(wants, *plan);
}

}  // namespace

Result<profiles::History> load_to_report(store::Connection& connection, Instant known_at,
                                         const std::vector<language::Definition>& known,
                                         std::span<const std::string> texts) {
  auto history = TRY(profiles::load(connection, {}, known_at));
  const profiles::MoneyBook book = TRY(profiles::money_book(connection));
  if (book.home.empty()) return history;
  const language::Schema schema = schema_to_report(TRY(language::schema_of_record(connection)));
  std::set<profiles::MoneyWant> wants;
  if (const segment::Runnable runnable = segment::runnable(known, schema); runnable.plan) add(wants, *runnable.plan);
  for (const std::string& text : texts) add(wants, text, schema, known);
  profiles::read_in_home(history, std::vector<profiles::MoneyWant>(wants.begin(), wants.end()), book);
  return history;
}

std::string with_currency(std::string text, const language::Schema& schema) {
  if (schema.currency.empty() || schema.currency_is_set) return text;
  auto parsed = language::parse_definitions(text);
  if (!parsed.ok()) return text;  // whoever reads it says so
  const auto refused = language::check(parsed.definitions, schema).diagnostics;
  if (!language::has_errors(refused)) return text;
  for (language::Definition& one : parsed.definitions)
    if (one.currency.empty() && std::ranges::any_of(refused, [&](const language::Diagnostic& why) {
          return why.severity == language::Severity::Error && why.span.from >= one.span.from &&
                 why.span.from < one.span.to;
        }))
      one.currency = schema.currency;
  return language::print(parsed.definitions, parsed.last_note);
}

language::Schema schema_to_report(language::Schema schema) {
  schema.currency_is_set = true;
  return schema;
}

}  // namespace tessera::workspace
