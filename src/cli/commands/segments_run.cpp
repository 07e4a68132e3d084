// Asking: segments count, members.
#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "core/json.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"SEGMENT", "SEGMENT", "Name or id of an applied segment, or of one in FILE"},
    {"-e,--expression", "EXPR", "A condition in the segment language"},
    {"-f,--file", "FILE", "Definitions to use beside the applied ones", Takes::Many, false, Means::Input},
};

struct Asked {
  Prepared prepared;
  Instant as_of;
  segment::Evaluation evaluation;
  size_t segment = 0;  // of the evaluation
};

// Which of the plan's segments the output is.
size_t segment_index(const segment::Plan& plan, uint32_t output) {
  const auto found = std::find(plan.segments.begin(), plan.segments.end(), output);
  VERIFY(found != plan.segments.end());
  return static_cast<size_t>(found - plan.segments.begin());
}

Result<Asked> ask(const Context& context, const Arguments& given) {
  TRY(asks_for_one(given));
  auto session = TRY(open_session(context));
  Asked out{TRY(prepare_asked(context, session, given)), {}, {}, 0};
  out.as_of = as_of(context, *out.prepared.history);
  out.evaluation = segment::evaluate_all(*out.prepared.bound, out.as_of, context.known_at.value_or(kNever));
  out.segment = segment_index(*out.prepared.plan, out.prepared.output);
  return out;
}

Result<int> run_count(const Context& context, const Arguments& given) {
  const auto asked = TRY(ask(context, given));
  const size_t count = asked.evaluation.count(asked.segment);
  if (context.format == Format::Json)
    context.print(Json::object()
                      .set("as_of", text_of(asked.as_of))
                      .set("count", static_cast<uint64_t>(count))
                      .set("customers", static_cast<uint64_t>(asked.prepared.history->customers()))
                      .dump(2));
  else
    context.print(fmt::format("{}", count));
  return 0;
}

Result<int> run_members(const Context& context, const Arguments& given) {
  const auto asked = TRY(ask(context, given));
  std::string out;
  Json list = Json::array();
  for (size_t i = 0; i < asked.prepared.history->customers(); ++i) {
    if (!asked.evaluation.is_member(asked.segment, i)) continue;
    const std::string& id = asked.prepared.history->customer[i];
    if (context.format == Format::Json)
      list.add(id);
    else
      out += id + '\n';
  }
  if (context.format == Format::Json)
    context.print(Json::object().set("as_of", text_of(asked.as_of)).set("members", std::move(list)).dump(2));
  else if (!out.empty())
    context.print(out);
  return 0;
}

}  // namespace

const Command& segments_count_command() {
  static const Command kCommand{"segments count", "How many customers are in a segment", kOptions, run_count,
                                Remote::There};
  return kCommand;
}

const Command& segments_members_command() {
  static const Command kCommand{"segments members", "Who is in a segment: ids, one a line, sorted", kOptions,
                                run_members, Remote::There};
  return kCommand;
}

}  // namespace tessera::cli
