#include "fold/histories.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "profiles/extra.hpp"

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
int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1 ^ (~(value & 1) + 1));
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

uint64_t take_varint(const uint8_t*& at) {
  uint64_t value = *at & 0x7F;
  for (int shift = 7; *at++ & 0x80; shift += 7) value |= static_cast<uint64_t>(*at & 0x7F) << shift;
  return value;
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

struct Histories::Block {
  uint32_t size = 0, capacity = 0;  // of the bytes behind
  uint32_t rows = 0;
  Seq last_seq = 0;
  int64_t last_time = 0;
  int64_t first_time = kNever.ms;  // the earliest
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this + 1); }
  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(this + 1); }
};

Histories::~Histories() {
  for (Block* block : blocks_) std::free(block);
}

// Where the next `most` bytes of the profile may be written.
uint8_t* Histories::room(Profile profile, size_t most) {
  if (profile >= blocks_.size()) blocks_.resize(std::max<size_t>(profile + 1, blocks_.size() + blocks_.size() / 2));
  Block*& block = blocks_[profile];
  const size_t size = block ? block->size : 0;
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
      const size_t dot = column.property.rfind('.');
      lengths.push_back(column.is_list && dot != std::string::npos
                            ? shape.length_slot(index, std::string_view(column.property).substr(0, dot))
                            : std::nullopt);
    }
  }

  void write(uint32_t row, RowWriter& out) const {
    out.start(index);
    for (size_t c = 0; c < slots.size(); ++c)
      if (slots[c]) write_value(c, row, out);
    for (size_t c = 0; c < slots.size(); ++c) {
      const Column& column = stream.columns[c];
      if (!lengths[c] ||
          std::ranges::count(lengths.begin(), lengths.begin() + static_cast<ptrdiff_t>(c), lengths[c]) > 0)
        continue;
      if (const uint32_t elements = column.list_first[row + 1] - column.list_first[row])
        out.length(*lengths[c], elements);
    }
    for (size_t c = 0; c < slots.size(); ++c)
      if (slots[c] && is_cleared(stream.columns[c], row)) out.cleared(*properties[c]);
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
    std::ranges::sort(rows, {}, &At::seq);
    for (const At& at : rows) {
      streams[at.stream].write(at.row, writer);
      append(profile, streams[at.stream].stream.time[at.row], at.seq, writer);
    }
  }
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
  out.streams.assign(shapes.size(), 0);
  out.columns.assign(shapes.size(), {});
  out.lists.assign(shapes.size(), {});
  for (const uint32_t s : order) {
    const StreamShape& shape = shapes[s];
    out.streams[s] = static_cast<uint32_t>(out.history.streams.size());
    Stream stream{.event = shape.event, .system = shape.system, .first = {0}};
    // As the loader orders them: the evaluators may see several columns of one property.
    std::vector<uint32_t> slots(shape.slots.size());
    std::iota(slots.begin(), slots.end(), 0);
    std::ranges::sort(slots, {}, [&](uint32_t slot) {
      const Slot& of = shape.slots[slot];
      return std::tuple(std::string_view(shape.properties[of.property]), of.is_list, of.type);
    });
    out.columns[s].resize(slots.size());
    out.lists[s].resize(slots.size());
    for (const uint32_t slot : slots) {
      const Slot& of = shape.slots[slot];
      if (of.is_length) continue;
      out.columns[s][slot] = static_cast<uint32_t>(stream.columns.size());
      stream.columns.push_back({.property = shape.properties[of.property], .type = of.type, .is_list = of.is_list});
      if (of.is_list) stream.columns.back().list_first.push_back(0);
    }
    for (const uint32_t slot : slots)
      if (const Slot& of = shape.slots[slot]; of.is_list)
        if (const auto length = length_of(shape, shape.properties[of.property]))
          out.lists[s][*length].push_back(out.columns[s][slot]);
    out.history.streams.push_back(std::move(stream));
  }
  return true;
}

namespace {

void clear_column(Column& column) {
  column.numbers.clear();
  column.texts.clear();
  column.truths.clear();
  if (column.is_list) column.list_first.assign(1, 0);
}

size_t elements_of(const Column& column) {
  return column.type == PropertyType::Number ? column.numbers.size()
         : column.type == PropertyType::Text ? column.texts.size()
                                             : column.truths.size();
}

void push_absent(Column& column) {
  if (column.is_list)
    column.list_first.push_back(column.list_first.back());
  else if (column.type == PropertyType::Number)
    column.numbers.push_back(profiles::kAbsentNumber);
  else if (column.type == PropertyType::Text)
    column.texts.push_back(profiles::kAbsentText);
  else
    column.truths.push_back(Truth::Absent);
}

// The last row of the column becomes cleared, where it holds no value.
void clear_last(Column& column) {
  if (column.is_list) {
    const size_t rows = column.list_first.size() - 1;
    if (column.list_first[rows] > column.list_first[rows - 1]) return;
    ++column.list_first.back();
    if (column.type == PropertyType::Number)
      column.numbers.push_back(profiles::kClearedNumber);
    else if (column.type == PropertyType::Text)
      column.texts.push_back(profiles::kClearedText);
    else
      column.truths.push_back(Truth::Cleared);
  } else if (column.type == PropertyType::Number) {
    if (column.numbers.back() == profiles::kAbsentNumber) column.numbers.back() = profiles::kClearedNumber;
  } else if (column.type == PropertyType::Text) {
    if (column.texts.back() == profiles::kAbsentText) column.texts.back() = profiles::kClearedText;
  } else if (column.truths.back() == Truth::Absent) {
    column.truths.back() = Truth::Cleared;
  }
}

template <typename T>
void permute(std::vector<T>& values, size_t base, std::span<const uint32_t> order) {
  std::vector<T> ordered;
  ordered.reserve(order.size());
  for (const uint32_t row : order) ordered.push_back(values[row]);
  std::ranges::copy(ordered, values.begin() + static_cast<ptrdiff_t>(base));
}

void permute_lists(Column& column, size_t base, std::span<const uint32_t> order) {
  Column ordered{.property = {}, .type = column.type, .is_list = true};
  std::vector<uint32_t> lengths;
  const auto copy = [&](auto& from, auto& to) {
    for (const uint32_t row : order)
      to.insert(to.end(), from.begin() + column.list_first[row], from.begin() + column.list_first[row + 1]);
    std::ranges::copy(to, from.begin() + column.list_first[base]);
  };
  if (column.type == PropertyType::Number)
    copy(column.numbers, ordered.numbers);
  else if (column.type == PropertyType::Text)
    copy(column.texts, ordered.texts);
  else
    copy(column.truths, ordered.truths);
  for (const uint32_t row : order) lengths.push_back(column.list_first[row + 1] - column.list_first[row]);
  for (size_t i = 0; i < lengths.size(); ++i)
    column.list_first[base + i + 1] = column.list_first[base + i] + lengths[i];
}

// The customer's rows from `base` on, by time and seq: needed where facts came late or from several profiles.
void put_in_order(Stream& stream, size_t base) {
  const auto before = [&](uint32_t a, uint32_t b) {
    return stream.time[a] != stream.time[b] ? stream.time[a] < stream.time[b] : stream.seq[a] < stream.seq[b];
  };
  const auto rows = static_cast<uint32_t>(stream.rows());
  bool is_ordered = true;
  for (auto row = static_cast<uint32_t>(base) + 1; row < rows && is_ordered; ++row) is_ordered = before(row - 1, row);
  if (is_ordered) return;
  std::vector<uint32_t> order(rows - base);
  std::iota(order.begin(), order.end(), static_cast<uint32_t>(base));
  std::ranges::sort(order, before);
  for (Column& column : stream.columns) {
    if (column.is_list)
      permute_lists(column, base, order);
    else if (column.type == PropertyType::Number)
      permute(column.numbers, base, order);
    else if (column.type == PropertyType::Text)
      permute(column.texts, base, order);
    else
      permute(column.truths, base, order);
  }
  permute(stream.time, base, order);
  permute(stream.seq, base, order);
}

}  // namespace

struct Histories::Unpacker {
  const Shape& shape;
  std::span<const uint8_t> wanted;
  Unpacked& out;

  void rows_of(const Block& block) {
    Place place;
    rows_of(block, place, profiles::kAllSeqs);
  }

  // Those behind the place with seq < until; the place is then behind them.
  void rows_of(const Block& block, Place& place, Seq until) {
    const uint8_t *at = block.bytes() + place.byte, *const end = block.bytes() + block.size;
    while (at < end) {
      const uint8_t* const start = at;
      const auto s = static_cast<uint16_t>(take_varint(at));
      const int64_t time = place.time + unzigzag(take_varint(at));
      const Seq seq = place.seq + static_cast<Seq>(take_varint(at));
      if (seq >= until) {
        at = start;
        break;
      }
      place.time = time;
      place.seq = seq;
      const uint64_t size = take_varint(at);
      const uint8_t* const row_end = at + size;
      if (!wanted[s]) {
        at = row_end;
        continue;
      }
      Stream& stream = out.history.streams[out.streams[s]];
      stream.time.push_back({time});
      stream.seq.push_back(seq);
      for (Column& column : stream.columns) push_absent(column);
      while (at < row_end) {
        const uint64_t tag = take_varint(at);
        if (tag & 1 && shape.streams()[s].slots[(tag - 1) / 2].is_length)
          pad(stream, out.lists[s][(tag - 1) / 2], take_varint(at));
        else if (tag & 1)
          value(stream.columns[out.columns[s][(tag - 1) / 2]], at);
        else
          cleared(stream, shape.streams()[s], static_cast<uint16_t>((tag - 2) / 2), s);
      }
    }
    place.byte = static_cast<size_t>(at - block.bytes());
  }

  static void value(Column& column, const uint8_t*& at) {
    if (!column.is_list) {
      if (column.type == PropertyType::Number)
        column.numbers.back() = unzigzag(take_varint(at));
      else if (column.type == PropertyType::Text)
        column.texts.back() = static_cast<profiles::TextId>(take_varint(at));
      else
        column.truths.back() = static_cast<Truth>(take_varint(at));
      return;
    }
    for (uint64_t left = take_varint(at); left > 0; --left) {
      const uint64_t element = take_varint(at);
      if (column.type == PropertyType::Number)
        column.numbers.push_back(unzigzag(element));
      else if (column.type == PropertyType::Text)
        column.texts.push_back(static_cast<profiles::TextId>(element));
      else
        column.truths.push_back(static_cast<Truth>(element));
    }
    column.list_first.back() = static_cast<uint32_t>(elements_of(column));
  }

  // Lists under one prefix are equally long.
  static void pad(Stream& stream, std::span<const uint32_t> lists, uint64_t elements) {
    for (const uint32_t c : lists) {
      Column& column = stream.columns[c];
      const size_t rows = column.list_first.size() - 1;
      const uint64_t size = column.list_first[rows - 1] + elements;
      if (size <= column.list_first[rows]) continue;
      if (column.type == PropertyType::Number)
        column.numbers.resize(size, profiles::kAbsentNumber);
      else if (column.type == PropertyType::Text)
        column.texts.resize(size, profiles::kAbsentText);
      else
        column.truths.resize(size, Truth::Absent);
      column.list_first[rows] = static_cast<uint32_t>(size);
    }
  }

  void cleared(Stream& stream, const StreamShape& of, uint16_t property, uint16_t s) {
    for (size_t slot = 0; slot < of.slots.size(); ++slot)
      if (!of.slots[slot].is_length &&
          profiles::is_under(of.properties[of.slots[slot].property], of.properties[property]))
        clear_last(stream.columns[out.columns[s][slot]]);
  }
};

void Histories::unpack(std::span<const std::span<const Profile>> customers, std::span<const uint8_t> wanted,
                       Unpacked& out) const {
  VERIFY(out.version == shape_.version() && wanted.size() == shape_.streams().size());
  std::vector<Stream>& streams = out.history.streams;
  for (Stream& stream : streams) {
    stream.first.assign(1, 0);
    stream.time.clear();
    stream.seq.clear();
    for (Column& column : stream.columns) clear_column(column);
  }
  Unpacker unpacker{shape_, wanted, out};
  out.most_rows = 0;
  for (const auto& customer : customers) {
    for (const Profile profile : customer)
      if (profile < blocks_.size() && blocks_[profile]) unpacker.rows_of(*blocks_[profile]);
    for (Stream& stream : streams) {
      const uint32_t base = stream.first.back(), rows = static_cast<uint32_t>(stream.rows()) - base;
      stream.first.push_back(base + rows);
      if (rows == 0) continue;
      if (rows > 1) put_in_order(stream, base);
      out.most_rows = std::max<uint64_t>(out.most_rows, rows);
      for (const Column& column : stream.columns)
        if (column.is_list)
          out.most_rows = std::max<uint64_t>(out.most_rows, column.list_first[base + rows] - column.list_first[base]);
    }
  }
  out.history.customer.resize(customers.size());
}

void Histories::extend(std::span<const Profile> profiles, std::span<Place> places, Seq until, Unpacked& out,
                       std::vector<uint32_t>& changed) const {
  VERIFY(out.version == shape_.version() && places.size() == profiles.size());
  out.history.customer.resize(1);
  changed.clear();
  for (Stream& stream : out.history.streams) {
    stream.first.resize(2);
    changed.push_back(stream.first[1]);
  }
  const std::vector<uint8_t> all(shape_.streams().size(), 1);
  Unpacker unpacker{shape_, all, out};
  for (size_t p = 0; p < profiles.size(); ++p)
    if (profiles[p] < blocks_.size() && blocks_[profiles[p]]) unpacker.rows_of(*blocks_[profiles[p]], places[p], until);
  out.most_rows = 0;
  for (size_t s = 0; s < changed.size(); ++s) {
    Stream& stream = out.history.streams[s];
    const auto rows = static_cast<uint32_t>(stream.rows());
    if (const uint32_t had = changed[s]; had < rows) {
      const auto key = [&](uint32_t row) { return std::pair(stream.time[row], stream.seq[row]); };
      auto least = key(had);
      for (uint32_t row = had + 1; row < rows; ++row) least = std::min(least, key(row));
      // Rows that were there come before the first new one, or are moved behind it.
      uint32_t low = 0, high = had;
      while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        key(middle) < least ? low = middle + 1 : high = middle;
      }
      put_in_order(stream, low);
      changed[s] = low;
      stream.first[1] = rows;
    }
    out.most_rows = std::max<uint64_t>(out.most_rows, rows);
    for (const Column& column : stream.columns)
      if (column.is_list) out.most_rows = std::max<uint64_t>(out.most_rows, column.list_first[rows]);
  }
}

Instant Histories::first_time(Profile profile) const {
  if (profile >= blocks_.size() || !blocks_[profile]) return kNever;
  return {blocks_[profile]->first_time};
}

}  // namespace tessera::fold
