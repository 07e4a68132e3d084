// The currency of a record, and the rates by which amounts of others are converted.
#include "core/currency.hpp"

#include "cli/command.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "formats/rates_file.hpp"
#include "profiles/currencies.hpp"
#include "store/record_currency.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"CURRENCY", "CURRENCY", "The currency from now on, such as EUR; leave it out to see which it is"},
    {.name = "--rates",
     .value = "FILE",
     .help =
         "Dated rates in the layout of the European Central Bank (eurofxref-hist.csv): days that are there are replaced"}};

std::string text_of(const profiles::MoneyBook& book, const profiles::CurrenciesNamed& named,
                    const store::RatesKept& rates) {
  std::string out = book.home.empty() ? "none: no event names a currency\n"
                                      : fmt::format("{}{}\n", plain_line(book.home),
                                                    book.is_set ? "" : ", which the first event to name one names");
  for (const auto& [event, codes] : named)
    for (const auto& [code, count] : codes)
      out += fmt::format("  {}: {} in {}\n", plain_line(event), grouped(static_cast<double>(count)),
                         code.empty() ? "none, so in the record's" : plain_line(code));
  if (rates.rates > 0)
    out += fmt::format("rates of {} currencies from {} to {}\n", rates.currencies, rates.from, rates.to);
  out.pop_back();
  return out;
}

Json json_of(const profiles::MoneyBook& book, const profiles::CurrenciesNamed& named, const store::RatesKept& rates) {
  Json events = Json::array();
  for (const auto& [event, codes] : named)
    for (const auto& [code, count] : codes)
      events.add(
          Json::object().set("event", event).set("currency", code.empty() ? Json() : Json(code)).set("events", count));
  Json kept = Json::object();
  kept.set("rates", rates.rates).set("currencies", rates.currencies);
  kept.set("from", rates.from.empty() ? Json() : Json(rates.from))
      .set("to", rates.to.empty() ? Json() : Json(rates.to));
  return Json::object()
      .set("currency", book.home.empty() ? Json() : Json(book.home))
      .set("is_set", book.is_set)
      .set("amounts", std::move(events))
      .set("rates", std::move(kept));
}

Result<int> run_currency(const Context& context, const Arguments& given) {
  const auto name = given.text("CURRENCY"), file = given.text("rates");
  const bool changes = name || file;
  auto record = TRY(context.world.open_record(changes ? store::OpenMode::MustExist : store::OpenMode::ReadOnly));
  if (changes && context.world.server())
    return usage("a server reads amounts by the currency and rates that the record had when it was started",
                 "stop it, set them with --store FILE, and start it again");
  const auto code = name ? currency_code(*name) : std::nullopt;
  if (name && !code) return usage(fmt::format("'{}' is no code of a currency, such as EUR", plain_line(*name)));
  if (file) TRY(store::put_rates(*record, TRY(formats::read_rates(*file)), context.clock.now()));
  if (code) TRY(store::set_currency(*record, *code, context.clock.now()));
  const auto book = TRY(profiles::home_of(record->connection()));
  const auto named = TRY(profiles::currencies_named(record->connection()));
  const auto rates = TRY(store::rates_kept(record->connection()));
  context.print(context.format == Format::Json ? json_of(book, named, rates).dump(2) : text_of(book, named, rates));
  return 0;
}

}  // namespace

std::span<const Command> currency_rows() {
  static const Command kRows[] = {{"currency",
                                   "In which currency amounts are read, for the record; and rates to convert others by",
                                   kOptions, run_currency, Remote::There, Needs::Write}};
  return kRows;
}

}  // namespace tessera::cli
