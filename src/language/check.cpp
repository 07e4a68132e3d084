#include "language/check.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/text.hpp"
#include "language/check_types.hpp"
#include "language/lex.hpp"
#include "language/parse.hpp"
#include "language/walk.hpp"

namespace tessera::language {

namespace {

constexpr uint32_t kNone = UINT32_MAX;

std::string_view word_of(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::Event:
      return "event";
    case DefinitionKind::Let:
      return "let";
    case DefinitionKind::Score:
      return "score";
    case DefinitionKind::Segment:
      break;
  }
  return "segment";
}

std::string shown(const Definition& definition) {
  return definition.kind == DefinitionKind::Segment ? "segment " + in_quotes(definition.name)
                                                    : fmt::format("{} {}", word_of(definition.kind), definition.name);
}

class Checker {
 public:
  Checker(std::vector<Definition> given, const Schema& schema, std::span<const Definition> known) : schema_(schema) {
    for (Definition& definition : given) add({.definition = std::move(definition), .is_given = true});
    const size_t given_count = entries_.size();
    for (const Definition& definition : known) add_known(definition, given_count);
  }

  Checked run() && {
    for (uint32_t i = 0; i < entries_.size() && entries_[i].is_given; ++i) {
      visit(i, {});
      out_.given.push_back(entries_[i].place);
    }
    return std::move(out_);
  }

 private:
  enum class State : uint8_t { New, Open, Done };
  struct Entry {
    Definition definition;
    bool is_given = false;
    State state = State::New;
    uint32_t place = kNone;  // in the program
    int decaying = 0;
    size_t depth = 0;  // of definitions it builds on, one upon the other
  };

  // --- names

  std::map<std::string, uint32_t>& names_for(DefinitionKind kind) {
    return kind == DefinitionKind::Segment ? segments_ : words_;
  }

  void add(Entry entry) {
    const Definition& definition = entry.definition;
    const uint32_t index = static_cast<uint32_t>(entries_.size());
    auto& names = names_for(definition.kind);
    for (const std::string& name : {definition.name, definition.slug}) {
      const auto [found, fresh] = names.emplace(name, index);
      if (fresh || found->second == index) continue;
      report(Severity::Error, definition.span,
             fmt::format("{} is defined twice: {} has this {} already", shown(definition),
                         shown(entries_[found->second].definition), name == definition.name ? "name" : "id"));
    }
    entries_.push_back(std::move(entry));
  }

  void add_known(const Definition& known, size_t given_count) {
    auto& names = names_for(known.kind);
    for (const std::string& name : {known.slug, known.name}) {
      const auto found = names.find(name);
      if (found == names.end()) continue;
      const Definition& other = entries_[found->second].definition;
      const bool replaced = found->second < given_count && other.kind == known.kind && other.slug == known.slug;
      if (!replaced && found->second < given_count)
        report(Severity::Error, other.span,
               fmt::format("{} cannot take this name: {} has it already", shown(other), shown(known)));
      return;
    }
    add({.definition = known});
  }

  std::vector<std::string> names_of(std::initializer_list<DefinitionKind> kinds) const {
    std::vector<std::string> out;
    for (const Entry& entry : entries_)
      if (std::ranges::find(kinds, entry.definition.kind) != kinds.end()) out.push_back(entry.definition.name);
    return out;
  }

  void report(Severity severity, Span span, std::string message) {
    sink_->push_back({severity, span, std::move(message)});
  }

  // --- one definition after those it uses

  // False where it cannot be used: it is part of a cycle that has been reported.
  bool visit(uint32_t index, Span used_at) {
    if (entries_[index].state == State::Done) {
      if (!path_.empty()) note_use(path_.back(), entries_[index].depth);
      return true;
    }
    if (entries_[index].state == State::Open) return report_cycle(index, used_at), false;
    if (path_.size() >= kDeepestNesting) return report_depth(used_at), false;
    entries_[index].state = State::Open;
    path_.push_back(index);
    Diagnostics known_ones;
    Diagnostics* const outer = sink_;
    if (!entries_[index].is_given) sink_ = &known_ones;

    Definition definition = entries_[index].definition;  // entries_ stays as written while others look at it
    has_where_ = false;
    if (definition.kind == DefinitionKind::Event) {
      resolve(definition.event);
      type_pattern(definition.event, types());
    } else {
      resolve(definition.body);
      if (definition.kind == DefinitionKind::Segment)
        type_condition(definition.body, types());
      else
        type_any(definition.body, types());
      entries_[index].decaying = decaying_in(definition.body);
      entries_[index].place = static_cast<uint32_t>(out_.program.definitions.size());
      out_.program.definitions.push_back(definition);
    }
    entries_[index].definition = std::move(definition);

    sink_ = outer;
    if (has_errors(known_ones))
      report(Severity::Error, used_at,
             fmt::format("{}, applied before, is no longer right: {}", shown(entries_[index].definition),
                         known_ones.front().message));
    path_.pop_back();
    Entry& entry = entries_[index];
    entry.state = State::Done;
    if (++entry.depth > kDeepestNesting) return report_depth(used_at), false;
    if (!path_.empty()) note_use(path_.back(), entry.depth);
    return true;
  }

  void note_use(uint32_t by, size_t depth) { entries_[by].depth = std::max(entries_[by].depth, depth); }

  void report_depth(Span span) {
    report(Severity::Error, span, fmt::format("more than {} definitions build one upon the other", kDeepestNesting));
  }

  void report_cycle(uint32_t index, Span used_at) {
    std::string text;
    bool inside = false;
    for (const uint32_t step : path_) {
      inside |= step == index;
      if (inside) text += shown(entries_[step].definition) + " -> ";
    }
    report(Severity::Error, used_at,
           fmt::format("{} depends on itself: {}{}", shown(entries_[index].definition), text,
                       shown(entries_[index].definition)));
  }

  TypeContext types() {
    return {.schema = schema_,
            .diagnostics = *sink_,
            .type_of_name =
                [this](const Name& name) {
                  return name.definition == kNone ? Type::Unresolved
                                                  : out_.program.definitions[name.definition].body.type;
                },
            .decaying_scores = [this](const Name& name) { return decaying_of(name); }};
  }

  int decaying_of(const Name& name) const {
    const auto found = words_.find(name.name);
    return found == words_.end() ? 0 : entries_[found->second].decaying;
  }

  int decaying_in(const Expr& body) const {
    if (const auto* score = std::get_if<Score>(&body.node)) return score->half_life ? 1 : 0;
    if (const auto* name = std::get_if<Name>(&body.node)) return decaying_of(*name);
    if (const auto* arithmetic = std::get_if<Arithmetic>(&body.node))
      return decaying_in(arithmetic->operands[0]) + decaying_in(arithmetic->operands[1]);
    return 0;
  }

  // --- names to definitions, aliases to what they stand for

  void resolve(Expr& expr) {
    if (auto* name = std::get_if<Name>(&expr.node)) return resolve_name(*name, expr.span);
    if (auto* in = std::get_if<InSegment>(&expr.node)) return resolve_segment(*in, expr.span);
    for_each_child(expr, [this](Expr& child) { resolve(child); }, [this](EventPattern& events) { resolve(events); });
  }

  void resolve_name(Name& name, Span span) {
    const auto found = words_.find(name.name);
    if (found == words_.end()) {
      const auto names = names_of({DefinitionKind::Let, DefinitionKind::Score});
      return report(
          Severity::Error, span,
          fmt::format("unknown let or score '{}'{}{}", name.name, did_you_mean(name.name, names), hint_for(name.name)));
    }
    if (entries_[found->second].definition.kind == DefinitionKind::Event)
      return report(
          Severity::Error, span,
          fmt::format("{0} is an event, and a value is expected here; write did {0}, or count({0})", name.name));
    if (visit(found->second, span)) name.definition = entries_[found->second].place;
  }

  std::string hint_for(const std::string& name) const {
    if (has_where_) return "; if it is a property, put all that belongs to where in parentheses: where (... and ...)";
    if (schema_.traits.contains(name)) return fmt::format("; if the trait is meant, write trait {}", name);
    if (schema_.events.contains(name)) return fmt::format("; if the event is meant, write did {}", name);
    return "";
  }

  void resolve_segment(InSegment& in, Span span) {
    const auto found = segments_.find(in.segment);
    if (found == segments_.end()) {
      const auto names = names_of({DefinitionKind::Segment});
      return report(Severity::Error, span,
                    fmt::format("unknown segment {}{}", in_quotes(in.segment), did_you_mean(in.segment, names, '"')));
    }
    if (visit(found->second, span)) in.definition = entries_[found->second].place;
  }

  void resolve(EventPattern& events) {
    if (!events.where.empty()) {
      has_where_ = true;
      resolve(events.where[0]);
    }
    if (!events.alias.empty() && events.names.empty()) return replace_alias(events);
    for (const std::string& name : events.names) warn_unseen(name, events.span);
  }

  void warn_unseen(const std::string& event, Span span) {
    if (schema_.events.empty() || schema_.events.contains(event)) return;
    if (profiles::system_stream_named(event) != profiles::SystemStream::None) return;  // the system's own words
    std::vector<std::string> names;
    for (const auto& [name, known] : schema_.events)
      if (profiles::is_counted(known.system)) names.push_back(name);
    report(Severity::Warning, span,
           fmt::format("no event {} so far{}", in_quotes(event), did_you_mean(event, names, '"')));
  }

  void replace_alias(EventPattern& events) {
    const auto found = words_.find(events.alias);
    const bool defined = found != words_.end() && entries_[found->second].definition.kind == DefinitionKind::Event;
    if (!defined && schema_.events.contains(events.alias)) {
      events.names = {events.alias};  // an event whose name is one word needs no quotes
      return;
    }
    if (!defined) return report(Severity::Error, events.span, unknown_event(events.alias, found != words_.end()));
    if (!visit(found->second, events.span)) return;
    const EventPattern& meant = entries_[found->second].definition.event;
    if (!events.each.empty() && !meant.each.empty())
      return report(Severity::Error, events.span,
                    fmt::format("{} stands for elements of a list already", events.alias));
    events.names = meant.names;
    if (events.each.empty()) events.each = meant.each;
    if (meant.where.empty()) return;
    events.where_is = events.where.empty() ? EventPattern::Where::OfAlias : EventPattern::Where::Both;
    if (events.where.empty()) {
      events.where = meant.where;
      return;
    }
    Logic both{.op = LogicOp::And};
    both.operands = {meant.where[0], events.where[0]};
    const Span span = events.where[0].span;
    events.where[0] = Expr{.node = std::move(both), .span = span};
  }

  std::string unknown_event(const std::string& alias, bool is_other_name) const {
    if (is_other_name)
      return fmt::format("{} is no event; name one in quotes, or define it: event ... = \"...\"", alias);
    std::vector<std::string> names = names_of({DefinitionKind::Event});
    for (const auto& [name, known] : schema_.events)
      if (profiles::is_counted(known.system)) names.push_back(name);
    const auto nearest = nearest_name(alias, names);
    if (nearest && is_plain_word(*nearest)) return fmt::format("unknown event '{}'; did you mean {}?", alias, *nearest);
    if (nearest) return fmt::format("unknown event '{}'; did you mean {}?", alias, in_quotes(*nearest));
    return fmt::format("unknown event '{0}'; define it: event {0} = \"...\", or name an event in quotes", alias);
  }

  const Schema& schema_;
  std::vector<Entry> entries_;
  std::map<std::string, uint32_t> words_, segments_;  // words: events, lets and scores; segments by name and by slug
  std::vector<uint32_t> path_;
  bool has_where_ = false;
  Checked out_;
  Diagnostics* sink_ = &out_.diagnostics;
};

}  // namespace

Checked check(std::vector<Definition> definitions, const Schema& schema, std::span<const Definition> known) {
  return Checker(std::move(definitions), schema, known).run();
}

Checked check_expression(Expr expr, const Schema& schema, std::span<const Definition> known) {
  // First as a let, which may have any type; then, if it is a condition, it is a segment.
  Definition definition{.kind = DefinitionKind::Let, .body = std::move(expr)};
  Checked out = check({std::move(definition)}, schema, known);
  if (!out.ok() || out.program.definitions.empty()) return out;
  Definition& last = out.program.definitions.back();
  if (last.body.type == Type::Bool) compare_with_true(last.body);
  if (last.body.type == Type::Condition) last.kind = DefinitionKind::Segment;
  return out;
}

}  // namespace tessera::language
