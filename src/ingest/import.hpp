// Files in, events in the record, a report of everything that happened on the way.
//
//   open (bytes, csv, documents) -> look (profile) -> mean (presets, --map, guess) -> settle (plan) -> carry out (rows,
//   orders, segment_spec_events, ga4, mailchimp) -> commit
//
// Everything or nothing: all files of one call are one entry of the record. A file that cannot be understood is an
// error and changes nothing; a row that cannot be used is a reject, kept and counted; values that are hardly meant
// (formats/suspicious_values.hpp) stop it until they are said to be.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/progress.hpp"
#include "formats/csv.hpp"
#include "formats/guess.hpp"
#include "formats/order_status.hpp"
#include "formats/plan.hpp"
#include "formats/suspicious_values.hpp"
#include "ingest/findings.hpp"
#include "profiles/import_intake.hpp"

namespace tessera::store {
class Record;
}

namespace tessera::ingest {

// Where third-party data came from. Kept with the entry (tessera.entry.detail).
struct Supply {
  std::string supplier, supplied, basis;  // a name; a day; consent, contract, legitimate-interest or public
  Json json() const;
};
// Error of usage: no day, or no basis that is known.
Result<Supply> supply(std::string_view supplier, std::string_view supplied, std::string_view basis);

struct ImportOptions {
  std::string preset;             // empty: recognised or guessed
  std::string map;                // --map
  bool yes = false;               // takes the guess without asking
  formats::OddRules odd;          // what becomes of odd values, where the preset does not say it
  formats::StatusWords statuses;  // --status
  formats::DateOrder dates = formats::DateOrder::Unsaid;
  std::optional<std::string> zone;  // a tz name, or "none"
  std::optional<formats::DecimalMark> decimals;
  std::string currency;
  std::string country;  // of telephone numbers that name none: two letters; empty: not known
  std::optional<char> delimiter;
  formats::Encoding encoding = formats::Encoding::Auto;
  std::optional<Supply> supply;  // of third-party data
  Instant learnt;                // log time of the entry, and "now": later times are to come
};

// What --country says. Error: no country by this name.
Result<std::string> country_given(std::string_view text);

struct FileReport {
  std::string path, format;  // "csv", "json", "parquet"
  uint64_t rows = 0;
  formats::Mapping mapping;
  std::vector<std::string> notes;
};

struct ImportReport {
  Findings findings;
  uint64_t entry = 0, events_stored = 0, trait_facts = 0, duplicates = 0, customers = 0, new_customers = 0;
  Instant from = kNever, to = kEver;
  std::optional<Supply> supply;
  bool zone_known = true;
  std::vector<FileReport> files;
  std::map<std::string, uint64_t> inexact;        // values kept as received: property -> count
  std::map<std::string, std::string> classes;     // property -> class, those that have one
  std::vector<std::string> suspected_duplicates;  // a sentence each

  Json json() const;
  std::string text() const;
};

class OrderBook;

// Feeds one file into an intake; its orders are the book's, to be finished. Errors leave the intake to be dropped.
Result<void> feed_file(profiles::Intake& intake, const std::string& path, const ImportOptions& options,
                       const formats::Asker& asker, Progress& progress, OrderBook& orders, ImportReport& report);
// One file alone, into an intake that knows of no orders.
Result<void> feed_file(profiles::Intake& intake, const std::string& path, const ImportOptions& options,
                       const formats::Asker& asker, Progress& progress, ImportReport& report);

// Several of them; those that only together are a table are joined (joined_files.hpp).
Result<void> feed_files(profiles::Intake& intake, std::span<const std::string> paths, const ImportOptions& options,
                        const formats::Asker& asker, Progress& progress, OrderBook& orders, ImportReport& report);

// All files into this intake. What is known of the record alone (classes, suspected duplicates) is not in the report.
Result<ImportReport> import_into(profiles::ImportIntake& intake, std::span<const std::string> paths,
                                 const ImportOptions& options, const formats::Asker& asker, Progress& progress);
// What a server says of an import that has ended.
profiles::IntakeOutcome outcome_of(const Json& answer);

// All files into the record, as one entry. Remedies of errors say which option of the import helps.
Result<ImportReport> import_files(store::Record& record, std::span<const std::string> paths,
                                  const ImportOptions& options, const formats::Asker& asker, Progress& progress);

}  // namespace tessera::ingest
