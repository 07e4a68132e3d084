// What happened since an instant, as a letter of one page.
#include "report/letter.hpp"

#include "cli/asking.hpp"
#include "lineage/runs.hpp"
#include "live/sources.hpp"
#include "report/letter_words.hpp"
#include "workspace/amounts.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"--since", "TIME", "Where the letter begins: a time, or so long before --as-of, such as '7 days'", Takes::One,
     true},
    {"--zone", "ZONE",
     "Zone of the times, and of $hour, $weekday, $month and $day, such as Europe/Berlin (default: the record's, else "
     "UTC)"},
    {"--out", "DIR", "Write letter.html and letter.md", Takes::One, false, Means::Folder},
};

Result<Instant> since_of(const Arguments& given, Instant until) {
  const std::string text = *given.text("since");
  if (const auto instant = parse_instant(text)) return *instant;
  if (const auto length = parse_duration(text); length && until - *length >= kFirstDay) return until - *length;
  return usage(fmt::format("--since takes a time or a duration, not '{}'", text),
               try_again().option("--since", "7 days"));
}

// What a server has kept of its sources; none where there never was one.
Result<std::vector<report::LetterSource>> sources_of(store::Connection& connection) {
  const auto text = TRY(connection.text("SELECT value FROM tessera.meta WHERE key = 'sources'"));
  const live::Sources sources = TRY(live::Sources::read(text.value_or("")));
  std::vector<report::LetterSource> out;
  for (const auto& each : sources.heard()) out.push_back({each.name, each.newest, each.usual_gap});
  return out;
}

// The last one that looks from no later than `until`.
Result<std::optional<report::LetterRun>> run_of(store::Connection& connection, Instant until) {
  std::optional<report::LetterRun> out;
  for (auto& run : TRY(lineage::kept_runs(connection)))
    if (run.as_of <= until) out = {run.number, run.as_of, std::move(run.lineage), run.in_force};
  return out;
}

Result<int> run_letter(const Context& context, const Arguments& given) {
  if (context.format == Format::Csv)
    return usage("a letter is said as text or json", try_again().option("--format", "json"));
  auto workspace = TRY(open_to_ask(context, given));
  const Zone zone = TRY(zone_of_times(workspace));
  report::LetterQuestion question;
  question.until = workspace.as_of();
  question.since = TRY(since_of(given, question.until));
  if (question.since >= question.until)
    return usage(fmt::format("--since {} is not before {}, where the letter ends", text_of(question.since),
                             text_of(question.until)),
                 try_again().option("--since", "7 days"));
  store::Connection& connection = workspace.connection();
  question.pseudonym_key = workspace.record->pseudonym_key();
  question.definitions = TRY(report::letter_definitions(connection, question.since, question.until));
  question.sources = TRY(sources_of(connection));
  question.run = TRY(run_of(connection, question.until));
  context.progress.step("reading the record", 0, 0);
  const auto history = TRY(workspace::load_to_report(connection, workspace.known_at(), workspace.in_force));
  const auto letter =
      TRY(report::letter(history, workspace::schema_to_report(workspace.schema), question, context.progress));
  context.progress.finish();
  const report::Page page = report::page_of(letter, zone, context.given_store);
  if (const auto out = given.text("out")) {
    const std::filesystem::path folder(*out);
    TRY(context.world.write((folder / "letter.html").string(), report::html_of(page)));
    TRY(context.world.write((folder / "letter.md").string(), report::markdown_of(page)));
  }
  Json json = report::to_json(letter).set("as_of_is", workspace::name_of(workspace.moment.is));
  context.print(context.format == Format::Json ? json.dump(2) : report::markdown_of(page));
  return 0;
}

}  // namespace

std::span<const Command> letter_rows() {
  static const Command kRows[] = {{"letter",
                                   "What happened since a time: segments, net money, who stands out",
                                   kOptions,
                                   run_letter,
                                   Remote::There,
                                   Needs::Read,
                                   {},
                                   Looks::FromAnInstant}};
  return kRows;
}

}  // namespace tessera::cli
