// Keeping definitions: segments check, fmt, apply, list.
#include "cli/applying.hpp"
#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "core/json.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "server/site.hpp"
#include "store/definitions.hpp"

namespace tessera::cli {

namespace {

constexpr Option kRemoveOptions[] = {{"NAME", "NAME", "The segment, by name or id", Takes::One, true}};
constexpr Option kFileOptions[] = {{"FILE", "FILE", "Definitions (.tsl)", Takes::Many, true, Means::Input}};
constexpr Option kFmtOptions[] = {
    {"FILE", "FILE", "Definitions (.tsl)", Takes::Many, true},
    {"--write", "", "Change the files instead of printing", Takes::Flag},
};
constexpr Option kListOptions[] = {{"--text", "", "With their definitions", Takes::Flag}};

// The files' definitions one after the other, checked together against the record.
struct Read {
  std::vector<language::Definition> definitions;
  language::Checked checked;
};

Result<Read> read_and_check(const Context& context, const Session& session, const Arguments& given) {
  Read out;
  const auto files = given.all("FILE");
  for (const std::string& path : files) {
    const std::string text = TRY(context.world.read(path));
    auto parsed = language::parse_definitions(text);
    language::Diagnostics found = parsed.diagnostics;
    // Names may be defined in the files before or applied already.
    std::vector<language::Definition> known = session.applied;
    known.insert(known.end(), out.definitions.begin(), out.definitions.end());
    if (parsed.ok()) {
      out.checked = language::check(parsed.definitions, session.schema, known);
      found.insert(found.end(), out.checked.diagnostics.begin(), out.checked.diagnostics.end());
    }
    if (language::has_errors(found)) return std::unexpected(language::error_of(found, text, path));
    if (!found.empty()) context.note(language::render(found, text, path));
    for (auto& definition : parsed.definitions) out.definitions.push_back(std::move(definition));
  }
  return out;
}

// The record's names where there is a record; checking works without one.
Result<Session> session_if_any(const Context& context) {
  if (!context.world.has_record()) return Session{};
  return open_session(context);
}

Result<int> run_check(const Context& context, const Arguments& given) {
  const auto session = TRY(session_if_any(context));
  const auto read = TRY(read_and_check(context, session, given));
  context.print(fmt::format("{} definitions, no errors{}", read.definitions.size(),
                            session.record ? "" : " (no record: names of events and traits were not checked)"));
  return 0;
}

Result<int> run_fmt(const Context& context, const Arguments& given) {
  for (const std::string& path : given.all("FILE")) {
    const std::string text = TRY(context.world.read(path));
    const auto parsed = language::parse_definitions(text);
    if (!parsed.ok()) return std::unexpected(language::error_of(parsed.diagnostics, text, path));
    const std::string printed = language::print(parsed.definitions, parsed.last_note);
    if (!given.has("write"))
      context.print(printed);
    else if (printed != text)
      TRY(context.world.write(path, printed));
  }
  return 0;
}

Result<int> run_apply(const Context& context, const Arguments& given) {
  server::Service* const server = context.world.server();
  auto session = TRY(open_session(context, server ? store::OpenMode::ReadOnly : store::OpenMode::MustExist));
  const auto read = TRY(read_and_check(context, session, given));
  const auto changes =
      TRY(put_into_use(context, session, {.applied = read.definitions, .removed = {}, .source = "segments apply"}));
  Json list = Json::array();
  for (size_t i = 0; i < changes.size(); ++i) {
    const language::Definition& one = read.definitions[i];
    const auto kind = word(one.kind);
    if (context.format == Format::Json)
      list.add(
          Json::object().set("kind", kind).set("id", one.slug).set("name", one.name).set("change", word(changes[i])));
    else
      context.print(fmt::format("{:8} {:8} {}", word(changes[i]), kind, one.name));
  }
  if (context.format == Format::Json) context.print(list.dump(2));
  return 0;
}

// By name or id. Refused where another definition needs it: they go together, or that one is changed first.
Result<int> run_remove(const Context& context, const Arguments& given) {
  server::Service* const server = context.world.server();
  auto session = TRY(open_session(context, server ? store::OpenMode::ReadOnly : store::OpenMode::MustExist));
  const language::Definition gone = session.applied[TRY(find_segment(session.applied, *given.text("NAME")))];
  std::erase_if(session.applied,
                [&](const language::Definition& each) { return each.kind == gone.kind && each.slug == gone.slug; });
  if (const auto left = language::check(session.applied, session.schema); !left.ok()) {
    Error error = language::error_of(left.diagnostics, "");
    error.message = fmt::format("'{}' is needed by another definition: {}", gone.name, error.message);
    error.remedy = "tessera segments list --text";
    return std::unexpected(std::move(error));
  }
  if (server)
    TRY(server->engine.remove_definition(gone.slug));
  else
    TRY(store::remove_definition(*session.record, static_cast<uint8_t>(gone.kind), gone.slug, context.clock.now()));
  if (context.format == Format::Json)
    context.print(Json::object().set("removed", gone.slug).set("name", gone.name).dump(2));
  else
    context.print(fmt::format("removed segment  {}", gone.name));
  return 0;
}

Result<int> run_list(const Context& context, const Arguments& given) {
  auto session = TRY(open_session(context));
  const auto stored = TRY(store::definitions(session.record->connection(), context.known_at.value_or(kNever)));
  Json list = Json::array();
  for (const store::StoredDefinition& one : stored) {
    const auto kind = word(static_cast<language::DefinitionKind>(one.kind));
    if (context.format == Format::Json)
      list.add(Json::object()
                   .set("kind", kind)
                   .set("id", one.slug)
                   .set("name", one.name)
                   .set("version", static_cast<uint64_t>(one.version))
                   .set("applied", text_of(one.learnt))
                   .set("text", one.text));
    else if (given.has("text"))
      context.print(one.text);
    else
      context.print(fmt::format("{:8} {:40} version {}, applied {}", kind, one.name, one.version, text_of(one.learnt)));
  }
  if (context.format == Format::Json)
    context.print(list.dump(2));
  else if (stored.empty())
    context.note("no definitions have been applied: tessera segments apply FILE.tsl");
  return 0;
}

}  // namespace

const Command& segments_check_command() {
  static const Command kCommand{"segments check", "Find mistakes in definitions", kFileOptions, run_check,
                                Remote::There};
  return kCommand;
}

const Command& segments_fmt_command() {
  static const Command kCommand{"segments fmt", "Print definitions in their one readable form",    kFmtOptions, run_fmt,
                                Remote::Never,  "it is about files of yours, not about the record"};
  return kCommand;
}

const Command& segments_apply_command() {
  static const Command kCommand{"segments apply", "Keep definitions in the record, with versions", kFileOptions,
                                run_apply, Remote::There};
  return kCommand;
}

const Command& segments_remove_command() {
  static const Command kCommand{"segments remove", "Take a segment out of force; its past can still be asked for",
                                kRemoveOptions, run_remove, Remote::There};
  return kCommand;
}

const Command& segments_list_command() {
  static const Command kCommand{"segments list", "The definitions in force", kListOptions, run_list, Remote::There};
  return kCommand;
}

}  // namespace tessera::cli
