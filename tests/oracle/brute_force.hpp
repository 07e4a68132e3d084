// Time by brute force: every instant at which anything could turn is a sum of an instant in the data and the lengths of
// time in the definitions, give or take a millisecond. The reference is asked at each of them.
#pragma once

#include <set>

#include "oracle/reference.hpp"

namespace tessera::oracle {

// In (from, to], ascending. Complete for definitions without decaying scores and without arithmetic on times.
std::vector<Instant> candidates(const segment::Program& program, const std::vector<Row>& rows, Instant from,
                                Instant to);

// Every condition of the program outside `where`, each inside others too.
std::vector<const segment::Expr*> conditions_of(const segment::Program& program);

}  // namespace tessera::oracle
