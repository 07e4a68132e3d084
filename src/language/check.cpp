#include "language/check.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/stop.hpp"
#include "core/text.hpp"
#include "language/check_types.hpp"
#include "language/lex.hpp"
#include "language/limits.hpp"
#include "language/lookup.hpp"
#include "language/parse.hpp"
#include "language/time_properties.hpp"
#include "language/uses.hpp"
#include "language/walk.hpp"

namespace tessera::language {

namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr int kManyScores = 2;  // more are as many: lets that are added up double them each time

std::string shown(const Definition& definition) {
  return definition.kind == DefinitionKind::Segment ? "segment " + in_quotes(definition.name)
                                                    : fmt::format("{} {}", word_of(definition.kind), definition.name);
}

// Of one definition that uses another, whose error is its own.
constexpr std::string_view kUsesOneSetAside = "it uses {}, which is set aside";

class Checker {
  // Long because names, aliases and what is set aside are one pass over the same entries.
 public:
  // Together: one error is everybody's. Apart: each has its own, and is left out with those that use it.
  enum class Errors : uint8_t { Together, Apart, Forgiven };

  Checker(std::vector<Definition> given, const Schema& schema, std::span<const Definition> known,
          Errors errors = Errors::Together)
      : schema_(schema), errors_(errors), given_(std::move(given)) {
    entries_.reserve(given_.size() + known.size());
    for (const Definition& definition : given_) add(definition, true);
    for (const Definition& definition : known) add_known(definition, given_.size());
  }

  Checked run() && {
    run_given();
    for (size_t i = 0; i < given_.size(); ++i)
      out_.diagnostics.insert(out_.diagnostics.end(), entries_[i].found.begin(), entries_[i].found.end());
    return std::move(out_);
  }

  CheckedEach run_each() && {
    run_given();
    CheckedEach out{.program = {},
                    .given = std::move(out_.given),
                    .settled = std::move(out_.settled),
                    .nodes = std::move(out_.nodes),
                    .aside = set_aside()};
    const bool is_whole = std::ranges::none_of(entries_, &Entry::is_aside);
    out.program = is_whole ? std::move(out_.program) : without_aside(out.given);
    return out;
  }

 private:
  enum class State : uint8_t { New, Open, Done };
  struct Entry {
    const Definition* written = nullptr;
    bool is_given = false;
    State state = State::New;
    uint32_t place = kNone;  // in the program
    int decaying = 0;        // scores in it, up to kManyScores
    size_t depth = 0;        // of definitions it builds on, one upon the other
    size_t nodes = 0;
    std::optional<EventPattern> meant{};  // of an event, checked
    Diagnostics found{};
    std::vector<uint32_t> uses{};
    bool is_aside = false;
  };

  void run_given() {
    out_.settled.resize(given_.size());
    for (uint32_t i = 0; i < given_.size(); ++i) visit(i, {});
    for (uint32_t i = 0; i < given_.size(); ++i) {
      out_.given.push_back(entries_[i].place);
      out_.nodes.push_back(entries_[i].nodes);
    }
  }

  // --- apart

  std::vector<SetAside> set_aside() {
    std::vector<std::vector<uint32_t>> users(entries_.size());
    std::vector<uint32_t> open;
    std::vector<std::string> why(entries_.size());
    for (uint32_t i = 0; i < entries_.size(); ++i) {
      for (const uint32_t used : entries_[i].uses) users[used].push_back(i);
      const auto error = std::ranges::find(entries_[i].found, Severity::Error, &Diagnostic::severity);
      if (error == entries_[i].found.end()) continue;
      why[i] = error->message;
      open.push_back(i);
    }
    while (!open.empty()) {
      const uint32_t used = open.back();
      open.pop_back();
      for (const uint32_t user : users[used]) {
        if (!why[user].empty()) continue;
        why[user] = fmt::format(kUsesOneSetAside, shown(*entries_[used].written));
        open.push_back(user);
      }
    }
    for (uint32_t i = 0; i < entries_.size(); ++i) entries_[i].is_aside = !why[i].empty();
    std::vector<SetAside> out;
    for (uint32_t i = 0; i < given_.size(); ++i)
      if (!why[i].empty()) out.push_back({i, std::move(why[i])});
    return out;
  }

  // The program of those that are not set aside; `given` gets their places in it.
  Program without_aside(std::vector<uint32_t>& given) {
    std::vector<uint32_t> moved(out_.program.definitions.size());
    for (const Entry& entry : entries_)
      if (entry.is_aside && entry.place != kNone) moved[entry.place] = kNone;
    Program out;
    for (uint32_t i = 0; i < moved.size(); ++i) {
      if (moved[i] == kNone) continue;
      moved[i] = static_cast<uint32_t>(out.definitions.size());
      out.definitions.push_back(std::move(out_.program.definitions[i]));
      refer(out.definitions.back().body, moved);
    }
    for (uint32_t& place : given)
      if (place != kNone) place = moved[place];
    return out;
  }

  static void refer(Expr& expr, const std::vector<uint32_t>& moved) {
    if (auto* name = std::get_if<Name>(&expr.node)) name->definition = moved[name->definition];
    if (auto* in = std::get_if<InSegment>(&expr.node)) in->definition = moved[in->definition];
    for_each_child(expr, [&](Expr& child) { refer(child, moved); }, [](EventPattern&) {});
  }

  // --- names

  std::map<std::string, uint32_t>& names_for(DefinitionKind kind) {
    return kind == DefinitionKind::Segment ? segments_ : words_;
  }

  void add(const Definition& definition, bool is_given) {
    const auto index = static_cast<uint32_t>(entries_.size());
    Entry& entry = entries_.emplace_back();
    entry.written = &definition;
    entry.is_given = is_given;
    auto& names = names_for(definition.kind);
    for (const std::string& name : {definition.name, definition.slug}) {
      const auto [found, fresh] = names.emplace(name, index);
      if (fresh || found->second == index) continue;
      entry.found.push_back(
          {Severity::Error, definition.span,
           fmt::format("{} is defined twice: {} has this {} already", shown(definition),
                       shown(*entries_[found->second].written), name == definition.name ? "name" : "id")});
    }
  }

  void add_known(const Definition& known, size_t given_count) {
    auto& names = names_for(known.kind);
    for (const std::string& name : {known.slug, known.name}) {
      const auto found = names.find(name);
      if (found == names.end()) continue;
      const Definition& other = *entries_[found->second].written;
      const bool replaced = found->second < given_count && other.kind == known.kind && other.slug == known.slug;
      if (!replaced && found->second < given_count)
        entries_[found->second].found.push_back(
            {Severity::Error, other.span,
             fmt::format("{} cannot take this name: {} has it already", shown(other), shown(known))});
      return;
    }
    add(known, false);
  }

  std::vector<std::string> names_of(std::initializer_list<DefinitionKind> kinds) const {
    std::vector<std::string> out;
    for (const Entry& entry : entries_)
      if (std::ranges::find(kinds, entry.written->kind) != kinds.end()) out.push_back(entry.written->name);
    return out;
  }

  void report(Severity severity, Span span, std::string message) {
    entries_[path_.back()].found.push_back({severity, span, std::move(message)});
  }

  // --- one definition after those it uses

  // False where it cannot be used: it is part of a cycle that has been reported.
  bool visit(uint32_t index, Span used_at) {
    if (!path_.empty()) entries_[path_.back()].uses.push_back(index);
    if (entries_[index].state == State::Done) {
      if (!path_.empty()) note_use(path_.back(), entries_[index].depth);
      return true;
    }
    if (entries_[index].state == State::Open) return report_cycle(index, used_at), false;
    if (path_.size() >= kDeepestNesting) return report_depth(used_at), false;
    entries_[index].state = State::Open;
    path_.push_back(index);
    Lookup lookup(schema_, entries_[index].written->settled.get());
    Lookup* const outer = std::exchange(lookup_, &lookup);
    has_where_ = false;
    check_one(index);
    lookup_ = outer;
    if (entries_[index].is_given) out_.settled[index] = std::make_shared<const Schema>(lookup.found());
    path_.pop_back();
    Entry& entry = entries_[index];
    if (!path_.empty() && !entry.is_given && has_errors(entry.found))
      report(Severity::Error, used_at,
             fmt::format("{}, applied before, is no longer right: {}", shown(*entry.written),
                         entry.found.front().message));
    entry.state = State::Done;
    if (++entry.depth > kDeepestNesting) {
      path_.push_back(index);
      report_depth(used_at);
      path_.pop_back();
      return false;
    }
    if (!path_.empty()) note_use(path_.back(), entry.depth);
    return true;
  }

  void check_one(uint32_t index) {
    Definition definition = *entries_[index].written;
    const bool is_left = is_stopped_at(definition.span);
    if (definition.kind == DefinitionKind::Event) {
      if (is_left) return;
      resolve(definition.event);
      if (is_too_much(index, definition.span)) return;
      type_pattern(definition.event, types());
      entries_[index].meant = std::move(definition.event);
      return;
    }
    if (!is_left) resolve(definition.body);
    if (is_left || is_too_much(index, definition.span)) definition.body = Expr{.node = Literal{false}};
    if (definition.kind == DefinitionKind::Segment)
      type_condition(definition.body, types());
    else
      type_any(definition.body, types());
    entries_[index].decaying = decaying_in(definition.body);
    entries_[index].place = static_cast<uint32_t>(out_.program.definitions.size());
    out_.program.definitions.push_back(std::move(definition));
  }

  // Nobody waits for the program any more (core/stop.hpp): what is left of it is wrong for that.
  bool is_stopped_at(Span span) {
    const auto going = go_on();
    if (!going) report(Severity::Error, span, going.error().message);
    return !going;
  }

  bool is_too_much(uint32_t index, Span span) {
    nodes_ += entries_[index].nodes;
    if (nodes_ > kMostNodesInAll) {
      report(Severity::Error, span,
             fmt::format("the definitions have more than {} values, conditions and events together", kMostNodesInAll));
      return true;
    }
    if (entries_[index].nodes <= kMostNodes) return false;
    report(Severity::Error, span,
           fmt::format("{} has more than {} values, conditions and events, those of the event aliases in it counted; "
                       "give parts of it a name with let",
                       shown(*entries_[index].written), kMostNodes));
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
      if (inside) text += shown(*entries_[step].written) + " -> ";
    }
    report(Severity::Error, used_at,
           fmt::format("{} depends on itself: {}{}", shown(*entries_[index].written), text,
                       shown(*entries_[index].written)));
  }

  TypeContext types() {
    return {.schema = schema_,
            .lookup = *lookup_,
            .diagnostics = entries_[path_.back()].found,
            .type_of_name =
                [this](const Name& name) {
                  return name.definition == kNone ? Type::Unresolved
                                                  : out_.program.definitions[name.definition].body.type;
                },
            .decaying_scores = [this](const Name& name) { return decaying_of(name); },
            .forgives = errors_ == Errors::Forgiven,
            .currency = entries_[path_.back()].written->currency};
  }

  int decaying_of(const Name& name) const {
    const auto found = words_.find(name.name);
    return found == words_.end() ? 0 : entries_[found->second].decaying;
  }

  int decaying_in(const Expr& body) const {
    if (const auto* score = std::get_if<Score>(&body.node)) return score->half_life ? 1 : 0;
    if (const auto* name = std::get_if<Name>(&body.node)) return decaying_of(*name);
    if (const auto* arithmetic = std::get_if<Arithmetic>(&body.node))
      return std::min(kManyScores, decaying_in(arithmetic->operands[0]) + decaying_in(arithmetic->operands[1]));
    return 0;
  }

  // --- names to definitions, aliases to what they stand for

  void resolve(Expr& expr) {
    ++entries_[path_.back()].nodes;
    if (auto* property = std::get_if<Property>(&expr.node)) give_zone(property->name, property->zone);
    if (auto* aggregate = std::get_if<Aggregate>(&expr.node)) give_zone(aggregate->property, aggregate->zone);
    if (auto* name = std::get_if<Name>(&expr.node)) return resolve_name(*name, expr.span);
    if (auto* in = std::get_if<InSegment>(&expr.node)) return resolve_segment(*in, expr.span);
    for_each_child(expr, [this](Expr& child) { resolve(child); }, [this](EventPattern& events) { resolve(events); });
  }

  // What an alias or a let brings along is read by its own.
  void give_zone(const std::string& property, std::string& zone) const {
    if (!time_property(property)) return;
    const Definition& at_hand = *entries_[path_.back()].written;
    zone = at_hand.zone.empty() ? schema_.zone : at_hand.zone;
  }

  void resolve_name(Name& name, Span span) {
    const auto found = words_.find(name.name);
    if (found == words_.end()) {
      const auto names = names_of({DefinitionKind::Let, DefinitionKind::Score});
      return report(
          Severity::Error, span,
          fmt::format("unknown let or score '{}'{}{}", name.name, did_you_mean(name.name, names), hint_for(name.name)));
    }
    if (entries_[found->second].written->kind == DefinitionKind::Event)
      return report(
          Severity::Error, span,
          fmt::format("{0} is an event, and a value is expected here; write did {0}, or count({0})", name.name));
    if (visit(found->second, span)) name.definition = entries_[found->second].place;
  }

  std::string hint_for(const std::string& name) const {
    if (time_property(name))
      return fmt::format("; it is of an event's time: name the event, as in last(\"Order Completed\".{})", name);
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
    ++entries_[path_.back()].nodes;
    if (!events.where.empty()) {
      has_where_ = true;
      resolve(events.where[0]);
    }
    if (!events.alias.empty() && events.names.empty()) return replace_alias(events);
    for (const std::string& name : events.names) warn_unseen(name, events.span);
  }

  void warn_unseen(const std::string& event, Span span) {
    if (lookup_->is_settled() || schema_.events.empty() || schema_.events.contains(event)) return;
    if (profiles::system_stream_named(event) != profiles::SystemStream::None) return;  // the system's own words
    std::vector<std::string> names;
    for (const auto& [name, known] : schema_.events)
      if (profiles::is_counted(known.system)) names.push_back(name);
    report(Severity::Warning, span,
           fmt::format("no event {} so far{}", in_quotes(event), did_you_mean(event, names, '"')));
  }

  void replace_alias(EventPattern& events) {
    const auto found = words_.find(events.alias);
    const bool defined = found != words_.end() && entries_[found->second].written->kind == DefinitionKind::Event;
    if (!defined && lookup_->has_event(events.alias)) {
      events.names = {events.alias};  // an event whose name is one word needs no quotes
      return;
    }
    if (!defined) return report(Severity::Error, events.span, unknown_event(events.alias, found != words_.end()));
    if (!visit(found->second, events.span) || !entries_[found->second].meant) return;
    // What it stands for is laid in here: a few words may stand for much.
    size_t& nodes = entries_[path_.back()].nodes;
    if ((nodes += entries_[found->second].nodes) > kMostNodes || nodes_ + nodes > kMostNodesInAll) return;
    const EventPattern& meant = *entries_[found->second].meant;
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
  const Errors errors_;
  std::vector<Definition> given_;
  std::vector<Entry> entries_;
  std::map<std::string, uint32_t> words_, segments_;  // words: events, lets and scores; segments by name and by slug
  std::vector<uint32_t> path_;
  bool has_where_ = false;
  size_t nodes_ = 0;          // of all that was checked
  Lookup* lookup_ = nullptr;  // of the definition at hand
  Checked out_;
};

}  // namespace

Checked check(std::vector<Definition> definitions, const Schema& schema, std::span<const Definition> known) {
  return Checker(std::move(definitions), schema, known).run();
}

CheckedEach check_each(std::vector<Definition> definitions, const Schema& schema, std::span<const Definition> known) {
  return Checker(std::move(definitions), schema, known, Checker::Errors::Apart).run_each();
}

void settle_old(std::vector<Definition>& definitions, const Schema& then) {
  if (std::ranges::all_of(definitions, [](const Definition& each) { return each.settled != nullptr; })) return;
  const CheckedEach checked = Checker(definitions, then, {}, Checker::Errors::Forgiven).run_each();
  for (size_t i = 0; i < definitions.size(); ++i)
    if (!definitions[i].settled) definitions[i].settled = checked.settled[i];
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
