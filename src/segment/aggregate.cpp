// Aggregates over the rows of a block of customers: positions of the cuts in time, running totals, and one function for
// each way of reducing a window to a value.
// Long because every reduction reads the positions and running totals made here, which no other file needs to know.
#include <algorithm>
#include <bit>

#include "segment/block.hpp"
#include "segment/cuts.hpp"
#include "segment/decay.hpp"

namespace tessera::segment {

using profiles::Column;
using profiles::PropertyType;
using profiles::Stream;
using profiles::Truth;

namespace {

// Rows a customer, on average of a block: with more, a score looks at the newest only.
constexpr size_t kFewRows = 56;

size_t words(size_t lanes) {
  return (lanes + 63) / 64;
}

const int64_t* times_of(const Stream& stream) {
  static_assert(sizeof(Instant) == sizeof(int64_t));
  return reinterpret_cast<const int64_t*>(stream.time.data());
}

bool bit(const uint64_t* bits, size_t i) {
  return bits[i / 64] >> (i % 64) & 1;
}

// First matching row in [from, to), or `to`.
uint32_t next_bit(const std::vector<uint64_t>& bits, uint32_t from, uint32_t to) {
  while (from < to) {
    const uint64_t rest = bits[from / 64] >> (from % 64);
    if (rest) return std::min(to, from + static_cast<uint32_t>(std::countr_zero(rest)));
    from = (from / 64 + 1) * 64;
  }
  return to;
}

// Last matching row in [from, to), or kNone.
uint32_t last_bit(const std::vector<uint64_t>& bits, uint32_t from, uint32_t to) {
  while (from < to) {
    const uint32_t last = to - 1;
    const uint64_t rest = bits[last / 64] << (63 - last % 64);
    if (rest) {
      const uint32_t found = last - static_cast<uint32_t>(std::countl_zero(rest));
      return found >= from && found <= last ? found : kNone;
    }
    to = last / 64 * 64;
  }
  return kNone;
}

enum class Read : uint8_t { Absent, Cleared, Known };

// One value as 64 bits: micros, a text's id, a truth, or an instant's ms.
Read read(const Bound& bound, const Column& column, size_t at, TextsAs texts, int64_t& raw) {
  if (column.type == PropertyType::Number) {
    raw = column.numbers[at];
    return is_known(raw) ? Read::Known : raw == profiles::kAbsentNumber ? Read::Absent : Read::Cleared;
  }
  if (column.type == PropertyType::Bool) {
    const Truth truth = column.truths[at];
    raw = truth == Truth::Yes;
    return truth == Truth::Absent ? Read::Absent : truth == Truth::Cleared ? Read::Cleared : Read::Known;
  }
  const auto id = column.texts[at];
  if (id <= profiles::kClearedText) return id == profiles::kAbsentText ? Read::Absent : Read::Cleared;
  raw = texts == TextsAs::Instants ? bound.instant(id) : texts == TextsAs::Numbers ? bound.number(id) : id;
  return raw == kUnknown ? Read::Absent : Read::Known;
}

// A value column by the type of its node, filled lane by lane.
class Writer {
 public:
  Writer(Col& col, language::Type type, size_t lanes) : col_(col) {
    if (type == language::Type::Text) {
      col.own_text.assign(lanes, profiles::kAbsentText);
      col.text = col.own_text.data();
      col.kind = Col::Kind::Text;
    } else if (type == language::Type::Bool || type == language::Type::Condition) {
      col.own_truth.assign(words(lanes), 0);
      col.own_known.assign(words(lanes), 0);
      col.truth = col.own_truth.data();
      col.known = col.own_known.data();
      col.kind = Col::Kind::Bits;
    } else {
      col.own_i64.assign(lanes, kUnknown);
      col.i64 = col.own_i64.data();
      col.kind = Col::Kind::I64;
      col.scale = type == language::Type::Number ? Scale{1, Number::kOne} : Scale{};
    }
  }
  void put(size_t i, int64_t raw) {
    if (col_.kind == Col::Kind::Text) {
      col_.own_text[i] = static_cast<profiles::TextId>(raw);
    } else if (col_.kind == Col::Kind::I64) {
      col_.own_i64[i] = raw;
    } else {
      col_.own_known[i / 64] |= uint64_t{1} << (i % 64);
      col_.own_truth[i / 64] |= static_cast<uint64_t>(raw) << (i % 64);
    }
  }

 private:
  Col& col_;
};

void start_i64(Col& col, size_t lanes, Scale scale, int64_t value) {
  col.kind = Col::Kind::I64;
  col.scale = scale;
  col.own_i64.assign(lanes, value);
  col.i64 = col.own_i64.data();
}

void start_ratio(Col& col, size_t lanes, Rational value) {
  col.kind = Col::Kind::Ratio;
  col.own_ratio.assign(lanes, value);
  col.ratio = col.own_ratio.data();
}

}  // namespace

// --- positions

Block::StreamState& Block::stream_state(uint32_t index) {
  StreamState& state = streams_[index];
  if (state.ready) return state;
  state.ready = true;
  const StreamUse& use = bound_.streams[index];
  const Stream& stream = *use.stream;
  state.from = stream.first[from_];
  state.to = stream.first[from_ + lanes_];
  state.begin.resize(lanes_);
  state.end.resize(lanes_);
  const uint32_t* first = stream.first.data() + from_;
  std::transform(first, first + lanes_, state.begin.begin(), [from = first[0]](uint32_t row) { return row - from; });
  std::copy(state.begin.begin() + (lanes_ > 0), state.begin.end(), state.end.begin());
  if (lanes_ > 0) state.end.back() = state.to - state.from;
  state.cuts.resize(use.cuts.size() * lanes_);
  if (!as_ofs_.empty()) {
    find_own_cuts(use, state);
    return state;
  }
  cut_ms_.clear();
  for (const Cut& cut : use.cuts)
    cut_ms_.push_back(cut.kind == Cut::Kind::Ago ? as_of_.ms - cut.ms : std::min(cut.ms, as_of_.ms));
  find_cuts(times_of(stream), {stream.first.data() + from_, lanes_ + 1}, cut_ms_, state.cuts.data());
  return state;
}

// The same where each customer has an instant of its own: cuts at an age are the same for all in time counted from
// there.
void Block::find_own_cuts(const StreamUse& use, StreamState& state) {
  const Stream& stream = *use.stream;
  const std::span<const uint32_t> first{stream.first.data() + from_, lanes_ + 1};
  relative_.resize(state.to - state.from);
  state.age.resize(state.to - state.from);
  for (size_t i = 0; i < lanes_; ++i)
    for (uint32_t row = state.begin[i]; row < state.end[i]; ++row) {
      state.age[row] = (as_ofs_[i] - stream.time[state.from + row]).ms;
      relative_[row] = -state.age[row];
    }
  // find_cuts reads times at first[i], which counts from the start of the stream.
  const int64_t* const relative = relative_.data() - state.from;
  now_.clear();
  for (const bool is_ago : {true, false}) {
    cut_ms_.clear();
    for (const Cut& cut : use.cuts)
      if ((cut.kind == Cut::Kind::Ago) == is_ago) cut_ms_.push_back(is_ago ? -cut.ms : cut.ms);
    if (cut_ms_.empty()) continue;
    found_.resize(cut_ms_.size() * lanes_);
    find_cuts(is_ago ? relative : times_of(stream), first, cut_ms_, found_.data());
    if (!is_ago) {  // never beyond the customer's own instant
      now_.resize(lanes_);
      const int64_t zero = 0;
      find_cuts(relative, first, {&zero, 1}, now_.data());
    }
    const uint32_t* from = found_.data();
    for (size_t k = 0; k < use.cuts.size(); ++k) {
      if ((use.cuts[k].kind == Cut::Kind::Ago) != is_ago) continue;
      uint32_t* const out = state.cuts.data() + k * lanes_;
      for (size_t i = 0; i < lanes_; ++i) out[i] = is_ago ? from[i] : std::min(from[i], now_[i]);
      from += lanes_;
    }
  }
}

Block::Window Block::window(const Part& part, NodeId anchor, size_t scratch) {
  const uint32_t index = bound_.groups[part.group].stream;
  const StreamState& state = stream_state(index);
  const uint32_t* high = state.cut(part.high);
  if (anchor == kNoNode) return {part.low == kNone ? state.begin.data() : state.cut(part.low), high};
  if (low_.size() <= scratch) low_.resize(scratch + 1);
  auto& low = low_[scratch];
  low.resize(lanes_);
  const Stream& stream = *bound_.streams[index].stream;
  const Col& since = customers_.cols[anchor];
  find_since({times_of(stream), stream.seq.data()}, {stream.first.data() + from_, lanes_ + 1}, high, since.i64,
             since.seq, low.data());
  return {low.data(), high};
}

// --- groups: which rows count, and running totals

void Block::match_rows(const Group& group, GroupState& state, const StreamState& stream) {
  const auto rows = static_cast<uint32_t>(stream.to - stream.from);
  const NodeId where = plan_.patterns[group.pattern].where;
  state.all = where == kNoNode && visible_ == profiles::kAllSeqs;
  state.until.clear();
  if (state.all) return;
  // From here on; on the bound of a word.
  const uint32_t done = is_timeless_[group.pattern] ? state.done / 64 * 64 : 0;
  state.done = rows;
  state.match.resize(words(rows));
  uint64_t* const match = state.match.data() + done / 64;
  if (where == kNoNode) {
    std::fill_n(match, words(rows - done), ~uint64_t{0});
    if (rows % 64) state.match.back() = (uint64_t{1} << (rows % 64)) - 1;
  } else {
    rows_.scope = 1;
    rows_.lanes = rows - done;
    rows_.stream = group.stream;
    rows_.first = stream.from + done;
    run_frame(rows_, where_cones_[group.pattern]);
    const Col& col = rows_.cols[where];
    std::copy_n(col.truth, words(rows - done), match);
    VERIFY(!col.until || done == 0);  // what depends on time is not kept from run to run
    if (col.until) state.until.assign(col.until, col.until + rows);
  }
  if (visible_ != profiles::kAllSeqs) {
    const profiles::Seq* seq = bound_.streams[group.stream].stream->seq.data() + stream.from;
    for (size_t r = 0; r < rows; ++r)
      if (seq[r] >= visible_) state.match[r / 64] &= ~(uint64_t{1} << (r % 64));
  }
  state.count.resize(rows + 1);
  state.count[0] = 0;
  uint32_t total = state.count[done];
  for (size_t r = done; r < rows; ++r) state.count[r + 1] = total += bit(state.match.data(), r);
}

void Block::match_elements(const Group& group, GroupState& state, const StreamState& stream) {
  const size_t rows = stream.to - stream.from;
  const Pattern& pattern = plan_.patterns[group.pattern];
  const profiles::Seq* seq = bound_.streams[group.stream].stream->seq.data() + stream.from;
  state.all = false;
  state.until.clear();
  state.elem_rows.clear();
  state.elements = nullptr;
  state.match.assign(words(rows), 0);
  state.count.assign(rows + 1, 0);
  if (!group.lengths) return;
  const uint32_t* first = group.lengths->list_first.data() + stream.from;
  for (uint32_t r = 0; r < rows; ++r)
    state.elem_rows.insert(state.elem_rows.end(), first[r + 1] - first[r], stream.from + r);
  const int64_t* until = nullptr;
  if (pattern.where != kNoNode) {
    const auto scope = std::find(plan_.scopes.begin() + 2, plan_.scopes.end(), pattern.each);
    state.frame.scope = static_cast<uint16_t>(scope - plan_.scopes.begin());
    state.frame.lanes = state.elem_rows.size();
    state.frame.stream = group.stream;
    state.frame.first = first[0];
    state.frame.rows = state.elem_rows.data();
    run_frame(state.frame, where_cones_[group.pattern]);
    state.elements = state.frame.cols[pattern.where].truth;
    until = state.frame.cols[pattern.where].until;
  }
  if (until) state.until.assign(rows, kNever.ms);
  for (uint32_t r = 0; r < rows; ++r) {
    uint32_t matches = 0;
    for (uint32_t e = first[r] - first[0]; e < first[r + 1] - first[0]; ++e) {
      matches += !state.elements || bit(state.elements, e);
      if (until) state.until[r] = std::min(state.until[r], until[e]);
    }
    if (seq[r] >= visible_) matches = 0;
    if (matches) state.match[r / 64] |= uint64_t{1} << (r % 64);
    state.count[r + 1] = state.count[r] + matches;
  }
}

Block::GroupState& Block::group_state(uint32_t index) {
  GroupState& state = groups_[index];
  if (state.ready) return state;
  state.ready = true;
  const Group& group = bound_.groups[index];
  const StreamState& stream = stream_state(group.stream);
  group.each ? match_elements(group, state, stream) : match_rows(group, state, stream);
  return state;
}

bool Block::matches(const GroupState& state, uint32_t row) const {
  return state.all || bit(state.match.data(), row);
}

// The same for a part of the row's time, once for each of its elements that matches where these count.
template <typename F>
void Block::each_time_part(const Part& part, uint32_t row, F&& take) {
  const CalendarPlan& plan = *bound_.values[part.values].calendar;
  const Group& group = bound_.groups[part.group];
  const GroupState& state = groups_[part.group];
  const int64_t found = time_part(plan, bound_.streams[group.stream].stream->time[streams_[group.stream].from + row]);
  if (!is_known(found)) return;
  const uint32_t times = group.each ? state.count[row + 1] - state.count[row] : 1;
  for (uint32_t i = 0; i < times; ++i)
    take(PropertyType::Number, plan.part == language::TimePart::Time ? found : found * Number::kOne);
}

// Calls take(type, raw) for each known value of a row that matches, in order.
template <typename F>
void Block::each_value(const Part& part, uint32_t row, F&& take) {
  const Values& values = bound_.values[part.values];
  const Group& group = bound_.groups[part.group];
  const GroupState& state = groups_[part.group];
  const StreamState& stream = streams_[group.stream];
  const size_t at = stream.from + row;
  int64_t raw = 0;
  const auto offer = [&](const Column& column, size_t i) {
    if (read(bound_, column, i, values.texts, raw) == Read::Known) take(column.type, raw);
  };
  if (values.calendar) return each_time_part(part, row, take);
  if (!group.each) {
    for (const Column* column : values.columns) {
      if (!column->is_list)
        offer(*column, at);
      else
        for (uint32_t e = column->list_first[at]; e < column->list_first[at + 1]; ++e) offer(*column, e);
    }
    return;
  }
  const auto& first = group.lengths->list_first;
  for (uint32_t e = first[at]; e < first[at + 1]; ++e) {
    if (state.elements && !bit(state.elements, e - first[stream.from])) continue;
    for (const Column* column : values.columns) {
      const size_t place = column->is_list ? element_of(*group.lengths, *column, at, e) : at;
      if (place != kNoElement) offer(*column, place);
    }
  }
}

Block::ValuesState& Block::values_state(uint32_t index) {
  ValuesState& state = values_[index];
  if (state.ready) return state;
  state.ready = true;
  const Values& values = bound_.values[index];
  const GroupState& group = group_state(values.group);
  const StreamState& stream = streams_[bound_.groups[values.group].stream];
  const auto rows = static_cast<uint32_t>(stream.to - stream.from);
  const bool goes_on = state.done > 0 && is_timeless_[bound_.groups[values.group].pattern];
  const uint32_t done = goes_on ? state.done : 0;
  state.done = rows;
  state.sum.resize(rows + 1);
  state.sum[0] = 0;
  uint64_t sum = state.sum[done];
  int64_t least = goes_on && state.has_negative ? -1 : 0;
  if (values.simple && values.dense && group.all) {
    const int64_t* numbers = values.columns[0]->numbers.data() + stream.from;
    state.known.clear();
    for (size_t r = done; r < rows; ++r) {
      state.sum[r + 1] = sum += static_cast<uint64_t>(numbers[r]);
      least = std::min(least, numbers[r]);
    }
    state.has_negative = least < 0;
    return state;
  }
  state.known.resize(rows + 1);
  state.known[0] = 0;
  uint32_t known = state.known[done];
  if (values.simple) {
    const int64_t* numbers = values.columns[0]->numbers.data() + stream.from;
    for (uint32_t r = done; r < rows; ++r) {
      const bool counts = is_known(numbers[r]) && matches(group, r);
      const int64_t number = counts ? numbers[r] : 0;
      state.sum[r + 1] = sum += static_cast<uint64_t>(number);
      state.known[r + 1] = known += counts;
      least = std::min(least, number);
    }
    state.has_negative = least < 0;
    return state;
  }
  const Part part{.group = values.group, .values = index};
  for (uint32_t r = done; r < rows; ++r) {
    if (matches(group, r))
      each_value(part, r, [&](PropertyType, int64_t raw) {
        sum += static_cast<uint64_t>(raw);
        ++known;
        least = std::min(least, raw);
      });
    state.sum[r + 1] = sum;
    state.known[r + 1] = known;
  }
  state.has_negative = least < 0;
  return state;
}

// --- reductions

void Block::aggregate(NodeId id) {
  const auto& plan = std::get<AggregatePlan>(plan_.nodes[id].detail);
  switch (plan.reduce) {
    case Reduce::Count:
      count(id, plan);
      break;
    case Reduce::Sum:
    case Reduce::Avg:
      sum(id, plan);
      break;
    case Reduce::Min:
    case Reduce::Max:
      extreme(id, plan);
      break;
    case Reduce::FirstTime:
    case Reduce::LastTime:
      time_of(id, plan);
      break;
    case Reduce::First:
    case Reduce::Last:
    case Reduce::LastTrait:
      pick(id, plan);
      break;
    case Reduce::Median:
    case Reduce::Distinct:
    case Reduce::Mode:
      collect(id, plan);
      break;
  }
  if (want_until_ && !is_left_to_ranges_[id]) aggregate_until(id, plan.window);
}

template <typename Whole>
void Block::count_parts(NodeId id, const AggregatePlan& plan, Whole* out) {
  const size_t lanes = lanes_;  // a copy: for all the compiler knows, `out` could change the member
  for (const Part& part : bound_.parts[id]) {
    const GroupState& group = group_state(part.group);
    const auto [low, high] = window(part, plan.window.anchor, 0);
    const uint32_t* total = group.count.data();
    if (group.all)
      for (size_t i = 0; i < lanes; ++i) out[i] += static_cast<Whole>(high[i] - low[i]);
    else
      for (size_t i = 0; i < lanes; ++i) out[i] += static_cast<Whole>(total[high[i]] - total[low[i]]);
  }
}

void Block::count(NodeId id, const AggregatePlan& plan) {
  Col& col = customers_.cols[id];
  if (!bound_.narrow[id]) {
    start_i64(col, lanes_, {}, 0);
    col.certain = true;
    return count_parts(id, plan, col.own_i64.data());
  }
  col.kind = Col::Kind::I32;
  col.scale = {};
  col.certain = true;
  col.own_i32.assign(lanes_, 0);
  col.i32 = col.own_i32.data();
  count_parts(id, plan, col.own_i32.data());
}

void Block::sum(NodeId id, const AggregatePlan& plan) {
  Col& col = customers_.cols[id];
  const bool average = plan.reduce == Reduce::Avg, narrow = bound_.narrow[id];
  if (!average && narrow)
    start_i64(col, lanes_, {1, Number::kOne}, 0);
  else
    start_ratio(col, lanes_, {0, average ? 0 : Number::kOne});
  col.certain = !average;
  for (const Part& part : bound_.parts[id]) {
    group_state(part.group);
    const auto [low, high] = window(part, plan.window.anchor, 0);
    const ValuesState* values = narrow ? &values_state(part.values) : nullptr;
    if (values && !average) {
      const uint64_t* total = values->sum.data();
      int64_t* out = col.own_i64.data();
      for (size_t i = 0, lanes = lanes_; i < lanes; ++i) out[i] += static_cast<int64_t>(total[high[i]] - total[low[i]]);
      continue;
    }
    for (size_t i = 0; i < lanes_; ++i) {
      int128 sum = 0;
      int64_t known = 0;
      if (values) {
        sum = static_cast<int64_t>(values->sum[high[i]] - values->sum[low[i]]);
        known = values->known.empty() ? high[i] - low[i] : values->known[high[i]] - values->known[low[i]];
      } else {
        for (uint32_t row = low[i]; row < high[i]; ++row)
          if (matches(groups_[part.group], row))
            each_value(part, row, [&](PropertyType, int64_t raw) {
              sum += raw;
              ++known;
            });
      }
      if (col.kind == Col::Kind::I64)
        col.own_i64[i] += static_cast<int64_t>(sum);
      else
        col.own_ratio[i].num += sum;
      if (average) col.own_ratio[i].den += int128{known} * Number::kOne;
    }
  }
}

void Block::extreme(NodeId id, const AggregatePlan& plan) {
  Col& col = customers_.cols[id];
  const bool is_number = plan_.nodes[id].type == language::Type::Number;
  start_i64(col, lanes_, is_number ? Scale{1, Number::kOne} : Scale{}, kUnknown);
  const bool least = plan.reduce == Reduce::Min;
  for (const Part& part : bound_.parts[id]) {
    const GroupState& group = group_state(part.group);
    const auto [low, high] = window(part, plan.window.anchor, 0);
    for (size_t i = 0; i < lanes_; ++i) {
      int64_t best = col.own_i64[i];
      for (uint32_t row = low[i]; row < high[i]; ++row)
        if (matches(group, row))
          each_value(part, row, [&](PropertyType, int64_t raw) {
            if (!is_known(best) || (least ? raw < best : raw > best)) best = raw;
          });
      col.own_i64[i] = best;
    }
  }
}

void Block::time_of(NodeId id, const AggregatePlan& plan) {
  Col& col = customers_.cols[id];
  start_i64(col, lanes_, {}, kUnknown);
  const bool first = plan.reduce == Reduce::FirstTime;
  const auto& parts = bound_.parts[id];
  if (parts.size() == 1 && !bound_.is_anchor[id] && group_state(parts[0].group).all) {
    const auto [low, high] = window(parts[0], plan.window.anchor, 0);
    const uint32_t index = bound_.groups[parts[0].group].stream;
    const Instant* time = bound_.streams[index].stream->time.data() + streams_[index].from;
    for (size_t i = 0; i < lanes_; ++i)
      if (low[i] < high[i]) col.own_i64[i] = time[first ? low[i] : high[i] - 1].ms;
    return;
  }
  col.own_seq.assign(lanes_, 0);
  col.seq = col.own_seq.data();
  for (const Part& part : bound_.parts[id]) {
    const GroupState& group = group_state(part.group);
    const auto [low, high] = window(part, plan.window.anchor, 0);
    const uint32_t index = bound_.groups[part.group].stream;
    const Stream& stream = *bound_.streams[index].stream;
    const size_t from = streams_[index].from;
    for (size_t i = 0; i < lanes_; ++i) {
      if (low[i] >= high[i]) continue;
      uint32_t row = first ? low[i] : high[i] - 1;
      if (!group.all) {
        row = first ? next_bit(group.match, low[i], high[i]) : last_bit(group.match, low[i], high[i]);
        if (row == high[i] || row == kNone) continue;
      }
      const int64_t ms = stream.time[from + row].ms;
      const profiles::Seq seq = stream.seq[from + row];
      const bool better =
          !is_known(col.own_i64[i]) || (std::pair(ms, seq) < std::pair(col.own_i64[i], col.own_seq[i])) == first;
      if (!better) continue;
      col.own_i64[i] = ms;
      col.own_seq[i] = seq;
    }
  }
}

// Of a trait that came in several types.
bool Block::is_cleared(const Values& values, size_t row) const {
  int64_t raw = 0;
  return std::ranges::any_of(values.columns, [&](const Column* column) {
    return !column->is_list && read(bound_, *column, row, values.texts, raw) == Read::Cleared;
  });
}

void Block::pick(NodeId id, const AggregatePlan& plan) {
  Writer out(customers_.cols[id], plan_.nodes[id].type, lanes_);
  const bool first = plan.reduce == Reduce::First, trait = plan.reduce == Reduce::LastTrait;
  const auto& parts = bound_.parts[id];
  std::vector<std::pair<int64_t, profiles::Seq>> best(parts.size() > 1 ? lanes_ : 0, {kUnknown, 0});
  for (const Part& part : parts) {
    const GroupState& group = group_state(part.group);
    const auto [low, high] = window(part, plan.window.anchor, 0);
    const Values& values = bound_.values[part.values];
    const uint32_t index = bound_.groups[part.group].stream;
    const Stream& stream = *bound_.streams[index].stream;
    const size_t from = streams_[index].from;
    for (size_t i = 0; i < lanes_; ++i) {
      for (uint32_t step = 0; step < high[i] - low[i]; ++step) {
        const uint32_t row = first ? low[i] + step : high[i] - 1 - step;
        if (!matches(group, row)) continue;
        int64_t found = kUnknown;
        bool cleared = false;
        if (values.simple) {
          int64_t raw = 0;
          const Read what = read(bound_, *values.columns[0], from + row, values.texts, raw);
          if (what == Read::Known) found = raw;
          cleared = trait && what == Read::Cleared;
        } else {
          each_value(part, row, [&](PropertyType, int64_t raw) {
            if (!first || found == kUnknown) found = raw;
          });
          cleared = trait && found == kUnknown && is_cleared(values, from + row);
        }
        if (cleared) break;
        if (found == kUnknown) continue;
        if (!best.empty()) {
          const std::pair key(stream.time[from + row].ms, stream.seq[from + row]);
          if (best[i].first != kUnknown && (key < best[i]) != first) break;
          best[i] = key;
        }
        out.put(i, found);
        break;
      }
    }
  }
}

namespace {

struct Seen {
  int64_t ms;
  profiles::Seq seq;
  PropertyType type;
  int64_t raw;
};

Rational median(std::vector<Seen>& seen) {
  if (seen.empty()) return {};
  const size_t half = seen.size() / 2;
  const auto by_value = [](const Seen& a, const Seen& b) { return a.raw < b.raw; };
  std::nth_element(seen.begin(), seen.begin() + half, seen.end(), by_value);
  const int128 upper = seen[half].raw;
  if (seen.size() % 2) return {upper, Number::kOne};
  const int128 lower = std::max_element(seen.begin(), seen.begin() + half, by_value)->raw;
  return {lower + upper, 2 * Number::kOne};
}

int64_t distinct(std::vector<Seen>& seen) {
  const auto key = [](const Seen& x) { return std::pair(x.type, x.raw); };
  std::sort(seen.begin(), seen.end(), [&](const Seen& a, const Seen& b) { return key(a) < key(b); });
  return std::unique(seen.begin(), seen.end(), [&](const Seen& a, const Seen& b) { return key(a) == key(b); }) -
         seen.begin();
}

// The most frequent; of several, the one seen latest.
int64_t mode(std::vector<Seen>& seen) {
  std::vector<std::pair<int64_t, uint32_t>> by_value;  // value, place in the total order
  for (uint32_t i = 0; i < seen.size(); ++i) by_value.emplace_back(seen[i].raw, i);
  std::sort(by_value.begin(), by_value.end());
  int64_t best = kUnknown;
  std::pair<size_t, uint32_t> best_key{0, 0};  // count, latest place
  for (size_t from = 0; from < by_value.size();) {
    size_t to = from;
    while (to < by_value.size() && by_value[to].first == by_value[from].first) ++to;
    const std::pair<size_t, uint32_t> key{to - from, by_value[to - 1].second};
    if (key > best_key) {
      best_key = key;
      best = by_value[from].first;
    }
    from = to;
  }
  return best;
}

}  // namespace

void Block::collect(NodeId id, const AggregatePlan& plan) {
  Col& col = customers_.cols[id];
  const auto& parts = bound_.parts[id];
  std::vector<Window> windows;
  for (const Part& part : parts) {
    group_state(part.group);
    windows.push_back(window(part, plan.window.anchor, windows.size()));
    // Scratch of earlier parts stays where it is: each vector owns its memory.
    if (plan.window.anchor != kNoNode)
      for (size_t k = 0; k < windows.size(); ++k) windows[k].low = low_[k].data();
  }
  if (plan.reduce == Reduce::Median) start_ratio(col, lanes_, {});
  if (plan.reduce == Reduce::Distinct) start_i64(col, lanes_, {}, 0);
  std::optional<Writer> mode_out;
  if (plan.reduce == Reduce::Mode) mode_out.emplace(col, plan_.nodes[id].type, lanes_);
  std::vector<Seen> seen;
  for (size_t i = 0; i < lanes_; ++i) {
    seen.clear();
    for (size_t p = 0; p < parts.size(); ++p) {
      const GroupState& group = groups_[parts[p].group];
      const uint32_t index = bound_.groups[parts[p].group].stream;
      const Stream& stream = *bound_.streams[index].stream;
      const size_t from = streams_[index].from;
      for (uint32_t row = windows[p].low[i]; row < windows[p].high[i]; ++row)
        if (matches(group, row))
          each_value(parts[p], row, [&](PropertyType type, int64_t raw) {
            seen.push_back({stream.time[from + row].ms, stream.seq[from + row], type, raw});
          });
    }
    if (plan.reduce == Reduce::Median) col.own_ratio[i] = median(seen);
    if (plan.reduce == Reduce::Distinct) col.own_i64[i] = distinct(seen);
    if (plan.reduce != Reduce::Mode) continue;
    if (parts.size() > 1)
      std::stable_sort(seen.begin(), seen.end(),
                       [](const Seen& a, const Seen& b) { return std::pair(a.ms, a.seq) < std::pair(b.ms, b.seq); });
    if (const int64_t found = mode(seen); found != kUnknown) mode_out->put(i, found);
  }
}

// Running totals of what the rows of a group weigh now, for all scores of one half-life.
const std::vector<uint64_t>& Block::decayed_total(uint32_t index, int64_t half_life) {
  Decayed& state = decayed_[{index, half_life}];
  if (state.ready) return state.total;
  state.ready = true;
  const GroupState& group = groups_[index];
  const uint32_t stream = bound_.groups[index].stream;
  const StreamState& rows = streams_[stream];
  const Instant* time = bound_.streams[stream].stream->time.data() + rows.from;
  const Decay decay(half_life);
  const size_t count = rows.to - rows.from;
  state.total.resize(count + 1);
  uint64_t* out = state.total.data();
  const auto add_up = [&](auto&& age_of) {
    uint64_t total = out[0] = 0;
    for (size_t row = 0; row < count; ++row) {
      const uint64_t weight = decay.of(age_of(row));
      out[row + 1] = total += group.all ? weight : weight * (group.count[row + 1] - group.count[row]);
    }
  };
  // Asked once, not row by row: definitions with scores spend most of their time here.
  if (as_ofs_.empty())
    add_up([now = as_of_, time](size_t row) { return now - time[row]; });
  else
    add_up([age = rows.age.data()](size_t row) { return Duration{age[row]}; });
  return state.total;
}

void Block::score(NodeId id) {
  const auto& plan = std::get<ScorePlan>(plan_.nodes[id].detail);
  Col& col = customers_.cols[id];
  const bool narrow = bound_.narrow[id], decays = plan.half_life != 0;
  const int128 den = int128{Number::kOne} * (decays ? kDecayOne : 1);
  if (narrow)
    start_i64(col, lanes_, {plan.unit, static_cast<int64_t>(den)}, 0);
  else
    start_ratio(col, lanes_, {0, den});
  col.certain = true;
  const Decay decay(decays ? plan.half_life : 1);
  for (const Part& part : bound_.parts[id]) {
    const GroupState& group = group_state(part.group);
    const auto [low, high] = window(part, plan.window.anchor, 0);
    const uint32_t index = bound_.groups[part.group].stream;
    const StreamState& state = streams_[index];
    const Instant* time = bound_.streams[index].stream->time.data() + state.from;
    const std::vector<uint64_t>* total = nullptr;
    if (decays && state.to - state.from <= kFewRows * lanes_) total = &decayed_total(part.group, plan.half_life);
    const auto searched = [&](size_t i) {
      // From the newest back: what is old enough to weigh nothing ends the search.
      uint64_t sum = 0;
      for (uint32_t row = high[i]; row-- > low[i];) {
        const uint64_t weight = decay.of(age(state, time, row));
        if (weight == 0) break;
        sum += weight * (group.all ? 1 : group.count[row + 1] - group.count[row]);
      }
      return sum;
    };
    for (size_t i = 0; i < lanes_; ++i) {
      uint64_t sum;  // a customer's rows, each at most 2^32, add up within 64 bits
      if (!decays)
        sum = group.all ? high[i] - low[i] : group.count[high[i]] - group.count[low[i]];
      else
        sum = total ? (*total)[high[i]] - (*total)[low[i]] : searched(i);
      if (narrow)
        col.own_i64[i] += static_cast<int64_t>(sum) * part.weight;
      else
        col.own_ratio[i].num += int128{sum} * part.weight * plan.unit;
    }
  }
  if (want_until_) aggregate_until(id, plan.window);
}

bool Block::is_falling(NodeId id) const {
  const auto* plan = std::get_if<AggregatePlan>(&plan_.nodes[id].detail);
  return plan && (plan->reduce == Reduce::Count || plan->reduce == Reduce::Sum) && bound_.parts[id].size() == 1 &&
         plan->window.anchor == kNoNode && plan->window.low.kind == Cut::Kind::Ago;
}

// A count, and a sum of values none of which is negative, can only fall while no row comes: a bound that is not reached
// yet is not reached by time alone, and one that is, is left when a certain row leaves the window. False: no such case.
bool Block::falling_until(Frame& frame, const Node& node, NodeId id) {
  const NodeId operand = node.operands[0];
  const Col& x = frame.cols[operand];
  if (node.op != Op::Range || !is_falling(operand) || x.kind == Col::Kind::Ratio) return false;
  const auto* plan = std::get_if<AggregatePlan>(&plan_.nodes[operand].detail);
  const Part& part = bound_.parts[operand][0];
  const GroupState& group = group_state(part.group);
  const ValuesState* values = plan->reduce == Reduce::Sum ? &values_state(part.values) : nullptr;
  if (!group.until.empty() || (values && values->has_negative)) return false;
  const Window in = window(part, kNoNode, 0);
  const StreamState& state = streams_[bound_.groups[part.group].stream];
  const Instant* time = bound_.streams[bound_.groups[part.group].stream].stream->time.data() + state.from;
  Col& col = frame.cols[id];
  col.own_until.assign(frame.lanes, kNever.ms);
  col.until = col.own_until.data();
  // Rows that are still to come are none of this.
  if (!std::equal(state.end.begin(), state.end.end(), in.high)) {
    if (!x.until) aggregate_until(operand, plan->window);
    for (size_t i = 0; i < frame.lanes; ++i)
      if (in.high[i] != state.end[i]) col.own_until[i] = x.until[i];
  }
  // The first of the rows [low, end) without all before which no more than `turns_at` is left; `end` if there is none.
  const auto first_left = [&](uint32_t low, uint32_t end, int64_t turns_at) {
    const auto in_totals = [&](const auto& totals) {  // of all rows before each, so what is left falls
      const auto is_left_more = [&, last = totals[end]](auto before) {
        return static_cast<int64_t>(last - before) > turns_at;
      };
      const auto from = totals.begin() + low;
      return low + static_cast<uint32_t>(std::partition_point(from, from + (end - low), is_left_more) - from);
    };
    if (values) return in_totals(values->sum);
    if (!group.all) return in_totals(group.count);
    return static_cast<uint32_t>(std::clamp<int64_t>(int64_t{end} - turns_at, low, end));
  };
  const Bounds& bounds = bounds_of(node, id, x.scale);
  if (bounds.low > bounds.high || bounds.high < 0) return true;
  for (size_t w = 0; 64 * w < frame.lanes; ++w) {
    // Who is within the bounds falls out of them, if there is anything below; who is above comes into them.
    uint64_t left = bounds.low > 0 ? col.truth[w] : 0;
    if (bounds.high < Bounds{}.high) left |= ~col.truth[w];
    for (; left != 0; left &= left - 1) {
      const size_t i = 64 * w + static_cast<size_t>(std::countr_zero(left));
      if (i >= frame.lanes) break;
      const uint32_t end = in.high[i];
      const int64_t now = x.kind == Col::Kind::I32 ? x.i32[i] : x.i64[i];
      if (now < bounds.low || end != state.end[i]) continue;
      const int64_t turns_at = now > bounds.high ? bounds.high : bounds.low - 1;
      col.own_until[i] = time[first_left(in.low[i] + 1, end, turns_at) - 1].ms + plan->window.low.ms;
    }
  }
  return true;
}

// The first instant at which a row enters or leaves the window, or a row's condition may change. Sound whatever the
// reduction; leaf_change looks whether the condition above really turns.
void Block::aggregate_until(NodeId id, const WindowPlan& plan) {
  Col& col = customers_.cols[id];
  col.own_until.assign(lanes_, kNever.ms);
  col.until = col.own_until.data();
  const Col* anchor = plan.anchor == kNoNode ? nullptr : &customers_.cols[plan.anchor];
  for (const Part& part : bound_.parts[id]) {
    const GroupState& group = group_state(part.group);
    const auto [low, high] = window(part, plan.anchor, 0);
    const uint32_t index = bound_.groups[part.group].stream;
    const StreamState& state = streams_[index];
    const Instant* time = bound_.streams[index].stream->time.data() + state.from;
    const bool is_plain = group.all && group.until.empty() && !anchor && state.to > state.from;
    if (is_plain) {
      // The usual case without branches: a row that is not there is read at 0 and not used.
      const bool has_low = plan.low.kind == Cut::Kind::Ago, is_ago = plan.high.kind == Cut::Kind::Ago;
      for (size_t i = 0; i < lanes_; ++i) {
        const bool leaves = has_low && low[i] < high[i], comes = high[i] < state.end[i];
        const int64_t first = time[leaves ? low[i] : 0].ms, later = time[comes ? high[i] : 0].ms;
        const int64_t leaving = leaves ? first + plan.low.ms : kNever.ms;
        const int64_t coming = !comes                  ? kNever.ms
                               : is_ago                ? later + plan.high.ms
                               : later <= plan.high.ms ? later
                                                       : kNever.ms;
        col.own_until[i] = std::min(col.own_until[i], std::min(leaving, coming));
      }
      continue;
    }
    for (size_t i = 0; i < lanes_; ++i) {
      int64_t until = col.own_until[i];
      const auto next = [&](uint32_t from, uint32_t to) {
        if (group.all || !group.until.empty()) return from;  // any row may come to match
        return next_bit(group.match, from, to);
      };
      if (plan.low.kind == Cut::Kind::Ago)
        if (const uint32_t row = next(low[i], high[i]); row < high[i])
          until = std::min(until, time[row].ms + plan.low.ms);
      if (const uint32_t row = next(high[i], state.end[i]); row < state.end[i]) {
        if (plan.high.kind == Cut::Kind::Ago)
          until = std::min(until, time[row].ms + plan.high.ms);
        else if (time[row].ms <= plan.high.ms)
          until = std::min(until, time[row].ms);
      }
      if (!group.until.empty())
        for (uint32_t row = low[i]; row < state.end[i]; ++row) until = std::min(until, group.until[row]);
      if (anchor && anchor->until) until = std::min(until, anchor->until[i]);
      col.own_until[i] = until;
    }
  }
}

}  // namespace tessera::segment
