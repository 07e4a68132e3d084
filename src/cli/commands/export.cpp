#include "cli/asking.hpp"

namespace tessera::cli {

namespace {

using workspace::ListFor;

constexpr Option kOptions[] = {
    {"SEGMENT",
     "SEGMENT",
     "Name or id of an applied segment, or of one in the file of -f",
     Takes::One,
     false,
     Means::Itself,
     {},
     Needs::Any,
     Noted::Itself},
    {"-e,--expression", "EXPR", "A condition instead of a segment"},
    {"-f,--file", "FILE", "Definitions to use beside the applied ones", Takes::Many, false, Means::Input},
    {"--for", "TOOL", "csv, mailchimp or klaviyo (default: csv)"},
    {"--identified", "", "With e-mail addresses; logged in the record's audit", Takes::Flag},
    {"--tag", "TEXT", "Tag of the contacts (default: a code that does not tell the segment's name)"},
    {"--raw", "",
     "Ids as they are, for programs; otherwise what a spreadsheet would run as a formula has a ' before it",
     Takes::Flag},
    {"--out", "FILE", "Write to a file instead of standard output", Takes::One, false, Means::Output},
    kTheZone,
    kTheCurrency,
};

Result<ListFor> target_of(const Arguments& given) {
  const std::string name = given.text("for").value_or("csv");
  if (name == "csv") return ListFor::Csv;
  if (name == "mailchimp") return ListFor::Mailchimp;
  if (name == "klaviyo") return ListFor::Klaviyo;
  return usage(fmt::format("--for takes csv, mailchimp or klaviyo, not '{}'", name));
}

Result<int> run_export(const Context& context, const Arguments& given) {
  workspace::AudienceWish wish{.target = TRY(target_of(given)), .identified = given.has("identified")};
  wish.tag = given.text("tag");
  if (given.has("raw")) wish.reader = CsvFor::Programs;
  if (wish.target != ListFor::Csv && !wish.identified)
    return usage("a mailing list needs e-mail addresses, which are shown only when asked for",
                 try_again().flag("--identified").note("it is logged"));
  wish.question = TRY(question_of(given));
  auto workspace =
      TRY(open_to_ask(context, given, wish.identified ? store::OpenMode::MustExist : store::OpenMode::ReadOnly));
  TRY(lay_files_beside(context, workspace, given));
  const auto made = TRY(workspace::audience(workspace, wish, context.caller.who));
  note_warnings(context, made.warnings);
  note_nothing_since(context, made.nothing_since);
  if (const auto out = given.text("out"))
    TRY(context.world.write(*out, made.text));
  else
    context.print(made.text);
  context.note(fmt::format("{} customers listed", made.list.recipients.size()));
  for (const auto& [reason, count] : made.list.excluded) context.note(fmt::format("{} left out: {}", count, reason));
  if (!made.knows_consent)
    context.note("the data says nothing about consent or unsubscribing; be sure that you may write to these customers");
  return 0;
}

}  // namespace

std::span<const Command> export_rows() {
  static const Command kRows[] = {{"export",
                                   "The list of a segment's customers for the tools you use",
                                   kOptions,
                                   run_export,
                                   Remote::There,
                                   Needs::Identified,
                                   {},
                                   Looks::FromAnInstant}};
  return kRows;
}

}  // namespace tessera::cli
