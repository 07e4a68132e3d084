#include "language/ask.hpp"

#include <fmt/format.h>

#include "language/check_types.hpp"
#include "language/parse.hpp"

namespace tessera::language {

Result<Asked> ask(std::string_view condition, const Schema& schema, std::span<const Definition> known,
                  std::string_view place) {
  ParsedExpression parsed = parse_expression(condition);
  if (!parsed.ok()) return std::unexpected(error_of(parsed.diagnostics, condition, place));
  const Span span = parsed.expr.span;
  Checked checked = check_expression(std::move(parsed.expr), schema, known);
  if (checked.ok() && checked.program.definitions.back().kind != DefinitionKind::Segment)
    checked.diagnostics.push_back(
        {Severity::Error, span,
         fmt::format("a condition is expected, and this is {}; compare it with a value, or for an event write did ...",
                     name_of(checked.program.definitions.back().body.type))});
  if (!checked.ok()) return std::unexpected(error_of(checked.diagnostics, condition, place));
  return Asked{.program = std::move(checked.program), .warnings = render(checked.diagnostics, condition, place)};
}

}  // namespace tessera::language
