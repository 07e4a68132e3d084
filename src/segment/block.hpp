// The evaluator's engine: one block of customers, all nodes of a plan, column by column. A node's value for the whole
// block is a Col; conditions are bit sets (truth, known), so logic is a few words. An aggregate first turns its rows
// into running totals over the block's rows (matched, known, summed), once for all windows that share them; a window of
// a customer is then the difference of two totals, at positions found once for each stream and cut in time. A single
// customer is a block of one.
//
// Where `until` is asked for, every Col also holds, lane by lane, an instant up to which the value is certain not to
// change by time alone (next_change.cpp); null means never.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "segment/bind.hpp"

namespace tessera::segment {

// Unknown in columns of int64: this or the value after it (a cleared one).
inline constexpr int64_t kUnknown = std::numeric_limits<int64_t>::min();
inline bool is_known(int64_t x) {
  return x > kUnknown + 1;
}

// An I64 column of numbers means value * mul / div.
struct Scale {
  int64_t mul = 1, div = 1;
};

// The whole numbers x for which x * scale lies in the range (whose bounds count `unit` to one).
struct Bounds {
  int64_t low = kUnknown + 2, high = std::numeric_limits<int64_t>::max();
};
Bounds whole_bounds(const RangePlan& plan, Scale scale, int64_t unit);

struct Col {
  enum class Kind : uint8_t { None, I64, I32, Ratio, Text, Bits, Rows } kind = Kind::None;
  Scale scale;
  bool certain = false;  // I64, I32: known in every lane
  // What the kind says, pointing into `own` or straight into the history.
  const int64_t* i64 = nullptr;
  const int32_t* i32 = nullptr;  // counts
  const profiles::TextId* text = nullptr;
  const Rational* ratio = nullptr;
  const uint64_t *truth = nullptr, *known = nullptr;
  const int64_t* until = nullptr;
  const profiles::Seq* seq = nullptr;  // FirstTime, LastTime: of the event found

  std::vector<int64_t> own_i64, own_until;
  std::vector<int32_t> own_i32;
  std::vector<profiles::TextId> own_text;
  std::vector<Rational> own_ratio;
  std::vector<uint64_t> own_truth, own_known;
  std::vector<profiles::Seq> own_seq;
  std::vector<uint32_t> own_rows;  // Rows: the row a list is read from; kNone: unknown

  bool is_true(size_t i) const { return truth[i / 64] >> (i % 64) & 1; }
  bool has_truth(size_t i) const { return known[i / 64] >> (i % 64) & 1; }
  Rational number(size_t i) const {
    if (kind == Kind::Ratio) return ratio[i];
    if (kind == Kind::I32) return {i32[i], 1};
    return is_known(i64[i]) ? Rational{int128{i64[i]} * scale.mul, scale.div} : Rational{};
  }
};

// What the lanes of the columns stand for: customers (scope 0), rows of one stream, or elements of rows.
struct Frame {
  uint16_t scope = 0;
  size_t lanes = 0;
  uint32_t stream = kNone;
  uint32_t first = 0;                // lane i is row (or element) first + i ...
  const uint32_t* picked = nullptr;  // ... or picked[i]
  const uint32_t* rows = nullptr;    // elements: the row of each lane
  bool contiguous() const { return picked == nullptr; }
  uint32_t lane(size_t i) const { return picked ? picked[i] : first + static_cast<uint32_t>(i); }
  uint32_t row(size_t i) const { return rows ? rows[i] : lane(i); }
  std::vector<Col> cols;  // by node
};

// Where the list's element `e`, of `row`, stands in a column under the same name. A sender may say a property of elements
// by its dotted name too, so a row's columns may be of several lengths: the shorter ones have no such element.
inline constexpr size_t kNoElement = SIZE_MAX;
inline size_t element_of(const profiles::Column& list, const profiles::Column& column, size_t row, uint32_t e) {
  const size_t place = column.list_first[row] + (e - list.list_first[row]);
  return place < column.list_first[row + 1] ? place : kNoElement;
}

// NextLook: an instant that is never later than the next change, but may be earlier: found without looking ahead, it is
// what a timer wants that will look again anyway.
enum class Want : uint8_t { Values, NextChange, NextLook };

class Block {
 public:
  // `one_customer`: all runs are of the history's one customer, whose rows change only as rows_changed() says; running
  // totals are then kept from run to run.
  Block(const Bound& bound, Want want, bool one_customer = false);
  ~Block();

  // The rows of one of the history's streams are others, or more, from this one on.
  void rows_changed(const profiles::Stream& stream, uint32_t row);
  size_t bytes() const;  // about what it holds, without probes

  // Computes the nodes of `cone` (a Plan::cone of scope 0) for customers [from, to), as of an instant, from the facts
  // with seq < visible.
  void run(profiles::CustomerIndex from, profiles::CustomerIndex to, Instant as_of, profiles::Seq visible,
           std::span<const NodeId> cone);
  // Each customer as of an instant of its own: as_of[i] is that of customer from + i.
  void run(profiles::CustomerIndex from, std::span<const Instant> as_of, profiles::Seq visible,
           std::span<const NodeId> cone);
  const Col& col(NodeId node) const { return customers_.cols[node]; }
  // Of a condition or value: the instant up to which lane i keeps it.
  Instant until(NodeId node, size_t i) const {
    const Col& c = col(node);
    return c.until ? Instant{c.until[i]} : kNever;
  }

 private:
  struct StreamState {
    bool ready = false;
    uint32_t from = 0, to = 0;         // its rows in this block
    std::vector<uint32_t> begin, end;  // of each customer, counted from `from`
    std::vector<uint32_t> cuts;        // of each cut, each customer
    std::vector<int64_t> age;          // of each row, as_of - time: where customers have instants of their own
    const uint32_t* cut(size_t k) const { return cuts.data() + k * begin.size(); }
  };
  struct GroupState {
    bool ready = false;
    bool all = false;                    // every row matches once: no arrays
    std::vector<uint64_t> match;         // rows that match
    std::vector<uint32_t> count;         // running total of matches (of matching elements), rows + 1
    Frame frame;                         // `each`: where `where` is computed
    std::vector<uint32_t> elem_rows;     // `each`: the row of each element
    const uint64_t* elements = nullptr;  // `each` with a condition: the elements that match
    std::vector<int64_t> until;          // of each row, where `where` depends on time
    uint32_t done = 0;                   // rows whose match and count hold from a run before
  };
  struct ValuesState {
    bool ready = false;
    std::vector<uint64_t> sum;    // running total, modulo 2^64
    std::vector<uint32_t> known;  // running total; empty where every row is known and matches
    bool has_negative = false;    // some value that is summed is below zero
    uint32_t done = 0;            // rows whose totals hold from a run before
  };
  struct Decayed {
    bool ready = false;
    std::vector<uint64_t> total;
  };
  struct Window {  // of one part, each customer: rows [low, high) counted from the stream's `from`
    const uint32_t *low, *high;
  };
  struct Probe;

  // nodes.cpp
  void run_node(Frame& frame, NodeId id);
  void run_frame(Frame& frame, std::span<const NodeId> cone);
  void constant(Frame& frame, const Node& node, NodeId id);
  void property(Frame& frame, const Node& node, NodeId id);
  void trait_list(Frame& frame, NodeId id);
  void event_time(Frame& frame, NodeId id);
  void calendar(Frame& frame, const Node& node, NodeId id);
  int64_t time_part(const CalendarPlan& plan, Instant at) const;
  void numbers_and_texts(Frame& frame, const PropertyColumns& where, const profiles::Column* list, Col& col);
  void begun(Frame& frame, NodeId id);
  Instant begin_of(size_t lane) const;
  void ago(Frame& frame, const Node& node, NodeId id);
  void arithmetic(Frame& frame, const Node& node, NodeId id);
  void size(Frame& frame, const Node& node, NodeId id);
  void range(Frame& frame, const Node& node, NodeId id);
  void range_of_own_ages(Frame& frame, const RangePlan& plan, const Col& x, Col& col);
  const Bounds& bounds_of(const Node& node, NodeId id, Scale scale);
  void compare(Frame& frame, const Node& node, NodeId id);
  void number_in(Frame& frame, const Node& node, NodeId id);
  void text_test(Frame& frame, const Node& node, NodeId id);
  void known(Frame& frame, const Node& node, NodeId id);
  void is(Frame& frame, const Node& node, NodeId id);
  void list_match(Frame& frame, const Node& node, NodeId id);
  void any_element(Frame& frame, const Node& node, NodeId id);
  void logic(Frame& frame, const Node& node, NodeId id);
  void list_of(const Frame& frame, NodeId list, size_t lane, uint32_t& stream, uint32_t& row) const;

  // aggregate.cpp
  StreamState& stream_state(uint32_t stream);
  GroupState& group_state(uint32_t group);
  ValuesState& values_state(uint32_t values);
  void match_rows(const Group& group, GroupState& state, const StreamState& stream);
  void match_elements(const Group& group, GroupState& state, const StreamState& stream);
  Window window(const Part& part, NodeId anchor, size_t scratch);
  void aggregate(NodeId id);
  void count(NodeId id, const AggregatePlan& plan);
  template <typename Whole>
  void count_parts(NodeId id, const AggregatePlan& plan, Whole* out);
  void sum(NodeId id, const AggregatePlan& plan);
  void extreme(NodeId id, const AggregatePlan& plan);
  void time_of(NodeId id, const AggregatePlan& plan);
  void pick(NodeId id, const AggregatePlan& plan);
  void collect(NodeId id, const AggregatePlan& plan);
  void score(NodeId id);
  const std::vector<uint64_t>& decayed_total(uint32_t group, int64_t half_life);
  template <typename F>
  void each_value(const Part& part, uint32_t row, F&& take);
  template <typename F>
  void each_time_part(const Part& part, uint32_t row, F&& take);
  bool is_cleared(const Values& values, size_t row) const;
  bool matches(const GroupState& state, uint32_t row) const;

  // next_change.cpp
  void aggregate_until(NodeId id, const WindowPlan& window);
  void until_of(Frame& frame, NodeId id);
  void earliest(Frame& frame, const Node& node, Col& col);
  void traits_until(Col& col);
  void begun_until(const Frame& frame, Col& col);
  void logic_until(Frame& frame, const Node& node, NodeId id);
  void all_or_one_until(Frame& frame, const Node& node, NodeId id);
  void leaf_until(Frame& frame, const Node& node, NodeId id);
  bool is_falling(NodeId id) const;
  void note_falling();
  bool falling_until(Frame& frame, const Node& node, NodeId id);
  void moving_until(const Frame& frame, const Node& node, Col& col);
  int64_t leaf_change(Frame& frame, const Node& node, NodeId id, size_t lane, int64_t steady);
  int64_t moving_change(const Frame& frame, const Node& node, size_t lane, int64_t at) const;
  int64_t smooth_change(Frame& frame, const Node& node, NodeId id, size_t lane, int64_t after, int64_t before);
  // The lane evaluated at another instant: its frame has one lane. Valid until the next call with the same `far`.
  const Frame& at(const Frame& frame, size_t lane, int64_t ms, NodeId node, bool far);

  void start_run(profiles::CustomerIndex from, size_t lanes, profiles::Seq visible, std::span<const NodeId> cone);
  void find_own_cuts(const StreamUse& use, StreamState& state);
  // Whether ages can be added to and taken from instants without a thought of overflow.
  static bool is_near(int64_t ms) { return ms > -kFar && ms < kFar; }
  static constexpr int64_t kFar = int64_t{1} << 60;  // ms: ten times kNever
  // Of a lane of a frame.
  Instant as_of(const Frame& frame, size_t lane) const {
    if (as_ofs_.empty()) return as_of_;
    if (frame.scope == 0) return as_ofs_[lane];
    const StreamState& state = streams_[frame.stream];
    const uint32_t row = frame.row(lane);
    return bound_.streams[frame.stream].stream->time[row] + Duration{state.age[row - state.from]};
  }
  Duration age(const StreamState& state, const Instant* time, uint32_t row) const {
    return as_ofs_.empty() ? as_of_ - time[row] : Duration{state.age[row]};
  }

  const Bound& bound_;
  const Plan& plan_;
  const bool want_until_, want_look_, one_customer_;
  profiles::CustomerIndex from_ = 0;
  size_t lanes_ = 0;
  Instant as_of_;
  std::span<const Instant> as_ofs_;    // by customer; empty: as_of_ for all
  std::vector<int64_t> relative_;      // scratch of find_own_cuts()
  std::vector<uint32_t> now_, found_;  // likewise
  std::vector<int64_t> lasts_;         // scratch of all_or_one_until()
  profiles::Seq visible_ = profiles::kAllSeqs;
  Frame customers_;
  Frame rows_;  // where a pattern's `where` is computed, one pattern after the other
  std::vector<StreamState> streams_;
  std::vector<GroupState> groups_;
  std::vector<ValuesState> values_;
  std::map<std::pair<uint32_t, int64_t>, Decayed> decayed_;  // by group and half-life
  std::vector<int64_t> cut_ms_;                              // scratch of stream_state()
  std::vector<uint64_t> above_;                              // scratch of range() and falling_until()
  std::vector<int64_t> since_;                               // scratch of range_of_own_ages()
  struct OfRange {
    Scale scale;
    std::optional<Bounds> bounds;
  };
  std::vector<OfRange> bounds_;  // by node
  // By node: nothing but ranges looks at when it changes, and these know better (falling_until).
  std::vector<uint8_t> is_left_to_ranges_;
  std::vector<std::vector<NodeId>> where_cones_;   // by pattern
  std::vector<uint8_t> is_timeless_;               // by pattern: which rows match does not change by time alone
  std::vector<std::vector<uint32_t>> low_, high_;  // scratch of window()
  std::unique_ptr<Probe> probe_;
  bool is_probe_ = false;  // sent by a condition that looks for its next change
  bool one_lane_run_ = false;
  Frame one_lane_;
  std::pair<uint32_t, uint32_t> one_;  // lane and row of one_lane_
  std::unordered_map<NodeId, std::vector<NodeId>> cones_;
};

}  // namespace tessera::segment
