#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "core/text.hpp"
#include "segment/explain.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"SEGMENT", "SEGMENT", "Name or id of an applied segment, or of one in FILE"},
    {"--customer", "ID", "Whose membership to explain", Takes::One, true},
    {"-e,--expression", "EXPR", "A condition instead of a segment"},
    {"-f,--file", "FILE", "Definitions to use beside the applied ones", Takes::Many, false, Means::Input},
};

Result<int> run_explain(const Context& context, const Arguments& given) {
  TRY(asks_for_one(given));
  const std::string id = *given.text("customer");
  auto session = TRY(open_session(context));
  const auto prepared = TRY(prepare_asked(context, session, given));
  const auto customer = prepared.history->find_customer(id);
  if (!customer) {
    const auto near = nearest_name(id, prepared.history->customer);
    return fail(
        fmt::format("no customer '{}' in the record{}", id, near ? fmt::format("; did you mean '{}'?", *near) : ""), {},
        "tessera sql 'SELECT customer FROM customers LIMIT 10'");
  }
  const Instant at = as_of(context, *prepared.history);
  const auto explained = TRY(segment::explain(prepared.program, prepared.asked, *prepared.history, *customer, at,
                                              context.known_at.value_or(kNever)));
  if (context.format == Format::Json)
    context.print(
        Json::object().set("customer", id).set("as_of", text_of(at)).set("explanation", to_json(explained)).dump(2));
  else
    context.print(fmt::format("{} at {}\n{}", id, text_of(at), text_of(explained)));
  return 0;
}

}  // namespace

const Command& segments_explain_command() {
  static const Command kCommand{"segments explain", "Why one customer is in a segment, or not", kOptions, run_explain,
                                Remote::There};
  return kCommand;
}

}  // namespace tessera::cli
