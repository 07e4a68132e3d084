#include "profiles/rare_columns.hpp"

#include <algorithm>

namespace tessera::profiles {

namespace {

constexpr size_t kMostRemembered = 10'000;  // names whose relevance is remembered; any others are looked at again

size_t elements_of(const Column& column) {
  return column.type == PropertyType::Number ? column.numbers.size()
         : column.type == PropertyType::Text ? column.texts.size()
                                             : column.truths.size();
}

bool is_absent(const Column& column, size_t at) {
  return column.type == PropertyType::Number ? column.numbers[at] == kAbsentNumber
         : column.type == PropertyType::Text ? column.texts[at] == kAbsentText
                                             : column.truths[at] == Truth::Absent;
}

enum class Unknown : uint8_t { Absent, Cleared };

void resize(Column& column, size_t elements, Unknown with) {
  const bool is_cleared = with == Unknown::Cleared;
  if (column.type == PropertyType::Number)
    column.numbers.resize(elements, is_cleared ? kClearedNumber : kAbsentNumber);
  else if (column.type == PropertyType::Text)
    column.texts.resize(elements, is_cleared ? kClearedText : kAbsentText);
  else
    column.truths.resize(elements, is_cleared ? Truth::Cleared : Truth::Absent);
}

void copy(Column& to, const Column& from, size_t begin, size_t end) {
  const auto append = [&](auto& values, const auto& source) {
    values.insert(values.end(), source.begin() + static_cast<ptrdiff_t>(begin),
                  source.begin() + static_cast<ptrdiff_t>(end));
  };
  if (from.type == PropertyType::Number)
    append(to.numbers, from.numbers);
  else if (from.type == PropertyType::Text)
    append(to.texts, from.texts);
  else
    append(to.truths, from.truths);
}

void set(Column& to, size_t at, const Column& from, size_t value) {
  if (to.type == PropertyType::Number)
    to.numbers[at] = from.numbers[value];
  else if (to.type == PropertyType::Text)
    to.texts[at] = from.texts[value];
  else
    to.truths[at] = from.truths[value];
}

void clear(Column& column, size_t at) {
  if (column.type == PropertyType::Number)
    column.numbers[at] = kClearedNumber;
  else if (column.type == PropertyType::Text)
    column.texts[at] = kClearedText;
  else
    column.truths[at] = Truth::Cleared;
}

// A row's typed part and its rare one, where both are there, are of two times of the table: only one says anything.
struct ListParts {
  const Column& column;                                        // with what was read so far
  const Column* rare;                                          // null: none
  std::span<const uint32_t> rare_rows, cleared_rows, lengths;  // lengths: by row; empty: none
};

Column merged_lists(const ListParts& parts, uint32_t rows) {
  Column out{.property = parts.column.property, .type = parts.column.type, .is_list = true, .list_first = {0}};
  size_t next = 0, next_cleared = 0;
  for (uint32_t row = 0; row < rows; ++row) {
    const size_t start = elements_of(out);
    const uint32_t from = parts.column.list_first[row], to = parts.column.list_first[row + 1];
    bool says_nothing = true;
    for (uint32_t at = from; at < to && says_nothing; ++at) says_nothing = is_absent(parts.column, at);
    while (next < parts.rare_rows.size() && parts.rare_rows[next] < row) ++next;
    const bool has_rare = next < parts.rare_rows.size() && parts.rare_rows[next] == row;
    if (says_nothing && has_rare)
      copy(out, *parts.rare, parts.rare->list_first[next], parts.rare->list_first[next + 1]);
    else
      copy(out, parts.column, from, to);
    const size_t length = std::max<size_t>(to - from, parts.lengths.empty() ? 0 : parts.lengths[row]);
    if (elements_of(out) - start < length) resize(out, start + length, Unknown::Absent);
    while (next_cleared < parts.cleared_rows.size() && parts.cleared_rows[next_cleared] < row) ++next_cleared;
    const bool is_cleared = next_cleared < parts.cleared_rows.size() && parts.cleared_rows[next_cleared] == row;
    // A list that said null is one cleared element, so that it differs from one that said nothing.
    if (is_cleared && elements_of(out) == start) resize(out, start + 1, Unknown::Cleared);
    out.list_first.push_back(static_cast<uint32_t>(elements_of(out)));
  }
  return out;
}

}  // namespace

bool RareColumns::is_wanted(std::string_view property) const {
  if (wanted_) return std::ranges::any_of(*wanted_, [&](const std::string& each) { return is_under(property, each); });
  return std::ranges::find(columns_, property) != columns_.end();
}

bool RareColumns::is_relevant(std::string_view key) {
  const auto known = relevant_.find(std::string(key));
  if (known != relevant_.end()) return known->second;
  // What lies under the name is concerned too: it is cleared with it.
  const auto concerns = [&](std::string_view property) { return is_under(property, key) || is_under(key, property); };
  const bool is = (wanted_ && std::ranges::any_of(*wanted_, concerns)) || std::ranges::any_of(columns_, concerns);
  if (relevant_.size() >= kMostRemembered) relevant_.clear();
  relevant_.emplace(key, is);
  return is;
}

void RareColumns::read(uint32_t row, std::string_view extra) {
  const auto json = parse_json(extra);
  const Json::Object* members = json ? json->as_object() : nullptr;
  if (!members) return;
  for (const auto& [property, value] : *members) {
    if (!is_relevant(property)) continue;
    const ExtraSaid said = said_by(property, value);
    if (said.is_cleared) cleared_[property].push_back(row);
    if (said.elements > 0) counts_[property].push_back({row, static_cast<uint32_t>(said.elements)});
    if (is_wanted(property))
      for (const ExtraForm& form : said.forms) add(row, property, form);
  }
}

void RareColumns::add(uint32_t row, const std::string& property, const ExtraForm& form) {
  Said& said = said_[{property, form.is_list, form.type}];
  Column& values = said.values;
  if (said.rows.empty()) {
    values = {.property = property, .type = form.type, .is_list = form.is_list};
    if (form.is_list) values.list_first.push_back(0);
  }
  said.rows.push_back(row);
  for (const auto& value : form.values) {
    resize(values, elements_of(values) + 1, Unknown::Absent);
    if (!value) continue;
    std::visit(Match{[&](bool truth) { values.truths.back() = truth ? Truth::Yes : Truth::No; },
                     [&](Number number) { values.numbers.back() = number.micros; },
                     [&](std::string_view text) { values.texts.back() = dictionary_.intern(text); }},
               *value);
  }
  if (form.is_list) values.list_first.push_back(static_cast<uint32_t>(elements_of(values)));
}

// Columns for what is wanted and has none: of each form that was said; of what was only ever said null, one of texts.
void RareColumns::add_columns(std::vector<Column>& columns, uint32_t rows) const {
  if (!wanted_) return;
  const auto add = [&](const std::string& property, bool is_list, PropertyType type) {
    Column column{.property = property, .type = type, .is_list = is_list};
    if (is_list)
      column.list_first.assign(size_t{rows} + 1, 0);
    else
      resize(column, rows, Unknown::Absent);
    columns.push_back(std::move(column));
  };
  for (const auto& [form, said] : said_) {
    const auto& [property, is_list, type] = form;
    const bool has_one = std::ranges::any_of(columns, [&](const Column& column) {
      return column.type == type && column.is_list == is_list && column.property == property;
    });
    if (!has_one) add(property, is_list, type);
  }
  const auto add_cleared = [&](const std::string& property) {
    const auto is_its = [&](const Column& column) { return column.property == property; };
    if (std::ranges::none_of(columns, is_its)) add(property, false, PropertyType::Text);
  };
  for (const auto& [key, cleared] : cleared_) {
    for (const std::string& each : *wanted_)
      if (is_under(each, key)) add_cleared(each);
    if (is_wanted(key)) add_cleared(key);
  }
}

std::vector<uint32_t> RareColumns::cleared_rows(std::string_view property) const {
  std::vector<uint32_t> out;
  for (const auto& [key, rows] : cleared_) {
    if (!is_under(property, key)) continue;
    const auto middle = static_cast<ptrdiff_t>(out.size());
    out.insert(out.end(), rows.begin(), rows.end());
    std::inplace_merge(out.begin(), out.begin() + middle, out.end());
  }
  return out;
}

// Empty: nothing says how long the list is.
std::vector<std::string> RareColumns::element_lists() const {
  std::vector<std::string> out;
  for (const auto& [list, counts] : counts_) out.push_back(list);
  return out;
}

std::vector<uint32_t> RareColumns::lengths_of(std::string_view list, uint32_t rows,
                                              std::span<const ListLengths> lengths) const {
  std::vector<uint32_t> out;
  for (const ListLengths& typed : lengths)
    if (is_under(list, typed.prefix)) {
      out.resize(rows);
      for (uint32_t row = 0; row < rows; ++row) out[row] = std::max(out[row], typed.of_row[row]);
    }
  for (const auto& [prefix, counts] : counts_)
    if (is_under(list, prefix)) {
      out.resize(rows);
      for (const Count& count : counts) out[count.row] = std::max(out[count.row], count.elements);
    }
  return out;
}

void RareColumns::put_into(std::vector<Column>& columns, uint32_t rows, std::span<const ListLengths> lengths) {
  add_columns(columns, rows);
  for (Column& column : columns) {
    const auto found = said_.find({column.property, column.is_list, column.type});
    const Said* said = found != said_.end() ? &found->second : nullptr;
    const std::vector<uint32_t> cleared = cleared_rows(column.property);
    if (column.is_list) {
      const std::vector<uint32_t> length = lengths_of(column.property, rows, lengths);
      if (!said && cleared.empty() && length.empty()) continue;
      column = merged_lists({.column = column,
                             .rare = said ? &said->values : nullptr,
                             .rare_rows = said ? std::span<const uint32_t>(said->rows) : std::span<const uint32_t>(),
                             .cleared_rows = cleared,
                             .lengths = length},
                            rows);
      continue;
    }
    for (size_t i = 0; said && i < said->rows.size(); ++i)
      if (is_absent(column, said->rows[i])) set(column, said->rows[i], said->values, i);
    for (const uint32_t row : cleared)
      if (is_absent(column, row)) clear(column, row);
  }
}

}  // namespace tessera::profiles
