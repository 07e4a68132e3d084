// Any text is definitions or errors with places inside the text; what was read prints as text that reads back as the
// same tree, whose printing changes nothing more; the checker takes whatever the parser made.
#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tessera;
  using namespace tessera::language;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);

  const Parsed parsed = parse_definitions(text);
  for (const Diagnostic& diagnostic : parsed.diagnostics) VERIFY(diagnostic.span.from <= size);
  render(parsed.diagnostics, text);
  if (parsed.ok()) {
    const std::string printed = print(parsed.definitions, parsed.last_note);
    const Parsed again = parse_definitions(printed);
    VERIFY(again.ok() && again.definitions == parsed.definitions);
    VERIFY(print(again.definitions, again.last_note) == printed);
    const Checked checked = check(parsed.definitions, Schema{});
    render(checked.diagnostics, text);
  }

  const ParsedExpression expression = parse_expression(text);
  render(expression.diagnostics, text);
  if (expression.ok()) {
    const ParsedExpression again = parse_expression(print(expression.expr));
    VERIFY(again.ok() && again.expr == expression.expr);
    check_expression(expression.expr, Schema{});
  }
  return 0;
}
