#include "simulate/simulate.hpp"

#include <charconv>

#include "cli/command.hpp"
#include "core/json.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"--customers", "N", "How many customers (default: 10000)"},
    {"--segments", "K", "How many micro-segments to plant (default: 12)"},
    {"--preset", "NAME", "shop, clinic, bank or airline (default: shop)"},
    {"--events-per-customer", "N", "Average number of events a customer (default: 48)"},
    {"--out", "DIR", "Folder for events.jsonl, truth.csv and README.txt", Takes::One, true},
};

Result<int> run_simulate(const Context& context, const Arguments& given) {
  simulate::Options options;
  if (const auto count = TRY(given.whole("customers", 1, 100'000'000)))
    options.customers = static_cast<uint32_t>(*count);
  if (const auto count = TRY(given.whole("segments", 1, 100))) options.segments = static_cast<uint32_t>(*count);
  if (const auto name = given.text("preset")) options.preset = TRY(simulate::preset_named(*name));
  if (const auto count = TRY(given.whole("events-per-customer", 8, 1000)))
    options.events_per_customer = static_cast<double>(*count);
  options.seed = context.seed.value_or(1);
  const std::filesystem::path out = *given.text("out");
  const auto made = TRY(simulate::simulate(options, out, context.progress));
  context.progress.finish();
  if (context.format == Format::Json) {
    context.print(Json::object()
                      .set("customers", made.customers)
                      .set("odd", made.odd)
                      .set("events", made.events)
                      .set("bytes", made.bytes)
                      .set("from", text_of(made.from))
                      .set("as_of", text_of(made.as_of))
                      .set("out", out.string())
                      .dump(2));
    return 0;
  }
  context.print(fmt::format("{} events of {} customers and {} odd ones, {} to {}, in {}\n", made.events, made.customers,
                            made.odd, text_of(made.from), text_of(made.as_of), (out / "events.jsonl").string()));
  const auto import = try_command("import").argument((out / "events.jsonl").string()).option("--preset", "segment");
  const auto discover =
      try_command("discover").option("--as-of", text_of(made.as_of)).option("--out", (out / "report").string());
  context.print(fmt::format("Next:\n  {}\n  {}\n", context.line(import), context.line(discover)));
  return 0;
}

}  // namespace

std::span<const Command> simulate_rows() {
  static const Command kRows[] = {{"simulate", "Make a company with planted micro-segments", kOptions, run_simulate,
                                   Remote::Never, Needs::Open, "it writes files of gigabytes, and touches no record"}};
  return kRows;
}

}  // namespace tessera::cli
