#include "segment/bind.hpp"

#include <algorithm>
#include <cstdlib>

#include <re2/re2.h>

#include "core/number_in_text.hpp"
#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "core/text.hpp"

namespace tessera::segment {

using profiles::Column;
using profiles::PropertyType;
using profiles::Stream;
using profiles::TextId;

namespace {

constexpr TextId kLiteralText = 1u << 31;  // set in the ids of texts that the plan itself holds
constexpr int64_t kNoReading = std::numeric_limits<int64_t>::min(), kNotRead = std::numeric_limits<int64_t>::max();
constexpr size_t kFewTexts = 4;
constexpr size_t kMemoBytes = 256 << 20;  // a byte for each text of the history and each test of texts
constexpr size_t kFactRows = 1 << 18;
constexpr double kMostTimePart = 1e13;  // micros: days since 1970 are below ten million

bool is_regex(const TextTestPlan& plan) {
  return plan.kind == TextKind::Fits && !language::text_operator(plan.op).holds;
}

std::optional<PropertyType> property_type(language::Type type) {
  switch (type) {
    case language::Type::Number:
      return PropertyType::Number;
    case language::Type::Text:
    case language::Type::Instant:
      return PropertyType::Text;
    case language::Type::Bool:
    case language::Type::Condition:
      return PropertyType::Bool;
    default:
      return std::nullopt;
  }
}

bool has_list(const Stream& stream, const std::string& property) {
  return std::any_of(stream.columns.begin(), stream.columns.end(),
                     [&](const Column& c) { return c.is_list && c.property == property; });
}

// The column in which the amounts of another stand in a currency; it itself where they all came in it.
const Column* amounts_in(const Stream& stream, const Column* came, const std::string& currency) {
  if (!came || currency.empty()) return came;
  const auto from = static_cast<size_t>(came - stream.columns.data());
  for (const Column& column : stream.columns)
    if (column.currency == currency && column.from == from) return &column;
  return came;
}

// A list column under "each.", or the list named so itself.
const Column* list_under(const Stream& stream, const std::string& each) {
  for (const Column& column : stream.columns)
    if (column.is_list && (column.property == each || column.property.starts_with(each + "."))) return &column;
  return nullptr;
}

}  // namespace

// --- TextTest

struct TextTest::Parts {
  TextTestPlan plan;
  std::unique_ptr<RE2> regex;
};

TextTest::TextTest(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TextTest::TextTest(TextTest&&) noexcept = default;
TextTest::~TextTest() = default;

Result<TextTest> TextTest::of(const TextTestPlan& plan) {
  auto parts = std::make_unique<Parts>(plan);
  if (is_regex(plan)) {
    RE2::Options options(RE2::Quiet);
    options.set_case_sensitive(!plan.ignore_case);
    parts->regex = std::make_unique<RE2>(plan.texts[0], options);
    if (!parts->regex->ok())
      return fail(fmt::format("'{}' is no regular expression: {}", plan.texts[0], parts->regex->error()), {},
                  "The syntax is RE2's: https://github.com/google/re2/wiki/Syntax");
  } else if (plan.ignore_case) {
    for (std::string& text : parts->plan.texts) text = fold_case(text);
  }
  return TextTest(std::move(parts));
}

bool TextTest::holds(std::string_view text) const {
  const TextTestPlan& plan = parts_->plan;
  if (parts_->regex) return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *parts_->regex);
  if (plan.kind == TextKind::Blank) return trim(text).empty();
  std::string folded;
  if (plan.ignore_case) text = folded = fold_case(text);
  const std::string& pattern = plan.texts[0];
  switch (plan.kind) {
    case TextKind::Fits:
      return language::text_operator(plan.op).holds(text, pattern);
    case TextKind::Less:
      return text < pattern;
    case TextKind::LessEqual:
      return text <= pattern;
    default:
      return std::binary_search(plan.texts.begin(), plan.texts.end(), text);
  }
}

// --- Bound

Bound::Bound(Bound&&) noexcept = default;
Bound::~Bound() = default;

std::string_view Bound::text(TextId id) const {
  return id & kLiteralText ? std::string_view(literal_texts_[id & ~kLiteralText]) : history_->dictionary.text(id);
}

TextId Bound::literal_text(NodeId constant) const {
  return literal_ids_[constant];
}

bool Bound::text_holds(NodeId test, TextId id) const {
  const TextMemo& memo = *tests_[test];
  if (id & kLiteralText || !memo.known) return memo.test.holds(text(id));
  // Threads may race to remember the same answer: harmless.
  uint8_t known = memo.known[id].load(std::memory_order_relaxed);
  if (known == 0) {
    known = memo.test.holds(text(id)) ? 2 : 1;
    memo.known[id].store(known, std::memory_order_relaxed);
  }
  return known == 2;
}

template <typename Read>
int64_t Bound::remembered(Readings& readings, TextId id, Read&& read) const {
  if (id & kLiteralText) return read(text(id));
  int64_t known = readings[id].load(std::memory_order_relaxed);
  if (known == kNotRead) {
    known = read(text(id));
    readings[id].store(known, std::memory_order_relaxed);
  }
  return known;
}

void Bound::make_room(Readings& readings) const {
  if (readings) return;
  readings = std::make_unique<std::atomic<int64_t>[]>(text_room());
  for (size_t i = 0; i < text_room(); ++i) readings[i].store(kNotRead, std::memory_order_relaxed);
}

int64_t Bound::instant(TextId id) const {
  return remembered(instants_, id, [](std::string_view text) {
    const auto instant = parse_instant(text);
    return instant ? instant->ms : kNoReading;
  });
}

int64_t Bound::number(TextId id) const {
  return remembered(numbers_, id, [](std::string_view text) {
    const auto number = number_in_text(text);
    return number ? number->micros : kNoReading;
  });
}

uint32_t Bound::use_stream(const Stream& stream) {
  const auto [use, is_new] = stream_uses_.emplace(&stream, static_cast<uint32_t>(streams.size()));
  if (is_new) streams.push_back({&stream, {}});
  return use->second;
}

uint32_t Bound::use_cut(uint32_t stream, Cut cut) {
  auto& cuts = streams[stream].cuts;
  const auto found = std::find(cuts.begin(), cuts.end(), cut);
  if (found != cuts.end()) return static_cast<uint32_t>(found - cuts.begin());
  cuts.push_back(cut);
  return static_cast<uint32_t>(cuts.size() - 1);
}

void Bound::bind_patterns() {
  for (uint32_t i = 0; i < plan_->patterns.size(); ++i) {
    const Pattern& pattern = plan_->patterns[i];
    auto& of_pattern = pattern_groups_.emplace_back();
    const auto add = [&](const Stream& stream) {
      Group group{.stream = use_stream(stream), .pattern = i, .each = !pattern.each.empty()};
      if (group.each) group.lengths = list_under(stream, pattern.each);
      of_pattern.push_back(static_cast<uint32_t>(groups.size()));
      groups.push_back(group);
    };
    if (pattern.system != profiles::SystemStream::None) {
      if (const Stream* stream = history_->stream(pattern.system)) add(*stream);
      continue;
    }
    for (const std::string& name : pattern.names)
      if (const Stream* stream = history_->stream(name)) add(*stream);
    if (pattern.names.empty())
      for (const Stream& stream : history_->streams)
        if (stream.is_counted()) add(stream);
  }
}

void Bound::bind_window(const WindowPlan& window, Part& part) {
  const uint32_t stream = groups[part.group].stream;
  Cut low = window.low;
  // A window that ends before it begins holds nothing.
  if (low.kind == Cut::Kind::Ago && low.ms < window.high.ms) low = window.high;
  if (low.kind == Cut::Kind::At && low.ms > window.high.ms) low = window.high;
  part.high = use_cut(stream, window.high);
  if (window.anchor != kNoNode) is_anchor[window.anchor] = 1;
  if (window.anchor == kNoNode && low.kind != Cut::Kind::Start) part.low = use_cut(stream, low);
}

const Bound::ColumnFacts& Bound::facts_of(const Column& column) {
  const auto [found, is_new] = facts_.emplace(&column, ColumnFacts{});
  if (!is_new) return found->second;
  if (limits_) {
    // Nobody counts how large the numbers are that come as text, or by converting.
    const bool is_as_came = column.type == PropertyType::Number && column.currency.empty();
    const int64_t largest = is_as_came ? limits_->largest : Number::kLimit;
    return found->second = {.largest = largest, .dense = false};
  }
  if (column.type == PropertyType::Text) return found->second = {.largest = largest_in_texts(column), .dense = false};
  // Nothing but this in binding takes as long as reading a column: on all cores, without branches.
  const auto& numbers = column.numbers;
  std::vector<ColumnFacts> blocks((numbers.size() + kFactRows - 1) / kFactRows);
  parallel_for(numbers.size(), kFactRows, [&](size_t from, size_t to) {
    int64_t low = 0, high = 0, unknown = 0;
    for (size_t i = from; i < to; ++i) {
      const int64_t x = numbers[i];
      unknown |= -int64_t{x <= profiles::kClearedNumber};
      low = x > profiles::kClearedNumber && x < low ? x : low;
      high = x > high ? x : high;
    }
    blocks[from / kFactRows] = {.largest = std::max(high, -low), .dense = unknown == 0};
  });
  for (const ColumnFacts& block : blocks) {
    found->second.largest = std::max(found->second.largest, block.largest);
    found->second.dense &= block.dense;
  }
  return found->second;
}

int64_t Bound::largest_in_texts(const Column& column) const {
  std::vector<int64_t> blocks((column.texts.size() + kFactRows - 1) / kFactRows);
  parallel_for(column.texts.size(), kFactRows, [&](size_t from, size_t to) {
    int64_t largest = 0;
    for (size_t i = from; i < to; ++i)
      if (column.texts[i] > profiles::kClearedText)
        if (const int64_t x = number(column.texts[i]); x != kNoReading) largest = std::max(largest, std::abs(x));
    blocks[from / kFactRows] = largest;
  });
  return blocks.empty() ? 0 : std::ranges::max(blocks);
}

uint32_t Bound::bind_values(const Node& node, uint32_t group) {
  const auto& aggregate = std::get<AggregatePlan>(node.detail);
  const language::Type type = node.type;
  const Stream& stream = *streams[groups[group].stream].stream;
  const Pattern& pattern = plan_->patterns[groups[group].pattern];
  const bool any_type = aggregate.reduce == Reduce::Distinct;
  Values out{.group = group, .calendar = aggregate.calendar};
  if (!any_type && type == language::Type::Instant) out.texts = TextsAs::Instants;
  if (!any_type && type == language::Type::Number) out.texts = TextsAs::Numbers;
  const auto is_read = [&](const Column& column) {
    return any_type || column.type == property_type(type) ||
           (out.texts == TextsAs::Numbers && column.type == PropertyType::Text);
  };
  const auto add = [&](const std::string& property, bool is_list) {
    bool found = false;
    for (const Column& column : stream.columns)
      if (column.property == property && column.is_list == is_list && column.currency.empty() && is_read(column)) {
        const bool is_number = column.type == PropertyType::Number || out.texts == TextsAs::Numbers;
        out.columns.push_back(is_number ? amounts_in(stream, &column, node.currency) : &column);
        found = true;
      }
    return found;
  };
  if (aggregate.calendar) {
    // Read off the rows' times.
  } else if (groups[group].each && has_list(stream, pattern.each + "." + aggregate.property)) {
    add(pattern.each + "." + aggregate.property, true);
  } else {
    add(aggregate.property, false);
    // Inside `each` an event's own list has no element at hand.
    if (!groups[group].each && aggregate.reduce != Reduce::LastTrait) add(aggregate.property, true);
  }
  const bool has_texts = out.texts == TextsAs::Numbers && std::ranges::any_of(out.columns, [](const Column* column) {
                           return column->type == PropertyType::Text;
                         });
  if (has_texts) make_room(numbers_);
  out.simple = !groups[group].each && out.columns.size() == 1 && !out.columns[0]->is_list && !has_texts;
  const bool sums = aggregate.reduce == Reduce::Sum || aggregate.reduce == Reduce::Avg;
  if (sums && aggregate.calendar) out.most = kMostTimePart * static_cast<double>(most_rows(groups[group]));
  if (sums)
    for (const Column* column : out.columns) {
      const ColumnFacts& facts = facts_of(*column);
      out.dense = out.simple && facts.dense;
      // No customer has more values than the column has in all; each may count once an element in `each`.
      const double most =
          limits_ ? static_cast<double>(limits_->rows)
                  : static_cast<double>(column->numbers.size() + column->texts.size()) +
                        (groups[group].lengths ? static_cast<double>(groups[group].lengths->list_first.back()) : 0.0);
      out.most += static_cast<double>(facts.largest) * most;
    }
  group_values_.resize(groups.size());
  for (const uint32_t i : group_values_[group])
    if (values[i].columns == out.columns && values[i].texts == out.texts && values[i].calendar == out.calendar) {
      values[i].dense |= out.dense;
      values[i].most = std::max(values[i].most, out.most);
      return i;
    }
  group_values_[group].push_back(static_cast<uint32_t>(values.size()));
  values.push_back(std::move(out));
  return static_cast<uint32_t>(values.size() - 1);
}

// No customer has more rows (elements) in the group than there are in all.
size_t Bound::most_rows(const Group& group) const {
  if (limits_) return limits_->rows;
  return group.lengths ? group.lengths->list_first.back() : streams[group.stream].stream->rows();
}

void Bound::bind_aggregate(NodeId id) {
  const Node& node = plan_->nodes[id];
  const auto& aggregate = std::get<AggregatePlan>(node.detail);
  const bool has_values = aggregate.reduce != Reduce::Count && aggregate.reduce != Reduce::FirstTime &&
                          aggregate.reduce != Reduce::LastTime;
  for (const uint32_t group : pattern_groups_[aggregate.pattern]) {
    Part part{.group = group};
    if (has_values) {
      part.values = bind_values(node, group);
      if (values[part.values].columns.empty() && !aggregate.calendar) continue;  // nothing known there
    }
    bind_window(aggregate.window, part);
    parts[id].push_back(part);
  }
  double most = 0;
  for (const Part& part : parts[id]) most += part.values == kNone ? 0 : values[part.values].most;
  narrow[id] = most < 0x1.0p61;
  if (aggregate.reduce != Reduce::Count) return;
  size_t counted = 0;
  for (const Part& part : parts[id]) counted += most_rows(groups[part.group]);
  narrow[id] = counted <= std::numeric_limits<int32_t>::max();
}

void Bound::bind_score(NodeId id) {
  const auto& score = std::get<ScorePlan>(plan_->nodes[id].detail);
  double most = 0;
  for (const auto& term : score.terms)
    for (const uint32_t group : pattern_groups_[term.pattern]) {
      Part part{.group = group, .weight = term.weight};
      bind_window(score.window, part);
      parts[id].push_back(part);
      most += std::abs(static_cast<double>(term.weight)) * static_cast<double>(most_rows(groups[group]));
    }
  narrow[id] = most * (score.half_life ? 0x1.0p32 : 1.0) < 0x1.0p61;
}

void Bound::bind_property(NodeId id) {
  const Node& node = plan_->nodes[id];
  const auto& name = std::get<std::string>(node.detail);
  const std::string& each = plan_->scopes[node.scope];
  for (const StreamUse& use : streams) {
    PropertyColumns out;
    const auto find = [&](const std::string& property, bool is_list) -> const Column* {
      const auto wanted = property_type(node.type);
      return wanted ? use.stream->column(property, *wanted, is_list) : nullptr;
    };
    if (node.type == language::Type::List) {
      for (int type = 1; type <= 3; ++type)
        out.list[type - 1] = use.stream->column(name, static_cast<PropertyType>(type), true);
    } else {
      out.element = node.scope > 1 && has_list(*use.stream, each + "." + name);
      const std::string property = out.element ? each + "." + name : name;
      out.column = find(property, out.element);
      if (node.type == language::Type::Number)
        out.texts = use.stream->column(property, PropertyType::Text, out.element);
      if (node.type == language::Type::Number) {
        out.column = amounts_in(*use.stream, out.column, node.currency);
        out.texts = amounts_in(*use.stream, out.texts, node.currency);
      }
      if (out.texts && out.texts->type == PropertyType::Text) make_room(numbers_);
    }
    properties[id].push_back(out);
  }
}

Result<void> Bound::bind_text_test(NodeId id) {
  TRY(go_on());  // patterns are what takes long here
  const auto& plan = std::get<TextTestPlan>(plan_->nodes[id].detail);
  tests_[id] = std::make_unique<TextMemo>(TRY(TextTest::of(plan)));
  if (plan.kind == TextKind::In && plan.texts.size() <= kFewTexts) {
    for (const std::string& text : plan.texts) few_[id].push_back(history_->dictionary.find(text));
    return {};
  }
  // Beyond the room for memory, a text is tested each time.
  if (memo_bytes_ + text_room() > kMemoBytes) return {};
  memo_bytes_ += text_room();
  tests_[id]->known = std::make_unique<std::atomic<uint8_t>[]>(text_room());
  return {};
}

Result<Bound> Bound::bind(const Plan& plan, const profiles::History& history) {
  return bind_within(plan, history, std::nullopt);
}

Result<Bound> Bound::bind(const Plan& plan, const profiles::History& history, const Limits& limits) {
  return bind_within(plan, history, limits);
}

Result<Bound> Bound::bind_within(const Plan& plan, const profiles::History& history, std::optional<Limits> limits) {
  Bound bound;
  bound.limits_ = limits;
  bound.plan_ = &plan;
  bound.history_ = &history;
  bound.has_rulings_ = history.stream(profiles::SystemStream::Ruling) != nullptr;
  VERIFY(history.dictionary.size() < kLiteralText);
  const size_t nodes = plan.nodes.size();
  bound.parts.resize(nodes);
  bound.properties.resize(nodes);
  bound.narrow.assign(nodes, 1);
  bound.is_anchor.assign(nodes, 0);
  bound.few_.resize(nodes);
  bound.tests_.resize(nodes);
  bound.literal_ids_.assign(nodes, 0);
  bound.bind_patterns();
  bool reads_instants = false, reads_traits = false;
  for (const Node& node : plan.nodes) {
    reads_instants |= node.type == language::Type::Instant;
    reads_traits |= node.scope == 0 && (node.op == Op::Property || node.op == Op::AnyElement);
  }
  if (const Stream* traits = reads_traits ? history.stream(profiles::SystemStream::Identify) : nullptr) {
    bound.traits = bound.use_stream(*traits);
    bound.use_cut(bound.traits, {Cut::Kind::Ago, 0});
  }
  for (NodeId id = 0; id < nodes; ++id) switch (plan.nodes[id].op) {
      case Op::Aggregate:
        bound.bind_aggregate(id);
        break;
      case Op::Score:
        bound.bind_score(id);
        break;
      case Op::Property:
        bound.bind_property(id);
        break;
      case Op::TextTest:
        TRY(bound.bind_text_test(id));
        break;
      case Op::ListMatch:
        if (std::ranges::any_of(
                std::get<ListMatchPlan>(plan.nodes[id].detail).items,
                [](const language::Literal& item) { return std::holds_alternative<Number>(item.value); }))
          bound.make_room(bound.numbers_);
        break;
      case Op::Constant:
        if (const auto* text = std::get_if<std::string>(&std::get<language::Literal>(plan.nodes[id].detail).value)) {
          bound.literal_ids_[id] = kLiteralText | static_cast<TextId>(bound.literal_texts_.size());
          bound.literal_texts_.push_back(*text);
        }
        break;
      default:
        break;
    }
  for (const StreamUse& use : bound.streams) {
    auto& of_stream = bound.lists.emplace_back();
    for (const std::string& scope : plan.scopes)
      of_stream.push_back(scope.empty() ? nullptr : list_under(*use.stream, scope));
  }
  if (reads_instants) bound.make_room(bound.instants_);
  return bound;
}

std::vector<std::string> literal_texts(const Plan& plan) {
  std::vector<std::string> texts;
  const auto add = [&](const language::Literal& literal) {
    if (const auto* text = std::get_if<std::string>(&literal.value)) texts.push_back(*text);
  };
  for (const Node& node : plan.nodes) {
    if (const auto* test = std::get_if<TextTestPlan>(&node.detail); test && test->kind == TextKind::In)
      texts.insert(texts.end(), test->texts.begin(), test->texts.end());
    if (const auto* match = std::get_if<ListMatchPlan>(&node.detail)) std::ranges::for_each(match->items, add);
  }
  return texts;
}

}  // namespace tessera::segment
