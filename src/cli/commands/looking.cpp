// Looking into the record: sql, rejects, suspected duplicates.
#include "cli/command.hpp"
#include "cli/table.hpp"
#include "profiles/people.hpp"
#include "server/site.hpp"
#include "store/question.hpp"
#include "store/record.hpp"

namespace tessera::cli {

namespace {

constexpr Option kSqlOptions[] = {
    {"QUERY", "QUERY", "One SELECT over the record's tables and views", Takes::One, true}};
constexpr Option kRejectOptions[] = {
    {"--reason", "CODE", "Only those of this reason"},
    {"--limit", "N", "At most so many (default: 100)"},
};
constexpr Option kDuplicateOptions[] = {
    {"--limit", "N", "At most so many (default: 100)"},
    {"--identified", "", "Show the identifiers that came together; logged", Takes::Flag}};

Result<int> run_sql(const Context& context, const Arguments& given) {
  using store::AnswerForm;
  auto record = TRY(context.world.open_record(store::OpenMode::ReadOnly));
  const AnswerForm form = context.format == Format::Json  ? AnswerForm::Json
                          : context.format == Format::Csv ? AnswerForm::Csv
                                                          : AnswerForm::Text;
  const server::Service* const server = context.world.server();
  TRY(store::answer(record->connection(), *given.text("QUERY"), form, server ? server->sql : store::QuestionLimits{},
                    [&](std::string_view piece) { context.world.print(piece); }));
  return 0;
}

Result<int> run_rejects(const Context& context, const Arguments& given) {
  const int64_t limit = TRY(given.whole("limit", 1, INT32_MAX)).value_or(100);
  const std::string reason = given.text("reason").value_or("");
  auto record = TRY(context.world.open_record(store::OpenMode::ReadOnly));
  auto rows = TRY(record->connection().rows(
      "SELECT source, line, reason, value, row, member FROM tessera.reject WHERE ? = '' OR reason = ? ORDER BY entry, source, "
      "line LIMIT ?",
      {std::string_view(reason), std::string_view(reason), limit}));
  std::vector<ListColumn> columns{{"file"}, {"line", true}, {"reason"}, {"value"}, {"row"}};
  if (context.format == Format::Json)  // tables keep the columns that they had
    columns.push_back({"member"});
  else
    for (ListRow& row : rows) row.pop_back();
  context.print(render_list(columns, rows, context.format));
  return 0;
}

// User ids are what the user's own files call their customers; e-mails and phones are shown only when asked for.
Result<int> run_duplicates(const Context& context, const Arguments& given) {
  const int64_t limit = TRY(given.whole("limit", 1, INT32_MAX)).value_or(100);
  const bool identified = given.has("identified");
  auto record = TRY(context.world.open_record(identified ? store::OpenMode::MustExist : store::OpenMode::ReadOnly));
  const auto found = TRY(profiles::suspected_duplicates(record->connection(), static_cast<size_t>(limit)));
  if (identified)
    TRY(record->audit(context.clock.now(), context.caller.who, "duplicates --identified",
                      fmt::format("{} pairs", found.size())));
  std::vector<ListColumn> columns{{"customer"}, {"other"}, {"learnt"}};
  if (identified) columns.insert(columns.end(), {{"seen_as"}, {"together_with"}});
  std::vector<ListRow> rows;
  for (const auto& one : found) {
    rows.push_back({one.user_a, one.user_b, text_of(one.learnt)});
    if (identified) rows.back().insert(rows.back().end(), {one.through_a, one.through_b});
  }
  context.print(render_list(columns, rows, context.format));
  return 0;
}

}  // namespace

std::span<const Command> looking_rows() {
  static const Command kRows[] = {
      {"sql", "Ask the record in SQL; nothing can be changed", kSqlOptions, run_sql, Remote::There, Needs::Identified},
      {"rejects", "Rows that could not be used, with file, line and reason", kRejectOptions, run_rejects, Remote::There,
       Needs::Identified},
      {"customers duplicates", "Customers that may be the same person", kDuplicateOptions, run_duplicates,
       Remote::There, Needs::Identified}};
  return kRows;
}

}  // namespace tessera::cli
