#include "ingest/import.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"
#include "formats/documents.hpp"
#include "formats/presets.hpp"
#include "ingest/document_normalisers.hpp"
#include "ingest/order_book.hpp"
#include "ingest/rows.hpp"
#include "profiles/intake.hpp"

namespace tessera::ingest {
namespace {

enum class Format { Csv, Json, Parquet };

constexpr std::string_view kFormatNames[] = {"csv", "json", "parquet"};
constexpr size_t kMostUnmapped = 1000;  // columns of a table that is imported without --map

struct Input {
  formats::OpenFile file;
  Format format = Format::Csv;
};

Result<Input> examine(const std::string& path) {
  Input input{.file = TRY(formats::examine_file(path))};
  if (input.file.kind == formats::FileKind::Parquet) {
    input.format = Format::Parquet;
    return input;
  }
  auto source = TRY(formats::open_bytes(input.file));
  std::string head;
  TRY(source->read(head, 4096));
  if (head.starts_with("\xEF\xBB\xBF")) head.erase(0, 3);
  const std::string_view text = trim(head);
  if (text.starts_with("{") || text.starts_with("[")) input.format = Format::Json;
  return input;
}

formats::RejectSink ignore_rejects() {
  return [](formats::Malformed) {};
}

Result<std::unique_ptr<formats::DocumentReader>> open_documents(const Input& input, formats::RejectSink rejects) {
  if (input.format == Format::Parquet) return formats::open_parquet(input.file);
  return formats::open_json(input.file, std::move(rejects));
}

Result<std::unique_ptr<formats::RowReader>> open_rows(const Input& input, const ImportOptions& options,
                                                      formats::RejectSink rejects) {
  if (input.format != Format::Csv) {
    return formats::rows_of_documents(TRY(open_documents(input, std::move(rejects))), input.file.path);
  }
  return formats::open_csv(input.file, {.delimiter = options.delimiter, .encoding = options.encoding},
                           std::move(rejects));
}

// Tells the progress every few thousand rows.
class Meter {
 public:
  Meter(Progress& progress, const Input& input)
      : progress_(progress), what_("reading " + input.file.path), size_(input.file.size) {}
  template <typename Reader>
  void row(const Reader& reader) {
    if (++rows_ % 8192 == 0) progress_.step(what_, reader.consumed(), size_);
  }

 private:
  Progress& progress_;
  std::string what_;
  uint64_t size_, rows_ = 0;
};

std::string_view document_preset(std::string_view named, const formats::JsonDocument& first) {
  for (const formats::Preset& preset : formats::presets()) {
    if (preset.name == named && preset.shape != formats::PresetShape::Table) return preset.name;
  }
  return named.empty() ? recognise_document(first) : std::string_view();
}

// Nested documents: Segment, GA4, Mailchimp. False where the file is none of them.
Result<bool> feed_documents(NormaliserContext& context, const Input& input, const ImportOptions& options,
                            Progress& progress, FileReport& report) {
  if (input.format == Format::Csv || !options.map.empty()) return false;
  formats::JsonDocument document;
  uint64_t line = 0;
  std::string_view raw;
  std::string_view preset;
  {
    auto first = TRY(open_documents(input, ignore_rejects()));
    preset = options.preset;
    if (TRY(first->next(document, line, raw))) preset = document_preset(options.preset, document);
  }
  std::unique_ptr<DocumentNormaliser> normaliser;
  if (preset == "segment") normaliser = make_segment_normaliser(context);
  if (preset == "ga4") normaliser = make_ga4_normaliser(context);
  if (preset == "mailchimp-activity") normaliser = make_mailchimp_normaliser(context);
  if (!normaliser) return false;
  report.mapping.preset = preset;
  context.odd = options.odd.or_keep(formats::odd_values_of(preset));
  if (options.preset.empty()) report.notes.push_back(fmt::format("recognised as preset {}", preset));

  auto reader = TRY(open_documents(input, [&](formats::Malformed bad) {
    ++context.findings.rows_read;
    context.findings.reject(context.intake, bad.reason, context.file, bad.line, bad.value, bad.row);
  }));
  Meter meter(progress, input);
  while (TRY(reader->next(document, line, raw))) {
    ++context.findings.rows_read;
    TRY(normaliser->add(document, line, raw));
    meter.row(*reader);
  }
  return true;
}

// Whether day or month comes first may show on row 3,000,000: before asking, the whole column is read.
Result<void> settle_day_and_month(const Input& input, const ImportOptions& options, const formats::Mapping& mapping,
                                  formats::TableProfile& profile) {
  if (options.dates != formats::DateOrder::Unsaid || profile.rows < formats::kSampleRows) return {};
  const formats::Binding* time = mapping.find(formats::Role::Time);
  for (size_t i = 0; time && i < profile.columns.size(); ++i) {
    formats::TimeEvidence& times = profile.columns[i].times;
    const bool is_slashed = times.reads[static_cast<size_t>(formats::TimeForm::DayMonth)] > 0;
    if (profile.columns[i].name != time->column || !is_slashed || times.day_first + times.month_first > 0) continue;
    auto reader = TRY(open_rows(input, options, ignore_rejects()));
    formats::Row row;
    while (TRY(reader->next(row))) {
      const bool day = formats::parse_time(row.at(i).text, formats::TimeForm::DayMonth).has_value();
      const bool month = formats::parse_time(row.at(i).text, formats::TimeForm::MonthDay).has_value();
      times.day_first += day && !month ? 1 : 0;
      times.month_first += month && !day ? 1 : 0;
    }
  }
  return {};
}

// A table of one column was most likely cut by the wrong mark.
std::unexpected<Error> one_column(const formats::TableProfile& profile, const Input& input,
                                  const ImportOptions& options) {
  const std::string& name = profile.columns[0].name;
  Remedy remedy = try_shell("tr -s ' ' ',' <")
                      .argument(input.file.path)
                      .raw(">")
                      .argument(input.file.path + ".csv")
                      .note("if blanks separate the columns");
  for (const char mark : {',', ';', '\t', '|', ':', '#', '/'}) {
    if (options.delimiter && *options.delimiter == mark) continue;
    if (name.find(mark) == std::string::npos) continue;
    remedy = try_again().option("--delimiter", mark == '\t' ? "tab" : std::string(1, mark));
    break;
  }
  return fail(fmt::format("has one column only, '{}'{}", name.substr(0, 100),
                          options.delimiter ? fmt::format(": '{}' does not separate its columns", *options.delimiter)
                                            : std::string(": what separates its columns is not known")),
              input.file.path + ":1", remedy);
}

Result<formats::Mapping> choose_mapping(const Input& input, const ImportOptions& options,
                                        const formats::TableProfile& profile, const std::vector<std::string>& columns,
                                        const formats::Asker& asker, FileReport& report) {
  const std::string& file = input.file.path;
  if (!options.map.empty()) {
    formats::Mapping mapping = TRY(formats::parse_map(options.map, columns, file));
    const bool has_who = mapping.find(formats::Role::Customer) || mapping.find(formats::Role::Email) ||
                         mapping.find(formats::Role::Phone) || mapping.find(formats::Role::Anonymous);
    if (!has_who)
      return usage("--map says nobody: it needs customer=, email=, phone= or anonymous=",
                   try_again().blank_option("--map", "customer=COLUMN,..."));
    if (mapping.rows != formats::RowMeans::Customer && !mapping.find(formats::Role::Time)) {
      return usage("--map says no time: orders and events need time=COLUMN",
                   try_again().blank_option("--map", "time=COLUMN,..."));
    }
    if (mapping.rows == formats::RowMeans::Event && !mapping.find(formats::Role::Event) && mapping.event.empty())
      mapping.event = "Activity";
    return mapping;
  }
  if (!options.preset.empty()) return formats::apply_preset(*TRY(formats::find_preset(options.preset)), columns, file);
  if (const formats::Preset* preset = formats::recognise_preset(columns)) {
    report.notes.push_back(fmt::format("recognised as preset {}: {}", preset->name, preset->title));
    return formats::apply_preset(*preset, columns, file);
  }
  if (columns.size() > kMostUnmapped) {
    const std::string found = formats::columns_by_name(columns);
    return fail(fmt::format("has {} columns; without --map at most {} are looked at", columns.size(), kMostUnmapped),
                file + ":1",
                found.empty() ? formats::look_and_say(file, "customer=COLUMN,time=COLUMN,...")
                              : formats::try_mapping(found).note("and the columns to keep: NAME=COLUMN"));
  }
  formats::Mapping mapping = TRY(formats::guess_mapping(profile, file));
  if (options.yes) return mapping;
  const auto answer = asker ? asker(fmt::format("{}: {}", file, mapping.text()), "Import it so?") : std::nullopt;
  if (answer && *answer) return mapping;
  return fail(answer ? "not imported"
                     : "no preset and no --map given, and nobody to ask whether this is right:\n" + mapping.text(),
              file, try_again().flag("--yes").note("or change it: --map " + mapping.map_option()));
}

Result<void> feed_table(NormaliserContext& context, const Input& input, const ImportOptions& options,
                        const formats::Asker& asker, Progress& progress, OrderBook& orders, ImportReport& report,
                        FileReport& file) {
  formats::TableProfile profile;
  std::vector<std::string> columns;
  char delimiter = '\0';
  {
    auto reader = TRY(open_rows(input, options, ignore_rejects()));
    const bool is_wide = reader->columns().size() > kMostUnmapped && options.map.empty() && options.preset.empty();
    if (!is_wide) profile = TRY(formats::profile_table(*reader));
    columns = reader->columns();
    delimiter = reader->delimiter();
    if (!is_wide && profile.rows == 0) {
      return fail(fmt::format("has the names of {} columns and no row that can be read", columns.size()),
                  input.file.path, try_shell("head -3").argument(input.file.path).note("export it again"));
    }
  }
  if (columns.size() == 1 && input.format == Format::Csv) return one_column(profile, input, options);
  formats::Mapping mapping = TRY(choose_mapping(input, options, profile, columns, asker, file));
  TRY(settle_day_and_month(input, options, mapping, profile));
  const formats::PlanOptions settle_options{
      .dates = options.dates,
      .zone = options.zone,
      .decimals = options.decimals,
      .currency = options.currency,
      .semicolons = delimiter == ';',
      .zone_may_be_unknown = !mapping.preset.empty() && mapping.preset != "guessed"};
  formats::Plan plan = TRY(formats::settle(std::move(mapping), profile, settle_options, input.file.path));
  file.mapping = plan.mapping;
  file.notes.insert(file.notes.end(), plan.notes.begin(), plan.notes.end());
  report.zone_known = report.zone_known && (plan.zone_known || plan.mapping.rows == formats::RowMeans::Customer);

  auto reader = TRY(open_rows(input, options, [&](formats::Malformed bad) {
    ++context.findings.rows_read;
    context.findings.reject(context.intake, bad.reason, context.file, bad.line, bad.value, bad.row);
  }));
  context.odd = options.odd.or_keep(formats::odd_values_of(plan.mapping.preset));
  context.statuses = &options.statuses;
  const bool is_of_orders = plan.mapping.rows == formats::RowMeans::OrderLine;
  const auto own = is_of_orders ? nullptr : make_normaliser(plan, context);
  Normaliser& normaliser = is_of_orders ? orders.open(std::move(plan), context) : *own;
  Meter meter(progress, input);
  formats::Row row;
  while (TRY(reader->next(row))) {
    ++context.findings.rows_read;
    TRY(normaliser.add(row));
    meter.row(*reader);
  }
  // Orders wait until all files are read.
  return is_of_orders ? Result<void>() : normaliser.finish();
}

}  // namespace

Result<void> feed_file(profiles::Intake& intake, const std::string& path, const ImportOptions& options,
                       const formats::Asker& asker, Progress& progress, OrderBook& orders, ImportReport& report) {
  const Input input = TRY(examine(path));
  FileReport file{.path = path, .format = std::string(kFormatNames[static_cast<size_t>(input.format)])};
  NormaliserContext context{
      .intake = intake, .findings = report.findings, .file = path, .now = options.learnt, .odd = options.odd};
  const uint64_t before = report.findings.rows_read;
  if (!TRY(feed_documents(context, input, options, progress, file))) {
    TRY(feed_table(context, input, options, asker, progress, orders, report, file));
  }
  file.rows = report.findings.rows_read - before;
  report.files.push_back(std::move(file));
  return {};
}

Result<void> feed_file(profiles::Intake& intake, const std::string& path, const ImportOptions& options,
                       const formats::Asker& asker, Progress& progress, ImportReport& report) {
  OrderBook orders(nullptr, report.findings);
  TRY(feed_file(intake, path, options, asker, progress, orders, report));
  return orders.finish();
}

}  // namespace tessera::ingest
