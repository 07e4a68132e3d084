// Asking: segments count, members.
#include "cli/asking.hpp"
#include "cli/table.hpp"
#include "core/json.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    kTheSegment,
    {"-e,--expression", "EXPR", "A condition in the segment language"},
    {"-f,--file", "FILE", "Definitions to use beside the applied ones", Takes::Many, false, Means::Input},
    kTheZone,
    kTheCurrency,
};

Result<workspace::Answer> ask(const Context& context, const Arguments& given) {
  const auto question = TRY(question_of(given));
  auto workspace = TRY(open_to_ask(context, given));
  TRY(lay_files_beside(context, workspace, given));
  auto out = TRY(workspace::ask(workspace, question));
  note_warnings(context, out.prepared.warnings);
  note_nothing_since(context, workspace::nothing_since(workspace, *out.prepared.history));
  return out;
}

Result<int> run_count(const Context& context, const Arguments& given) {
  const auto asked = TRY(ask(context, given));
  const size_t count = asked.count();
  if (context.format == Format::Json)
    context.print(Json::object()
                      .set("as_of", text_of(asked.moment.at))
                      .set("as_of_is", workspace::name_of(asked.moment.is))
                      .set("count", static_cast<uint64_t>(count))
                      .set("customers", static_cast<uint64_t>(asked.customers))
                      .dump(2));
  else if (context.format == Format::Csv)
    context.print(render_list({{"as_of"}, {"count", true}, {"customers", true}},
                              {{text_of(asked.moment.at), std::to_string(count), std::to_string(asked.customers)}},
                              context.format));
  else
    context.print(context.shown(count));
  return 0;
}

Result<int> run_members(const Context& context, const Arguments& given) {
  const auto asked = TRY(ask(context, given));
  if (context.format == Format::Csv) {
    std::vector<ListRow> rows;
    for (const std::string& id : asked.members()) rows.push_back({id});
    context.print(render_list({{"customer"}}, rows, context.format));
    return 0;
  }
  std::string out;
  Json list = Json::array();
  for (const std::string& id : asked.members())
    if (context.format == Format::Json)
      list.add(id);
    else
      out += id + '\n';
  if (context.format == Format::Json)
    context.print(Json::object()
                      .set("as_of", text_of(asked.moment.at))
                      .set("as_of_is", workspace::name_of(asked.moment.is))
                      .set("members", std::move(list))
                      .dump(2));
  else if (!out.empty())
    context.print(out);
  return 0;
}

}  // namespace

std::span<const Command> segments_run_rows() {
  static const Command kRows[] = {{"segments count",
                                   "How many customers are in a segment",
                                   kOptions,
                                   run_count,
                                   Remote::There,
                                   Needs::Read,
                                   {},
                                   Looks::FromAnInstant},
                                  {"segments members",
                                   "Who is in a segment: ids, one a line, sorted",
                                   kOptions,
                                   run_members,
                                   Remote::There,
                                   Needs::Identified,
                                   {},
                                   Looks::FromAnInstant}};
  return kRows;
}

}  // namespace tessera::cli
