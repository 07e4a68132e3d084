#include "oracle/brute_force.hpp"

#include "language/walk.hpp"

namespace tessera::oracle {

using namespace language;

namespace {

struct Times {
  std::set<Instant> instants;
  std::set<Duration> lengths{Duration{0}};

  void literal(const Literal& node) {
    if (const auto* instant = std::get_if<Instant>(&node.value)) instants.insert(*instant);
    if (const auto* length = std::get_if<Duration>(&node.value)) lengths.insert(*length);
  }
  void sliding(const Sliding& window) {
    lengths.insert(window.newest);
    lengths.insert(window.oldest);
  }
  void absolute(const Absolute& window) {
    instants.insert(window.from);
    instants.insert(window.to);
  }
  void window(const Window& window) {
    if (const auto* w = std::get_if<Sliding>(&window)) sliding(*w);
    if (const auto* w = std::get_if<Absolute>(&window)) absolute(*w);
  }
  void walk(const Expr& expr) {
    if (const auto* node = std::get_if<Literal>(&expr.node)) literal(*node);
    if (const auto* node = std::get_if<Aggregate>(&expr.node)) window(node->window);
    if (const auto* node = std::get_if<Score>(&expr.node)) window(node->window);
    if (const auto* node = std::get_if<Within>(&expr.node)) {
      if (const auto* w = std::get_if<Sliding>(&node->window))
        sliding(*w);
      else
        absolute(std::get<Absolute>(node->window));
    }
    for_each_child(
        expr, [&](const Expr& child) { walk(child); },
        [&](const EventPattern& events) {
          for (const Expr& where : events.where) walk(where);
        });
  }
  void cells(const std::map<std::string, Row::Cell>& cells) {
    const auto value = [&](const Known& x) {
      if (const auto* text = std::get_if<std::string>(&x))
        if (const auto instant = parse_instant(*text)) instants.insert(*instant);
    };
    for (const auto& [name, cell] : cells) {
      for (const Known& x : cell.values) value(x);
      for (const auto& element : cell.elements)
        for (const Known& x : element) value(x);
    }
  }
};

void collect(const Expr& expr, std::vector<const Expr*>& out) {
  if (expr.type == Type::Condition || expr.type == Type::Bool) out.push_back(&expr);
  for_each_child(expr, [&](const Expr& child) { collect(child, out); }, [](const EventPattern&) {});
}

}  // namespace

std::vector<Instant> candidates(const Program& program, const std::vector<Row>& rows, Instant from, Instant to) {
  Times times;
  for (const Definition& definition : program.definitions) times.walk(definition.body);
  for (const Row& row : rows) {
    times.instants.insert(row.time);
    times.cells(row.scalars);
    times.cells(row.lists);
  }
  std::set<Instant> out;
  for (const Instant instant : times.instants)
    for (const Duration length : times.lengths)
      for (const int64_t beside : {-1, 0, 1})
        if (const Instant at = instant + length + Duration{beside}; at > from && at <= to) out.insert(at);
  return {out.begin(), out.end()};
}

std::vector<const Expr*> conditions_of(const Program& program) {
  std::vector<const Expr*> out;
  for (const Definition& definition : program.definitions) collect(definition.body, out);
  return out;
}

}  // namespace tessera::oracle
