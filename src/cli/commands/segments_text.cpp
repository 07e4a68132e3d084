// Keeping definitions: segments check, fmt, apply, rename, remove, list.
#include <map>

#include "cli/asking.hpp"
#include "cli/table.hpp"
#include "core/json.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "segment/runnable.hpp"
#include "store/definitions.hpp"
#include "workspace/rename.hpp"

namespace tessera::cli {

namespace {

constexpr Option kRemoveOptions[] = {{"NAME", "NAME", "The segment, by name or id", Takes::One, true}};
constexpr Option kFileOptions[] = {{"FILE", "FILE", "Definitions (.tsl)", Takes::Many, true, Means::Input}};
constexpr Option kApplyOptions[] = {
    {"FILE", "FILE", "Definitions (.tsl)", Takes::Many, true, Means::Input},
    {"--dry-run", "", "Show who would enter and leave, and change nothing", Takes::Flag},
};
constexpr Option kRenameOptions[] = {
    {"NAME", "NAME", "The segment, by name or id", Takes::One, true},
    {"NEW", "NEW", "What it is called from now on", Takes::One, true},
};
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

Result<Read> read_and_check(const Context& context, const workspace::Workspace& workspace, const Arguments& given) {
  Read out;
  const auto files = given.all("FILE");
  for (const std::string& path : files) {
    const std::string text = TRY(context.world.read(path));
    auto parsed = language::parse_definitions(text);
    language::Diagnostics found = parsed.diagnostics;
    // Names may be defined in the files before or applied already.
    std::vector<language::Definition> known = workspace.in_force;
    known.insert(known.end(), out.definitions.begin(), out.definitions.end());
    if (parsed.ok()) {
      segment::settle_as_known(parsed.definitions, workspace.in_force);
      out.checked = language::check(parsed.definitions, workspace.schema, known);
      found.insert(found.end(), out.checked.diagnostics.begin(), out.checked.diagnostics.end());
    }
    if (language::has_errors(found)) return std::unexpected(language::error_of(found, text, path));
    if (!found.empty()) context.note(language::render(found, text, path));
    for (auto& definition : parsed.definitions) out.definitions.push_back(std::move(definition));
  }
  return out;
}

Result<int> run_check(const Context& context, const Arguments& given) {
  // Checking works without a record too.
  const auto workspace =
      TRY(workspace::open_if_any(context.world.holder(), context.clock, {context.as_of, context.known_at}));
  const auto read = TRY(read_and_check(context, workspace, given));
  context.print(fmt::format("{} definitions, no errors{}", read.definitions.size(),
                            workspace.record ? "" : " (no record: names of events and traits were not checked)"));
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

// What an application would change: each that is given, and each that uses it.
Result<int> show_effect(const Context& context, const Arguments& given) {
  auto workspace = TRY(open(context, store::OpenMode::ReadOnly));
  const auto read = TRY(read_and_check(context, workspace, given));
  const auto effects = TRY(workspace::effect_of(
      workspace, {.applied = read.definitions, .removed = {}, .source = "segments apply --dry-run"}));
  std::vector<ListRow> rows;
  for (const workspace::SegmentEffect& one : effects)
    rows.push_back({one.name, one.slug, std::string(one.is_given ? workspace::word(one.change) : "uses one of these"),
                    std::to_string(one.enter), std::to_string(one.leave), std::to_string(one.members)});
  context.print(render_list({{"segment"}, {"id"}, {"change"}, {"enter", true}, {"leave", true}, {"members", true}},
                            rows, context.format));
  return 0;
}

Result<int> run_rename(const Context& context, const Arguments& given) {
  auto workspace = TRY(open(context, workspace::mode_to_apply(context.world.holder())));
  const auto done = TRY(workspace::rename(workspace, *given.text("NAME"), *given.text("NEW")));
  if (context.format == Format::Json) {
    Json rewritten = Json::array();
    for (const std::string& name : done.rewritten) rewritten.add(name);
    context.print(Json::object()
                      .set("id", done.slug)
                      .set("was", done.from)
                      .set("name", done.name)
                      .set("rewritten", std::move(rewritten))
                      .dump(2));
    return 0;
  }
  context.print(fmt::format("renamed  segment  {} -> {}", done.from, done.name));
  for (const std::string& name : done.rewritten)
    context.print(fmt::format("changed           {}, which uses it", name));
  return 0;
}

Result<int> run_apply(const Context& context, const Arguments& given) {
  if (given.has("dry-run")) return show_effect(context, given);
  auto workspace = TRY(open(context, workspace::mode_to_apply(context.world.holder())));
  const auto read = TRY(read_and_check(context, workspace, given));
  const auto changes =
      TRY(workspace::apply(workspace, {.applied = read.definitions, .removed = {}, .source = "segments apply"}));
  Json list = Json::array();
  for (size_t i = 0; i < changes.size(); ++i) {
    const language::Definition& one = read.definitions[i];
    const auto kind = workspace::word(one.kind);
    if (context.format == Format::Json)
      list.add(Json::object()
                   .set("kind", kind)
                   .set("id", one.slug)
                   .set("name", one.name)
                   .set("change", workspace::word(changes[i])));
    else
      context.print(fmt::format("{:8} {:8} {}", workspace::word(changes[i]), kind, one.name));
  }
  if (context.format == Format::Json) context.print(list.dump(2));
  return 0;
}

Result<int> run_remove(const Context& context, const Arguments& given) {
  auto workspace = TRY(open(context, workspace::mode_to_apply(context.world.holder())));
  const auto gone = TRY(workspace::remove(workspace, *given.text("NAME")));
  if (context.format == Format::Json)
    context.print(Json::object().set("removed", gone.slug).set("name", gone.name).dump(2));
  else
    context.print(fmt::format("removed segment  {}", gone.name));
  return 0;
}

// What is to be known of definitions in force beside their texts: that one cannot be run, that it does not see values.
class Notes {
 public:
  using Key = std::pair<uint8_t, std::string>;
  std::map<Key, std::string> aside;
  std::map<Key, std::vector<workspace::OtherValues>> others;

  std::optional<std::string> why_aside(const store::StoredDefinition& of) const {
    const auto found = aside.find({of.kind, of.slug});
    return found == aside.end() ? std::nullopt : std::optional(found->second);
  }
  Json aside_json(const store::StoredDefinition& of) const {
    const auto why = why_aside(of);
    return why ? Json(*why) : Json();
  }
  Json others_json(const store::StoredDefinition& of) const {
    Json out = Json::array();
    if (const auto found = others.find({of.kind, of.slug}); found != others.end())
      for (const auto& one : found->second)
        out.add(Json::object().set("of", one.of).set("came_as", one.came_as).set("values", one.values));
    return out;
  }
  std::string text(const store::StoredDefinition& of) const {
    std::string out;
    if (const auto why = why_aside(of)) out += "\n         set aside, it cannot be run: " + *why;
    if (const auto found = others.find({of.kind, of.slug}); found != others.end())
      for (const auto& one : found->second)
        out += fmt::format("\n         {} values of {} came as {}, and are unknown to it", one.values, one.of,
                           one.came_as);
    return out;
  }
};

Result<Notes> notes_on(const workspace::Workspace& workspace) {
  const auto runnable = workspace::runnable_in_force(workspace);
  Notes out;
  for (const auto& one : runnable.aside) out.aside[{static_cast<uint8_t>(one.kind), one.slug}] = one.why;
  const auto others = TRY(workspace::other_values(workspace, runnable.program));
  for (size_t i = 0; i < others.size(); ++i) {
    const language::Definition& of = runnable.program.definitions[i];
    if (!others[i].empty()) out.others[{static_cast<uint8_t>(of.kind), of.slug}] = others[i];
  }
  return out;
}

Result<int> run_list(const Context& context, const Arguments& given) {
  const auto workspace = TRY(open(context, store::OpenMode::ReadOnly));
  const auto stored = TRY(store::definitions(workspace.connection(), workspace.known_at()));
  const Notes notes = TRY(notes_on(workspace));
  Json list = Json::array();
  std::vector<ListRow> rows;
  for (const store::StoredDefinition& one : stored) {
    const auto kind = workspace::word(static_cast<language::DefinitionKind>(one.kind));
    if (context.format == Format::Json)
      list.add(Json::object()
                   .set("kind", kind)
                   .set("id", one.slug)
                   .set("name", one.name)
                   .set("version", static_cast<uint64_t>(one.version))
                   .set("applied", text_of(one.learnt))
                   .set("text", one.text)
                   .set("set_aside", notes.aside_json(one))
                   .set("other_values", notes.others_json(one)));
    else if (context.format == Format::Csv)
      rows.push_back({std::string(kind), one.slug, one.name, fmt::format("{}", one.version), text_of(one.learnt),
                      notes.why_aside(one), one.text});
    else if (given.has("text"))
      context.print(one.text);
    else
      context.print(fmt::format("{:8} {:40} version {}, applied {}{}", kind, one.name, one.version,
                                context.shown(one.learnt), notes.text(one)));
  }
  if (context.format == Format::Json)
    context.print(list.dump(2));
  else if (context.format == Format::Csv)
    context.print(render_list({{"kind"}, {"id"}, {"name"}, {"version", true}, {"applied"}, {"set_aside"}, {"text"}},
                              rows, context.format));
  else if (stored.empty())
    context.note("no definitions have been applied: " + context.line(try_command("segments apply").blank("FILE.tsl")));
  return 0;
}

}  // namespace

std::span<const Command> segments_text_rows() {
  static const Command kRows[] = {
      {"segments check", "Find mistakes in definitions", kFileOptions, run_check, Remote::There, Needs::Read},
      {"segments fmt", "Print definitions in their one readable form", kFmtOptions, run_fmt, Remote::Never, Needs::Open,
       "it is about files of yours, not about the record"},
      {"segments apply", "Keep definitions in the record, with versions", kApplyOptions, run_apply, Remote::There,
       Needs::Write},
      {"segments rename", "Call a segment by another name; its id, rule and members stay", kRenameOptions, run_rename,
       Remote::There, Needs::Write},
      {"segments remove", "Take a segment out of force; its past can still be asked for", kRemoveOptions, run_remove,
       Remote::There, Needs::Write},
      {"segments list", "The definitions in force", kListOptions, run_list, Remote::There, Needs::Read}};
  return kRows;
}

}  // namespace tessera::cli
