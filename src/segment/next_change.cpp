// When may a value change by time alone? Each node says, lane by lane, up to when it is certain to stay:
//
// - an aggregate until a row enters or leaves its window (aggregate.cpp);
// - a condition over values that move in steps: step from one such instant to the next until the condition turns;
// - a range over as_of minus an instant: arithmetic;
// - a condition over values that move all the time (decaying scores, ages): the first millisecond at which it turns is
//   found by bisection with interval arithmetic: a score can only shrink and an age only grow while no row comes or
//   goes, so their values at the two ends of a span enclose those between. Where the interval decides, the span is
//   skipped; a single millisecond is evaluated exactly;
// - logic by what holds it up: a false `and` stays false as long as one of its false operands does.
//
// The answer is never later than the true change; it is an instant at which some condition turns, unless the work limit
// below is reached (then it is simply early, and the caller asks again from there).
#include <algorithm>
#include <cmath>

#include "segment/block.hpp"

namespace tessera::segment {

namespace {

constexpr int kMostSteps = 4096;     // of one condition, one customer
constexpr int kMostSearches = 4096;  // spans looked at in one bisection

enum class Kleene : uint8_t { No, Yes, Unknown };

Kleene kleene(const Col& col, size_t lane) {
  return !col.has_truth(lane) ? Kleene::Unknown : col.is_true(lane) ? Kleene::Yes : Kleene::No;
}

struct Interval {
  double low = 0, high = 0;
  bool maybe_unknown = false;

  static Interval around(double a, double b) {
    // The doubles come from quotients of 128-bit numbers: a few roundings each.
    const double low = std::min(a, b), high = std::max(a, b);
    return {low - std::abs(low) * 0x1.0p-49, high + std::abs(high) * 0x1.0p-49, false};
  }
  static Interval anything() { return {-INFINITY, INFINITY, true}; }
};

Interval combine(language::ArithmeticOp op, Interval a, Interval b) {
  const bool maybe_unknown = a.maybe_unknown || b.maybe_unknown;
  Interval out;
  if (op == language::ArithmeticOp::Add)
    out = Interval::around(a.low + b.low, a.high + b.high);
  else if (op == language::ArithmeticOp::Subtract)
    out = Interval::around(a.low - b.high, a.high - b.low);
  else {
    if (op == language::ArithmeticOp::Divide) {
      if (b.low <= 0 && b.high >= 0) return Interval::anything();
      b = Interval::around(1 / b.low, 1 / b.high);
    }
    const auto [low, high] = std::minmax({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
    out = Interval::around(low, high);
  }
  if (std::isnan(out.low) || std::isnan(out.high)) return Interval::anything();
  out.maybe_unknown = maybe_unknown;
  return out;
}

}  // namespace

// One lane of a frame evaluated at other instants. Customers need a block of their own (their rows are matched and
// totalled as of another instant); rows and elements are just lanes picked again.
struct Block::Probe {
  Probe(const Bound& bound) : near(bound, Want::NextChange), far(bound, Want::NextChange) {
    near.is_probe_ = far.is_probe_ = true;
  }
  Block near, far;
};

Block::Block(const Bound& bound, Want want, bool one_customer)
    : bound_(bound),
      plan_(bound.plan()),
      want_until_(want != Want::Values),
      want_look_(want == Want::NextLook),
      one_customer_(one_customer) {
  streams_.resize(bound.streams.size());
  groups_.resize(bound.groups.size());
  values_.resize(bound.values.size());
  for (const Pattern& pattern : plan_.patterns) {
    where_cones_.push_back(pattern.where == kNoNode ? std::vector<NodeId>{} : plan_.cone(pattern.where));
    is_timeless_.push_back(std::ranges::none_of(where_cones_.back(), [&](NodeId id) {
      const auto* range = std::get_if<RangePlan>(&plan_.nodes[id].detail);
      return plan_.nodes[id].smooth || (range && range->moving);
    }));
  }
  customers_.cols.resize(plan_.nodes.size());
  bounds_.resize(plan_.nodes.size());
  note_falling();
}

Block::~Block() = default;

void Block::note_falling() {
  is_left_to_ranges_.assign(plan_.nodes.size(), 0);
  if (!want_look_) return;
  for (NodeId id = 0; id < plan_.nodes.size(); ++id) is_left_to_ranges_[id] = is_falling(id);
  for (const Node& node : plan_.nodes)
    for (const NodeId operand : node.operands)
      if (node.op != Op::Range || node.smooth) is_left_to_ranges_[operand] = 0;
}

void Block::rows_changed(const profiles::Stream& stream, uint32_t row) {
  for (size_t g = 0; g < groups_.size(); ++g)
    if (bound_.streams[bound_.groups[g].stream].stream == &stream) groups_[g].done = std::min(groups_[g].done, row);
  for (size_t v = 0; v < values_.size(); ++v)
    if (bound_.streams[bound_.groups[bound_.values[v].group].stream].stream == &stream)
      values_[v].done = std::min(values_[v].done, row);
}

size_t Block::bytes() const {
  size_t bytes = (customers_.cols.capacity() + rows_.cols.capacity()) * sizeof(Col);
  for (const auto& state : groups_)
    bytes += state.frame.cols.capacity() * sizeof(Col) + state.match.capacity() * 8 + state.count.capacity() * 4 +
             state.elem_rows.capacity() * 4 + state.until.capacity() * 8;
  for (const auto& state : values_) bytes += state.sum.capacity() * 8 + state.known.capacity() * 4;
  return bytes;
}

void Block::run(profiles::CustomerIndex from, profiles::CustomerIndex to, Instant as_of, profiles::Seq visible,
                std::span<const NodeId> cone) {
  as_of_ = as_of;
  as_ofs_ = {};
  start_run(from, to - from, visible, cone);
}

void Block::run(profiles::CustomerIndex from, std::span<const Instant> as_of, profiles::Seq visible,
                std::span<const NodeId> cone) {
  const bool all_equal = std::ranges::all_of(as_of, [&](Instant each) { return each == as_of[0]; });
  as_of_ = as_of.empty() ? Instant{} : as_of[0];
  as_ofs_ = all_equal ? std::span<const Instant>() : as_of;
  start_run(from, as_of.size(), visible, cone);
}

void Block::start_run(profiles::CustomerIndex from, size_t lanes, profiles::Seq visible, std::span<const NodeId> cone) {
  if (!one_customer_ || visible != profiles::kAllSeqs || visible_ != profiles::kAllSeqs) {
    for (auto& state : groups_) state.done = 0;
    for (auto& state : values_) state.done = 0;
  }
  from_ = from;
  lanes_ = lanes;
  visible_ = visible;
  for (auto& state : streams_) state.ready = false;
  for (auto& state : groups_) state.ready = false;
  for (auto& state : values_) state.ready = false;
  for (auto& [key, state] : decayed_) state.ready = false;
  customers_.lanes = lanes_;
  customers_.first = from;
  run_frame(customers_, cone);
}

const Frame& Block::at(const Frame& frame, size_t lane, int64_t ms, NodeId node, bool far) {
  if (!probe_) probe_ = std::make_unique<Probe>(bound_);
  Block& block = far ? probe_->far : probe_->near;
  auto& cone = cones_[node];
  if (cone.empty()) cone = plan_.cone(node);
  if (frame.scope == 0) {
    const auto customer = static_cast<profiles::CustomerIndex>(from_ + lane);
    block.run(customer, customer + 1, Instant{ms}, visible_, cone);
    return block.customers_;
  }
  block.as_of_ = Instant{ms};
  block.visible_ = visible_;
  block.one_ = {frame.lane(lane), frame.row(lane)};
  Frame& one = block.one_lane_;
  one.scope = frame.scope;
  one.lanes = 1;
  one.stream = frame.stream;
  one.picked = &block.one_.first;
  one.rows = frame.rows ? &block.one_.second : nullptr;
  block.one_lane_run_ = true;
  block.run_frame(one, cone);
  block.one_lane_run_ = false;
  return one;
}

// --- the rule of each node

void Block::until_of(Frame& frame, NodeId id) {
  const Node& node = plan_.nodes[id];
  Col& col = frame.cols[id];
  const auto operand = [&](size_t k) -> const Col& { return frame.cols[node.operands[k]]; };
  switch (node.op) {
    case Op::Constant:
    case Op::EventTime:
    case Op::Calendar:
    case Op::Score:
      return;
    case Op::Begun:
      return begun_until(frame, col);
    case Op::Aggregate:
      if (col.kind == Col::Kind::Bits && !is_probe_ && !want_look_)
        for (size_t i = 0; i < frame.lanes; ++i)
          if (col.until[i] < kNever.ms) col.own_until[i] = leaf_change(frame, node, id, i, col.until[i]);
      return;
    case Op::Property:
      if (frame.scope == 0) traits_until(col);
      return;
    case Op::Ago:
    case Op::Size:
    case Op::Is:
      col.until = operand(0).until;
      return;
    case Op::AnyElement:
      if (frame.scope == 0) traits_until(col);
      return;
    case Op::Arithmetic:
      earliest(frame, node, col);
      return;
    case Op::And:
    case Op::Or:
    case Op::Xor:
    case Op::AtLeast:
    case Op::Not:
      logic_until(frame, node, id);
      return;
    default:
      leaf_until(frame, node, id);
  }
}

// The least of the operands' instants.
void Block::earliest(Frame& frame, const Node& node, Col& col) {
  col.until = nullptr;
  for (const NodeId k : node.operands) {
    const int64_t* until = frame.cols[k].until;
    if (until && !col.until)
      col.own_until.assign(until, until + frame.lanes);
    else if (until)
      for (size_t i = 0; i < frame.lanes; ++i) col.own_until[i] = std::min(col.own_until[i], until[i]);
    if (until) col.until = col.own_until.data();
  }
}

// A list trait changes when a row of traits dated in the future comes due.
void Block::traits_until(Col& col) {
  if (bound_.traits == kNone) return;
  const StreamState& state = stream_state(bound_.traits);
  const Instant* time = bound_.streams[bound_.traits].stream->time.data() + state.from;
  if (!col.until) col.own_until.assign(lanes_, kNever.ms);
  for (size_t i = 0; i < lanes_; ++i)
    if (const uint32_t next = state.cut(0)[i]; next < state.end[i])
      col.own_until[i] = std::min(col.own_until[i], time[next].ms);
  col.until = col.own_until.data();
}

// Whoever is there stays.
void Block::begun_until(const Frame& frame, Col& col) {
  if (bound_.history().begin.empty()) return;
  col.own_until.assign(frame.lanes, kNever.ms);
  for (size_t i = 0; i < frame.lanes; ++i)
    if (!col.is_true(i)) col.own_until[i] = begin_of(i).ms;
  col.until = col.own_until.data();
}

void Block::logic_until(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  if (node.op == Op::Not) {
    col.until = frame.cols[node.operands[0]].until;
    return;
  }
  earliest(frame, node, col);
  if (!col.until || node.op == Op::Xor) return;
  if (node.op == Op::And || node.op == Op::Or) return all_or_one_until(frame, node, id);
  // How many operands of one kind hold the value up: it stands until fewer than `needed` of them are certain.
  const auto total = node.operands.size();
  const size_t wanted = node.op == Op::And ? total : node.op == Op::Or ? 1 : std::get<uint32_t>(node.detail);
  std::vector<int64_t> holding;
  for (size_t i = 0; i < frame.lanes; ++i) {
    const Kleene value = kleene(col, i);
    if (value == Kleene::Unknown) continue;  // any operand may turn it
    const size_t needed = value == Kleene::Yes ? wanted : total + 1 - std::min(total + 1, wanted);
    if (needed == 0) {
      col.own_until[i] = kNever.ms;
      continue;
    }
    holding.clear();
    for (const NodeId k : node.operands)
      if (const Col& x = frame.cols[k]; kleene(x, i) == value) holding.push_back(x.until ? x.until[i] : kNever.ms);
    std::nth_element(holding.begin(), holding.begin() + (needed - 1), holding.end(), std::greater<>());
    col.own_until[i] = holding[needed - 1];
  }
}

// What decided alone (the false ones of an `and`, the true ones of an `or`) holds the value up as long as one of them
// lasts; where all had to agree, the first to turn ends it, and that is what col.own_until has. No branch on the data.
void Block::all_or_one_until(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const bool is_or = node.op == Op::Or;
  const auto decides = [&](const Col& x, size_t w) {
    return is_or ? x.truth[w] & x.known[w] : ~x.truth[w] & x.known[w];
  };
  lasts_.assign(frame.lanes, kEver.ms);
  for (const NodeId k : node.operands) {
    const Col& x = frame.cols[k];
    for (size_t w = 0; 64 * w < frame.lanes; ++w) {
      const uint64_t bits = decides(x, w);
      const size_t first = 64 * w, lanes = std::min<size_t>(64, frame.lanes - first);
      for (size_t i = 0; i < lanes; ++i) {
        const int64_t until = x.until ? x.until[first + i] : kNever.ms;
        const int64_t mask = -static_cast<int64_t>(bits >> i & 1);
        lasts_[first + i] = std::max(lasts_[first + i], (until & mask) | (kEver.ms & ~mask));
      }
    }
  }
  for (size_t w = 0; 64 * w < frame.lanes; ++w) {
    const uint64_t bits = decides(col, w);
    const size_t first = 64 * w, lanes = std::min<size_t>(64, frame.lanes - first);
    for (size_t i = 0; i < lanes; ++i) {
      const int64_t mask = -static_cast<int64_t>(bits >> i & 1);
      col.own_until[first + i] = (lasts_[first + i] & mask) | (col.own_until[first + i] & ~mask);
    }
  }
}

void Block::leaf_until(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const auto* range = std::get_if<RangePlan>(&node.detail);
  const bool moving = range && range->moving, only_look = want_look_ && frame.scope == 0 && !node.smooth;
  // Whoever looks again at that instant sees whether anything turned.
  if (only_look && falling_until(frame, node, id)) return;
  for (const NodeId k : node.operands)
    if (is_left_to_ranges_[k] && frame.scope == 0 && !frame.cols[k].until)
      aggregate_until(k, std::get<AggregatePlan>(plan_.nodes[k].detail).window);
  if (only_look && !moving && node.operands.size() == 1) {
    col.until = frame.cols[node.operands[0]].until;
    return;
  }
  earliest(frame, node, col);
  if (!col.until && !moving && !node.smooth) return;
  if (!col.until) col.own_until.assign(frame.lanes, kNever.ms);
  col.until = col.own_until.data();
  if (only_look) {
    if (moving) moving_until(frame, node, col);
    return;
  }
  for (size_t i = 0; i < frame.lanes; ++i) {
    const int64_t steady = col.own_until[i];
    if (steady == kNever.ms && !moving && !node.smooth) continue;
    if ((is_probe_ && frame.scope == 0) || one_lane_run_) {
      // A probe only steps on; the condition that sent it looks whether anything turned.
      if (moving) col.own_until[i] = std::min(steady, moving_change(frame, node, i, as_of(frame, i).ms));
      if (node.smooth) col.own_until[i] = as_of(frame, i).ms + 1;
      continue;
    }
    col.own_until[i] = leaf_change(frame, node, id, i, steady);
  }
}

// Of a range over as_of - x: the next instant after `at` at which the age reaches one of the bounds.
int64_t Block::moving_change(const Frame& frame, const Node& node, size_t lane, int64_t at) const {
  const auto& plan = std::get<RangePlan>(node.detail);
  const int64_t x = frame.cols[node.operands[0]].i64[lane];
  int64_t next = kNever.ms;
  if (!is_known(x)) return next;
  const auto turn = [&](int64_t age) {
    const int128 ms = int128{x} + age;
    if (ms > at && ms < next) next = static_cast<int64_t>(ms);
  };
  if (plan.low) turn(*plan.low + (plan.low_open ? 1 : 0));
  if (plan.high) turn(*plan.high + (plan.high_open ? 0 : 1));
  return next;
}

// The same for all customers; without branches on the data, where nothing that is added overflows.
void Block::moving_until(const Frame& frame, const Node& node, Col& col) {
  const auto& plan = std::get<RangePlan>(node.detail);
  const Col& x = frame.cols[node.operands[0]];
  if (!is_near(plan.low.value_or(0)) || !is_near(plan.high.value_or(0))) {
    for (size_t i = 0; i < frame.lanes; ++i)
      col.own_until[i] = std::min(col.own_until[i], moving_change(frame, node, i, as_of(frame, i).ms));
    return;
  }
  const auto turn = [&](int64_t age, auto&& at) {
    for (size_t i = 0; i < frame.lanes; ++i) {
      // What is unknown, or lies beyond all instants, is long past whatever the age.
      const int64_t ms = (is_near(x.i64[i]) ? x.i64[i] : -3 * kFar) + age;
      col.own_until[i] = std::min(col.own_until[i], ms > at(i) ? ms : kNever.ms);
    }
  };
  const auto reaches = [&](const std::optional<int64_t>& bound, int64_t more) {
    if (!bound) return;
    if (as_ofs_.empty())
      turn(*bound + more, [now = as_of_.ms](size_t) { return now; });
    else
      turn(*bound + more, [at = as_ofs_.data()](size_t i) { return at[i].ms; });
  };
  reaches(plan.low, plan.low_open ? 1 : 0);
  reaches(plan.high, plan.high_open ? 0 : 1);
}

int64_t Block::leaf_change(Frame& frame, const Node& node, NodeId id, size_t lane, int64_t steady) {
  const auto* range = std::get_if<RangePlan>(&node.detail);
  const Kleene now = kleene(frame.cols[id], lane);
  const Frame* seen = &frame;
  size_t seen_lane = lane;
  int64_t at_ms = as_of(frame, lane).ms;
  for (int step = 0; step < kMostSteps; ++step) {
    if (range && range->moving) {
      if (const int64_t turn = moving_change(*seen, node, seen_lane, at_ms); turn < steady) return turn;
    } else if (node.smooth) {
      if (const int64_t turn = smooth_change(frame, node, id, lane, at_ms, steady); turn < steady) return turn;
    }
    if (steady >= kNever.ms) return kNever.ms;
    seen = &at(frame, lane, steady, id, false);
    seen_lane = 0;
    if (kleene(seen->cols[id], 0) != now) return steady;
    at_ms = steady;
    steady = kNever.ms;
    if (node.op == Op::Aggregate) steady = seen->cols[id].until[0];
    for (const NodeId k : node.operands)
      if (seen->cols[k].until) steady = std::min(steady, seen->cols[k].until[0]);
  }
  return steady < kNever.ms ? steady : at_ms;
}

// --- bisection

namespace {

Interval interval_of(const Plan& plan, NodeId id, const Frame& near, const Frame& far) {
  const Node& node = plan.nodes[id];
  const Rational a = near.cols[id].number(0);
  if (!node.smooth) return a.known() ? Interval::around(a.as_double(), a.as_double()) : Interval::anything();
  if (node.op == Op::Arithmetic) {
    Interval out =
        combine(std::get<language::ArithmeticOp>(node.detail), interval_of(plan, node.operands[0], near, far),
                interval_of(plan, node.operands[1], near, far));
    if (node.type != language::Type::Number) out.low -= 1;  // whole milliseconds are cut off downwards
    out.maybe_unknown |= !a.known() || !far.cols[id].number(0).known();
    return out;
  }
  if (node.op == Op::Ago && plan.nodes[node.operands[0]].smooth) return Interval::anything();
  const Rational b = far.cols[id].number(0);
  if (!a.known() || !b.known()) return Interval::anything();
  return Interval::around(a.as_double(), b.as_double());
}

// Nothing that moves differs at the two ends, so it does not differ between them.
bool stands_still(const Plan& plan, NodeId id, const Frame& near, const Frame& far) {
  const Node& node = plan.nodes[id];
  if (!node.smooth) return true;
  if (node.op == Op::Arithmetic)
    return stands_still(plan, node.operands[0], near, far) && stands_still(plan, node.operands[1], near, far);
  const Rational a = near.cols[id].number(0), b = far.cols[id].number(0);
  return a.known() == b.known() && (!a.known() || rational::compare(a, b) == 0);
}

// The one value the condition has over the whole span; nullopt where it may have several.
std::optional<Kleene> over_span(const Plan& plan, NodeId id, const Frame& near, const Frame& far) {
  const Node& node = plan.nodes[id];
  if (std::all_of(node.operands.begin(), node.operands.end(),
                  [&](NodeId k) { return stands_still(plan, k, near, far); }))
    return kleene(near.cols[id], 0);
  const Interval x = interval_of(plan, node.operands[0], near, far);
  if (x.maybe_unknown) return std::nullopt;
  const auto truth = [](bool is) { return is ? Kleene::Yes : Kleene::No; };
  if (node.op == Op::Known) return Kleene::Yes;
  const double unit = plan.nodes[node.operands[0]].type == language::Type::Number ? double(Number::kOne) : 1.0;
  if (node.op == Op::Range) {
    const auto& range = std::get<RangePlan>(node.detail);
    const double low = range.low ? static_cast<double>(*range.low) / unit : -INFINITY;
    const double high = range.high ? static_cast<double>(*range.high) / unit : INFINITY;
    if (x.low > low && x.high < high) return Kleene::Yes;
    if (x.high < low || x.low > high) return Kleene::No;
    return std::nullopt;
  }
  if (node.op == Op::NumberIn) {
    for (const int64_t item : std::get<std::vector<int64_t>>(node.detail))
      if (static_cast<double>(item) / unit >= x.low && static_cast<double>(item) / unit <= x.high) return std::nullopt;
    return Kleene::No;
  }
  if (node.op != Op::Compare) return std::nullopt;
  const Interval y = interval_of(plan, node.operands[1], near, far);
  if (y.maybe_unknown || (x.low <= y.high && y.low <= x.high)) return std::nullopt;
  const auto op = std::get<language::CompareOp>(node.detail);
  const bool less = x.high < y.low;
  return truth(op == language::CompareOp::NotEqual ||
               (less ? op == language::CompareOp::Less || op == language::CompareOp::LessEqual
                     : op == language::CompareOp::Greater || op == language::CompareOp::GreaterEqual));
}

}  // namespace

// The first instant in (after, before) at which the condition differs from now, or where the search gave up;
// else kNever.
int64_t Block::smooth_change(Frame& frame, const Node&, NodeId id, size_t lane, int64_t after, int64_t before) {
  const Kleene now = kleene(frame.cols[id], lane);
  int searches = 0;
  const auto search = [&](auto& self, int64_t from, int64_t to) -> int64_t {
    if (++searches > kMostSearches) return from;
    const Frame& near = at(frame, lane, from, id, false);
    if (kleene(near.cols[id], 0) != now) return from;
    if (from == to) return kNever.ms;
    const Frame& far = at(frame, lane, to, id, true);
    if (const auto all = over_span(plan_, id, near, far); all && *all == now) return kNever.ms;
    const int64_t middle = from + (to - from) / 2;
    if (const int64_t found = self(self, from, middle); found != kNever.ms) return found;
    return self(self, middle + 1, to);
  };
  // Spans that double: a near turn is found without looking far.
  for (int64_t from = after + 1, width = 1; from < before; from += width, width *= 2) {
    const int64_t to = std::min(from + width, before) - 1;
    if (const int64_t found = search(search, from, to); found != kNever.ms) return found;
  }
  return kNever.ms;
}

}  // namespace tessera::segment
