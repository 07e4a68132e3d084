#include "cli/session.hpp"

#include "core/text.hpp"
#include "language/applied.hpp"
#include "language/needs.hpp"
#include "language/parse.hpp"
#include "profiles/load.hpp"
#include "profiles/schema.hpp"

namespace tessera::cli {

namespace {

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// Errors end the command, warnings are shown and it goes on.
Result<void> settle(const Context& context, const language::Diagnostics& diagnostics, std::string_view source,
                    std::string_view file) {
  if (language::has_errors(diagnostics)) return std::unexpected(language::error_of(diagnostics, source, file));
  if (!diagnostics.empty()) context.note(trimmed(language::render(diagnostics, source, file)));
  return {};
}

Result<Prepared> prepare_expression(const Context& context, Session& session, const std::string& text,
                                    const std::vector<language::Definition>& known) {
  auto parsed = language::parse_expression(text);
  if (!parsed.ok()) return std::unexpected(language::error_of(parsed.diagnostics, text));
  auto checked = language::check_expression(std::move(parsed.expr), session.schema, known);
  TRY(settle(context, checked.diagnostics, text, {}));
  const auto& asked = checked.program.definitions.back();
  if (asked.body.type != language::Type::Condition && asked.body.type != language::Type::Bool)
    return fail(fmt::format("'{}' is a value, not a condition", text), {}, "compare it, as in: ... >= 1");
  const auto last = static_cast<uint32_t>(checked.program.definitions.size() - 1);
  return prepare(context, session, std::move(checked.program), last);
}

// The segment's name, folded, or its id.
bool is_named(const language::Definition& definition, const std::string& name) {
  return definition.slug == name || fold_case(definition.name) == fold_case(name);
}

}  // namespace

Result<Session> open_session(const Context& context, store::OpenMode mode) {
  Session out;
  out.record = TRY(context.world.open_record(mode));
  out.schema = language::schema_of(TRY(profiles::list_events(out.record->connection(), profiles::Counting::No)));
  out.applied = TRY(language::applied_definitions(out.record->connection(), context.known_at.value_or(kNever)));
  return out;
}

Result<size_t> find_segment(const std::vector<language::Definition>& known, const std::string& name) {
  std::vector<std::string> names;
  for (size_t i = 0; i < known.size(); ++i) {
    if (known[i].kind != language::DefinitionKind::Segment) continue;
    if (is_named(known[i], name)) return i;
    names.push_back(known[i].name);
    names.push_back(known[i].slug);
  }
  if (names.empty())
    return fail(fmt::format("no segment '{}': none has been applied to this record", name), {},
                "tessera segments apply FILE.tsl");
  const auto near = nearest_name(name, names);
  return fail(fmt::format("no segment '{}'{}", name, near ? fmt::format("; did you mean '{}'?", *near) : ""), {},
              "tessera segments list");
}

Result<Prepared> prepare(const Context& context, Session& session, language::Program program, uint32_t asked) {
  Prepared out;
  out.program = std::move(program);
  out.asked = asked;
  out.plan = std::make_unique<segment::Plan>(TRY(segment::compile(out.program)));
  const auto needs = language::needs_of(out.program, session.schema);
  out.history = std::make_unique<profiles::History>(
      TRY(profiles::load(*session.record, needs, context.known_at.value_or(kNever))));
  out.bound = std::make_unique<segment::Bound>(TRY(segment::Bound::bind(*out.plan, *out.history)));
  // The plan's outputs are the program's lets, scores and segments in order.
  for (uint32_t i = 0; i < asked; ++i) out.output += out.program.definitions[i].kind != language::DefinitionKind::Event;
  return out;
}

Result<void> asks_for_one(const Arguments& given) {
  if (given.has("expression") != given.has("SEGMENT")) return {};
  return usage("give a segment's name or id, or a condition with -e",
               "tessera segments count -e 'no order in the last 90 days'");
}

Result<std::vector<language::Definition>> known_definitions(const Context& context, const Session& session,
                                                            const Arguments& given) {
  std::vector<language::Definition> known = session.applied;
  for (const std::string& file : given.all("file"))
    for (language::Definition& definition : TRY(read_definitions(context, file))) {
      std::erase_if(known, [&](const auto& old) { return old.kind == definition.kind && old.slug == definition.slug; });
      known.push_back(std::move(definition));
    }
  return known;
}

Result<Prepared> prepare_asked(const Context& context, Session& session, const Arguments& given) {
  TRY(asks_for_one(given));
  const std::vector<language::Definition> known = TRY(known_definitions(context, session, given));
  const auto expression = given.text("expression");
  const auto name = given.text("SEGMENT");
  if (expression) return prepare_expression(context, session, *expression, known);
  const size_t index = TRY(find_segment(known, *name));
  auto checked = language::check(known, session.schema);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, ""));
  const uint32_t asked = checked.given[index];
  return prepare(context, session, std::move(checked.program), asked);
}

Instant as_of(const Context& context, const profiles::History& history) {
  if (context.as_of) return *context.as_of;
  Instant newest = kEver;
  for (const profiles::Stream& stream : history.streams)
    for (const Instant time : stream.time) newest = std::max(newest, time);
  const Instant now = context.clock.now();
  if (newest > kEver && now - newest > kDay * 30)
    context.note(
        fmt::format("note: looking from now; the newest of these events is of {} (--as-of looks from another day)",
                    text_of(newest)));
  return now;
}

Result<std::vector<language::Definition>> read_definitions(const Context& context, const std::string& path) {
  const std::string text = TRY(context.world.read(path));
  auto parsed = language::parse_definitions(text);
  TRY(settle(context, parsed.diagnostics, text, path));
  return std::move(parsed.definitions);
}

}  // namespace tessera::cli
