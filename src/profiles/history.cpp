#include "profiles/history.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <set>

#include "core/result.hpp"

namespace tessera::profiles {

namespace {

constexpr size_t kBlock = 1 << 16;

template <typename T>
size_t bytes_of(const std::vector<T>& items) {
  return items.capacity() * sizeof(T);
}

}  // namespace

// --- Dictionary

Dictionary::Dictionary() : state_(std::make_shared<State>()) {}

std::string_view Dictionary::State::keep(std::string_view text) {
  if (text.size() > left) {
    // A text longer than a block gets a block of its own, and the one at hand stays in use.
    const size_t size = std::max(kBlock, text.size());
    blocks.push_back(std::make_unique_for_overwrite<char[]>(size));
    block_bytes += size;
    if (size > kBlock) {
      std::memcpy(blocks.back().get(), text.data(), text.size());
      return {blocks.back().get(), text.size()};
    }
    free = blocks.back().get();
    left = size;
  }
  if (!text.empty()) std::memcpy(free, text.data(), text.size());
  const std::string_view kept(free, text.size());
  free += text.size();
  left -= text.size();
  return kept;
}

TextId Dictionary::intern(std::string_view text) {
  if (const auto found = state_->ids.find(text); found != state_->ids.end()) return found->second;
  const std::string_view kept = state_->keep(text);
  const auto id = static_cast<TextId>(state_->texts.size());
  state_->texts.push_back(kept);
  state_->ids.emplace(kept, id);
  return id;
}

TextId Dictionary::find(std::string_view text) const {
  const auto found = state_->ids.find(text);
  return found == state_->ids.end() ? kAbsentText : found->second;
}

size_t Dictionary::bytes() const {
  // A node of the hash map holds the key, the id, the hash and a link.
  return state_->block_bytes + bytes_of(state_->texts) + state_->ids.bucket_count() * sizeof(void*) +
         state_->ids.size() * 40;
}

// --- Stream and History

const Column* Stream::column(std::string_view property, PropertyType type, bool is_list) const {
  for (const Column& column : columns)
    if (column.type == type && column.is_list == is_list && column.property == property && column.currency.empty())
      return &column;
  return nullptr;
}

size_t History::events() const {
  size_t rows = 0;
  for (const Stream& stream : streams) rows += stream.rows();
  return rows;
}

const Stream* History::stream(std::string_view event) const {
  const auto found =
      std::lower_bound(streams.begin(), streams.end(), event, [](const Stream& s, auto e) { return s.event < e; });
  return found != streams.end() && found->event == event ? &*found : nullptr;
}

const Stream* History::stream(SystemStream system) const {
  const auto found = std::ranges::find(streams, system, &Stream::system);
  return found != streams.end() ? &*found : nullptr;
}

Seq History::visible_until(Instant known_at) const {
  const auto later =
      std::upper_bound(learnt.begin(), learnt.end(), known_at, [](Instant at, const Learnt& l) { return at < l.at; });
  if (later == learnt.end()) return kAllSeqs;
  return later == learnt.begin() ? 0 : std::prev(later)->until;
}

std::optional<CustomerIndex> History::find_customer(std::string_view public_id) const {
  const auto found = std::lower_bound(customer.begin(), customer.end(), public_id);
  if (found == customer.end() || *found != public_id) return std::nullopt;
  return static_cast<CustomerIndex>(found - customer.begin());
}

Instant History::learnt_at(Seq seq) const {
  const auto found = std::ranges::upper_bound(learnt, seq, {}, &Learnt::until);
  return found == learnt.end() ? kEver : found->at;
}

Instant History::begin_of(const FirstFacts& facts) const {
  if (facts.dated == kNever) return facts.learnt == kAllSeqs ? kNever : kEver;
  const Instant known = learnt_at(facts.learnt);
  return known == kEver ? facts.dated : std::min(facts.dated, known);
}

Instant History::begin_of(CustomerIndex of, Seq visible) const {
  if (begin.empty()) return kEver;
  if (visible >= begin_until) return begin[of];
  FirstFacts facts;
  bool has_any = false;
  for (const Stream& stream : streams)
    for (uint32_t row = stream.first[of]; row < stream.first[of + 1]; ++row) {
      has_any = true;
      if (stream.seq[row] < visible) facts.see(stream.time[row], stream.seq[row]);
    }
  return has_any ? begin_of(facts) : begin[of];
}

size_t History::customers_at(Instant as_of, Seq visible) const {
  if (begin.empty()) return customers();
  size_t count = 0;
  for (CustomerIndex of = 0; of < customers(); ++of) count += begin_of(of, visible) <= as_of;
  return count;
}

size_t History::bytes() const {
  size_t bytes = dictionary.bytes() + bytes_of(learnt) + bytes_of(customer) + bytes_of(begin);
  for (const std::string& id : customer)
    if (id.capacity() >= sizeof(std::string) / 2) bytes += id.capacity() + 1;
  for (const Stream& s : streams) {
    bytes += sizeof s + bytes_of(s.first) + bytes_of(s.time) + bytes_of(s.seq);
    for (const Column& c : s.columns)
      bytes += sizeof c + bytes_of(c.numbers) + bytes_of(c.texts) + bytes_of(c.truths) + bytes_of(c.list_first);
  }
  return bytes;
}

// --- HistoryBuilder

namespace {

using Value = HistoryBuilder::Value;
using Row = HistoryBuilder::Row;

std::optional<PropertyType> type_of(const Value& value) {
  if (std::holds_alternative<bool>(value)) return PropertyType::Bool;
  if (std::holds_alternative<Number>(value)) return PropertyType::Number;
  if (std::holds_alternative<std::string>(value)) return PropertyType::Text;
  return std::nullopt;
}

// Appends the value where it is of the column's type, a cleared one where it is null, else an absent one.
void push(Column& column, const Value& value, Dictionary& dictionary) {
  const bool cleared = std::holds_alternative<std::nullptr_t>(value);
  if (column.type == PropertyType::Number) {
    const auto* number = std::get_if<Number>(&value);
    column.numbers.push_back(number ? number->micros : cleared ? kClearedNumber : kAbsentNumber);
  } else if (column.type == PropertyType::Text) {
    const auto* text = std::get_if<std::string>(&value);
    column.texts.push_back(text ? dictionary.intern(*text) : cleared ? kClearedText : kAbsentText);
  } else {
    const auto* truth = std::get_if<bool>(&value);
    column.truths.push_back(truth ? (*truth ? Truth::Yes : Truth::No) : cleared ? Truth::Cleared : Truth::Absent);
  }
}

void push_absent(Column& column) {
  if (column.type == PropertyType::Number) column.numbers.push_back(kAbsentNumber);
  if (column.type == PropertyType::Text) column.texts.push_back(kAbsentText);
  if (column.type == PropertyType::Bool) column.truths.push_back(Truth::Absent);
}

size_t elements_of(const Column& column) {
  return column.numbers.size() + column.texts.size() + column.truths.size();  // only one of them is filled
}

// "products.category" -> "products"; a property without a dot stands alone.
std::string_view prefix_of(std::string_view property) {
  return property.substr(0, property.rfind('.'));
}

// The columns that the rows of one event need, by property, type and form. A list whose elements are never known is one
// of texts, so that its size is.
std::vector<Column> columns_for(const std::vector<const Row*>& rows) {
  std::set<std::tuple<std::string, bool, PropertyType>> needed;
  std::set<std::string> lists;
  for (const Row* row : rows)
    for (const auto& [property, values] : row->properties) {
      if (const auto* value = std::get_if<Value>(&values)) {
        if (const auto type = type_of(*value)) needed.emplace(property, false, *type);
        continue;
      }
      lists.insert(property);
      for (const Value& element : std::get<std::vector<Value>>(values))
        if (const auto type = type_of(element)) needed.emplace(property, true, *type);
    }
  for (const std::string& property : lists) {
    const auto any = needed.lower_bound({property, true, PropertyType{}});
    if (any == needed.end() || std::get<0>(*any) != property) needed.emplace(property, true, PropertyType::Text);
  }
  std::vector<Column> columns;
  for (const auto& [property, is_list, type] : needed) {
    columns.push_back({.property = property, .type = type, .is_list = is_list});
    if (is_list) columns.back().list_first.push_back(0);
  }
  return columns;
}

// A list that said null is one cleared element, so that it differs from one that said nothing.
std::vector<Value> elements(const HistoryBuilder::Values& values) {
  if (const auto* list = std::get_if<std::vector<Value>>(&values)) return *list;
  const auto& value = std::get<Value>(values);
  if (std::holds_alternative<std::nullptr_t>(value)) return {value};
  return {};
}

void fill_row(Stream& stream, const Row& row, Dictionary& dictionary) {
  std::map<std::string_view, size_t> lengths;  // lists under one prefix are padded to the longest
  for (const Column& column : stream.columns)
    if (column.is_list)
      if (const auto found = row.properties.find(column.property); found != row.properties.end()) {
        size_t& length = lengths[prefix_of(column.property)];
        length = std::max(length, elements(found->second).size());
      }
  for (Column& column : stream.columns) {
    const auto found = row.properties.find(column.property);
    const bool given = found != row.properties.end();
    if (!column.is_list) {
      const Value* value = given ? std::get_if<Value>(&found->second) : nullptr;
      value ? push(column, *value, dictionary) : push_absent(column);
      continue;
    }
    const auto list = given ? elements(found->second) : std::vector<Value>{};
    const auto length = lengths.find(prefix_of(column.property));
    for (const Value& element : list) push(column, element, dictionary);
    for (size_t i = list.size(); length != lengths.end() && i < length->second; ++i) push_absent(column);
    column.list_first.push_back(static_cast<uint32_t>(elements_of(column)));
  }
}

}  // namespace

void HistoryBuilder::add(Row row, Instant learnt) {
  VERIFY(learnt_.empty() || learnt >= learnt_.back());
  customers_.push_back(row.customer);
  rows_.push_back(std::move(row));
  learnt_.push_back(learnt);
}

void HistoryBuilder::add_customer(std::string public_id) {
  customers_.push_back(std::move(public_id));
}

History HistoryBuilder::build() && {
  History history;
  std::sort(customers_.begin(), customers_.end());
  customers_.erase(std::unique(customers_.begin(), customers_.end()), customers_.end());
  history.customer = std::move(customers_);

  for (size_t i = 0; i < rows_.size(); ++i) {
    if (history.learnt.empty() || history.learnt.back().at != learnt_[i]) history.learnt.push_back({learnt_[i], 0});
    history.learnt.back().until = static_cast<Seq>(i + 1);
  }
  std::map<std::pair<std::string_view, SystemStream>, std::vector<const Row*>> by_event;
  for (const Row& row : rows_)
    by_event[{row.event, row.is_sent ? SystemStream::None : system_stream_named(row.event)}].push_back(&row);
  for (auto& [name, rows] : by_event) {
    Stream& stream = history.streams.emplace_back();
    stream.event = name.first;
    stream.system = name.second;
    stream.columns = columns_for(rows);
    // Rows lie in rows_ by seq, so a stable sort by (customer, time) makes the total order.
    std::stable_sort(rows.begin(), rows.end(),
                     [](auto* a, auto* b) { return std::tie(a->customer, a->time) < std::tie(b->customer, b->time); });
    stream.first.assign(history.customers() + 1, 0);
    for (const Row* row : rows) {
      ++stream.first[*history.find_customer(row->customer) + 1];
      stream.time.push_back(row->time);
      stream.seq.push_back(static_cast<Seq>(row - rows_.data()));
      fill_row(stream, *row, history.dictionary);
    }
    std::partial_sum(stream.first.begin(), stream.first.end(), stream.first.begin());
  }
  std::vector<FirstFacts> facts(history.customers());
  for (const Stream& stream : history.streams)
    for (CustomerIndex of = 0; of < facts.size(); ++of)
      for (uint32_t row = stream.first[of]; row < stream.first[of + 1]; ++row)
        facts[of].see(stream.time[row], stream.seq[row]);
  // A customer without facts was added to be there.
  for (const FirstFacts& of : facts) history.begin.push_back(of.learnt == kAllSeqs ? kEver : history.begin_of(of));
  history.begin_until = static_cast<Seq>(rows_.size());
  return history;
}

}  // namespace tessera::profiles
