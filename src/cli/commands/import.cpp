#include "ingest/import.hpp"

#include <iostream>

#include "cli/calling.hpp"
#include "cli/command.hpp"
#include "cli/remote.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"
#include "formats/presets.hpp"
#include "formats/rates_file.hpp"
#include "ingest/order_stream.hpp"
#include "ingest/row_stream.hpp"
#include "server/imports.hpp"
#include "store/record.hpp"
#include "store/record_currency.hpp"
#include "store/record_file.hpp"

namespace tessera::cli {

namespace {

constexpr Option kFile{"FILE", "FILE", "CSV, TSV, JSON lines or Parquet; gzip too. Several are joined on shared ids",
                       Takes::Many, true};
constexpr Option kRest[] = {
    {"--map", "MAP", "What is what: customer=CustomerID,time=InvoiceDate,amount=Total,email=..."},
    {"--dates", "ORDER", "dmy or mdy, for dates such as 03/04/2024"},
    {"--zone", "ZONE", "Zone of times that name none: UTC, Europe/London, ...; none = unknown"},
    {"--decimals", "MARK", "comma or point, where numbers such as 1,234 leave it open"},
    {"--currency", "CODE", "Currency of amounts that name none: EUR"},
    {"--rates", "FILE", "Dated rates by which other currencies are converted, as tessera currency takes them"},
    {"--country", "CODE", "Country of telephone numbers that name none, where no column says it: DE"},
    {"--delimiter", "CHAR", "Between fields: , ; | or tab (default: found)"},
    {"--encoding", "NAME", "utf-8 or windows-1252 (default: UTF-8, anything else is refused)"},
    {"--yes", "", "Take the proposed mapping without asking", Takes::Flag},
    {"--supplier", "NAME", "Third-party data: who it was had from; needs --supplied and --basis"},
    {"--supplied", "DATE", "Third-party data: when it was had, 2026-01-31"},
    {"--basis", "BASIS", "Third-party data: the legal basis, consent, contract, legitimate-interest or public"},
    {"--keep", "KINDS",
     "Odd values that are meant: negative-price, zero-price, future-time, blocked-id, unknown-status (comma-separated), or all. "
     "Without it an import that meets one is refused, unless the preset knows it"},
    {"--reject", "KINDS", "Odd values whose rows become rejects"},
    {"--status", "MEANINGS",
     "What statuses of orders mean that are not known: 'Trash=none,Awaiting stock=paid' (paid, pending, failed, "
     "cancelled, refunded, part-refunded or none)"},
};

std::vector<Option> make_options() {
  static const std::string kPresets = [] {
    std::vector<std::string> names;
    for (const formats::Preset& preset : formats::presets()) names.emplace_back(preset.name);
    return "A known export: " + join(names, ", ");
  }();
  std::vector<Option> out{kFile, {"--preset", "NAME", kPresets}};
  out.insert(out.end(), std::begin(kRest), std::end(kRest));
  return out;
}

std::optional<formats::Answer> ask_on_terminal(const std::string& text, const std::string& question) {
  std::cerr << text << (text.ends_with('\n') ? "" : "\n") << question << " [y/n] " << std::flush;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "y" || line == "Y" || line == "yes") return true;
    if (line == "n" || line == "N" || line == "no") return false;
    if (line.find('=') != std::string::npos || line.starts_with('-')) return formats::Answer(line);
    std::cerr << "y or n? " << std::flush;
  }
  return std::nullopt;
}

Result<formats::DateOrder> date_order(const std::string& text) {
  if (text == "dmy") return formats::DateOrder::DayMonth;
  if (text == "mdy") return formats::DateOrder::MonthDay;
  return usage(fmt::format("--dates takes dmy or mdy, not '{}'", text));
}

Result<formats::DecimalMark> decimal_mark(const std::string& text) {
  if (text == "comma") return formats::DecimalMark::Comma;
  if (text == "point") return formats::DecimalMark::Point;
  return usage(fmt::format("--decimals takes comma or point, not '{}'", text));
}

Result<formats::Encoding> encoding(const std::string& text) {
  if (text == "utf-8" || text == "utf8") return formats::Encoding::Utf8;
  if (text == "windows-1252" || text == "cp1252" || text == "latin1") return formats::Encoding::Windows1252;
  return usage(fmt::format("--encoding takes utf-8 or windows-1252, not '{}'", text));
}

Result<char> delimiter(const std::string& text) {
  if (text == "tab" || text == "\\t") return '\t';
  if (text.size() == 1) return text[0];
  return usage(fmt::format("--delimiter takes one character or 'tab', not '{}'", text));
}

// Who third-party data came from, all of it or nothing.
Result<std::optional<ingest::Supply>> supply_of(const Arguments& given) {
  const auto supplier = given.text("supplier"), supplied = given.text("supplied"), basis = given.text("basis");
  if (!supplier && !supplied && !basis) return std::nullopt;
  if (!supplier || !supplied || !basis || trim(*supplier).empty()) {
    return usage("third-party data needs all three: who it was had from, when, and on what legal basis",
                 try_again()
                     .blank_option("--supplier", "NAME")
                     .blank_option("--supplied", "2026-01-31")
                     .blank_option("--basis", "consent"));
  }
  return TRY(ingest::supply(*supplier, *supplied, *basis));
}

Result<ingest::ImportOptions> options_of(const Context& context, const Arguments& given) {
  ingest::ImportOptions out;
  out.preset = given.text("preset").value_or("");
  out.map = given.text("map").value_or("");
  out.yes = given.has("yes");
  if (const auto kinds = given.text("keep")) TRY(out.odd.say(*kinds, formats::OddRule::Keep));
  if (const auto kinds = given.text("reject")) TRY(out.odd.say(*kinds, formats::OddRule::Reject));
  if (const auto meanings = given.text("status")) TRY(out.statuses.say(*meanings));
  out.zone = given.text("zone");
  out.currency = given.text("currency").value_or("");
  if (const auto text = given.text("country")) out.country = TRY(ingest::country_given(*text));
  out.learnt = context.clock.now();
  out.supply = TRY(supply_of(given));

  if (const auto text = given.text("dates")) out.dates = TRY(date_order(*text));
  if (const auto text = given.text("decimals")) out.decimals = TRY(decimal_mark(*text));
  if (const auto text = given.text("encoding")) out.encoding = TRY(encoding(*text));
  if (const auto text = given.text("delimiter")) out.delimiter = TRY(delimiter(*text));
  return out;
}

Result<ingest::ImportReport> import_into(const Context& context, const Arguments& given,
                                         const ingest::ImportOptions& options) {
  auto record = TRY(store::Record::open(context.store, store::OpenMode::CreateIfMissing, context.clock));
  const formats::Asker asker = context.interactive ? formats::Asker(ask_on_terminal) : [](const auto&, const auto&) {
    return std::optional<formats::Answer>();
  };
  std::vector<Rates::Quote> rates;
  if (const auto file = given.text("rates")) rates = TRY(formats::read_rates(*file));
  auto report = TRY(ingest::import_files(*record, given.all("FILE"), options, asker, context.progress));
  if (!rates.empty()) TRY(store::put_rates(*record, rates, context.clock.now()));
  return report;
}

// The files are read and understood here; their rows are the server's then.
Result<ingest::ImportReport> import_there(const Context& context, const Arguments& given,
                                          const ingest::ImportOptions& options) {
  if (given.text("rates"))
    return usage(
        "a server reads amounts by the rates that the record had when it was started",
        try_command("currency").blank_option("--rates", "FILE").note("with --store FILE, while it is stopped"));
  const std::string import = hex_of(secret_bytes(8));
  const auto files = given.all("FILE");
  ingest::FarOrders orders([&](std::string body) {
    return ask_server(context, "POST", fmt::format("/api/v1/imports/{}/orders", import), std::move(body),
                      "application/json");
  });
  ingest::WireIntake intake(
      [&](std::string piece) -> Result<void> {
        TRY(ask_server(context, "POST", "/api/v1/imports?id=" + import, std::move(piece), server::kPieceType));
        return {};
      },
      [&](const Json& notes) -> Result<profiles::IntakeOutcome> {
        TRY(orders.send_versions());
        const Json body =
            Json::object().set("source", fmt::format("import of {}", join(files, ", "))).set("notes", notes);
        const auto answer = TRY(ask_server(context, "POST", fmt::format("/api/v1/imports/{}/end", import), body.dump(),
                                           "application/json"));
        return ingest::outcome_of(TRY(parse_json(answer, context.store)));
      });
  intake.ask_about_orders(orders);
  // Before hours of reading: is there a server, and may we?
  TRY(ask_server(context, "GET", "/api/v1/imports", {}, "application/json"));
  const formats::Asker asker = context.interactive ? formats::Asker(ask_on_terminal) : [](const auto&, const auto&) {
    return std::optional<formats::Answer>();
  };
  return ingest::import_into(intake, files, options, asker, context.progress);
}

Result<int> run_import(const Context& context, const Arguments& given) {
  const auto options = TRY(options_of(context, given));
  if (is_address(context.store)) {
    const auto report = TRY(import_there(context, given, options));
    context.progress.finish();
    context.print(context.format == Format::Json ? report.json().dump(2) : report.text());
    return 0;
  }
  const bool is_new = !std::filesystem::exists(context.store);
  const auto report = import_into(context, given, options);
  context.progress.finish();
  if (!report) {
    // A record that this import was to begin would be an empty one: nothing is left behind.
    std::error_code ignored;
    if (is_new) std::filesystem::remove(context.store, ignored);
    return std::unexpected(report.error());
  }
  context.print(context.format == Format::Json ? report->json().dump(2) : report->text());
  return 0;
}

}  // namespace

std::span<const Command> import_rows() {
  static const std::vector<Option> kOptions = make_options();
  static const Command kRows[] = {{"import", "Take files of events, orders or customers into the record", kOptions,
                                   run_import, Remote::Itself, Needs::Write}};
  return kRows;
}

}  // namespace tessera::cli
