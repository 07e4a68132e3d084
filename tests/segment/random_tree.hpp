// Random definitions in the types of a small shop, every kind of node in them. What they say is nonsense on purpose;
// they are right by type, so they pass the checker against shop(), and every one can be written as text.
#pragma once

#include <string>
#include <vector>

#include "core/random.hpp"
#include "language/schema.hpp"
#include "language/tree.hpp"

namespace tessera::segment {

class RandomTree {
 public:
  explicit RandomTree(uint64_t seed) : rng_(seed) {}

  static language::Schema shop();
  // Aliases, lets, scores, segments: each uses only earlier ones.
  std::vector<language::Definition> definitions();
  language::Expr condition(int depth);

 private:
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[rng_.below(from.size())];
  }
  bool chance(double p) { return rng_.chance(p); }

  language::Expr number(int depth);
  language::Expr text(int depth);
  language::Expr instant(int depth);
  language::Expr property(language::Type type);
  language::Expr where(int depth);
  language::Expr predicate(int depth);
  language::Expr compare(language::Expr left, language::Expr right);
  language::EventPattern events(int depth);
  language::EventPattern elements(int depth);
  language::Window window(int depth);
  Duration duration();
  Instant moment();
  Number amount();
  language::Exprs conditions(int depth, size_t least);
  language::Score score();

  Rng rng_;
  bool in_where_ = false;
  std::string each_;
  std::vector<std::string> aliases_, numbers_, segments_;
};

}  // namespace tessera::segment
