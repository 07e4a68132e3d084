#include "core/number_in_text.hpp"

#include "core/text.hpp"

namespace tessera {

std::optional<Number> number_in_text(std::string_view text) {
  const std::string_view plain = trim(text);
  if (plain.find_first_of("eE") != std::string_view::npos) return std::nullopt;
  const ParsedNumber parsed = parse_number(plain);
  return parsed.flaw ? std::nullopt : std::optional(parsed.number);
}

}  // namespace tessera
