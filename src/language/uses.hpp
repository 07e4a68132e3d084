// Which definitions one uses: its lets, scores, aliases and segments, by name.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "language/tree.hpp"

namespace tessera::language {

// Directly.
std::set<std::string> uses_of(const Definition& definition);

// Those of these names and, directly or not, what they use, in the order in which they are given.
std::vector<Definition> with_what_they_use(const std::vector<Definition>& all, std::set<std::string> wanted);

}  // namespace tessera::language
