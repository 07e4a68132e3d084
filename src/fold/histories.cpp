#include "fold/histories.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <utility>

#include "profiles/extra.hpp"
#include "profiles/money_names.hpp"

namespace tessera::fold {

using profiles::Column;
using profiles::Profile;
using profiles::PropertyType;
using profiles::Seq;
using profiles::Stream;
using profiles::Truth;

namespace {

uint64_t zigzag(int64_t value) {
  return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}

uint8_t* put_varint(uint8_t* to, uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<uint8_t>(value);
  return to;
}

void add_varint(std::vector<uint8_t>& bytes, uint64_t value) {
  uint8_t buffer[10];
  bytes.insert(bytes.end(), buffer, put_varint(buffer, value));
}

constexpr size_t kMostHead = 3 + 10 + 5 + 5;  // bytes of a row before its values

}  // namespace

void RowWriter::number(uint16_t slot, int64_t micros) {
  add_varint(bytes_, 2 * uint64_t{slot} + 1);
  add_varint(bytes_, zigzag(micros));
}
void RowWriter::text(uint16_t slot, profiles::TextId id) {
  add_varint(bytes_, 2 * uint64_t{slot} + 1);
  add_varint(bytes_, id);
}
void RowWriter::truth(uint16_t slot, bool value) {
  add_varint(bytes_, 2 * uint64_t{slot} + 1);
  add_varint(bytes_, static_cast<uint64_t>(value ? Truth::Yes : Truth::No));
}
void RowWriter::cleared(uint16_t property) {
  add_varint(bytes_, 2 * uint64_t{property} + 2);
}
void RowWriter::list(uint16_t slot, uint64_t elements) {
  add_varint(bytes_, 2 * uint64_t{slot} + 1);
  add_varint(bytes_, elements);
}
void RowWriter::element(int64_t micros) {
  add_varint(bytes_, zigzag(micros));
}
void RowWriter::element_text(profiles::TextId id) {
  add_varint(bytes_, id);
}
void RowWriter::element_truth(Truth truth) {
  add_varint(bytes_, static_cast<uint64_t>(truth));
}

// --- the blocks

Histories::~Histories() {
  for (Block* block : blocks_) std::free(block);
}

// Where the next `most` bytes of the profile may be written.
uint8_t* Histories::room(Profile profile, size_t most) {
  if (profile >= blocks_.size()) blocks_.resize(std::max<size_t>(profile + 1, blocks_.size() + blocks_.size() / 2));
  Block*& block = blocks_[profile];
  const size_t size = block ? block->size : 0;
  most += Block::kReadBehind;
  if (!block || size + most > block->capacity) {
    // Grows by half: few customers have much, and most never come back.
    const size_t capacity = std::max(size + most, size + size / 2 + 40);
    VERIFY(capacity < UINT32_MAX);
    bytes_ += capacity - (block ? block->capacity : 0);
    auto* grown = static_cast<Block*>(std::realloc(block, sizeof(Block) + capacity));
    VERIFY(grown);
    if (!block) *grown = Block{};
    grown->capacity = static_cast<uint32_t>(capacity);
    block = grown;
  }
  return block->bytes() + block->size;
}

// Gives back what the rows do not need: of those that a start brings, most get none for long.
void Histories::fit_block(Profile profile) {
  Block*& block = blocks_[profile];
  const uint32_t needed = block->size + Block::kReadBehind;
  auto* fitting = static_cast<Block*>(std::realloc(block, sizeof(Block) + needed));
  VERIFY(fitting);
  bytes_ -= fitting->capacity - needed;
  fitting->capacity = needed;
  block = fitting;
}

void Histories::expect(Profile profile, Fetch what) const {
  if (profile >= blocks_.size()) return;
  if (what == Fetch::Pointer) return __builtin_prefetch(&blocks_[profile]);
  const Block* block = blocks_[profile];
  if (block) __builtin_prefetch(what == Fetch::Head ? static_cast<const void*>(block) : block->bytes() + block->size);
}

void Histories::append(Profile profile, Instant time, Seq seq, const RowWriter& row) {
  uint8_t* const start = room(profile, kMostHead + row.bytes_.size());
  Block& block = *blocks_[profile];
  VERIFY(block.rows == 0 || seq > block.last_seq);
  uint8_t* at = put_varint(start, row.stream_);
  at = put_varint(at, zigzag(time.ms - block.last_time));
  at = put_varint(at, seq - block.last_seq);
  at = put_varint(at, row.bytes_.size());
  if (!row.bytes_.empty()) std::memcpy(at, row.bytes_.data(), row.bytes_.size());
  at += row.bytes_.size();
  std::memset(at, 0, Block::kReadBehind);
  block.size += static_cast<uint32_t>(at - start);
  block.last_seq = seq;
  block.last_time = time.ms;
  block.first_time = std::min(block.first_time, time.ms);
  ++rows_;
  ++block.rows;
}

// The values of one row of a loaded stream.
struct Histories::Loaded {
  Shape& shape;
  const Stream& stream;
  uint16_t index;
  std::vector<std::optional<uint16_t>> slots, properties;  // by column
  std::vector<std::optional<uint16_t>> lengths;            // by column: of a list of elements

  Loaded(Shape& of, const Stream& from, uint16_t at) : shape(of), stream(from), index(at) {
    for (const Column& column : stream.columns) {
      slots.push_back(shape.slot(index, column.property, column.type, column.is_list));
      properties.push_back(shape.property(index, column.property));
      const std::string_view list = std::string_view(column.property).substr(0, column.property.rfind('.'));
      const bool is_part = column.is_list && list.size() < column.property.size() &&
                           std::ranges::find(stream.element_lists, list) != stream.element_lists.end();
      lengths.push_back(is_part ? shape.length_slot(index, list) : std::nullopt);
    }
  }

  void note_currencies(const profiles::Dictionary& dictionary) const {
    const Column* named = stream.column(profiles::kCurrencyProperty, PropertyType::Text, false);
    if (!named) return;
    profiles::TextId last = profiles::kAbsentText;
    for (const profiles::TextId id : named->texts)
      if (id > profiles::kClearedText && std::exchange(last, id) != id) shape.note_currency(index, dictionary.text(id));
  }

  void write(uint32_t row, RowWriter& out) const {
    out.start(index);
    for (size_t c = 0; c < slots.size(); ++c)
      if (slots[c]) write_value(c, row, out);
    for (size_t c = 0; c < slots.size(); ++c) {
      if (!lengths[c] ||
          std::ranges::count(lengths.begin(), lengths.begin() + static_cast<ptrdiff_t>(c), lengths[c]) > 0)
        continue;
      if (const uint32_t elements = elements_in(c, row)) out.length(*lengths[c], elements);
    }
    for (size_t c = 0; c < slots.size(); ++c)
      if (slots[c] && is_cleared(stream.columns[c], row)) out.cleared(*properties[c]);
  }

  // Of the list whose part the column is. The loader makes all lists under its name as long as it is; where they differ the
  // row said no such list, but an object with lists in it; one that was cleared has none.
  uint32_t elements_in(size_t part, uint32_t row) const {
    const auto size_in = [&](const Column& column) { return column.list_first[row + 1] - column.list_first[row]; };
    const std::string_view name = stream.columns[part].property;
    const std::string_view list = name.substr(0, name.rfind('.'));
    const uint32_t size = size_in(stream.columns[part]);
    const bool is_said = std::ranges::all_of(stream.columns, [&](const Column& column) {
      if (!column.is_list || !profiles::is_under(column.property, list)) return true;
      return size_in(column) == size && !is_cleared(column, row);
    });
    return is_said ? size : 0;
  }

  static bool is_cleared(const Column& column, uint32_t row) {
    const size_t at = column.is_list ? column.list_first[row] : row;
    if (column.is_list && column.list_first[row + 1] == at) return false;
    return column.type == PropertyType::Number ? column.numbers[at] == profiles::kClearedNumber
           : column.type == PropertyType::Text ? column.texts[at] == profiles::kClearedText
                                               : column.truths[at] == Truth::Cleared;
  }

  void write_value(size_t c, uint32_t row, RowWriter& out) const {
    const Column& column = stream.columns[c];
    const uint16_t slot = *slots[c];
    if (column.is_list) {
      const uint32_t from = column.list_first[row], to = column.list_first[row + 1];
      if (from == to || is_cleared(column, row)) return;
      out.list(slot, to - from);
      for (uint32_t e = from; e < to; ++e) {
        if (column.type == PropertyType::Number)
          out.element(column.numbers[e]);
        else if (column.type == PropertyType::Text)
          out.element_text(column.texts[e]);
        else
          out.element_truth(column.truths[e]);
      }
    } else if (column.type == PropertyType::Number) {
      if (column.numbers[row] > profiles::kClearedNumber) out.number(slot, column.numbers[row]);
    } else if (column.type == PropertyType::Text) {
      if (column.texts[row] > profiles::kClearedText) out.text(slot, column.texts[row]);
    } else if (column.truths[row] == Truth::Yes || column.truths[row] == Truth::No) {
      out.truth(slot, column.truths[row] == Truth::Yes);
    }
  }
};

void Histories::append(const profiles::History& by_profile) {
  std::vector<Loaded> streams;
  for (const Stream& stream : by_profile.streams)
    if (const auto index = shape_.stream(stream.name())) streams.emplace_back(shape_, stream, *index);
  struct At {
    Seq seq;
    uint32_t stream, row;
  };
  std::vector<At> rows;
  RowWriter writer;
  for (Profile profile = 0; profile < by_profile.customers(); ++profile) {
    rows.clear();
    for (uint32_t s = 0; s < streams.size(); ++s)
      for (uint32_t row = streams[s].stream.first[profile]; row < streams[s].stream.first[profile + 1]; ++row)
        rows.push_back({streams[s].stream.seq[row], s, row});
    if (rows.empty()) continue;
    std::ranges::sort(rows, {}, &At::seq);
    for (const At& at : rows) {
      streams[at.stream].write(at.row, writer);
      append(profile, streams[at.stream].stream.time[at.row], at.seq, writer);
    }
    fit_block(profile);
  }
  for (const Loaded& loaded : streams) loaded.note_currencies(by_profile.dictionary);
  for (const Loaded& loaded : streams)
    for (const Column& column : loaded.stream.columns)
      for (const int64_t x : column.numbers)
        if (x > profiles::kClearedNumber) note_number(x);
}

uint64_t Histories::rows(Profile profile) const {
  return profile < blocks_.size() && blocks_[profile] ? blocks_[profile]->rows : 0;
}

// --- unpacking

namespace {

// The length slot that speaks of a list: of the longest prefix.
std::optional<uint32_t> length_of(const StreamShape& shape, std::string_view list) {
  std::optional<uint32_t> nearest;
  size_t longest = 0;
  for (uint32_t slot = 0; slot < shape.slots.size(); ++slot) {
    const std::string_view prefix = shape.properties[shape.slots[slot].property];
    if (!shape.slots[slot].is_length || !list.starts_with(prefix)) continue;
    if (list.size() > prefix.size() && list[prefix.size()] != '.') continue;
    if (nearest && prefix.size() <= longest) continue;
    nearest = slot;
    longest = prefix.size();
  }
  return nearest;
}

}  // namespace

bool Histories::fit(Unpacked& out) const {
  if (out.version == shape_.version()) return false;
  out.version = shape_.version();
  const auto& shapes = shape_.streams();
  std::vector<uint32_t> order(shapes.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {},
                    [&](uint32_t s) { return std::pair(std::string_view(shapes[s].event), shapes[s].system); });
  out.history.streams.clear();
  out.sinks.assign(shapes.size(), {});
  for (const uint32_t s : order) {
    const StreamShape& shape = shapes[s];
    Sink& sink = out.sinks[s];
    sink.stream = static_cast<uint32_t>(out.history.streams.size());
    Stream stream{.event = shape.event, .system = shape.system, .first = {0}};
    for (const Slot& of : shape.slots)
      sink.slots.push_back({.kind = of.is_length                      ? Sink::Kind::Length
                                    : of.is_list                      ? Sink::Kind::List
                                    : of.type == PropertyType::Number ? Sink::Kind::Number
                                    : of.type == PropertyType::Text   ? Sink::Kind::Text
                                                                      : Sink::Kind::Truth,
                            .property = of.property});
    // As the loader orders them: the evaluators may see several columns of one property.
    std::vector<uint32_t> slots(shape.slots.size());
    std::iota(slots.begin(), slots.end(), 0);
    std::ranges::sort(slots, {}, [&](uint32_t slot) {
      const Slot& of = shape.slots[slot];
      return std::tuple(std::string_view(shape.properties[of.property]), of.is_list, of.type);
    });
    for (const uint32_t slot : slots) {
      const Slot& of = shape.slots[slot];
      if (of.is_length) continue;
      sink.slots[slot].column = static_cast<uint32_t>(stream.columns.size());
      if (of.is_list) sink.lists.push_back(sink.slots[slot].column);
      stream.columns.push_back({.property = shape.properties[of.property], .type = of.type, .is_list = of.is_list});
      if (of.is_list) stream.columns.back().list_first.push_back(0);
    }
    for (const uint32_t slot : slots)
      if (const Slot& of = shape.slots[slot]; of.is_list)
        if (const auto length = length_of(shape, shape.properties[of.property]))
          sink.slots[*length].under.push_back(sink.slots[slot].column);
    profiles::add_converted_columns(stream, shape_.converted(s, money_));
    out.history.streams.push_back(std::move(stream));
  }
  return true;
}

Instant Histories::first_time(Profile profile) const {
  if (profile >= blocks_.size() || !blocks_[profile]) return kNever;
  return {blocks_[profile]->first_time};
}

}  // namespace tessera::fold
