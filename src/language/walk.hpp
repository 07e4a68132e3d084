// Every expression and event pattern below a node, for passes that look for a few kinds of node only.
#pragma once

#include <type_traits>

#include "core/result.hpp"
#include "language/tree.hpp"

namespace tessera::language {

// Calls on_expr(child) for each expression directly below, in the order of writing, and on_events(pattern) for each
// event pattern directly below (whose `where` is the callee's to visit: for_each_child(pattern, ...)). Works on const
// and mutable trees.
template <typename Tree, typename OnExpr, typename OnEvents>
void for_each_child(Tree& expr, OnExpr&& on_expr, OnEvents&& on_events) {
  const auto all = [&](auto& exprs) {
    for (auto& child : exprs) on_expr(child);
  };
  const auto window = [&](auto& window) {
    if (auto* since = std::get_if<Since>(&window)) all(since->anchor);
  };
  std::visit(
      [&](auto& node) {
        using T = std::remove_const_t<std::remove_reference_t<decltype(node)>>;
        if constexpr (std::is_same_v<T, Aggregate>) {
          on_events(node.events);
          window(node.window);
        } else if constexpr (std::is_same_v<T, Score>) {
          for (auto& term : node.terms) on_events(term.events);
          window(node.window);
        } else if constexpr (std::is_same_v<T, Ago> || std::is_same_v<T, Within>) {
          all(node.instant);
        } else if constexpr (std::is_same_v<T, Size>) {
          all(node.list);
        } else if constexpr (std::is_same_v<T, TextMatch> || std::is_same_v<T, IsBlank>) {
          all(node.text);
        } else if constexpr (std::is_same_v<T, IsKnown> || std::is_same_v<T, IsTruth>) {
          all(node.operand);
        } else if constexpr (std::is_same_v<T, AnyElement>) {
          all(node.condition);
        } else if constexpr (requires { node.operands; }) {
          all(node.operands);
        }
      },
      expr.node);
}

}  // namespace tessera::language
