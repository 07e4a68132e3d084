#include "cli/asking.hpp"

namespace tessera::cli {

workspace::Look look_of(const Context& context) {
  return {context.as_of, context.known_at};
}

Result<workspace::Workspace> open(const Context& context, store::OpenMode mode) {
  return workspace::open(context.world.holder(), context.clock, look_of(context), mode);
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
