// Tree to text: `segments fmt`. One way of writing for each tree, the readable one wherever there is one, so that what
// people review in git does not depend on who typed it. Reading the text back gives the same tree; printing that gives
// the same text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "language/tree.hpp"

namespace tessera::language {

inline constexpr size_t kWidestLine = 100;  // columns, in bytes; longer chains are broken, one operand a line

// Notes before their definitions, an empty line between definitions (none within a run of one-line lets or events).
// Ends in a newline unless there is nothing.
std::string print(std::span<const Definition> definitions, std::string_view last_note = {});
std::string print(const Definition& definition);
// On one line.
std::string print(const Expr& expr);
std::string print(const EventPattern& events);

}  // namespace tessera::language
