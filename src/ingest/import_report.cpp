#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"
#include "ingest/import.hpp"
#include "ingest/money_report.hpp"
#include "ingest/order_book.hpp"
#include "privacy/classes.hpp"
#include "profiles/intake.hpp"
#include "profiles/people.hpp"
#include "store/record.hpp"
#include "store/record_file.hpp"

namespace tessera::ingest {
namespace {

// What a reason means and what helps. Codes not here (the readers' own) speak for themselves.
struct Reason {
  std::string_view code, says;
};
constexpr Reason kReasons[] = {
    {"field-count", "the row has more or fewer fields than the header"},
    {"broken-quotes", "text follows a closing quote"},
    {"invalid-utf8", "not UTF-8"},
    {"invalid-json", "not JSON"},
    {"bad-time", "the time cannot be read; --dates dmy or mdy, if the column mixes forms"},
    {"no-time", "an event without a time"},
    {"bad-number",
     "a quantity, price, amount or number of the order is none; --decimals comma or point, if marks were taken for "
     "others"},
    {"number-out-of-range", "a quantity, price, amount or number of the order beyond 10^12 or finer than a millionth"},
    {"no-event-name", "a row that does not say what happened"},
    {"long-event-name", "an event name of more than 200 bytes"},
    {"no-user", "a call without userId and anonymousId"},
    {"unknown-type", "a call of no known type"},
    {"too-large", "a call of more than 32 KB; the Segment API refuses them too"},
    {"bad-email", "not an address: not used to tell who it is"},
    {"long-id", "an id of more than 500 bytes is taken as no customer"},
    {"order-rejected", "another row of the order is a reject that says something of the whole order"},
    {"no-order", "rows of orders that are none, by their status: left out"},
    {"unknown-zone", "a zone not known: such times are rejects; --zone says one for all"},
    {"unnamed-column", "a column without a name in the header is left out; --map takes it by the name shown"},
    {"phone-without-country",
     "a number whose country nobody says joins nobody; --country DE, or a column with the country"},
    {"inexact-total", "a total finer than a millionth: kept as received, not summed"},
    {"deep-object", "nested more than 5 levels deep: kept as received"},
};

std::string_view meaning_of(std::string_view code) {
  for (const Reason& reason : kReasons) {
    if (reason.code == code) return reason.says;
  }
  for (const formats::Odd kind : formats::kOddValues) {
    if (formats::code_of(kind) == code) return meaning_of(kind);
  }
  return {};
}

Json places_of(const std::map<std::string, Tally>& tallies) {
  Json out = Json::object();
  for (const auto& [reason, tally] : tallies) {
    out.set(reason, Json::object()
                        .set("count", tally.count)
                        .set("first_file", tally.file)
                        .set("first_line", tally.line)
                        .set("first_value", repair_utf8(tally.value)));
  }
  return out;
}

std::string lines_of(const std::map<std::string, Tally>& tallies) {
  std::string out;
  for (const auto& [reason, tally] : tallies) {
    out += fmt::format("  {:>10}  {:<20} first {}:{}{}{}\n", tally.count, reason, tally.file, tally.line,
                       tally.value.empty() ? "" : fmt::format(": '{}'", repair_utf8(tally.value.substr(0, 60))),
                       meaning_of(reason).empty() ? "" : fmt::format("\n              {}", meaning_of(reason)));
  }
  return out;
}

std::string without_last_break(std::string lines) {
  if (!lines.empty()) lines.pop_back();
  return lines;
}

const Tally* first_of(const Findings& findings) {
  for (const auto* tallies : {&findings.rejects, &findings.odd, &findings.warnings}) {
    if (!tallies->empty()) return &tallies->begin()->second;
  }
  return nullptr;
}

// A file of which no row became anything is not understood, whatever the reasons of its rows.
Result<void> refuse_useless(const ImportReport& report, std::span<const std::string> paths) {
  const Findings& findings = report.findings;
  const Tally* first = first_of(findings);
  const std::string place = first ? fmt::format("{}:{}", first->file, first->line) : paths.front();
  if (findings.rows_used > 0) return {};
  std::string message = fmt::format("none of its {} rows can be used", findings.rows_read);
  if (findings.rows_without_customer > 0)
    message += fmt::format("; {} say no customer", findings.rows_without_customer);
  if (first) {
    message +=
        ":\n" + without_last_break(lines_of(findings.rejects) + lines_of(findings.odd) + lines_of(findings.warnings));
  }
  return fail(message, place, formats::look_and_say(paths.front(), "customer=COLUMN,time=COLUMN,..."));
}

// What lets the odd values through. A status that nobody knows is never let through as something that it may not be:
// orders under it are left out, and the note says how to say what it means.
Remedy keep_odd(const Findings& findings, formats::OddRules kept, const ImportOptions& options) {
  const bool has_statuses = findings.odd.contains(std::string(formats::code_of(formats::Odd::UnknownStatus)));
  if (has_statuses) kept.set(formats::Odd::UnknownStatus, options.odd.of(formats::Odd::UnknownStatus));
  Remedy remedy = try_again();
  const std::string kinds = kept.codes(formats::OddRule::Keep);
  if (!kinds.empty()) remedy = std::move(remedy).option("--keep", kinds);
  if (!has_statuses) return std::move(remedy).note("or --reject, for the kinds whose rows to leave out");
  if (findings.unknown_statuses.size() >= kMostStatusesNamed) {
    return std::move(remedy)
        .option("--reject", std::string(formats::code_of(formats::Odd::UnknownStatus)))
        .note("or another column for status=, this one has many different values");
  }
  const std::vector<std::string> unknown(findings.unknown_statuses.begin(), findings.unknown_statuses.end());
  const std::string said = options.statuses.text();
  return std::move(remedy)
      .option("--status", said + (said.empty() ? "" : ",") + formats::statuses_left_out(unknown))
      .note(fmt::format("or what each means: {}", formats::meanings_of_status()));
}

// Values that are hardly meant stop the import, unless somebody is there and says that they are.
Result<void> refuse_odd(Findings& findings, const ImportOptions& options, const formats::Asker& asker) {
  if (findings.odd.empty()) return {};
  const std::string found = without_last_break(lines_of(findings.odd));
  const auto answer = asker && !options.yes ? asker("odd values:\n" + found, "Keep them?") : std::nullopt;
  if (answer && answer->is_yes) {
    findings.warnings.merge(findings.odd);
    return {};
  }
  formats::OddRules kept = options.odd;
  for (const formats::Odd kind : formats::kOddValues) {
    if (findings.odd.contains(std::string(formats::code_of(kind)))) kept.set(kind, formats::OddRule::Keep);
  }
  const Tally* first = &findings.odd.begin()->second;
  for (const auto& [kind, tally] : findings.odd) {
    if (tally.file == first->file && tally.line < first->line) first = &tally;
  }
  return fail("not imported: these values are odd, and nobody has said that they are meant:\n" + found,
              fmt::format("{}:{}", first->file, first->line), keep_odd(findings, kept, options));
}

// What the record keeps beside the rows: whether the hours of the day mean anything, and the counts of this import.
void note_entry(profiles::ImportIntake& intake, const ImportReport& report) {
  intake.note("zone_known", report.zone_known);
  if (report.supply) intake.note("third_party", report.supply->json());
  intake.note("rows_read", report.findings.rows_read);
  intake.note("rows_rejected", report.findings.rejected());
  intake.note("rows_without_customer", report.findings.rows_without_customer);
}

}  // namespace

Json ImportReport::json() const {
  Json rejects = Json::object(), first_lines = Json::object();
  for (const auto& [reason, tally] : findings.rejects) rejects.set(reason, tally.count);
  Json out = Json::object();
  out.set("rows_read", findings.rows_read)
      .set("rows_rejected", findings.rejected())
      .set("rejects", std::move(rejects))
      .set("rows_without_customer", findings.rows_without_customer)
      .set("events_stored", events_stored)
      .set("duplicates", duplicates)
      .set("customers", customers)
      .set("from", from == kNever ? Json() : Json(text_of(from)))
      .set("to", to == kEver ? Json() : Json(text_of(to)))
      .set("new_customers", new_customers)
      .set("trait_facts", trait_facts)
      .set("zone_known", zone_known)
      .set("reject_places", places_of(findings.rejects))
      .set("warnings", places_of(findings.warnings));
  Json all = Json::array();
  for (const FileReport& file : files) {
    Json notes = Json::array();
    for (const std::string& note : file.notes) notes.add(note);
    all.add(Json::object()
                .set("file", file.path)
                .set("format", file.format)
                .set("rows", file.rows)
                .set("mapping", file.mapping.json())
                .set("notes", std::move(notes)));
  }
  Json classed = Json::object(), kept = Json::object(), suspected = Json::array();
  for (const auto& [property, kind] : classes) classed.set(property, kind);
  for (const auto& [property, count] : inexact) kept.set(property, count);
  for (const std::string& sentence : suspected_duplicates) suspected.add(sentence);
  if (supply) out.set("third_party", supply->json());
  return out.set("files", std::move(all))
      .set("property_classes", std::move(classed))
      .set("inexact", std::move(kept))
      .set("suspected_duplicates", std::move(suspected))
      .set("money", money_json(findings));
}

std::string ImportReport::text() const {
  std::string out;
  for (const FileReport& file : files) {
    out += fmt::format("{} ({}, {} rows{})\n", file.path, file.format, file.rows,
                       file.mapping.preset.empty() ? "" : ", " + file.mapping.preset);
    for (const std::string& note : file.notes) out += fmt::format("  {}\n", note);
  }
  if (supply)
    out += fmt::format("  third-party data: of {}, had on {}, on the basis of {}\n", supply->supplier, supply->supplied,
                       supply->basis);
  out += fmt::format("{:>12}  rows read\n{:>12}  events stored\n", findings.rows_read, events_stored);
  if (duplicates > 0) out += fmt::format("{:>12}  known already (imported before)\n", duplicates);
  out += fmt::format("{:>12}  customers", customers);
  out += fmt::format(", {} of them new\n", new_customers);
  if (findings.rows_without_customer > 0) {
    out += fmt::format("{:>12}  rows without a customer, counted and left out\n", findings.rows_without_customer);
  }
  if (from != kNever) out += fmt::format("{:>12}  {} to {}\n", "", text_of(from), text_of(to));
  if (findings.rejected() > 0) {
    out += fmt::format("{:>12}  rows rejected, kept in tessera.reject:\n{}", findings.rejected(),
                       lines_of(findings.rejects));
  }
  out += money_text(findings);
  if (!findings.warnings.empty()) out += "worth a look:\n" + lines_of(findings.warnings);
  for (const auto& [property, count] : inexact) {
    out += fmt::format("  {:>10}  values of {} kept as received: no exact number\n", count, property);
  }
  if (!classes.empty()) {
    out += "personal data, by class:\n";
    std::map<std::string, std::string> by_class;
    for (const auto& [property, kind] : classes) by_class[kind] += (by_class[kind].empty() ? "" : ", ") + property;
    for (const auto& [kind, properties] : by_class) out += fmt::format("  {:<12} {}\n", kind, properties);
  }
  if (!suspected_duplicates.empty()) {
    out += "perhaps the same person twice:\n";
    for (size_t i = 0; i < std::min<size_t>(suspected_duplicates.size(), 10); ++i)
      out += "  " + suspected_duplicates[i] + "\n";
    if (suspected_duplicates.size() > 10) out += fmt::format("  and {} more\n", suspected_duplicates.size() - 10);
  }
  return out;
}

namespace {

Result<ImportReport> import_all(profiles::ImportIntake& intake, std::span<const std::string> paths,
                                const ImportOptions& options, const formats::Asker& asker, Progress& progress,
                                bool classes) {
  ImportReport report;
  report.supply = options.supply;
  OrderBook orders(&intake.orders(), report.findings);
  TRY(feed_files(intake, paths, options, asker, progress, orders, report));
  TRY(orders.finish());
  TRY(refuse_useless(report, paths));
  TRY(refuse_odd(report.findings, options, asker));
  note_entry(intake, report);
  const auto class_new_properties = [&report](store::Connection& connection) -> Result<void> {
    report.classes = TRY(privacy::class_properties(connection));
    return {};
  };
  const profiles::IntakeOutcome outcome =
      TRY(intake.commit(progress, classes ? profiles::ImportIntake::Finally(class_new_properties) : nullptr));
  report.entry = outcome.entry;
  report.events_stored = outcome.stored;
  report.trait_facts = outcome.trait_facts;
  // Of events alone, as events_stored is: what was put down and not stored was there.
  report.duplicates =
      report.findings.rows_used - report.findings.facts_used - outcome.stored + report.findings.orders_known;
  report.customers = outcome.customers;
  report.new_customers = outcome.new_customers;
  report.from = outcome.from;
  report.to = outcome.to;
  report.inexact = outcome.inexact;
  return report;
}

Result<ImportReport> import_to_record(store::Record& record, std::span<const std::string> paths,
                                      const ImportOptions& options, const formats::Asker& asker, Progress& progress) {
  auto intake = TRY(profiles::begin_intake(record,
                                           {.description = fmt::format("import of {}", join(paths, ", ")),
                                            .files = {paths.begin(), paths.end()},
                                            .preset = options.preset},
                                           options.learnt));
  ImportReport report = TRY(import_all(*intake, paths, options, asker, progress, true));
  intake.reset();
  for (const auto& pair : TRY(profiles::suspected_duplicates(record.connection()))) {
    report.suspected_duplicates.push_back(
        fmt::format("{} and {} (through {} and {})", pair.user_a, pair.user_b, pair.through_a, pair.through_b));
  }
  progress.finish();
  return report;
}

}  // namespace

Result<ImportReport> import_files(store::Record& record, std::span<const std::string> paths,
                                  const ImportOptions& options, const formats::Asker& asker, Progress& progress) {
  if (paths.empty()) return usage("no file named", try_command("import").blank("FILE"));
  return import_to_record(record, paths, options, asker, progress);
}

Result<ImportReport> import_into(profiles::ImportIntake& intake, std::span<const std::string> paths,
                                 const ImportOptions& options, const formats::Asker& asker, Progress& progress) {
  return import_all(intake, paths, options, asker, progress, false);
}

profiles::IntakeOutcome outcome_of(const Json& answer) {
  const auto count = [&](std::string_view name) {
    const Json* found = answer.find(name);
    return found ? static_cast<uint64_t>(found->number_or(0)) : uint64_t{0};
  };
  return {.entry = count("entry"),
          .stored = count("stored"),
          .trait_facts = count("trait_facts"),
          .duplicates = count("duplicates"),
          .customers = count("customers"),
          .new_customers = count("new_customers"),
          .rejects = count("rejects")};
}

}  // namespace tessera::ingest
