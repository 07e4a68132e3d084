// Rows of histories become columns again. A sixth of what a fact costs was once spent here, so: a varint is taken from one
// load of eight bytes; columns are made long enough and read as absent before rows come, so that a row writes its time,
// its seq and the values it has; and nobody looks again whether a customer's rows are in order whose rows came in order.
#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "fold/histories.hpp"
#include "profiles/extra.hpp"

namespace tessera::fold {

using profiles::Column;
using profiles::Profile;
using profiles::PropertyType;
using profiles::Seq;
using profiles::Stream;
using profiles::Truth;

namespace {

static_assert(std::endian::native == std::endian::little, "take_long() reads bytes as a number");

int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

// Of nine bytes or ten, which few values need.
uint64_t take_longest(const uint8_t*& at) {
  uint64_t value = *at & 0x7F;
  for (int shift = 7; *at++ & 0x80; shift += 7) value |= static_cast<uint64_t>(*at & 0x7F) << shift;
  return value;
}

// Of any length, without a branch on it. The bits of each byte but its highest are put together in three steps.
[[gnu::always_inline]] inline uint64_t take_long(const uint8_t*& at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  const uint64_t ends = ~word & 0x8080808080808080;
  if (ends == 0) [[unlikely]]
    return take_longest(at);
  at += (std::countr_zero(ends) + 1) / 8;
  word &= ends ^ (ends - 1);  // up to the first end
  word = (word & 0x007F007F007F007F) | (word & 0x7F007F007F007F00) >> 1;
  word = (word & 0x00003FFF00003FFF) | (word & 0x3FFF00003FFF0000) >> 2;
  return (word & 0x000000000FFFFFFF) | (word & 0x0FFFFFFF00000000) >> 4;
}

// Mostly of one byte.
uint64_t take_short(const uint8_t*& at) {
  if (*at < 0x80) [[likely]]
    return *at++;
  return take_long(at);
}

size_t elements_of(const Column& column) {
  return column.type == PropertyType::Number ? column.numbers.size()
         : column.type == PropertyType::Text ? column.texts.size()
                                             : column.truths.size();
}

void push_cleared(Column& column) {
  if (column.type == PropertyType::Number)
    column.numbers.push_back(profiles::kClearedNumber);
  else if (column.type == PropertyType::Text)
    column.texts.push_back(profiles::kClearedText);
  else
    column.truths.push_back(Truth::Cleared);
}

// A column becomes cleared in the row where it holds no value.
void clear_at(Column& column, uint32_t row) {
  if (column.is_list) {
    if (column.list_first[row + 1] > column.list_first[row]) return;
    ++column.list_first[row + 1];
    push_cleared(column);
  } else if (column.type == PropertyType::Number) {
    if (column.numbers[row] == profiles::kAbsentNumber) column.numbers[row] = profiles::kClearedNumber;
  } else if (column.type == PropertyType::Text) {
    if (column.texts[row] == profiles::kAbsentText) column.texts[row] = profiles::kClearedText;
  } else if (column.truths[row] == Truth::Absent) {
    column.truths[row] = Truth::Cleared;
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

// The customer's rows [base, rows) by time and seq: needed where facts came late or from several profiles.
void put_in_order(Stream& stream, size_t base, uint32_t rows) {
  const auto before = [&](uint32_t a, uint32_t b) {
    return stream.time[a] != stream.time[b] ? stream.time[a] < stream.time[b] : stream.seq[a] < stream.seq[b];
  };
  bool is_ordered = true;
  for (auto row = static_cast<uint32_t>(base) + 1; row < rows && is_ordered; ++row) is_ordered = before(row - 1, row);
  if (is_ordered) return;
  std::vector<uint32_t> order(rows - base);
  std::iota(order.begin(), order.end(), static_cast<uint32_t>(base));
  std::ranges::sort(order, before);
  for (Column& column : stream.columns) {
    if (!column.currency.empty()) continue;  // made when the rows are in order
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

// The same where those up to `had` are in order: the first row that is another one than before.
uint32_t put_new_in_order(Stream& stream, uint32_t had, uint32_t rows) {
  const auto key = [&](uint32_t row) { return std::pair(stream.time[row], stream.seq[row]); };
  auto least = key(had);
  for (uint32_t row = had + 1; row < rows; ++row) least = std::min(least, key(row));
  // Rows that were there come before the first new one, or are moved behind it.
  uint32_t low = 0, high = had;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    key(middle) < least ? low = middle + 1 : high = middle;
  }
  put_in_order(stream, low, rows);
  return low;
}

// Makes the stream's columns so long; what is added reads as absent.
void lengthen(Sink& sink, Stream& stream, uint32_t rows) {
  sink.room = rows;
  stream.time.resize(rows);
  stream.seq.resize(rows);
  for (Column& column : stream.columns) {
    if (!column.currency.empty()) continue;  // made when the rows are in order
    if (column.is_list)
      column.list_first.resize(rows + 1);
    else if (column.type == PropertyType::Number)
      column.numbers.resize(rows, profiles::kAbsentNumber);
    else if (column.type == PropertyType::Text)
      column.texts.resize(rows, profiles::kAbsentText);
    else
      column.truths.resize(rows, Truth::Absent);
  }
  sink.time = stream.time.data();
  sink.seq = stream.seq.data();
  for (Sink::Slot& slot : sink.slots) {
    if (slot.kind == Sink::Kind::Number) slot.values = stream.columns[slot.column].numbers.data();
    if (slot.kind == Sink::Kind::Text) slot.values = stream.columns[slot.column].texts.data();
    if (slot.kind == Sink::Kind::Truth) slot.values = stream.columns[slot.column].truths.data();
  }
}

// Empty, and long enough for as many rows as it had.
void empty(Sink& sink, Stream& stream) {
  const auto rows = static_cast<uint32_t>(stream.rows());
  stream.time.clear();
  stream.seq.clear();
  for (Column& column : stream.columns) {
    if (!column.currency.empty()) continue;  // made when the rows are in order
    column.numbers.clear();
    column.texts.clear();
    column.truths.clear();
    if (column.is_list) column.list_first.assign(1, 0);
  }
  sink.rows = sink.had = 0;
  lengthen(sink, stream, sink.is_wanted ? rows : 0);
}

}  // namespace

struct Histories::Unpacker {
  static constexpr uint32_t kLeastRoom = 64;  // rows
  const Shape& shape;
  Unpacked& out;

  Stream& stream_of(const Sink& sink) { return out.history.streams[sink.stream]; }

  // A place for one row more: twice as many as came since it began, so that what is there is not gone over.
  void grow(Sink& sink) { lengthen(sink, stream_of(sink), sink.rows + std::max(kLeastRoom, sink.rows - sink.had)); }

  // Rows behind the place with seq < until; the place is then behind them.
  void rows_of(const Block& block, Place& place, Seq until) {
    const uint8_t *at = block.bytes() + place.byte, *const end = block.bytes() + block.size;
    while (at < end) {
      const uint8_t* const start = at;
      Sink& sink = out.sinks[take_short(at)];
      const int64_t time = place.time + unzigzag(take_long(at));
      const Seq seq = place.seq + static_cast<Seq>(take_long(at));
      if (seq >= until) {
        at = start;
        break;
      }
      place.time = time;
      place.seq = seq;
      const uint64_t size = take_short(at);
      const uint8_t* const row_end = at + size;
      if (sink.is_wanted) row(sink, time, seq, at, row_end);
      at = row_end;
    }
    place.byte = static_cast<size_t>(at - block.bytes());
  }

  void row(Sink& sink, int64_t time, Seq seq, const uint8_t* at, const uint8_t* const end) {
    if (sink.rows == sink.room) grow(sink);
    const uint32_t row = sink.rows++;
    sink.time[row] = {time};
    sink.seq[row] = seq;
    sink.is_ordered &= time > sink.last_time || (time == sink.last_time && seq >= sink.last_seq);
    sink.last_time = time;
    sink.last_seq = seq;
    for (const uint32_t list : sink.lists) {
      auto& first = stream_of(sink).columns[list].list_first;
      first[row + 1] = first[row];
    }
    while (at < end) {
      const uint64_t tag = take_short(at);
      if ((tag & 1) == 0) {
        cleared(sink, row, static_cast<uint16_t>((tag - 2) / 2));
        continue;
      }
      const Sink::Slot& slot = sink.slots[tag / 2];
      switch (slot.kind) {
        case Sink::Kind::Number:
          static_cast<int64_t*>(slot.values)[row] = unzigzag(take_long(at));
          break;
        case Sink::Kind::Text:
          static_cast<profiles::TextId*>(slot.values)[row] = static_cast<profiles::TextId>(take_short(at));
          break;
        case Sink::Kind::Truth:
          static_cast<Truth*>(slot.values)[row] = static_cast<Truth>(take_short(at));
          break;
        case Sink::Kind::List:
          list(stream_of(sink).columns[slot.column], row, at);
          break;
        case Sink::Kind::Length:
          pad(stream_of(sink), slot.under, row, take_short(at));
          break;
      }
    }
  }

  static void list(Column& column, uint32_t row, const uint8_t*& at) {
    for (uint64_t left = take_short(at); left > 0; --left) {
      const uint64_t element = take_long(at);
      if (column.type == PropertyType::Number)
        column.numbers.push_back(unzigzag(element));
      else if (column.type == PropertyType::Text)
        column.texts.push_back(static_cast<profiles::TextId>(element));
      else
        column.truths.push_back(static_cast<Truth>(element));
    }
    column.list_first[row + 1] = static_cast<uint32_t>(elements_of(column));
  }

  // Lists under one prefix are equally long.
  static void pad(Stream& stream, std::span<const uint32_t> lists, uint32_t row, uint64_t elements) {
    for (const uint32_t c : lists) {
      Column& column = stream.columns[c];
      const uint64_t size = column.list_first[row] + elements;
      if (size <= column.list_first[row + 1]) continue;
      if (column.type == PropertyType::Number)
        column.numbers.resize(size, profiles::kAbsentNumber);
      else if (column.type == PropertyType::Text)
        column.texts.resize(size, profiles::kAbsentText);
      else
        column.truths.resize(size, Truth::Absent);
      column.list_first[row + 1] = static_cast<uint32_t>(size);
    }
  }

  // What is said null is unknown, and what lies under its name (addr.city under addr) with it.
  void cleared(Sink& sink, uint32_t row, uint16_t property) {
    const auto& properties = shape.streams()[static_cast<size_t>(&sink - out.sinks.data())].properties;
    for (const Sink::Slot& slot : sink.slots)
      if (slot.kind != Sink::Kind::Length && profiles::is_under(properties[slot.property], properties[property]))
        clear_at(stream_of(sink).columns[slot.column], row);
  }

  // The longest that a customer's rows [from, to) are, elements of lists counted too.
  void note_most(const Sink& sink, uint32_t from, uint32_t to) {
    out.most_rows = std::max<uint64_t>(out.most_rows, to - from);
    for (const uint32_t list : sink.lists) {
      const auto& first = stream_of(sink).columns[list].list_first;
      out.most_rows = std::max<uint64_t>(out.most_rows, first[to] - first[from]);
    }
  }
};

void Histories::unpack(std::span<const std::span<const Profile>> customers, std::span<const uint8_t> wanted,
                       Unpacked& out) const {
  VERIFY(out.version == shape_.version() && wanted.size() == shape_.streams().size());
  Unpacker unpacker{shape_, out};
  std::vector<Sink*> sinks;
  for (size_t s = 0; s < wanted.size(); ++s) {
    Sink& sink = out.sinks[s];
    Stream& stream = unpacker.stream_of(sink);
    sink.is_wanted = wanted[s];
    empty(sink, stream);
    stream.first.assign(customers.size() + 1, 0);
    if (wanted[s]) sinks.push_back(&sink);
  }
  out.most_rows = 0;
  for (size_t i = 0; i < customers.size(); ++i) {
    for (Sink* sink : sinks) {
      sink->is_ordered = true;
      sink->last_time = kEver.ms;
      sink->last_seq = 0;
    }
    for (const Profile profile : customers[i]) {
      Place place;
      if (profile < blocks_.size() && blocks_[profile]) unpacker.rows_of(*blocks_[profile], place, profiles::kAllSeqs);
    }
    for (Sink* sink : sinks) {
      Stream& stream = unpacker.stream_of(*sink);
      const uint32_t base = stream.first[i];
      stream.first[i + 1] = sink->rows;
      if (base == sink->rows) continue;
      if (!sink->is_ordered) put_in_order(stream, base, sink->rows);
      unpacker.note_most(*sink, base, sink->rows);
    }
  }
  for (Sink* sink : sinks) {
    Stream& stream = unpacker.stream_of(*sink);
    lengthen(*sink, stream, sink->rows);
    profiles::convert_rows(stream, out.history.dictionary, money_, 0);
  }
  out.history.customer.resize(customers.size());
}

void Histories::extend(std::span<const Profile> profiles, std::span<Place> places, Seq until, Unpacked& out,
                       std::vector<uint32_t>& changed) const {
  VERIFY(out.version == shape_.version() && places.size() == profiles.size());
  out.history.customer.resize(1);
  changed.assign(out.history.streams.size(), 0);
  Unpacker unpacker{shape_, out};
  for (Sink& sink : out.sinks) {
    Stream& stream = unpacker.stream_of(sink);
    stream.first.resize(2);
    sink.is_wanted = true;
    sink.rows = sink.had = changed[sink.stream] = stream.first[1];
    lengthen(sink, stream, sink.had);
  }
  for (size_t p = 0; p < profiles.size(); ++p)
    if (profiles[p] < blocks_.size() && blocks_[profiles[p]]) unpacker.rows_of(*blocks_[profiles[p]], places[p], until);
  out.most_rows = 0;
  for (Sink& sink : out.sinks) {
    Stream& stream = unpacker.stream_of(sink);
    const uint32_t rows = sink.rows;
    if (sink.had < rows) {
      lengthen(sink, stream, rows);
      changed[sink.stream] = put_new_in_order(stream, sink.had, rows);
      stream.first[1] = rows;
      profiles::convert_rows(stream, out.history.dictionary, money_, changed[sink.stream]);
    }
    unpacker.note_most(sink, 0, rows);
  }
}

}  // namespace tessera::fold
