#include "cli/asking.hpp"

#include "core/currency.hpp"
#include "core/text.hpp"

namespace tessera::cli {

Result<workspace::Look> look_of(const Context& context, const Arguments& given) {
  workspace::Look out{context.as_of, context.known_at, context.look_from};
  if (const auto zone = given.text("zone")) out.zone = TRY(Zone::named(*zone)).name();
  if (const auto named = given.text("currency")) {
    out.currency = currency_code(*named);
    if (!out.currency) return usage(fmt::format("'{}' is no code of a currency, such as EUR", plain_line(*named)));
  }
  return out;
}

Result<workspace::Workspace> open(const Context& context, store::OpenMode mode) {
  return workspace::open(context.world.holder(), context.clock, {context.as_of, context.known_at}, mode);
}

Result<workspace::Workspace> open_to_ask(const Context& context, const Arguments& given, store::OpenMode mode) {
  auto out = TRY(workspace::open(context.world.holder(), context.clock, TRY(look_of(context, given)), mode));
  note_moment(context, out.moment);
  return out;
}

void note_moment(const Context& context, const workspace::Moment& moment) {
  if (moment.is_surprising()) context.note("note: " + workspace::text_of(moment));
}

Result<Zone> zone_of_times(const workspace::Workspace& workspace) {
  return Zone::named(workspace.schema.zone.empty() ? "UTC" : workspace.schema.zone);
}

Result<void> lay_files_beside(const Context& context, workspace::Workspace& workspace, const Arguments& given) {
  for (const std::string& file : given.all("file"))
    note_warnings(context, TRY(workspace::lay_beside(workspace, TRY(context.world.read(file)), file)));
  return {};
}

Result<workspace::Question> question_of(const Arguments& given) {
  if (given.has("expression") != given.has("SEGMENT"))
    return workspace::Question{.segment = given.text("SEGMENT"), .condition = given.text("expression")};
  return usage("give a segment's name or id, or a condition with -e",
               try_command("segments count").option("-e", "no order in the last 90 days"));
}

void note_warnings(const Context& context, std::string warnings) {
  while (warnings.ends_with('\n')) warnings.pop_back();
  if (!warnings.empty()) context.note(warnings);
}

void note_nothing_since(const Context& context, std::optional<Instant> newest) {
  if (newest)
    context.note(
        fmt::format("note: looking from now; the newest of these events is of {} (--as-of looks from another day)",
                    text_of(*newest)));
}

}  // namespace tessera::cli
