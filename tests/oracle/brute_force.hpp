// Time by brute force: every instant at which anything could turn is a sum of an instant in the data and the lengths of
// time in the definitions, give or take a millisecond. The reference is asked at each of them.
#pragma once

#include <set>

#include "oracle/reference.hpp"

namespace tessera::oracle {

// In (from, to], ascending. Complete for definitions without decaying scores and without arithmetic on times.
std::vector<Instant> candidates(const language::Program& program, const std::vector<Row>& rows, Instant from,
                                Instant to);

// Every condition of the program outside `where`, each inside others too.
std::vector<const language::Expr*> conditions_of(const language::Program& program);

}  // namespace tessera::oracle
