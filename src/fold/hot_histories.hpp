// The histories in memory with what they are made of. Replaced as a whole where new definitions need more of the facts
// than it keeps.
#pragma once

#include "fold/histories.hpp"

namespace tessera::fold {

struct Memory {
  Shape shape;
  profiles::MoneyBook money;  // grows as facts come in
  Histories histories{shape, money};
  profiles::Dictionary dictionary;

  explicit Memory(Wanted wanted) : shape(std::move(wanted)) {}
};

}  // namespace tessera::fold
