// A condition that somebody typed, ready to compile.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "language/check.hpp"
#include "language/schema.hpp"
#include "language/tree.hpp"

namespace tessera::language {

struct Asked {
  Program program;       // what is asked is its last definition
  std::string warnings;  // rendered; empty: none
};

// A condition in text, ready to compile: `segments count -e 'EXPR'`. Error: everything that is wrong with it, rendered;
// or that it is a value and no condition. `place`: what the text is called, in front of lines and columns.
Result<Asked> ask(std::string_view condition, const Schema& schema, std::span<const Definition> known = {},
                  std::string_view place = {});

}  // namespace tessera::language
