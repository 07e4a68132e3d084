#include "cli/asking.hpp"
#include "core/json.hpp"
#include "segment/explain.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    kTheSegment,
    {"--customer",
     "ID",
     "Whose membership to explain",
     Takes::One,
     true,
     Means::Itself,
     {},
     Needs::Any,
     Noted::Customer},
    {"-e,--expression", "EXPR", "A condition instead of a segment"},
    {"-f,--file", "FILE", "Definitions to use beside the applied ones", Takes::Many, false, Means::Input},
    kTheZone,
    kTheCurrency,
};

Result<int> run_explain(const Context& context, const Arguments& given) {
  const auto question = TRY(question_of(given));
  const std::string id = *given.text("customer");
  auto workspace = TRY(open_to_ask(context, given));
  TRY(lay_files_beside(context, workspace, given));
  const auto why = TRY(workspace::explain(workspace, question, id));
  note_warnings(context, why.prepared.warnings);
  note_nothing_since(context, workspace::nothing_since(workspace, *why.prepared.history));
  if (context.format == Format::Json)
    context.print(Json::object()
                      .set("customer", id)
                      .set("as_of", text_of(why.moment.at))
                      .set("as_of_is", workspace::name_of(why.moment.is))
                      .set("explanation", segment::to_json(why.explanation))
                      .dump(2));
  else
    context.print(fmt::format("{} at {}\n{}", id, text_of(why.moment.at), segment::text_of(why.explanation)));
  return 0;
}

}  // namespace

std::span<const Command> segments_explain_rows() {
  static const Command kRows[] = {{"segments explain",
                                   "Why one customer is in a segment, or not",
                                   kOptions,
                                   run_explain,
                                   Remote::There,
                                   Needs::Identified,
                                   {},
                                   Looks::FromAnInstant}};
  return kRows;
}

}  // namespace tessera::cli
