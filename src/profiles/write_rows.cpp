#include "profiles/write_rows.hpp"

#include <algorithm>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "profiles/extra.hpp"

namespace tessera::profiles {

namespace {

using store::ListPart;
using store::StoredText;
using store::Writer;

constexpr size_t kFixed = 5;  // seq, profile, time, fingerprint, extra

// A value of a column as JSON text, for columns that have no place in the table.
std::string json_of(const BufferedColumn& column, size_t value) {
  switch (column.type) {
    case StoredType::Bool:
      return column.truths[value] ? "true" : "false";
    case StoredType::Text:
      return quoted_json(column.texts[value]);
    default:
      return Number{column.numbers[value]}.text();
  }
}

std::string json_of_row(const BufferedColumn& column, size_t index) {
  if (column.type == StoredType::Length) return json_of_length(column.numbers[index]);
  if (!column.is_list) return json_of(column, index);
  std::string text = "[";
  for (uint64_t e = index == 0 ? 0 : column.list_ends[index - 1]; e < column.list_ends[index]; ++e) {
    if (text.size() > 1) text += ',';
    text += column.present[e] ? json_of(column, e) : "null";
  }
  return text + "]";
}

// The items of one row as one JSON object. Several values of one property become an array; a null among others is
// superseded by them.
std::string object_of(std::span<const ExtraItem> items) {
  std::map<std::string_view, std::vector<std::string_view>> values;
  for (const ExtraItem& item : items) {
    auto& of = values[item.property];
    if (item.json != "null") of.push_back(item.json);
  }
  std::string text = "{";
  for (const auto& [property, of] : values) {
    if (text.size() > 1) text += ',';
    text += quoted_json(property) + ':';
    if (of.empty())
      text += "null";
    else if (of.size() == 1)
      text += of[0];
    else {
      for (size_t i = 0; i < of.size(); ++i) (text += i == 0 ? '[' : ',') += of[i];
      text += ']';
    }
  }
  return text + "}";
}

// Walks a column's values beside the kept rows, block by block.
struct Cursor {
  const BufferedColumn* column;
  size_t at = 0;  // of column->rows

  // The position of the row's value; nullopt where it has none. Rows must be asked for in ascending order.
  std::optional<size_t> find(uint32_t row) {
    const auto& rows = column->rows;
    while (at < rows.size() && rows[at] < row) ++at;
    if (at < rows.size() && rows[at] == row) return at;
    return std::nullopt;
  }
};

// Calls set(row of the block, position in the column) for each row that has a value, and marks those rows valid.
template <typename Set>
void for_each_value(Writer& writer, size_t target, Cursor& cursor, std::span<const KeptRow> block, const Set& set) {
  const auto valid = writer.valid_bits(target);
  std::ranges::fill(valid, 0);
  for (size_t row = 0; row < block.size(); ++row) {
    const auto found = cursor.find(block[row].index);
    if (!found) continue;
    valid[row / 64] |= uint64_t{1} << (row % 64);
    set(row, *found);
  }
}

void fill_scalars(Writer& writer, size_t target, Cursor& cursor, std::span<const KeptRow> block) {
  const BufferedColumn& column = *cursor.column;
  const auto fill = [&]<typename T>(const auto& value_of) {
    const auto values = writer.values<T>(target);
    for_each_value(writer, target, cursor, block, [&](size_t row, size_t at) { values[row] = value_of(at); });
  };
  switch (column.type) {
    case StoredType::Bool:
      return fill.operator()<bool>([&](size_t at) { return column.truths[at] != 0; });
    case StoredType::Number:
      return fill.operator()<int64_t>([&](size_t at) { return column.numbers[at]; });
    case StoredType::Text:
      return fill.operator()<StoredText>([&](size_t at) { return StoredText::of(column.texts[at]); });
    case StoredType::Length:
      return fill.operator()<uint32_t>([&](size_t at) { return static_cast<uint32_t>(column.numbers[at]); });
  }
}

template <typename T>
void fill_elements(Writer& writer, size_t target, const BufferedColumn& column,
                   std::span<const std::pair<uint64_t, uint64_t>> parts, size_t elements) {
  const auto values = writer.elements<T>(target, elements);
  size_t next = 0;
  for (const auto& [from, to] : parts)
    for (uint64_t e = from; e < to; ++e, ++next) {
      if (!column.present[e]) writer.set_element_null(target, next);
      if constexpr (std::is_same_v<T, bool>)
        values[next] = column.truths[e];
      else if constexpr (std::is_same_v<T, int64_t>)
        values[next] = column.numbers[e];
      else
        values[next] = StoredText::of(column.texts[e]);
    }
}

void fill_lists(Writer& writer, size_t target, Cursor& cursor, std::span<const KeptRow> block) {
  const BufferedColumn& column = *cursor.column;
  const auto lists = writer.values<ListPart>(target);
  std::vector<std::pair<uint64_t, uint64_t>> parts;
  uint64_t elements = 0;
  std::ranges::fill(lists, ListPart{0, 0});
  for_each_value(writer, target, cursor, block, [&](size_t row, size_t at) {
    const uint64_t from = at == 0 ? 0 : column.list_ends[at - 1], to = column.list_ends[at];
    lists[row] = {elements, to - from};
    parts.emplace_back(from, to);
    elements += to - from;
  });
  if (column.type == StoredType::Bool)
    fill_elements<bool>(writer, target, column, parts, elements);
  else if (column.type == StoredType::Number)
    fill_elements<int64_t>(writer, target, column, parts, elements);
  else
    fill_elements<StoredText>(writer, target, column, parts, elements);
}

// `extra` of the rows: what came without a typed column, and what found no place in the table.
struct Extras {
  std::vector<ExtraItem> items;   // rows ascending
  std::vector<std::string> made;  // texts of the columnless values
};

Extras gather_extras(const RowBuffer& buffer, std::span<const RowBuffer::Filled> columnless) {
  Extras extras{.items = buffer.extras()};
  size_t values = 0;
  for (const auto& filled : columnless) values += filled.column->rows.size();
  extras.made.reserve(values);  // the items point into it
  for (const auto& filled : columnless)
    for (size_t i = 0; i < filled.column->rows.size(); ++i) {
      extras.made.push_back(json_of_row(*filled.column, i));
      extras.items.push_back({filled.column->rows[i], filled.wanted.property, extras.made.back(), true});
    }
  std::ranges::stable_sort(extras.items, {}, &ExtraItem::row);
  return extras;
}

// Where what the buffer has goes: a column of the table each, or `extra`.
struct Targets {
  std::vector<std::string> names{"seq", "profile", "time", "fingerprint", "extra"};
  std::vector<Cursor> cursors;  // of the names behind these
  std::vector<RowBuffer::Filled> columnless;
};

Targets targets_of(const EventTable& table, const RowBuffer& buffer) {
  Targets out;
  for (const auto& filled : buffer.filled()) {
    const TableColumn* column = table.column(filled.wanted.property, filled.wanted.type, filled.wanted.is_list);
    if (column) {
      out.names.push_back(column->name);
      out.cursors.push_back({filled.column});
    } else {
      out.columnless.push_back(filled);
    }
  }
  return out;
}

}  // namespace

Result<WrittenRows> write_rows(store::Connection& connection, const EventTable& table, const RowBuffer& buffer,
                               std::span<const KeptRow> kept) {
  auto [names, cursors, columnless] = targets_of(table, buffer);
  const bool are_rare = table.holds_rare_events();
  if (are_rare) names.emplace_back(kEventColumn);
  const size_t event_column = names.size() - 1;
  const StoredText event = StoredText::of(buffer.name().event);
  const Extras extras = gather_extras(buffer, columnless);
  WrittenRows written;
  size_t item = 0;
  auto writer = TRY(Writer::open(connection, "main", table.name, names));
  std::vector<std::string> objects(Writer::kRows);
  for (size_t from = 0; from < kept.size(); from += Writer::kRows) {
    const auto block = kept.subspan(from, std::min(Writer::kRows, kept.size() - from));
    const auto seqs = writer.values<Seq>(0);
    const auto profiles = writer.values<Profile>(1);
    const auto times = writer.values<int64_t>(2);
    const auto fingerprints = writer.values<uint64_t>(3);
    const auto extra = writer.values<StoredText>(4);
    const auto extra_valid = writer.valid_bits(4);
    std::ranges::fill(extra_valid, 0);
    for (size_t row = 0; row < block.size(); ++row) {
      seqs[row] = block[row].seq;
      profiles[row] = block[row].profile;
      times[row] = block[row].time;
      fingerprints[row] = block[row].fingerprint;
      if (are_rare) writer.values<StoredText>(event_column)[row] = event;
      while (item < extras.items.size() && extras.items[item].row < block[row].index) ++item;
      const size_t first = item;
      while (item < extras.items.size() && extras.items[item].row == block[row].index) ++item;
      if (item == first) continue;
      const auto items = std::span(extras.items).subspan(first, item - first);
      for (const ExtraItem& each : items) {
        if (each.is_columnless)
          ++written.columnless[std::string(each.property)];
        else if (each.json != "null")
          ++written.raw[std::string(each.property)];
      }
      objects[row] = object_of(items);
      extra_valid[row / 64] |= uint64_t{1} << (row % 64);
      extra[row] = StoredText::of(objects[row]);
    }
    for (size_t c = 0; c < cursors.size(); ++c) {
      if (cursors[c].column->is_list)
        fill_lists(writer, kFixed + c, cursors[c], block);
      else
        fill_scalars(writer, kFixed + c, cursors[c], block);
    }
    TRY(writer.put(block.size()));
  }
  TRY(writer.finish());
  return written;
}

Result<uint64_t> write_rejects(store::Connection& connection, std::span<const Reject> rejects, uint64_t entry) {
  const std::vector<std::string> columns = {"entry", "source", "line",        "reason",
                                            "value", "row",    "fingerprint", "member"};
  auto writer = TRY(Writer::open(connection, "temp", "incoming_reject", columns));
  TRY(write_blocks(writer, rejects.size(), [&](size_t row, size_t from) {
    const Reject& reject = rejects[from + row];
    writer.values<uint64_t>(0)[row] = entry;
    writer.values<StoredText>(1)[row] = StoredText::of(reject.source);
    writer.values<uint64_t>(2)[row] = reject.line;
    writer.values<StoredText>(3)[row] = StoredText::of(reject.reason);
    writer.values<StoredText>(4)[row] = StoredText::of(reject.value);
    writer.values<StoredText>(5)[row] = StoredText::of(reject.row);
    writer.values<uint64_t>(6)[row] = hash64(reject.row, hash64(reject.reason, hash64(reject.source, reject.line)));
    if (reject.member.empty())
      writer.set_null(7, row);
    else
      writer.values<StoredText>(7)[row] = StoredText::of(reject.member);
  }));
  const uint64_t written =
      TRY(connection.run("INSERT INTO tessera.reject SELECT * FROM temp.incoming_reject WHERE fingerprint NOT IN "
                         "(SELECT fingerprint FROM tessera.reject)"));
  TRY(connection.run("DELETE FROM temp.incoming_reject"));
  return written;
}

}  // namespace tessera::profiles
