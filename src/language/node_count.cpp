#include "language/node_count.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "language/limits.hpp"
#include "language/walk.hpp"

namespace tessera::language {

namespace {

class Counter {
 public:
  Counter(std::span<const Definition* const> definitions, size_t most) : most_(most) {
    for (const Definition* one : definitions)
      if (one->kind == DefinitionKind::Event)
        for (const std::string* const name : {&one->name, &one->slug}) aliases_.try_emplace(*name, Alias{one});
  }

  size_t of(const Definition& definition) {
    size_t nodes = 0;
    if (definition.kind == DefinitionKind::Event)
      add(definition.event, nodes);
    else
      add(definition.body, nodes);
    return nodes;
  }

 private:
  struct Alias {
    const Definition* written = nullptr;
    size_t nodes = 0;
    bool is_counted = false;
  };

  void add(const Expr& expr, size_t& nodes) {
    if (++nodes > most_) return;
    for_each_child(
        expr, [&](const Expr& child) { add(child, nodes); }, [&](const EventPattern& events) { add(events, nodes); });
  }

  void add(const EventPattern& events, size_t& nodes) {
    ++nodes;
    for (const Expr& where : events.where) add(where, nodes);
    if (events.alias.empty() || !events.names.empty()) return;
    if (const auto found = aliases_.find(events.alias); found != aliases_.end()) nodes += of_alias(found->second);
  }

  // One in a circle is no definition that anybody may have: its inner use counts nothing.
  size_t of_alias(Alias& alias) {
    if (!std::exchange(alias.is_counted, true)) alias.nodes = std::min(of(*alias.written), kMostNodes + 1);
    return alias.nodes;
  }

  const size_t most_;
  std::map<std::string_view, Alias> aliases_;
};

}  // namespace

size_t count_nodes(std::span<const Definition* const> definitions, size_t most) {
  Counter counter(definitions, most);
  size_t nodes = 0;
  for (const Definition* const one : definitions)
    if ((nodes += counter.of(*one)) > most) break;
  return nodes;
}

}  // namespace tessera::language
