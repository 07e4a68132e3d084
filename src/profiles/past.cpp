#include "profiles/past.hpp"

#include <algorithm>

namespace tessera::profiles {

namespace {

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& from, size_t begin, size_t end) {
  if (!from.empty())
    to.insert(to.end(), from.begin() + static_cast<ptrdiff_t>(begin), from.begin() + static_cast<ptrdiff_t>(end));
}

void append_rows(Column& to, const Column& from, uint32_t begin, uint32_t end) {
  uint32_t first = begin, last = end;
  if (from.is_list) {
    first = from.list_first[begin];
    last = from.list_first[end];
    const uint32_t base = to.list_first.back();
    for (uint32_t row = begin; row < end; ++row) to.list_first.push_back(base + from.list_first[row + 1] - first);
  }
  append(to.numbers, from.numbers, first, last);
  append(to.texts, from.texts, first, last);
  append(to.truths, from.truths, first, last);
}

// Without rows.
Column like(const Column& column) {
  return {.property = column.property,
          .type = column.type,
          .is_list = column.is_list,
          .currency = column.currency,
          .from = column.from};
}

// Behind the customer's last row of time <= until.
uint32_t end_of(const Stream& stream, CustomerIndex customer, Instant until) {
  if (is_kept_whole(stream.system)) return stream.first[customer + 1];
  const auto begin = stream.time.begin();
  return static_cast<uint32_t>(
      std::upper_bound(begin + stream.first[customer], begin + stream.first[customer + 1], until) - begin);
}

Stream past_of(const Stream& stream, Instant until, const std::vector<CustomerIndex>& customers) {
  Stream out{.event = stream.event, .system = stream.system, .first = {0}, .time = {}, .seq = {}, .columns = {}};
  for (const Column& column : stream.columns) {
    out.columns.push_back(like(column));
    if (column.is_list) out.columns.back().list_first.push_back(0);
  }
  for (const CustomerIndex customer : customers) {
    const uint32_t begin = stream.first[customer], end = end_of(stream, customer, until);
    append(out.time, stream.time, begin, end);
    append(out.seq, stream.seq, begin, end);
    for (size_t c = 0; c < stream.columns.size(); ++c) append_rows(out.columns[c], stream.columns[c], begin, end);
    out.first.push_back(static_cast<uint32_t>(out.rows()));
  }
  for (Instant& time : out.time) time = std::min(time, until);
  return out;
}

}  // namespace

Past past_of(const History& history, Instant until) {
  Past out;
  for (CustomerIndex customer = 0; customer < history.customers(); ++customer) {
    const bool was_there = std::ranges::any_of(history.streams, [&](const Stream& stream) {
      return !is_kept_whole(stream.system) && end_of(stream, customer, until) > stream.first[customer];
    });
    if (was_there) out.customer.push_back(customer);
  }
  out.history.dictionary = history.dictionary;
  out.history.learnt = history.learnt;
  out.history.currency = history.currency;
  out.history.left_out = history.left_out;
  for (const CustomerIndex customer : out.customer) out.history.customer.push_back(history.customer[customer]);
  for (const Stream& stream : history.streams) {
    Stream past = past_of(stream, until, out.customer);
    if (past.rows() > 0) out.history.streams.push_back(std::move(past));
  }
  return out;
}

namespace {

// A value of the column at `from`, or the lack of one, at its end.
void append_value(Column& to, const Column& from, std::optional<size_t> at) {
  if (to.type == PropertyType::Number)
    to.numbers.push_back(at ? from.numbers[*at] : kAbsentNumber);
  else if (to.type == PropertyType::Text)
    to.texts.push_back(at ? from.texts[*at] : kAbsentText);
  else
    to.truths.push_back(at ? from.truths[*at] : Truth::Absent);
}

void append_row(Column& to, const Column& from, std::optional<uint32_t> row) {
  if (!to.is_list) return append_value(to, from, row ? std::optional<size_t>(*row) : std::nullopt);
  // By index: `from` may be `to`.
  const uint32_t begin = row ? from.list_first[*row] : 0, end = row ? from.list_first[*row + 1] : 0;
  for (uint32_t element = begin; element < end; ++element) append_value(to, from, element);
  to.list_first.push_back(to.list_first.back() + (end - begin));
}

// The same texts under the ids of another dictionary.
void translate(Column& column, const Dictionary& from, Dictionary& to) {
  for (TextId& text : column.texts)
    if (text > kClearedText) text = to.intern(from.text(text));
}

}  // namespace

History alone(const History& history, CustomerIndex customer, Instant until, Seq visible) {
  History out;
  out.customer.push_back(history.customer[customer]);
  if (!history.begin.empty()) {
    const Instant begin = history.begin_of(customer, visible);
    out.begin.push_back(begin <= until ? begin : kNever);
  }
  for (const Stream& stream : history.streams) {
    Stream own{.event = stream.event, .system = stream.system, .first = {0}, .time = {}, .seq = {}, .columns = {}};
    for (const Column& column : stream.columns) {
      own.columns.push_back(like(column));
      if (column.is_list) own.columns.back().list_first.push_back(0);
    }
    for (uint32_t row = stream.first[customer]; row < stream.first[customer + 1]; ++row) {
      if (stream.time[row] > until || stream.seq[row] >= visible) continue;
      own.time.push_back(stream.time[row]);
      own.seq.push_back(stream.seq[row]);
      for (size_t c = 0; c < own.columns.size(); ++c) append_row(own.columns[c], stream.columns[c], row);
    }
    own.first.push_back(static_cast<uint32_t>(own.rows()));
    for (Column& column : own.columns) translate(column, history.dictionary, out.dictionary);
    out.streams.push_back(std::move(own));
  }
  return out;
}

void say_again(Stream& stream, std::optional<uint32_t> like, Instant time, Seq seq) {
  stream.time.push_back(time);
  stream.seq.push_back(seq);
  stream.first.back() = static_cast<uint32_t>(stream.rows());
  for (Column& column : stream.columns) append_row(column, column, like);
}

}  // namespace tessera::profiles
