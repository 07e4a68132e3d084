// Random definitions in the types of a small shop, every kind of node in them. What they say is nonsense on purpose;
// they are right by type, so they pass the checker against shop(), and every one can be written as text.
#pragma once

#include <string>
#include <vector>

#include "core/random.hpp"
#include "language/schema.hpp"
#include "language/tree.hpp"

namespace tessera::language {

class RandomTree {
 public:
  explicit RandomTree(uint64_t seed) : rng_(seed) {}

  static Schema shop();
  // Aliases, lets, scores, segments: each uses only earlier ones.
  std::vector<Definition> definitions();
  Expr condition(int depth);

 private:
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[rng_.below(from.size())];
  }
  bool chance(double p) { return rng_.chance(p); }

  Expr number(int depth);
  Expr text(int depth);
  Expr instant(int depth);
  Expr property(Type type);
  Expr where(int depth);
  Expr predicate(int depth);
  Expr compare(Expr left, Expr right);
  EventPattern events(int depth);
  EventPattern elements(int depth);
  Window window(int depth);
  Duration duration();
  Instant moment();
  Number amount();
  Exprs conditions(int depth, size_t least);
  Score score();

  Rng rng_;
  bool in_where_ = false;
  std::string each_;
  std::vector<std::string> aliases_, numbers_, segments_;
};

}  // namespace tessera::language
