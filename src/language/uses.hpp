// Which definitions one uses: its lets, scores, aliases and segments, by name.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "language/tree.hpp"

namespace tessera::language {

// Directly. Words: lets, scores and aliases of events; segments by name or id, as written.
struct Uses {
  std::set<std::string> words, segments;
};
Uses uses_by_kind(const Definition& definition);
// The same in one.
std::set<std::string> uses_of(const Definition& definition);

// "event", "let", "score", "segment".
std::string_view word_of(DefinitionKind kind);

// Of a program, one definition with what it uses: as a program, whose last it is.
Program part_of(const Program& program, uint32_t definition);

// Those of these names and, directly or not, what they use, in the order in which they are given.
std::vector<Definition> with_what_they_use(const std::vector<Definition>& all, std::set<std::string> wanted);

}  // namespace tessera::language
