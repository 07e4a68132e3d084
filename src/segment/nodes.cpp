// One function for each kind of node that is no aggregate: columns in, a column out. The same functions serve
// customers, rows and elements; only the leaves (properties, times) know which lanes they have.
// Long because it is one function for each kind of node, side by side, over the same few helpers.
#include <algorithm>
#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "segment/block.hpp"

namespace tessera::segment {

using profiles::Column;
using profiles::PropertyType;
using profiles::TextId;
using profiles::Truth;

namespace {

size_t words(size_t lanes) {
  return (lanes + 63) / 64;
}

// Where every word is written: what was there stands until then.
void start_words(Col& col, size_t lanes) {
  col.kind = Col::Kind::Bits;
  col.own_truth.resize(words(lanes));
  col.own_known.resize(words(lanes));
  col.truth = col.own_truth.data();
  col.known = col.own_known.data();
}

void start_bits(Col& col, size_t lanes) {
  start_words(col, lanes);
  std::ranges::fill(col.own_truth, 0);
  std::ranges::fill(col.own_known, 0);
}

void start_i64(Col& col, size_t lanes, Scale scale) {
  col.kind = Col::Kind::I64;
  col.scale = scale;
  col.own_i64.resize(lanes);
  col.i64 = col.own_i64.data();
}

void start_ratio(Col& col, size_t lanes) {
  col.kind = Col::Kind::Ratio;
  col.own_ratio.resize(lanes);
  col.ratio = col.own_ratio.data();
}

void start_text(Col& col, size_t lanes) {
  col.kind = Col::Kind::Text;
  col.own_text.resize(lanes);
  col.text = col.own_text.data();
}

// Sets the bits of the lanes for which is(i) holds.
template <typename F>
void fill(std::vector<uint64_t>& bits, size_t lanes, F&& is) {
  for (size_t word = 0; word * 64 < lanes; ++word) {
    uint64_t out = 0;
    const size_t count = std::min<size_t>(64, lanes - word * 64);
    for (size_t j = 0; j < count; ++j) out |= uint64_t{is(word * 64 + j)} << j;
    bits[word] = out;
  }
}

// Sets the bits of all lanes.
void fill(std::vector<uint64_t>& bits, size_t lanes) {
  std::fill(bits.begin(), bits.end(), ~uint64_t{0});
  if (lanes % 64) bits.back() = (uint64_t{1} << (lanes % 64)) - 1;
}

// One bit for each of Count values: larger than the bound.
template <size_t Count, typename Whole>
uint64_t larger_word(const Whole* x, Whole bound) {
  uint64_t out = 0;
#ifdef __AVX2__
  constexpr size_t kWide = 32 / sizeof(Whole);
  for (size_t j = 0; j < Count; j += kWide) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + j));
    int bits;
    if constexpr (kWide == 4)
      bits = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(v, _mm256_set1_epi64x(bound))));
    else
      bits = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(v, _mm256_set1_epi32(bound))));
    out |= static_cast<uint64_t>(bits) << j;
  }
#else
  for (size_t j = 0; j < Count; ++j) out |= uint64_t{x[j] > bound} << j;
#endif
  return out;
}

// Sets the bits of the lanes whose x is larger than the bound.
template <typename Whole>
void larger_bits(const Whole* x, size_t lanes, int64_t bound, uint64_t* out) {
  using Limits = std::numeric_limits<Whole>;
  const auto limit = static_cast<Whole>(std::clamp<int64_t>(bound, Limits::min(), Limits::max()));
  size_t word = 0;
  for (; (word + 1) * 64 <= lanes; ++word) out[word] = larger_word<64>(x + word * 64, limit);
  if (word * 64 == lanes) return;
  out[word] = 0;
  for (size_t i = word * 64; i < lanes; ++i) out[word] |= uint64_t{x[i] > limit} << (i % 64);
}

PropertyType property_type(language::Type type) {
  return type == language::Type::Number                                      ? PropertyType::Number
         : type == language::Type::Bool || type == language::Type::Condition ? PropertyType::Bool
                                                                             : PropertyType::Text;
}

int64_t clamp_ms(int128 ms) {
  constexpr int64_t kLimit = 1'000'000'000'000'000'000;  // beyond any instant or duration that means something
  return ms > -kLimit && ms < kLimit ? static_cast<int64_t>(ms) : kUnknown;
}

}  // namespace

void Block::run_frame(Frame& frame, std::span<const NodeId> cone) {
  frame.cols.resize(plan_.nodes.size());
  for (const NodeId id : cone) run_node(frame, id);
}

void Block::run_node(Frame& frame, NodeId id) {
  const Node& node = plan_.nodes[id];
  Col& col = frame.cols[id];
  col.until = nullptr;
  col.seq = nullptr;
  col.certain = false;
  switch (node.op) {  // Long because there is an arm for each kind of node, and each is one call.
    case Op::Constant:
      constant(frame, node, id);
      break;
    case Op::Property:
      frame.scope == 0 ? trait_list(frame, id) : property(frame, node, id);
      break;
    case Op::EventTime:
      event_time(frame, id);
      break;
    case Op::Calendar:
      calendar(frame, node, id);
      break;
    case Op::Aggregate:
      aggregate(id);
      break;
    case Op::Score:
      score(id);
      break;
    case Op::Ago:
      ago(frame, node, id);
      break;
    case Op::Arithmetic:
      arithmetic(frame, node, id);
      break;
    case Op::Size:
      size(frame, node, id);
      break;
    case Op::Range:
      range(frame, node, id);
      break;
    case Op::Compare:
      compare(frame, node, id);
      break;
    case Op::NumberIn:
      number_in(frame, node, id);
      break;
    case Op::TextTest:
      text_test(frame, node, id);
      break;
    case Op::Known:
      known(frame, node, id);
      break;
    case Op::Is:
      is(frame, node, id);
      break;
    case Op::ListMatch:
      list_match(frame, node, id);
      break;
    case Op::AnyElement:
      any_element(frame, node, id);
      break;
    case Op::And:
    case Op::Or:
    case Op::Xor:
    case Op::AtLeast:
    case Op::Not:
      logic(frame, node, id);
      break;
    case Op::Begun:
      begun(frame, id);
      break;
  }
  if (want_until_) until_of(frame, id);
}

// --- leaves

void Block::constant(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const auto number = [&](int64_t value, Scale scale) {
    start_i64(col, frame.lanes, scale);
    std::fill(col.own_i64.begin(), col.own_i64.end(), value);
  };
  std::visit(Match{[&](bool x) {
                     start_bits(col, frame.lanes);
                     fill(col.own_known, frame.lanes);
                     if (x) col.own_truth = col.own_known;
                     col.truth = col.own_truth.data();
                   },
                   [&](Number x) { number(x.micros, {1, Number::kOne}); }, [&](Instant x) { number(x.ms, {}); },
                   [&](Duration x) { number(x.ms, {}); },
                   [&](const std::string&) {
                     start_text(col, frame.lanes);
                     std::fill(col.own_text.begin(), col.own_text.end(), bound_.literal_text(id));
                   }},
             std::get<language::Literal>(node.detail).value);
}

namespace {

// Whether the elements of the frame's lanes stand in the column where they stand in the list.
bool are_even(const Frame& frame, const Column& list, const Column& column) {
  if (&list == &column) return true;
  const auto is_even = [&](uint32_t row) {
    return list.list_first[row] == column.list_first[row] && list.list_first[row + 1] == column.list_first[row + 1];
  };
  if (frame.lanes == 0) return true;
  if (!frame.contiguous()) {
    for (size_t i = 0; i < frame.lanes; ++i)
      if (!is_even(frame.row(i))) return false;
    return true;
  }
  const size_t from = frame.row(0), count = frame.row(frame.lanes - 1) + 2 - from;
  return std::equal(list.list_first.begin() + static_cast<ptrdiff_t>(from),
                    list.list_first.begin() + static_cast<ptrdiff_t>(from + count),
                    column.list_first.begin() + static_cast<ptrdiff_t>(from));
}

}  // namespace

void Block::property(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const size_t lanes = frame.lanes;
  if (node.type == language::Type::List) {
    col.kind = Col::Kind::Rows;
    return;  // list_of() finds the elements by the lane's row
  }
  const PropertyColumns& where = bound_.properties[id][frame.stream];
  const Column* column = where.column;
  const Column* list = where.element ? bound_.lists[frame.stream][frame.scope] : nullptr;
  const bool is_even = !column || !list || are_even(frame, *list, *column);
  const bool direct = column && !where.texts && is_even && frame.contiguous() && (where.element || !frame.rows);
  if (where.texts) return numbers_and_texts(frame, where, list, col);
  const auto value = [&](const auto& values, auto otherwise, size_t i) {
    if (!column) return otherwise;
    if (!where.element) return values[frame.row(i)];
    if (is_even) return values[frame.lane(i)];
    const size_t place = element_of(*list, *column, frame.row(i), frame.lane(i));
    return place == kNoElement ? otherwise : values[place];
  };
  switch (property_type(node.type)) {
    case PropertyType::Number:
      start_i64(col, direct ? 0 : lanes, {1, Number::kOne});
      if (direct)
        col.i64 = column->numbers.data() + frame.first;
      else
        for (size_t i = 0; i < lanes; ++i) col.own_i64[i] = value(column->numbers, kUnknown, i);
      return;
    case PropertyType::Bool:
      start_bits(col, lanes);
      if (!column) return;
      fill(col.own_truth, lanes, [&](size_t i) { return value(column->truths, Truth::Absent, i) == Truth::Yes; });
      fill(col.own_known, lanes, [&](size_t i) {
        const Truth truth = value(column->truths, Truth::Absent, i);
        return truth == Truth::Yes || truth == Truth::No;
      });
      return;
    case PropertyType::Text:
      break;
  }
  if (node.type == language::Type::Instant) {
    start_i64(col, lanes, {});
    for (size_t i = 0; i < lanes; ++i) {
      const TextId text = value(column->texts, profiles::kAbsentText, i);
      col.own_i64[i] = text <= profiles::kClearedText ? kUnknown : bound_.instant(text);
    }
    return;
  }
  start_text(col, direct ? 0 : lanes);
  if (direct)
    col.text = column->texts.data() + frame.first;
  else
    for (size_t i = 0; i < lanes; ++i) col.own_text[i] = value(column->texts, profiles::kAbsentText, i);
}

// A property that came as a number here and as text there, or as text alone, where a number is asked for.
void Block::numbers_and_texts(Frame& frame, const PropertyColumns& where, const Column* list, Col& col) {
  start_i64(col, frame.lanes, {1, Number::kOne});
  const auto place_in = [&](const Column& column, size_t i) -> size_t {
    if (!where.element) return frame.row(i);
    return list ? element_of(*list, column, frame.row(i), frame.lane(i)) : frame.lane(i);
  };
  for (size_t i = 0; i < frame.lanes; ++i) {
    int64_t& out = col.own_i64[i] = kUnknown;
    if (where.column)
      if (const size_t place = place_in(*where.column, i); place != kNoElement) out = where.column->numbers[place];
    if (is_known(out)) continue;
    const size_t place = place_in(*where.texts, i);
    const bool is_there = place != kNoElement;
    if (where.texts->type == PropertyType::Number) {  // converted
      out = is_there ? where.texts->numbers[place] : kUnknown;
      continue;
    }
    const TextId text = is_there ? where.texts->texts[place] : profiles::kAbsentText;
    out = text <= profiles::kClearedText ? kUnknown : bound_.number(text);
  }
}

namespace {

// A row that said null, or an empty list: one element, which is cleared.
bool is_cleared_list(const Column& column, uint32_t row) {
  const uint32_t element = column.list_first[row];
  if (column.list_first[row + 1] - element != 1) return false;
  return (column.type == PropertyType::Number && column.numbers[element] == profiles::kClearedNumber) ||
         (column.type == PropertyType::Text && column.texts[element] == profiles::kClearedText) ||
         (column.type == PropertyType::Bool && column.truths[element] == Truth::Cleared);
}

}  // namespace

// A list trait is the last list given: the last row in which it has elements; one that was cleared since has none.
void Block::trait_list(Frame& frame, NodeId id) {
  Col& col = frame.cols[id];
  col.kind = Col::Kind::Rows;
  col.own_rows.assign(frame.lanes, kNone);
  if (bound_.traits == kNone) return;
  const StreamState& state = stream_state(bound_.traits);
  const profiles::Stream& stream = *bound_.streams[bound_.traits].stream;
  const auto& lists = bound_.properties[id][bound_.traits].list;
  for (size_t i = 0; i < frame.lanes; ++i)
    for (uint32_t row = state.cut(0)[i]; row-- > state.begin[i];) {
      const uint32_t at = state.from + row;
      if (stream.seq[at] >= visible_) continue;
      const Column* given = nullptr;
      for (const Column* column : lists)
        if (column && column->list_first[at] < column->list_first[at + 1]) given = column;
      if (!given) continue;
      if (!is_cleared_list(*given, at)) col.own_rows[i] = at;
      break;
    }
}

void Block::event_time(Frame& frame, NodeId id) {
  Col& col = frame.cols[id];
  const Instant* time = bound_.streams[frame.stream].stream->time.data();
  static_assert(sizeof(Instant) == sizeof(int64_t));
  start_i64(col, frame.lanes, {});
  for (size_t i = 0; i < frame.lanes; ++i) col.own_i64[i] = time[frame.row(i)].ms;
}

void Block::calendar(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const auto& plan = std::get<CalendarPlan>(node.detail);
  const Instant* time = bound_.streams[frame.stream].stream->time.data();
  start_i64(col, frame.lanes, {});
  for (size_t i = 0; i < frame.lanes; ++i) col.own_i64[i] = time_part(plan, time[frame.row(i)]);
}

// In whole numbers; the time itself in ms.
int64_t Block::time_part(const CalendarPlan& plan, Instant at) const {
  using enum language::TimePart;
  if (plan.part == Time) return at.ms;
  if (at < kFirstDay || at > kLastDay) return kUnknown;
  const CivilTime local = plan_.zones[plan.zone].to_local(at);
  const Instant day = instant_of({.year = local.year, .month = local.month, .day = local.day});
  if (plan.part == Hour) return local.hour;
  if (plan.part == Month) return local.month;
  if (plan.part == Day) return day.ms / kDay.ms;
  return weekday_of(day) + 1;
}

// Whoever has a beginning has one as known with the facts that are visible.
void Block::begun(Frame& frame, NodeId id) {
  Col& col = frame.cols[id];
  start_words(col, frame.lanes);
  fill(col.own_known, frame.lanes);
  const profiles::History& history = bound_.history();
  if (history.begin.empty()) return fill(col.own_truth, frame.lanes);
  fill(col.own_truth, frame.lanes, [&](size_t i) { return begin_of(i) <= as_of(frame, i); });
}

Instant Block::begin_of(size_t lane) const {
  return bound_.history().begin_of(static_cast<profiles::CustomerIndex>(from_ + lane), visible_);
}

// --- values

void Block::ago(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const int64_t* instant = frame.cols[node.operands[0]].i64;
  start_i64(col, frame.lanes, {});
  for (size_t i = 0; i < frame.lanes; ++i)
    col.own_i64[i] = is_known(instant[i]) ? clamp_ms(int128{as_of(frame, i).ms} - instant[i]) : kUnknown;
}

void Block::arithmetic(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const Col &a = frame.cols[node.operands[0]], &b = frame.cols[node.operands[1]];
  const auto op = std::get<language::ArithmeticOp>(node.detail);
  const auto combine = [&](size_t i) {
    const Rational x = a.number(i), y = b.number(i);
    switch (op) {
      case language::ArithmeticOp::Add:
        return rational::add(x, y);
      case language::ArithmeticOp::Subtract:
        return rational::add(x, rational::negated(y));
      case language::ArithmeticOp::Multiply:
        return rational::multiply(x, y);
      case language::ArithmeticOp::Divide:
        break;
    }
    return rational::divide(x, y);
  };
  if (node.type == language::Type::Number) {
    start_ratio(col, frame.lanes);
    for (size_t i = 0; i < frame.lanes; ++i) col.own_ratio[i] = combine(i);
    return;
  }
  start_i64(col, frame.lanes, {});  // instants and durations are whole milliseconds, cut off downwards
  for (size_t i = 0; i < frame.lanes; ++i) {
    const Rational x = combine(i);
    col.own_i64[i] = x.known() ? clamp_ms(rational::floor_div(x.num, x.den)) : kUnknown;
  }
}

// The stream and row whose elements are the list of a lane; row kNone where there is none, which is an empty one.
void Block::list_of(const Frame& frame, NodeId list, size_t lane, uint32_t& stream, uint32_t& row) const {
  stream = frame.scope == 0 ? bound_.traits : frame.stream;
  row = frame.scope == 0 ? frame.cols[list].own_rows[lane] : frame.row(lane);
}

void Block::size(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  start_i64(col, frame.lanes, {});
  for (size_t i = 0; i < frame.lanes; ++i) {
    uint32_t stream, row;
    list_of(frame, node.operands[0], i, stream, row);
    col.own_i64[i] = 0;  // one that is absent is empty
    if (row == kNone) continue;
    for (const Column* column : bound_.properties[node.operands[0]][stream].list)
      if (column) col.own_i64[i] = column->list_first[row + 1] - column->list_first[row];
  }
}

// --- conditions

namespace {

int128 floor_div(int128 a, int128 b) {
  return rational::floor_div(a, b);
}
int128 ceil_div(int128 a, int128 b) {
  return -rational::floor_div(-a, b);
}

int64_t to_int64(int128 x) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  return x > kMost ? kMost : x < kUnknown + 2 ? kUnknown + 2 : static_cast<int64_t>(x);
}

}  // namespace

Bounds whole_bounds(const RangePlan& plan, Scale scale, int64_t unit) {
  Bounds out;
  const int128 divisor = int128{unit} * scale.mul;
  if (plan.low) {
    const int128 scaled = int128{*plan.low} * scale.div;
    out.low = to_int64(plan.low_open ? floor_div(scaled, divisor) + 1 : ceil_div(scaled, divisor));
  }
  if (plan.high) {
    const int128 scaled = int128{*plan.high} * scale.div;
    out.high = to_int64(plan.high_open ? ceil_div(scaled, divisor) - 1 : floor_div(scaled, divisor));
    if (scaled < 0 && out.high == kUnknown + 2) out.high = kUnknown + 1;  // below everything
  }
  return out;
}

namespace {

// The instants x for which as_of - x lies in the range.
Bounds moving_bounds(const RangePlan& plan, Instant as_of) {
  Bounds out;
  if (plan.low) out.high = to_int64(int128{as_of.ms} - *plan.low - (plan.low_open ? 1 : 0));
  if (plan.high) out.low = to_int64(int128{as_of.ms} - *plan.high + (plan.high_open ? 1 : 0));
  return out;
}

bool in_range(const RangePlan& plan, Rational x, int64_t unit) {
  if (plan.low) {
    const int sign = rational::compare(x, {*plan.low, unit});
    if (sign < 0 || (sign == 0 && plan.low_open)) return false;
  }
  if (plan.high) {
    const int sign = rational::compare(x, {*plan.high, unit});
    if (sign > 0 || (sign == 0 && plan.high_open)) return false;
  }
  return true;
}

// The lanes whose value lies within the bounds. larger(bound, out): sets the bits of those that are larger.
template <typename Larger>
void within(const Bounds& bounds, Larger&& larger, Col& col, std::vector<uint64_t>& above) {
  if (bounds.low == Bounds{}.low)
    std::ranges::copy(col.own_known, col.own_truth.begin());
  else
    larger(bounds.low - 1, col.own_truth.data());
  if (bounds.high == Bounds{}.high) return;
  above.resize(col.own_truth.size());
  larger(bounds.high, above.data());
  for (size_t w = 0; w < above.size(); ++w) col.own_truth[w] &= ~above[w];
}

bool holds(language::CompareOp op, int sign) {
  switch (op) {
    case language::CompareOp::Equal:
      return sign == 0;
    case language::CompareOp::NotEqual:
      return sign != 0;
    case language::CompareOp::Less:
      return sign < 0;
    case language::CompareOp::LessEqual:
      return sign <= 0;
    case language::CompareOp::Greater:
      return sign > 0;
    case language::CompareOp::GreaterEqual:
      break;
  }
  return sign >= 0;
}

}  // namespace

// An age, as_of - x, in the range, where each lane has an as_of of its own: x counted from there is compared.
void Block::range_of_own_ages(Frame& frame, const RangePlan& plan, const Col& x, Col& col) {
  const size_t lanes = frame.lanes;
  const auto is_usual = [](const std::optional<int64_t>& bound) { return !bound || is_near(*bound); };
  if (frame.scope != 0 || !is_usual(plan.low) || !is_usual(plan.high)) {
    fill(col.own_known, lanes, [&](size_t i) { return is_known(x.i64[i]); });
    return fill(col.own_truth, lanes, [&](size_t i) {
      const Bounds bounds = moving_bounds(plan, as_of(frame, i));
      return is_known(x.i64[i]) && x.i64[i] >= bounds.low && x.i64[i] <= bounds.high;
    });
  }
  since_.resize(lanes);
  for (size_t i = 0; i < lanes; ++i) {
    const int64_t near = std::clamp(x.i64[i], -2 * kFar, 2 * kFar) - as_ofs_[i].ms;
    since_[i] = is_known(x.i64[i]) ? near : kUnknown;
  }
  const auto larger = [&](int64_t bound, uint64_t* out) { larger_bits(since_.data(), lanes, bound, out); };
  larger(kUnknown + 1, col.own_known.data());
  within(moving_bounds(plan, Instant{}), larger, col, above_);
}

const Bounds& Block::bounds_of(const Node& node, NodeId id, Scale scale) {
  OfRange& of = bounds_[id];
  if (!of.bounds || of.scale.mul != scale.mul || of.scale.div != scale.div) {
    const int64_t unit = plan_.nodes[node.operands[0]].type == language::Type::Number ? Number::kOne : 1;
    of = {scale, whole_bounds(std::get<RangePlan>(node.detail), scale, unit)};
  }
  return *of.bounds;
}

void Block::range(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const Col& x = frame.cols[node.operands[0]];
  const auto& plan = std::get<RangePlan>(node.detail);
  start_words(col, frame.lanes);
  if (plan.moving && !as_ofs_.empty()) return range_of_own_ages(frame, plan, x, col);
  if (x.kind != Col::Kind::Ratio) {
    const auto larger = [&](int64_t bound, uint64_t* out) {
      x.kind == Col::Kind::I32 ? larger_bits(x.i32, frame.lanes, bound, out)
                               : larger_bits(x.i64, frame.lanes, bound, out);
    };
    if (x.certain)
      fill(col.own_known, frame.lanes);
    else
      larger(kUnknown + 1, col.own_known.data());
    return within(plan.moving ? moving_bounds(plan, as_of_) : bounds_of(node, id, x.scale), larger, col, above_);
  }
  const int64_t unit = plan_.nodes[node.operands[0]].type == language::Type::Number ? Number::kOne : 1;
  fill(col.own_known, frame.lanes, [&](size_t i) { return x.ratio[i].known(); });
  fill(col.own_truth, frame.lanes, [&](size_t i) { return x.ratio[i].known() && in_range(plan, x.ratio[i], unit); });
}

void Block::compare(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const Col &a = frame.cols[node.operands[0]], &b = frame.cols[node.operands[1]];
  const auto op = std::get<language::CompareOp>(node.detail);
  start_bits(col, frame.lanes);
  const auto both = [&](auto known, auto sign) {
    fill(col.own_known, frame.lanes, known);
    fill(col.own_truth, frame.lanes,
         [&](size_t i) { return col.own_known[i / 64] >> (i % 64) & 1 && holds(op, sign(i)); });
  };
  if (a.kind == Col::Kind::Text) {
    both([&](size_t i) { return a.text[i] > profiles::kClearedText && b.text[i] > profiles::kClearedText; },
         [&](size_t i) { return bound_.text(a.text[i]).compare(bound_.text(b.text[i])); });
  } else if (a.kind == Col::Kind::Bits) {
    both([&](size_t i) { return a.has_truth(i) && b.has_truth(i); },
         [&](size_t i) { return int(a.is_true(i)) - int(b.is_true(i)); });
  } else {
    both([&](size_t i) { return a.number(i).known() && b.number(i).known(); },
         [&](size_t i) { return rational::compare(a.number(i), b.number(i)); });
  }
}

void Block::number_in(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const Col& x = frame.cols[node.operands[0]];
  const auto& items = std::get<std::vector<int64_t>>(node.detail);
  const int64_t unit = plan_.nodes[node.operands[0]].type == language::Type::Number ? Number::kOne : 1;
  start_bits(col, frame.lanes);
  fill(col.own_known, frame.lanes, [&](size_t i) { return x.number(i).known(); });
  fill(col.own_truth, frame.lanes, [&](size_t i) {
    const Rational value = x.number(i);
    if (!value.known()) return false;
    const auto found = std::partition_point(items.begin(), items.end(),
                                            [&](int64_t item) { return rational::compare({item, unit}, value) < 0; });
    return found != items.end() && rational::compare({*found, unit}, value) == 0;
  });
}

void Block::text_test(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const TextId* text = frame.cols[node.operands[0]].text;
  start_bits(col, frame.lanes);
  fill(col.own_known, frame.lanes, [&](size_t i) { return text[i] > profiles::kClearedText; });
  const auto& few = bound_.few_texts(id);
  const bool literal = plan_.nodes[node.operands[0]].op == Op::Constant;
  if (few.empty() || literal) {
    fill(col.own_truth, frame.lanes,
         [&](size_t i) { return text[i] > profiles::kClearedText && bound_.text_holds(id, text[i]); });
    return;
  }
  for (const TextId wanted : few) {
    if (wanted == profiles::kAbsentText) continue;  // nobody has that text
    for (size_t word = 0; word * 64 < frame.lanes; ++word) {
      uint64_t out = 0;
      const size_t count = std::min<size_t>(64, frame.lanes - word * 64);
      for (size_t j = 0; j < count; ++j) out |= uint64_t{text[word * 64 + j] == wanted} << j;
      col.own_truth[word] |= out;
    }
  }
}

void Block::known(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const Col& x = frame.cols[node.operands[0]];
  start_bits(col, frame.lanes);
  fill(col.own_known, frame.lanes);
  switch (x.kind) {
    case Col::Kind::I64:
      fill(col.own_truth, frame.lanes, [&](size_t i) { return is_known(x.i64[i]); });
      break;
    case Col::Kind::I32:
      fill(col.own_truth, frame.lanes);
      break;
    case Col::Kind::Ratio:
      fill(col.own_truth, frame.lanes, [&](size_t i) { return x.ratio[i].known(); });
      break;
    case Col::Kind::Text:
      fill(col.own_truth, frame.lanes, [&](size_t i) { return x.text[i] > profiles::kClearedText; });
      break;
    case Col::Kind::Bits:
      col.own_truth.assign(x.known, x.known + words(frame.lanes));
      break;
    case Col::Kind::Rows:
      fill(col.own_truth, frame.lanes, [&](size_t i) {
        uint32_t stream, row;
        list_of(frame, node.operands[0], i, stream, row);
        return row != kNone;
      });
      break;
    case Col::Kind::None:
      VERIFY(false);
  }
  col.truth = col.own_truth.data();
}

void Block::is(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const Col& x = frame.cols[node.operands[0]];
  const auto test = std::get<language::TruthTest>(node.detail);
  start_bits(col, frame.lanes);
  fill(col.own_known, frame.lanes);
  for (size_t w = 0; w < words(frame.lanes); ++w) {
    const uint64_t yes = x.truth[w], no = x.known[w] & ~x.truth[w], all = col.own_known[w];
    col.own_truth[w] = test == language::TruthTest::IsTrue      ? yes
                       : test == language::TruthTest::IsFalse   ? no
                       : test == language::TruthTest::IsNotTrue ? all & ~yes
                                                                : all & ~no;
  }
}

void Block::list_match(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const auto& plan = std::get<ListMatchPlan>(node.detail);
  struct Item {
    PropertyType type;
    int64_t raw;
  };
  std::vector<Item> items;
  for (const language::Literal& item : plan.items) {
    if (const auto* x = std::get_if<Number>(&item.value))
      items.push_back({PropertyType::Number, x->micros});
    else if (const auto* text = std::get_if<std::string>(&item.value))
      items.push_back({PropertyType::Text, bound_.history().dictionary.find(*text)});
    else if (const auto* truth = std::get_if<bool>(&item.value))
      items.push_back({PropertyType::Bool, static_cast<int64_t>(*truth ? Truth::Yes : Truth::No)});
    else
      items.push_back({PropertyType::Text, profiles::kAbsentText});  // no list holds instants
  }
  const auto says_number = [&](uint32_t stream, uint32_t row, int64_t number) {
    const Column* texts = bound_.properties[node.operands[0]][stream].list[static_cast<int>(PropertyType::Text) - 1];
    if (!texts) return false;
    for (uint32_t e = texts->list_first[row]; e < texts->list_first[row + 1]; ++e)
      if (texts->texts[e] > profiles::kClearedText && bound_.number(texts->texts[e]) == number) return true;
    return false;
  };
  const auto includes = [&](uint32_t stream, uint32_t row, const Item& item) {
    if (item.type == PropertyType::Number && says_number(stream, row, item.raw)) return true;
    const Column* column = bound_.properties[node.operands[0]][stream].list[static_cast<int>(item.type) - 1];
    if (!column || (item.type == PropertyType::Text && item.raw == profiles::kAbsentText)) return false;
    for (uint32_t e = column->list_first[row]; e < column->list_first[row + 1]; ++e) {
      const int64_t raw = item.type == PropertyType::Number ? column->numbers[e]
                          : item.type == PropertyType::Text ? static_cast<int64_t>(column->texts[e])
                                                            : static_cast<int64_t>(column->truths[e]);
      if (raw == item.raw) return true;
    }
    return false;
  };
  start_bits(col, frame.lanes);
  for (size_t i = 0; i < frame.lanes; ++i) {
    uint32_t stream, row;
    list_of(frame, node.operands[0], i, stream, row);
    size_t found = 0;
    for (const Item& item : items) found += row != kNone && includes(stream, row, item);
    const bool truth = plan.op == language::ListOp::NoneOf  ? found == 0
                       : plan.op == language::ListOp::AnyOf ? found > 0
                                                            : found == items.size();
    col.own_known[i / 64] |= uint64_t{1} << (i % 64);
    col.own_truth[i / 64] |= uint64_t{truth} << (i % 64);
  }
}

// Some element satisfies the condition: true where one does, else unknown where one is unknown, else false. Of traits:
// the last row in which the list has elements.
void Block::any_element(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const NodeId condition = node.operands[0];
  Frame inner;
  inner.scope = plan_.nodes[condition].scope;
  inner.stream = frame.scope == 0 ? bound_.traits : frame.stream;
  start_bits(col, frame.lanes);
  const Column* lengths = inner.stream == kNone ? nullptr : bound_.lists[inner.stream][inner.scope];
  fill(col.own_known, frame.lanes);  // nothing satisfies it in a list that is absent
  if (!lengths) return;
  std::vector<uint32_t> elements, rows, owner;
  for (size_t i = 0; i < frame.lanes; ++i) {
    uint32_t row = kNone;
    if (frame.scope != 0) {
      row = frame.row(i);
    } else {
      const StreamState& state = stream_state(bound_.traits);
      const auto& seq = bound_.streams[bound_.traits].stream->seq;
      for (uint32_t r = state.cut(0)[i]; r-- > state.begin[i] && row == kNone;)
        if (const uint32_t at = state.from + r;
            seq[at] < visible_ && lengths->list_first[at] < lengths->list_first[at + 1])
          row = at;
    }
    if (row == kNone || (frame.scope == 0 && is_cleared_list(*lengths, row))) continue;
    for (uint32_t e = lengths->list_first[row]; e < lengths->list_first[row + 1]; ++e) {
      elements.push_back(e);
      rows.push_back(row);
      owner.push_back(static_cast<uint32_t>(i));
    }
  }
  inner.lanes = elements.size();
  inner.picked = elements.data();
  inner.rows = rows.data();
  run_frame(inner, plan_.cone(condition));
  const Col& found = inner.cols[condition];
  if (found.until) {
    col.own_until.assign(frame.lanes, kNever.ms);
    col.until = col.own_until.data();
  }
  std::vector<uint64_t> unknown(words(frame.lanes), 0);
  for (size_t e = 0; e < elements.size(); ++e) {
    const uint32_t i = owner[e];
    if (found.is_true(e)) col.own_truth[i / 64] |= uint64_t{1} << (i % 64);
    if (!found.has_truth(e)) unknown[i / 64] |= uint64_t{1} << (i % 64);
    if (found.until) col.own_until[i] = std::min(col.own_until[i], found.until[e]);
  }
  for (size_t w = 0; w < unknown.size(); ++w) col.own_known[w] &= ~unknown[w] | col.own_truth[w];
}

void Block::logic(Frame& frame, const Node& node, NodeId id) {
  Col& col = frame.cols[id];
  const size_t count = words(frame.lanes);
  start_words(col, frame.lanes);
  uint64_t *truth = col.own_truth.data(), *known = col.own_known.data();
  const auto first = [&] {
    const Col& x = frame.cols[node.operands[0]];
    std::copy(x.truth, x.truth + count, truth);
    std::copy(x.known, x.known + count, known);
  };
  const auto fold = [&](auto&& combine) {
    first();
    for (size_t k = 1; k < node.operands.size(); ++k) {
      const Col& x = frame.cols[node.operands[k]];
      for (size_t w = 0; w < count; ++w) combine(truth[w], known[w], x.truth[w], x.known[w]);
    }
  };
  switch (node.op) {
    case Op::Not:
      first();
      for (size_t w = 0; w < count; ++w) truth[w] = known[w] & ~truth[w];
      return;
    case Op::And:  // known where both are, or one is false
      fold([](uint64_t& t, uint64_t& k, uint64_t u, uint64_t l) {
        k = (k & l) | (k & ~t) | (l & ~u);
        t &= u;
      });
      return;
    case Op::Or:
      fold([](uint64_t& t, uint64_t& k, uint64_t u, uint64_t l) {
        t |= u;
        k = (k & l) | t;
      });
      return;
    case Op::Xor:
      fold([](uint64_t& t, uint64_t& k, uint64_t u, uint64_t l) {
        k &= l;
        t = (t ^ u) & k;
      });
      return;
    default:
      break;
  }
  // At least k: true where k are true, false where too few can still be.
  const uint32_t wanted = std::get<uint32_t>(node.detail);
  start_bits(col, frame.lanes);
  for (size_t i = 0; i < frame.lanes; ++i) {
    uint32_t yes = 0, maybe = 0;
    for (const NodeId operand : node.operands) {
      yes += frame.cols[operand].is_true(i);
      maybe += !frame.cols[operand].has_truth(i);
    }
    if (yes >= wanted || yes + maybe < wanted) known[i / 64] |= uint64_t{1} << (i % 64);
    if (yes >= wanted) truth[i / 64] |= uint64_t{1} << (i % 64);
  }
}

}  // namespace tessera::segment
