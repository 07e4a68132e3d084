// The number that a text says, where a number is asked for and a text came. One function for every evaluator and for
// whoever counts what none of them reads.
#pragma once

#include <optional>
#include <string_view>

#include "core/number.hpp"

namespace tessera {

// Digits with at most one point before, among or behind them, a sign before them or none, blanks around; no exponent,
// and nothing that groups digits, for what parts thousands here is the point elsewhere. nullopt: the text says none, or
// one that a Number cannot hold exactly.
std::optional<Number> number_in_text(std::string_view text);

}  // namespace tessera
