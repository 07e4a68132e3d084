#include "segment/outlook.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/stop.hpp"
#include "language/print.hpp"
#include "language/walk.hpp"
#include "profiles/past.hpp"

namespace tessera::segment {

namespace {

using profiles::History;
using profiles::Seq;
using profiles::Stream;

constexpr size_t kMostTried = 6;   // earlier events of a kind that are tried as the next one
constexpr size_t kMostUnless = 3;  // said of one change

// All that a definition looks at outside itself, through the names it uses.
struct Looked {
  std::vector<const language::EventPattern*> events;       // each once, by its text
  std::map<std::string, const language::Expr*> condition;  // by its text
};

class Looking {
 public:
  Looking(const language::Program& program, Looked& out) : program_(program), out_(out) {}

  void at(const language::Expr& expr) {
    if (expr.type == language::Type::Condition) out_.condition.emplace(language::print(expr), &expr);
    if (const language::Name* name = std::get_if<language::Name>(&expr.node)) through(name->definition);
    if (const language::InSegment* in = std::get_if<language::InSegment>(&expr.node)) through(in->definition);
    // What is said of the elements of a list is no condition of the customer, and holds no events.
    if (std::holds_alternative<language::AnyElement>(expr.node)) return;
    language::for_each_child(
        expr, [&](const language::Expr& child) { at(child); },
        [&](const language::EventPattern& events) {
          if (seen_.insert(language::print(events)).second) out_.events.push_back(&events);
        });
  }

 private:
  // Once: what many use is not gone through again for each.
  void through(uint32_t definition) {
    if (met_.insert(definition).second) at(program_.definitions[definition].body);
  }

  const language::Program& program_;
  Looked& out_;
  std::set<std::string> seen_;
  std::set<uint32_t> met_;
};

// The traits that an expression reads, through names; each of those once.
void traits_of(const language::Program& program, const language::Expr& expr, std::set<std::string>& out,
               std::set<uint32_t>& met) {
  if (const language::Trait* trait = std::get_if<language::Trait>(&expr.node)) out.insert(trait->name);
  if (const language::Name* name = std::get_if<language::Name>(&expr.node); name && met.insert(name->definition).second)
    traits_of(program, program.definitions[name->definition].body, out, met);
  language::for_each_child(
      expr, [&](const language::Expr& child) { traits_of(program, child, out, met); },
      [](const language::EventPattern&) {});
}

// Conditions without conditions in them, side by side in two explanations of the same definition.
void find_turning(const Explanation& before, const Explanation& after, std::vector<Explanation>& out) {
  if (after.parts.empty()) {
    const bool is_said = std::ranges::any_of(out, [&](const auto& one) { return one.condition == after.condition; });
    if (before.holds != after.holds && !is_said) out.push_back(after);
    return;
  }
  for (size_t i = 0; i < std::min(before.parts.size(), after.parts.size()); ++i)
    find_turning(before.parts[i], after.parts[i], out);
}

class Outlooking {
 public:
  Outlooking(const language::Program& program, History own, Instant as_of)
      : program_(program), own_(std::move(own)), as_of_(as_of), until_(std::min(as_of + kFarthestLook, kLastDay)) {
    for (const Stream& stream : own_.streams)
      for (const Seq seq : stream.seq) next_seq_ = std::max(next_seq_, seq + 1);
  }

  Result<Outlook> run() {
    Plan plan = TRY(compile(program_));
    const Bound bound = TRY(Bound::bind(plan, own_));
    const Timeline past = timeline(bound, 0, kFirstDay, as_of_, kNever);
    const Timeline future = timeline(bound, 0, as_of_, until_, kNever);
    TRY(go_on());
    Outlook out{.as_of = as_of_, .until = until_, .segments = {}};
    for (uint32_t s = 0; s < plan.segments.size(); ++s) {
      TRY(go_on());
      const uint32_t index = definition_of(s);
      Prospect one{.slug = program_.definitions[index].slug, .name = program_.definitions[index].name};
      one.is_member = future.at_start[s];
      one.why = TRY(explain(program_, index, own_, 0, as_of_, kNever));
      for (const Turn& turn : past.turns)
        if (turn.segment == s) one.since = turn.at;
      for (const Turn& turn : future.turns)
        if (turn.segment == s && one.changes.size() < kMostTurns) one.changes.push_back({turn.at, turn.member});
      if (!one.changes.empty()) TRY(look_at_change(s, index, one));
      out.segments.push_back(std::move(one));
    }
    return out;
  }

 private:
  // The plan's segments are the program's, in order.
  uint32_t definition_of(uint32_t segment) const {
    uint32_t index = 0;
    for (uint32_t seen = 0;; ++index)
      if (program_.definitions[index].kind == language::DefinitionKind::Segment && seen++ == segment) return index;
  }

  Result<void> look_at_change(uint32_t segment, uint32_t index, Prospect& one) {
    const Instant at = one.changes[0].at;
    const Explanation before = TRY(explain(program_, index, own_, 0, at - Duration{1}, kNever));
    const Explanation after = TRY(explain(program_, index, own_, 0, at, kNever));
    find_turning(before, after, one.turning);
    Looked looked;
    Looking(program_, looked).at(program_.definitions[index].body);
    for (const language::EventPattern* events : looked.events) {
      if (one.unless.size() == kMostUnless) break;
      if (auto found = TRY(keeps(segment, at, *events))) one.unless.push_back(std::move(*found));
    }
    std::set<std::string> traits;
    std::set<uint32_t> met;
    for (const Explanation& turning : one.turning)
      if (const auto expr = looked.condition.find(turning.condition); expr != looked.condition.end())
        traits_of(program_, *expr->second, traits, met);
    for (const std::string& trait : traits)
      if (one.unless.size() < kMostUnless)
        one.unless.push_back({.what = "trait " + trait, .another = true, .is_trait = true});
    return {};
  }

  // An event that the pattern may mean: one the customer has done, or one that says nothing.
  struct Like {
    std::string event;
    std::optional<uint32_t> row;
    Instant time = kEver;
  };
  std::vector<Like> likes(const language::EventPattern& events) const {
    std::vector<Like> out;
    const auto add = [&](const Stream& stream) {
      for (uint32_t row = 0; row < stream.rows(); ++row) out.push_back({stream.event, row, stream.time[row]});
    };
    for (const Stream& stream : own_.streams)
      if (events.names.empty() ? stream.is_counted()
                               : std::ranges::find(events.names, stream.event) != events.names.end())
        add(stream);
    std::ranges::stable_sort(out, std::ranges::greater{}, &Like::time);
    out.resize(std::min(out.size(), kMostTried));
    if (out.empty() && !events.names.empty()) out.push_back({events.names[0], std::nullopt});
    return out;
  }

  Result<std::optional<Unless>> keeps(uint32_t segment, Instant turn, const language::EventPattern& events) {
    const Instant early = as_of_ + Duration{1}, late = turn - Duration{1};
    if (late < early) return std::nullopt;  // no time for anything to come
    language::Expr count{.node = language::Aggregate{.kind = language::AggregateKind::Count,
                                                     .events = events,
                                                     .property = "",
                                                     .window = language::Lifetime{}},
                         .type = language::Type::Number};
    const Plan plan = TRY(compile(program_, {&count}, Zone::utc()));
    const std::vector<Like> all = likes(events);
    for (size_t more = 1; more <= kMostMore; ++more)
      for (const Like& like : all) {
        if (more > 1 && &like != &all[0]) break;
        if (!TRY(holds_off(plan, segment, turn, like, more, late))) continue;
        return Unless{.what = language::print(events),
                      .count = more,
                      .another = TRY(has_done(plan)),
                      .like_theirs = !TRY(holds_off(plan, segment, turn, {like.event, std::nullopt}, more, late)),
                      .any_time = TRY(holds_off(plan, segment, turn, like, more, early))};
      }
    return std::nullopt;
  }

  // Whether that event, so many times at that instant, is one the count means, and nothing turns up to the end.
  Result<bool> holds_off(const Plan& plan, uint32_t segment, Instant turn, const Like& like, size_t times, Instant at) {
    History with = own_;
    auto stream = std::ranges::lower_bound(with.streams, like.event, {}, &Stream::event);
    if (stream == with.streams.end() || stream->event != like.event)
      stream =
          with.streams.insert(stream, {.event = like.event, .first = {0, 0}, .time = {}, .seq = {}, .columns = {}});
    for (size_t i = 0; i < times; ++i) profiles::say_again(*stream, like.row, at, static_cast<Seq>(next_seq_ + i));
    const Bound bound = TRY(Bound::bind(plan, with));
    if (counted(bound, at) < counted(bound, as_of_) + static_cast<double>(times)) return false;
    const Timeline line = timeline(bound, 0, as_of_, turn, kNever);
    return std::ranges::none_of(line.turns, [&](const Turn& each) { return each.segment == segment; });
  }

  // The plan's last output as of an instant.
  static double counted(const Bound& bound, Instant at) {
    const auto output = static_cast<uint32_t>(bound.plan().outputs.size() - 1);
    return evaluate(bound, {0, 1}, at, kNever, {.members = false, .values = {output}}).values[output].as_double(0);
  }
  Result<bool> has_done(const Plan& plan) const {
    const Bound bound = TRY(Bound::bind(plan, own_));
    return counted(bound, as_of_) > 0;
  }

  const language::Program& program_;
  const History own_;
  const Instant as_of_, until_;
  Seq next_seq_ = 1;
};

}  // namespace

Result<Outlook> outlook(const language::Program& program, const History& history, profiles::CustomerIndex customer,
                        Instant as_of, Instant known_at) {
  VERIFY(customer < history.customers());
  const Seq visible = history.visible_until(known_at);
  History all = profiles::alone(history, customer, kNever, visible);
  History own = profiles::alone(history, customer, as_of, visible);
  const size_t later = all.events() - own.events();
  Outlook out = TRY(Outlooking(program, std::move(own), as_of).run());
  out.later_facts = later;
  return out;
}

std::vector<const Explanation*> reasons(const Explanation& explanation) {
  if (explanation.parts.empty()) return {&explanation};
  std::vector<const Explanation*> out;
  const bool some_agree =
      std::ranges::any_of(explanation.parts, [&](const auto& part) { return part.holds == explanation.holds; });
  for (const Explanation& part : explanation.parts)
    if (!some_agree || part.holds == explanation.holds)
      for (const Explanation* each : reasons(part)) {
        const bool is_said =
            std::ranges::any_of(out, [&](const auto* one) { return one->condition == each->condition; });
        if (!is_said) out.push_back(each);
      }
  return out;
}

}  // namespace tessera::segment
