#include <fmt/format.h>

#include "core/text.hpp"
#include "ingest/import.hpp"
#include "privacy/classes.hpp"
#include "profiles/intake.hpp"
#include "profiles/people.hpp"
#include "store/record.hpp"

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
     "the quantity, price or amount is no number; --decimals comma or point, if marks were taken for others"},
    {"number-out-of-range", "a quantity, price or amount beyond 10^12 or finer than a millionth"},
    {"no-event-name", "a row that does not say what happened"},
    {"long-event-name", "an event name of more than 200 bytes"},
    {"no-user", "a call without userId and anonymousId"},
    {"unknown-type", "a call of no known type"},
    {"too-large", "a call of more than 32 KB; the Segment API refuses them too"},
    {"negative-price", "prices below zero are kept as they are"},
    {"zero-price", "prices of zero are kept as they are"},
    {"future-time", "times to come are kept, and count when their time comes"},
    {"blocked-id", "ids that stand for nobody (0, -1, guest ...) are taken as no customer"},
    {"bad-email", "not an address: not used to tell who it is"},
    {"long-id", "an id of more than 500 bytes is taken as no customer"},
    {"unknown-status", "a status not known: the order is taken as completed"},
    {"unknown-zone", "a zone not known: its times are read as UTC"},
    {"inexact-total", "a total finer than a millionth: kept as received, not summed"},
    {"deep-object", "nested more than 5 levels deep: kept as received"},
};

std::string_view meaning_of(std::string_view code) {
  for (const Reason& reason : kReasons) {
    if (reason.code == code) return reason.says;
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

// Every finding as one error, for --strict and for files of which nothing could be used.
std::string all_findings(const ImportReport& report) {
  std::string out = lines_of(report.findings.rejects) + lines_of(report.findings.warnings);
  if (!out.empty()) out.pop_back();
  return out;
}

const Tally* first_of(const Findings& findings) {
  for (const auto* tallies : {&findings.rejects, &findings.warnings}) {
    if (!tallies->empty()) return &tallies->begin()->second;
  }
  return nullptr;
}

// A file of which no row became anything is not understood, whatever the reasons of its rows.
Result<void> refuse_useless(const ImportReport& report, const ImportOptions& options,
                            std::span<const std::string> paths) {
  const Findings& findings = report.findings;
  const Tally* first = first_of(findings);
  const std::string place = first ? fmt::format("{}:{}", first->file, first->line) : paths.front();
  if (options.strict && first) {
    return fail("not imported, because --strict was said and there is something to look at:\n" + all_findings(report),
                place, fmt::format("tessera import '{}'   # without --strict", join(paths, "' '")));
  }
  if (findings.rows_used > 0) return {};
  std::string message = fmt::format("none of its {} rows can be used", findings.rows_read);
  if (findings.rows_without_customer > 0)
    message += fmt::format("; {} say no customer", findings.rows_without_customer);
  if (first) message += ":\n" + all_findings(report);
  return fail(message, place, fmt::format("tessera import '{}' --map customer=COLUMN,time=COLUMN,...", paths.front()));
}

// What the record keeps beside the rows: whether the hours of the day mean anything, and the counts of this import.
void note_entry(profiles::Intake& intake, const ImportReport& report) {
  intake.note("zone_known", report.zone_known);
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
  return out.set("files", std::move(all))
      .set("property_classes", std::move(classed))
      .set("inexact", std::move(kept))
      .set("suspected_duplicates", std::move(suspected));
}

std::string ImportReport::text() const {
  std::string out;
  for (const FileReport& file : files) {
    out += fmt::format("{} ({}, {} rows{})\n", file.path, file.format, file.rows,
                       file.mapping.preset.empty() ? "" : ", " + file.mapping.preset);
    for (const std::string& note : file.notes) out += fmt::format("  {}\n", note);
  }
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

Result<ImportReport> import_all(store::Record& record, std::span<const std::string> paths, const ImportOptions& options,
                                const Asker& asker, Progress& progress) {
  if (paths.empty()) return usage("no file named", "tessera import orders.csv");
  ImportReport report;
  auto intake = TRY(profiles::begin_intake(record,
                                           {.description = fmt::format("import of {}", join(paths, ", ")),
                                            .files = {paths.begin(), paths.end()},
                                            .preset = options.preset},
                                           options.learnt));
  for (const std::string& path : paths) TRY(feed_file(*intake, path, options, asker, progress, report));
  TRY(refuse_useless(report, options, paths));
  note_entry(*intake, report);
  const profiles::IntakeOutcome outcome = TRY(intake->commit(progress));
  intake.reset();
  report.entry = outcome.entry;
  report.events_stored = outcome.stored;
  report.trait_facts = outcome.trait_facts;
  // Of events alone, as events_stored is: what was put down and not stored was there.
  report.duplicates = report.findings.rows_used - report.findings.facts_used - outcome.stored;
  report.customers = outcome.customers;
  report.new_customers = outcome.new_customers;
  report.from = outcome.from;
  report.to = outcome.to;
  report.inexact = outcome.inexact;
  report.classes = TRY(privacy::class_properties(record));
  for (const auto& pair : TRY(profiles::suspected_duplicates(record.connection()))) {
    report.suspected_duplicates.push_back(
        fmt::format("{} and {} (through {} and {})", pair.user_a, pair.user_b, pair.through_a, pair.through_b));
  }
  progress.finish();
  return report;
}

// "tessera import 'a.csv' --dates dmy   # or mdy" becomes the user's own command line with the flag added.
std::string whole_remedy(const std::string& remedy, std::span<const std::string> paths, ImportOptions options) {
  constexpr std::string_view kStart = "tessera import '";
  const size_t end = remedy.starts_with(kStart) ? remedy.find('\'', kStart.size()) : std::string::npos;
  if (end == std::string::npos || remedy.compare(end, 3, "'/*") == 0) return remedy;
  const std::string flags = remedy.substr(end + 1);
  // A flag that is given anew must not stand twice.
  const auto anew = [&flags](std::string_view flag) { return flags.find(flag) != std::string::npos; };
  if (anew("--preset ") || anew("--map ") || anew("without --preset")) options.preset.clear(), options.map.clear();
  if (anew("--dates ")) options.dates = DateOrder::Unsaid;
  if (anew("--zone ")) options.zone.reset();
  if (anew("--delimiter ")) options.delimiter.reset();
  if (anew("--encoding ")) options.encoding = Encoding::Auto;
  if (anew("--yes")) options.yes = false;
  if (anew("without --strict")) options.strict = false;
  return options.command(paths) + flags;
}

}  // namespace

std::string ImportOptions::command(std::span<const std::string> paths) const {
  std::string out = program + " import";
  for (const std::string& path : paths) out += fmt::format(" '{}'", path);
  const auto add = [&out](std::string_view flag, std::string_view value) {
    if (!value.empty()) out += fmt::format(" {} '{}'", flag, value);
  };
  add("--preset", preset);
  if (!map.empty())
    out += fmt::format(" --map {}", map.find('\'') == std::string::npos ? "'" + map + "'" : "\"" + map + "\"");
  if (yes) out += " --yes";
  if (strict) out += " --strict";
  if (dates != DateOrder::Unsaid) out += dates == DateOrder::DayMonth ? " --dates dmy" : " --dates mdy";
  add("--zone", zone.value_or(""));
  if (decimals) out += *decimals == DecimalMark::Comma ? " --decimals comma" : " --decimals point";
  add("--currency", currency);
  if (delimiter) add("--delimiter", *delimiter == '\t' ? "tab" : std::string(1, *delimiter));
  if (encoding != Encoding::Auto) out += encoding == Encoding::Utf8 ? " --encoding utf-8" : " --encoding windows-1252";
  return out;
}

Result<ImportReport> import_files(store::Record& record, std::span<const std::string> paths,
                                  const ImportOptions& options, const Asker& asker, Progress& progress) {
  auto report = import_all(record, paths, options, asker, progress);
  if (!report) report.error().remedy = whole_remedy(report.error().remedy, paths, options);
  return report;
}

}  // namespace tessera::ingest
