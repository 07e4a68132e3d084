#include "ingest/import.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/phone.hpp"
#include "core/text.hpp"
#include "formats/documents.hpp"
#include "formats/preset_rows.hpp"
#include "ingest/document_normalisers.hpp"
#include "ingest/joined_files.hpp"
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
  // Of a table that is joined of several files: its rows, once more.
  std::function<Result<std::unique_ptr<formats::RowReader>>(formats::RejectSink)> joined;
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
  if (input.joined) return input.joined(std::move(rejects));
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

// A mapping that a person said: it must say who and, of what happened, when.
Result<formats::Mapping> checked(formats::Mapping mapping) {
  const bool has_who = mapping.find(formats::Role::Customer) || mapping.find(formats::Role::Email) ||
                       mapping.find(formats::Role::Phone) || mapping.find(formats::Role::Anonymous);
  if (!has_who && (mapping.numbered.empty() || mapping.rows != formats::RowMeans::Customer)) {
    return usage("--map says nobody: it needs customer=, email=, phone= or anonymous=",
                 try_again().blank_option("--map", "customer=COLUMN,..."));
  }
  if (mapping.rows != formats::RowMeans::Customer && !mapping.find(formats::Role::Time)) {
    return usage("--map says no time: orders and events need time=COLUMN",
                 try_again().blank_option("--map", "time=COLUMN,..."));
  }
  if (mapping.rows == formats::RowMeans::Event && !mapping.find(formats::Role::Event) && mapping.event.empty())
    mapping.event = formats::kNamelessEvent;
  return mapping;
}

// Shows the mapping until it is taken or turned down; an answer may change one thing of it.
Result<formats::Mapping> agreed(formats::Mapping mapping, const std::string& file,
                                const std::vector<std::string>& columns, const formats::Asker& asker) {
  const auto as_option = [](const formats::Mapping& of) {
    return shell_text({.option = "--map", .value = of.map_option()});
  };
  std::string problem;
  for (;;) {
    const auto answer =
        asker ? asker(fmt::format("{}{}: {}", problem, file, mapping.text()),
                      "Import it so? Or say what is otherwise (amount=Net sales; -Notes leaves a column out)")
              : std::nullopt;
    if (!answer) {
      return fail("no preset and no --map given, and nobody to ask whether this is right:\n" + mapping.text(), file,
                  try_again().flag("--yes").note("or change it: " + as_option(mapping)));
    }
    problem.clear();
    if (!answer->change.empty()) {
      auto next = formats::changed(mapping, answer->change, columns, file);
      if (next) next = checked(std::move(*next));
      if (next) {
        mapping = std::move(*next);
      } else {
        problem = next.error().message + "\n";
      }
      continue;
    }
    if (answer->is_yes) return mapping;
    return fail("not imported", file, try_again().flag("--yes").note("or change it: " + as_option(mapping)));
  }
}

// What is known of a table before its rows are looked at.
Result<const formats::Preset*> preset_of(const ImportOptions& options, const std::vector<std::string>& columns) {
  if (!options.map.empty()) return nullptr;
  if (!options.preset.empty()) return formats::find_preset(options.preset);
  return formats::recognise_preset(columns);
}

Result<formats::Mapping> choose_mapping(const Input& input, const ImportOptions& options,
                                        const formats::TableProfile& profile, const formats::Preset* preset,
                                        const std::vector<std::string>& columns, const formats::Asker& asker,
                                        FileReport& report) {
  const std::string& file = input.file.path;
  if (!options.map.empty()) return checked(TRY(formats::parse_map(options.map, columns, file)));
  if (preset) {
    if (options.preset.empty())
      report.notes.push_back(fmt::format("recognised as preset {}: {}", preset->name, preset->title));
    if (!preset->says.empty()) report.notes.emplace_back(preset->says);
    formats::Mapping mapping = TRY(formats::apply_preset(*preset, columns, file));
    const formats::Binding* customer = mapping.find(formats::Role::Customer);
    const formats::Binding* order = mapping.find(formats::Role::Order);
    if (customer && order && customer->column == order->column)
      report.notes.push_back(
          fmt::format("no column says who bought: each order ('{}') stands as a customer of its own, "
                      "so nobody is seen to come back",
                      order->column));
    return mapping;
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
  return agreed(std::move(mapping), file, columns, asker);
}

formats::PlanOptions plan_options(const ImportOptions& options, const formats::Mapping& mapping,
                                  const formats::Preset* preset, char delimiter) {
  formats::PlanOptions out{.dates = options.dates,
                           .zone = options.zone,
                           .decimals = options.decimals,
                           .currency = options.currency,
                           .semicolons = delimiter == ';',
                           .zone_may_be_unknown = !mapping.preset.empty() && mapping.preset != "guessed"};
  if (!preset) return out;
  if (out.dates == formats::DateOrder::Unsaid) out.dates = preset->dates;
  if (!out.zone && !preset->zone.empty()) out.zone = preset->zone;
  return out;
}

// A table as the import sees it: what it is, what its columns show, and how its rows are opened once more.
struct Table {
  const formats::Preset* preset = nullptr;
  std::vector<std::string> columns;
  formats::TableProfile profile;
  char delimiter = '\0';
};

Result<std::unique_ptr<formats::RowReader>> open_table(const Input& input, const ImportOptions& options,
                                                       const formats::Preset* preset, formats::RejectSink rejects,
                                                       formats::LeftOutSink left_out = {}) {
  auto rows = TRY(open_rows(input, options, std::move(rejects)));
  if (!preset || input.format != Format::Csv) return rows;
  return formats::rows_of_preset(std::move(rows), *preset, std::move(left_out));
}

Result<Table> look_at(const Input& input, const ImportOptions& options, Progress& progress) {
  Table table;
  {
    // Readers of JSON know no columns yet: those are recognised by what the profile has found.
    const auto first = TRY(open_rows(input, options, ignore_rejects()));
    table.columns = first->columns();
    table.delimiter = first->delimiter();
    if (!table.columns.empty()) table.preset = TRY(preset_of(options, table.columns));
  }
  const bool is_wide = table.columns.size() > kMostUnmapped && options.map.empty() && options.preset.empty();
  if (is_wide) return table;
  auto reader = TRY(open_table(input, options, table.preset, ignore_rejects()));
  table.profile = TRY(formats::profile_table(*reader, [&](const formats::RowReader& rows) {
    progress.step("looking at " + input.file.path, rows.consumed(), input.file.size);
  }));
  table.columns = reader->columns();
  if (!table.preset) table.preset = TRY(preset_of(options, table.columns));
  if (table.profile.rows == 0) {
    return fail(fmt::format("has the names of {} columns and no row that can be read", table.columns.size()),
                input.file.path, try_shell("head -3").argument(input.file.path).note("export it again"));
  }
  return table;
}

Result<void> feed_table(NormaliserContext& context, const Input& input, const ImportOptions& options,
                        const formats::Asker& asker, Progress& progress, OrderBook& orders, ImportReport& report,
                        FileReport& file) {
  const Table table = TRY(look_at(input, options, progress));
  if (table.columns.size() == 1 && input.format == Format::Csv) return one_column(table.profile, input, options);
  formats::Mapping mapping =
      TRY(choose_mapping(input, options, table.profile, table.preset, table.columns, asker, file));
  for (const std::string& column : table.profile.around.unnamed) {
    const auto shown = std::ranges::find(table.profile.columns, column, &formats::ColumnProfile::name);
    if (shown != table.profile.columns.end() && shown->filled > 0)
      context.findings.warn("unnamed-column", context.file, table.profile.around.header_line, column);
  }
  const formats::PlanOptions settle_options = plan_options(options, mapping, table.preset, table.delimiter);
  formats::Plan plan = TRY(formats::settle(std::move(mapping), table.profile, settle_options, input.file.path));
  file.mapping = plan.mapping;
  file.notes.insert(file.notes.end(), plan.notes.begin(), plan.notes.end());
  report.zone_known = report.zone_known && (plan.zone_known || plan.mapping.rows == formats::RowMeans::Customer);

  Normaliser* into = nullptr;
  auto reader = TRY(open_table(
      input, options, table.preset,
      [&](formats::Malformed bad) {
        ++context.findings.rows_read;
        context.findings.reject(context.intake, bad.reason, context.file, bad.line, bad.value, bad.row);
      },
      [&](const formats::Row& row) { into->pass_over(row); }));
  context.odd = options.odd.or_keep(formats::odd_values_of(plan.mapping.preset));
  context.statuses = &options.statuses;
  const bool is_of_orders = plan.mapping.rows == formats::RowMeans::OrderLine;
  const auto own = is_of_orders ? nullptr : make_normaliser(plan, context);
  Normaliser& normaliser = is_of_orders ? orders.open(std::move(plan), context) : *own;
  into = &normaliser;
  Meter meter(progress, input);
  formats::Row row;
  while (TRY(reader->next(row))) {
    ++context.findings.rows_read;
    TRY(normaliser.add(row));
    meter.row(*reader);
  }
  const formats::Surroundings around = reader->surroundings();
  file.notes.insert(file.notes.end(), around.notes.begin(), around.notes.end());
  // Orders wait until all files are read.
  return is_of_orders ? Result<void>() : normaliser.finish();
}

Result<void> feed(profiles::Intake& intake, const Input& input, const ImportOptions& options,
                  const formats::Asker& asker, Progress& progress, OrderBook& orders, ImportReport& report,
                  std::vector<std::string> notes = {}) {
  const std::string& path = input.file.path;
  FileReport file{
      .path = path, .format = std::string(kFormatNames[static_cast<size_t>(input.format)]), .notes = std::move(notes)};
  NormaliserContext context{.intake = intake,
                            .findings = report.findings,
                            .file = path,
                            .now = options.learnt,
                            .odd = options.odd,
                            .country = options.country};
  const uint64_t before = report.findings.rows_read;
  if (!TRY(feed_documents(context, input, options, progress, file))) {
    TRY(feed_table(context, input, options, asker, progress, orders, report, file));
  }
  file.rows = report.findings.rows_read - before;
  report.files.push_back(std::move(file));
  return {};
}

// The files as tables, as far as they are any.
Result<std::vector<TableFile>> tables_of(std::span<const Input> inputs, const ImportOptions& options) {
  std::vector<TableFile> out;
  for (const Input& input : inputs) {
    TableFile& table = out.emplace_back(TableFile{.path = input.file.path, .columns = {}});
    if (input.format == Format::Csv) table.columns = TRY(open_rows(input, options, ignore_rejects()))->columns();
  }
  return out;
}

// The lines' file, read with what is joined onto it.
Input joined_input(const JoinPlan& plan, const std::vector<Input>& inputs, const ImportOptions& options) {
  Input out = inputs[plan.lines];
  out.joined = [&, plan](formats::RejectSink rejects) -> Result<std::unique_ptr<formats::RowReader>> {
    std::vector<std::unique_ptr<formats::RowReader>> looked_up;
    for (const Join& join : plan.joins) looked_up.push_back(TRY(open_rows(inputs[join.file], options, rejects)));
    return join_rows(TRY(open_rows(inputs[plan.lines], options, rejects)), std::move(looked_up), plan.joins);
  };
  return out;
}

}  // namespace

Result<std::string> country_given(std::string_view text) {
  if (auto country = country_of(text)) return *country;
  return usage(fmt::format("there is no country '{}'", text),
               try_again().option("--country", "DE").note("its two letters by ISO 3166"));
}

Result<void> feed_file(profiles::Intake& intake, const std::string& path, const ImportOptions& options,
                       const formats::Asker& asker, Progress& progress, OrderBook& orders, ImportReport& report) {
  return feed(intake, TRY(examine(path)), options, asker, progress, orders, report);
}

Result<void> feed_file(profiles::Intake& intake, const std::string& path, const ImportOptions& options,
                       const formats::Asker& asker, Progress& progress, ImportReport& report) {
  OrderBook orders(nullptr, report.findings);
  TRY(feed_file(intake, path, options, asker, progress, orders, report));
  return orders.finish();
}

Result<void> feed_files(profiles::Intake& intake, std::span<const std::string> paths, const ImportOptions& options,
                        const formats::Asker& asker, Progress& progress, OrderBook& orders, ImportReport& report) {
  std::vector<Input> inputs;
  for (const std::string& path : paths) inputs.push_back(TRY(examine(path)));
  std::optional<JoinPlan> plan;
  if (paths.size() > 1 && options.map.empty()) plan = plan_join(TRY(tables_of(inputs, options)));
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!plan || !plan->uses(i)) {
      TRY(feed(intake, inputs[i], options, asker, progress, orders, report));
    } else if (i == plan->lines) {
      std::vector<std::string> notes;
      for (const Join& join : plan->joins)
        notes.push_back(fmt::format("joined with {} by {}", paths[join.file], join.key));
      TRY(feed(intake, joined_input(*plan, inputs, options), options, asker, progress, orders, report,
               std::move(notes)));
    }
  }
  return {};
}

}  // namespace tessera::ingest
