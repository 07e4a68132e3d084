#include "segment/segment.hpp"

#include <fmt/format.h>

#include "language/check_types.hpp"

namespace tessera::segment {

Result<Asked> ask(std::string_view condition, const language::Schema& schema,
                  std::span<const language::Definition> known, std::string_view place) {
  language::ParsedExpression parsed = language::parse_expression(condition);
  if (!parsed.ok()) return std::unexpected(language::error_of(parsed.diagnostics, condition, place));
  const language::Span span = parsed.expr.span;
  language::Checked checked = language::check_expression(std::move(parsed.expr), schema, known);
  if (checked.ok() && checked.program.definitions.back().kind != language::DefinitionKind::Segment)
    checked.diagnostics.push_back(
        {language::Severity::Error, span,
         fmt::format("a condition is expected, and this is {}; compare it with a value, or for an event write did ...",
                     name_of(checked.program.definitions.back().body.type))});
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, condition, place));
  return Asked{.program = std::move(checked.program), .warnings = render(checked.diagnostics, condition, place)};
}

}  // namespace tessera::segment
