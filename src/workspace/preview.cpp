// Who would be in what is not in force: apply.hpp's preview().
#include <algorithm>

#include "core/stop.hpp"
#include "language/needs.hpp"
#include "language/parse.hpp"
#include "segment/runnable.hpp"
#include "workspace/apply.hpp"
#include "workspace/columns.hpp"

namespace tessera::workspace {

namespace {

using language::Definition;
using language::DefinitionKind;

constexpr size_t kSample = 20;

struct Given {
  language::Program program;
  std::vector<Definition> definitions;  // empty: a condition
  std::string warnings;
};

std::unexpected<Error> wrong(const language::Diagnostics& diagnostics, const std::string& text) {
  Error error = language::error_of(diagnostics, text);
  error.blame = Blame::Usage;
  return std::unexpected(std::move(error));
}

bool begins_a_definition(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return false;
  text.remove_prefix(from);
  for (const std::string_view word : {"segment", "let", "score", "event", "#"})
    if (text.starts_with(word)) return true;
  return false;
}

Result<Given> given_in(const std::string& text, const Workspace& workspace) {
  constexpr std::string_view kExample = "did \"Product Added\" in the last 7 days";
  auto parsed = language::parse_definitions(text);
  if (!parsed.ok() && !begins_a_definition(text)) {
    auto expression = language::parse_expression(text);
    if (!expression.ok()) return wrong(expression.diagnostics, text);
    auto checked = language::check_expression(std::move(expression.expr), workspace.schema, workspace.in_force);
    if (!checked.ok()) return wrong(checked.diagnostics, text);
    if (checked.program.definitions.back().kind != DefinitionKind::Segment)
      return usage("this is a value, not a condition", "compare it, as in: ... >= 1");
    return Given{std::move(checked.program), {}, language::render(checked.diagnostics, text)};
  }
  if (!parsed.ok()) return wrong(parsed.diagnostics, text);
  segment::settle_as_known(parsed.definitions, workspace.in_force);
  auto checked = language::check(parsed.definitions, workspace.schema, workspace.in_force);
  if (!checked.ok()) return wrong(checked.diagnostics, text);
  const bool has_segment = std::ranges::any_of(
      parsed.definitions, [](const Definition& each) { return each.kind == DefinitionKind::Segment; });
  if (!has_segment) return usage("there is no segment in this text", std::string(kExample));
  return Given{std::move(checked.program), std::move(parsed.definitions), language::render(checked.diagnostics, text)};
}

// Of a condition the last segment of the program; of definitions those that were given.
bool is_asked(const Given& given, std::span<const Column> columns, const Column& column) {
  if (given.definitions.empty()) return &column == &columns.back();
  return std::ranges::any_of(given.definitions, [&](const Definition& each) {
    return each.kind == DefinitionKind::Segment && each.slug == column.slug;
  });
}

SegmentPreview preview_of(const Columns& all, const Column& column, const Given& given) {
  const bool has_name = !given.definitions.empty();
  SegmentPreview out;
  if (has_name) out.slug = column.slug, out.name = column.name;
  out.count = column.count;
  out.sample = sample_of(all, column, kSample);
  for (const Column& other : all.columns[1]) {
    const size_t both = in_both(column, other);
    if (has_name && other.slug == column.slug) {
      out.is_in_force = true;
      out.enter = column.count - both;
      out.leave = other.count - both;
    } else {
      out.overlaps.push_back({other.slug, other.name, other.count, both});
    }
  }
  const auto& definitions = given.program.definitions;
  const auto definition = std::ranges::find_if(definitions, [&](const Definition& each) {
    return each.kind == DefinitionKind::Segment && each.slug == column.slug;
  });
  out.events = language::events_looked_at(given.program, static_cast<size_t>(definition - definitions.begin()));
  return out;
}

}  // namespace

Result<Preview> preview(Workspace& workspace, const std::string& text) {
  const Given given = TRY(given_in(text, workspace));
  const RunnableInForce known = runnable_in_force(workspace);
  TRY(go_on());
  const language::Program* const programs[] = {&given.program, &known.program};
  const Columns all = TRY(columns_of(workspace, programs));
  Preview out{.as_of = workspace.as_of(), .customers = all.there, .segments = {}, .warnings = given.warnings};
  for (const Column& column : all.columns[0])
    if (is_asked(given, all.columns[0], column)) out.segments.push_back(preview_of(all, column, given));
  return out;
}

}  // namespace tessera::workspace
