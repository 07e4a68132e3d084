#include "report/letter.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "core/stop.hpp"
#include "features/extent.hpp"
#include "features/population.hpp"
#include "features/revenue.hpp"
#include "language/check.hpp"
#include "language/print.hpp"
#include "language/walk.hpp"
#include "profiles/people.hpp"
#include "report/letter_parts.hpp"
#include "segment/evaluate.hpp"
#include "segment/runnable.hpp"
#include "stats/discoveries.hpp"

namespace tessera::report {

namespace {

using language::Definition;
using language::DefinitionKind;
using profiles::History;
using profiles::Stream;

constexpr double kKnownThen = 0.9;  // of the facts up to T; fewer: the record came later, go by dates
constexpr double kFalse = 0.05;     // at most so many of what is called more than usual is not
constexpr size_t kSteps = 4;

using Bits = std::vector<uint64_t>;

bool has(const Bits& bits, size_t i) {
  return bits[i / 64] >> (i % 64) & 1;
}

template <typename Use>
void each(const Bits& bits, Use use) {
  for (size_t word = 0; word < bits.size(); ++word)
    for (uint64_t left = bits[word]; left != 0; left &= left - 1)
      use(word * 64 + static_cast<size_t>(std::countr_zero(left)));
}

// A definition with all that it stands on, as one text: two of these differ where a definition it uses does.
std::string meaning_of(const language::Program& program, uint32_t index) {
  std::string out = language::print(program.definitions[index]);
  const auto look = [&](const auto& self, const language::Expr& expr) -> void {
    const auto* name = std::get_if<language::Name>(&expr.node);
    const auto* in = std::get_if<language::InSegment>(&expr.node);
    if (name) out += meaning_of(program, name->definition);
    if (in) out += meaning_of(program, in->definition);
    language::for_each_child(
        expr, [&](const language::Expr& child) { self(self, child); },
        [&](const language::EventPattern& events) {
          for (const std::string& event : events.names) out += event + "\n";
          for (const language::Expr& where : events.where) out += language::print(where) + "\n";
        });
  };
  look(look, program.definitions[index].body);
  return out;
}

// A checked set of definitions, evaluated over the history.
struct Asked {
  language::Program program;
  std::unique_ptr<segment::Plan> plan;
  std::unique_ptr<segment::Bound> bound;

  static Result<Asked> of(std::vector<Definition> definitions, const language::Schema& schema, const History& history) {
    // What cannot be run is in no letter; `segments list` names it.
    Asked out{segment::runnable(std::move(definitions), schema).program, {}, {}};
    out.plan = std::make_unique<segment::Plan>(TRY(segment::compile(out.program)));
    out.bound = std::make_unique<segment::Bound>(TRY(segment::Bound::bind(*out.plan, history)));
    return out;
  }
  std::vector<Bits> members(Instant as_of, Instant known_at) const {
    return segment::evaluate_all(*bound, as_of, known_at).members;
  }
  // The program's segments, in the plan's order.
  std::vector<uint32_t> segments() const {
    std::vector<uint32_t> out;
    for (uint32_t i = 0; i < program.definitions.size(); ++i)
      if (program.definitions[i].kind == DefinitionKind::Segment) out.push_back(i);
    return out;
  }
};

size_t count(const Bits& bits) {
  size_t out = 0;
  for (const uint64_t word : bits) out += static_cast<size_t>(std::popcount(word));
  return out;
}

// Of comings and goings that are as likely either way: that they differ as much. Exact.
double chance_of(size_t entered, size_t left) {
  const auto all = static_cast<double>(entered + left), more = static_cast<double>(std::max(entered, left));
  return entered == left ? 1 : std::min(1.0, 2 * stats::beta_cdf(0.5, more, all - more + 1));
}

class Writing {
 public:
  Writing(const History& history, const language::Schema& schema, const LetterQuestion& question, Progress& progress)
      : history_(history), schema_(schema), question_(question), progress_(progress) {}

  Result<Letter> all() {
    const Instant since = question_.since, until = question_.until;
    if (until <= since) return usage("a letter is about the time from --since on to --as-of, and that is none");
    out_.since = since, out_.until = until;
    out_.parts = TRY(features::recognise(history_));
    out_.has_money = !out_.parts.money.empty();
    set_bounds();
    look_back();
    TRY(next_step(progress_, "adding up what customers brought", 1, kSteps));
    leave_out();
    taken_ = features::takings_of(history_, out_.parts, bounds_);
    year_to_since_ = features::taken_between(history_, out_.parts, since - kDay * 365, since);
    year_to_until_ = features::taken_between(history_, out_.parts, until - kDay * 365, until);
    totals();
    TRY(next_step(progress_, "who was in which segment", 2, kSteps));
    TRY(segments());
    TRY(next_step(progress_, "who stands out", 3, kSteps));
    const LetterView view{history_, question_, out_.parts, taken_, out_.periods, apart_};
    note_notables(view, out_);
    note_silences(view, out_);
    out_.run = question_.run;
    correct();
    progress_.finish();
    return std::move(out_);
  }

 private:
  // U, T, and as many periods before as the record holds wholly; one in any case, to compare with.
  void set_bounds() {
    const Duration length = out_.until - out_.since;
    const features::Extent extent = features::extent_of(history_, out_.parts.of(features::EventRole::Main), out_.until);
    bounds_ = {out_.until, out_.since};
    while (out_.periods < kMostPeriods && bounds_.back() - length >= kFirstDay &&
           bounds_.back() - length >= extent.first) {
      bounds_.push_back(bounds_.back() - length);
      ++out_.periods;
    }
    if (out_.periods == 0) bounds_.push_back(out_.since - length);
  }

  // Whether the record knew at T what had happened by then; and what happened since.
  void look_back() {
    const profiles::Seq visible = history_.visible_until(out_.since);
    size_t dated = 0, seen = 0;
    for (const Stream& stream : history_.streams) {
      if (!stream.is_counted()) continue;
      for (size_t row = 0; row < stream.rows(); ++row) {
        out_.events += stream.time[row] > out_.since && stream.time[row] <= out_.until;
        if (stream.time[row] <= out_.until) out_.newest = std::max(out_.newest, stream.time[row]);
        if (stream.time[row] > out_.since) continue;
        ++dated;
        seen += stream.seq[row] < visible;
      }
    }
    out_.as_known_then = dated > 0 && static_cast<double>(seen) >= kKnownThen * static_cast<double>(dated);
  }

  void leave_out() {
    apart_.assign(history_.customers(), false);
    const features::Population population = divide(history_, out_.parts, {}, out_.until);
    for (const features::LeftOut& group : population.left_out)
      for (const uint32_t customer : group.customers) apart_[customer] = true;
  }

  static void compare(LetterFigure& figure, double least_variance) {
    figure.usual = stats::usual_of(figure.before, figure.now, least_variance);
  }

  // --- all customers together

  void totals() {
    std::vector<double> money(taken_.periods, 0), buyers(taken_.periods, 0), firsts(taken_.periods, 0);
    for (size_t c = 0; c < history_.customers(); ++c) {
      if (apart_[c]) continue;
      for (size_t p = 0; p < taken_.periods; ++p) {
        money[p] += taken_.of(c, p);
        buyers[p] += taken_.mains[c * taken_.periods + p] > 0;
        firsts[p] += taken_.first[c] <= bounds_[p] && taken_.first[c] > bounds_[p + 1];
      }
    }
    out_.money = figure_of(money, 0);
    out_.buyers = figure_of(buyers, mean_before(buyers));
    out_.first_timers = figure_of(firsts, mean_before(firsts));
  }
  // Where the record holds no whole period before, there is none.
  LetterFigure figure_of(const std::vector<double>& by_period, double least_variance) const {
    LetterFigure out{.now = by_period[0], .before = {}, .usual = {}};
    for (size_t p = 1; p <= out_.periods; ++p) out.before.push_back(by_period[p]);
    compare(out, least_variance);
    return out;
  }
  double mean_before(const std::vector<double>& by_period) const {
    double sum = 0;
    for (size_t p = 1; p <= out_.periods; ++p) sum += by_period[p];
    return out_.periods ? sum / static_cast<double>(out_.periods) : 0;
  }

  // --- segments

  Result<void> segments() {
    std::vector<Definition> now;
    for (const LetterDefinition& each : question_.definitions.in_force) now.push_back(each.now);
    out_.removed = question_.definitions.removed;
    std::erase_if(out_.removed, [](const Definition& each) { return each.kind != DefinitionKind::Segment; });
    const Asked asked = TRY(Asked::of(std::move(now), schema_, history_));
    const auto at = asked.segments();
    for (const uint32_t index : at) out_.segments.push_back(begun(asked.program.definitions[index]));
    std::vector<std::vector<double>> sizes(at.size()), money(at.size()), moves(at.size());
    std::vector<Bits> later;
    for (size_t b = 0; b < bounds_.size(); ++b) {
      TRY(go_on());
      std::vector<Bits> here = asked.members(bounds_[b], b == 1 && out_.as_known_then ? out_.since : kNever);
      for (size_t s = 0; s < at.size(); ++s) {
        sizes[s].push_back(static_cast<double>(count(here[s])));
        if (b == 0) continue;
        money[s].push_back(taken_by(here[s], b - 1));
        moves[s].push_back(moved(later[s], here[s]));
        if (b == 1) compare_ends(out_.segments[s], here[s], later[s]);
      }
      later = std::move(here);
    }
    for (size_t s = 0; s < at.size(); ++s) finish(out_.segments[s], sizes[s], money[s], moves[s]);
    return definitions_of_then(asked);
  }
  LetterSegment begun(const Definition& definition) const {
    LetterSegment out{.slug = definition.slug, .name = definition.name};
    for (const LetterDefinition& each : question_.definitions.in_force)
      if (each.now.kind == definition.kind && each.now.slug == definition.slug)
        out.applied = each.applied, out.since = each.since;
    return out;
  }
  double taken_by(const Bits& members, size_t period) const {
    double out = 0;
    each(members, [&](size_t customer) { out += taken_.of(customer, period); });
    return out;
  }
  static double moved(const Bits& a, const Bits& b) {
    size_t out = 0;
    for (size_t word = 0; word < a.size(); ++word) out += static_cast<size_t>(std::popcount(a[word] ^ b[word]));
    return static_cast<double>(out);
  }
  void compare_ends(LetterSegment& segment, const Bits& then, const Bits& now) const {
    segment.then = count(then), segment.now = count(now);
    double most = 0;
    each(now, [&](size_t customer) {
      if (has(then, customer)) return;
      ++segment.entered;
      segment.entered_money += year_to_until_[customer];
    });
    each(then, [&](size_t customer) {
      if (has(now, customer)) return;
      ++segment.left;
      const double money = year_to_since_[customer];
      segment.left_money += money;
      if (money <= most || apart_[customer]) return;
      most = money;
      segment.leaver = profiles::report_pseudonym(question_.pseudonym_key, history_.customer[customer]);
    });
  }
  void finish(LetterSegment& segment, const std::vector<double>& sizes, const std::vector<double>& money,
              const std::vector<double>& moves) {
    segment.money = figure_of(money, 0);
    segment.change.now = sizes[0] - sizes[1];
    double moved = 0;
    for (size_t p = 1; p <= out_.periods; ++p) {
      segment.change.before.push_back(sizes[p] - sizes[p + 1]);
      moved += moves[p];
    }
    compare(segment.change, out_.periods ? moved / static_cast<double>(out_.periods) : 0);
    if (out_.periods >= stats::kFewestBefore) return;
    segment.by_chance_alone = true;
    segment.change.usual.p = chance_of(segment.entered, segment.left);
  }

  // What the definitions of T, of then and of now, make of the customers of U.
  Result<void> definitions_of_then(const Asked& now) {
    const auto is_other = [](const LetterDefinition& each) { return each.applied != Applied::Before; };
    if (out_.removed.empty() && std::ranges::none_of(question_.definitions.in_force, is_other)) return {};
    std::vector<Definition> then = question_.definitions.removed;
    for (const LetterDefinition& each : question_.definitions.in_force)
      if (each.applied != Applied::New && each.then)
        then.push_back(each.applied == Applied::Before ? each.now : *each.then);
    const Asked old = TRY(Asked::of(std::move(then), schema_, history_));
    const auto before = old.members(out_.since, out_.as_known_then ? out_.since : kNever);
    const auto old_at = old.segments(), now_at = now.segments();
    for (size_t o = 0; o < old_at.size(); ++o)
      for (size_t s = 0; s < now_at.size(); ++s) {
        if (old.program.definitions[old_at[o]].slug != now.program.definitions[now_at[s]].slug) continue;
        if (meaning_of(old.program, old_at[o]) == meaning_of(now.program, now_at[s])) continue;
        out_.segments[s].applied = Applied::Changed;
        out_.segments[s].then_by_old = count(before[o]);
      }
    trace(old, now);
    return {};
  }
  // Applied segments that were cut in two, or put together: both generations over the customers of U, so that only the
  // definitions differ.
  void trace(const Asked& old, const Asked& now) {
    const auto generation = [&](const Asked& asked) {
      lineage::Generation out{
          .run = 0, .as_of = out_.until, .groups = {}, .known = std::vector<bool>(history_.customers(), true)};
      const auto members = asked.members(out_.until, kNever);
      const auto at = asked.segments();
      for (size_t s = 0; s < at.size(); ++s) {
        const Definition& definition = asked.program.definitions[at[s]];
        lineage::Group group{.id = definition.slug, .name = definition.name, .set_apart = false, .members = {}};
        each(members[s], [&](size_t customer) { group.members.push_back(static_cast<uint32_t>(customer)); });
        if (!group.members.empty()) out.groups.push_back(std::move(group));
      }
      return out;
    };
    const lineage::Lineage lineage = lineage_of(generation(old), generation(now));
    for (const lineage::Turn& turn : lineage.turns)
      if (turn.kind == lineage::TurnKind::Split || turn.kind == lineage::TurnKind::Merged)
        out_.splits.push_back(sentence_of(lineage, turn));
  }

  // --- all comparisons together

  void correct() {
    std::vector<LetterFigure*> all{&out_.money, &out_.buyers, &out_.first_timers};
    for (LetterSegment& segment : out_.segments) {
      all.push_back(&segment.change);
      all.push_back(&segment.money);
    }
    std::erase_if(all, [](const LetterFigure* each) { return !each->usual.tells && each->usual.p >= 1; });
    std::vector<double> p;
    for (const LetterFigure* each : all) p.push_back(each->usual.p);
    const auto adjusted = stats::benjamini_hochberg(p);
    for (size_t i = 0; i < all.size(); ++i) all[i]->is_beyond = adjusted[i] <= kFalse;
    out_.comparisons = all.size();
    std::ranges::stable_sort(out_.segments, [](const LetterSegment& a, const LetterSegment& b) {
      const auto order = [](const LetterSegment& each) {
        return std::tuple(!each.change.is_beyond && !each.money.is_beyond, each.applied == Applied::Before,
                          -std::abs(each.change.now), std::string_view(each.slug));
      };
      return order(a) < order(b);
    });
  }

  const History& history_;
  const language::Schema& schema_;
  const LetterQuestion& question_;
  Progress& progress_;
  Letter out_;
  std::vector<Instant> bounds_;  // descending
  std::vector<bool> apart_;
  features::Takings taken_;
  std::vector<double> year_to_since_, year_to_until_;  // of each customer
};

}  // namespace

bool stands_out(const Notable& notable) {
  return notable.is_extreme || notable.kind == NotableKind::WentSilent || notable.kind == NotableKind::FirstBig;
}

std::vector<lineage::Turn> Letter::proposals() const {
  std::vector<lineage::Turn> out;
  if (!run || !run->lineage || run->as_of <= since) return out;
  const auto is_found = [](const std::vector<lineage::GroupRef>& groups, const std::vector<size_t>& of) {
    return std::ranges::any_of(of, [&](size_t i) { return !groups[i].set_apart; });
  };
  for (const lineage::Turn& turn : run->lineage->turns)
    if (turn.kind != lineage::TurnKind::FoundAgain &&
        (is_found(run->lineage->before, turn.from) || is_found(run->lineage->now, turn.to)))
      out.push_back(turn);
  return out;
}

bool Letter::nothing_happened() const {
  const auto is_news = [](const LetterSegment& each) {
    return each.applied != Applied::Before || each.change.is_beyond || each.money.is_beyond;
  };
  return !money.is_beyond && !buyers.is_beyond && !first_timers.is_beyond && std::ranges::none_of(segments, is_news) &&
         removed.empty() && splits.empty() && std::ranges::none_of(notables, stands_out) && silences.empty() &&
         proposals().empty();
}

Result<Letter> letter(const History& history, const language::Schema& schema, const LetterQuestion& question,
                      Progress& progress) {
  return Writing(history, schema, question, progress).all();
}

}  // namespace tessera::report
