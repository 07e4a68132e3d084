#include "profiles/batch.hpp"

#include <algorithm>

namespace tessera::profiles {

size_t BufferedColumn::values() const {
  switch (type) {
    case StoredType::Bool:
      return truths.size();
    case StoredType::Text:
      return texts.size();
    default:
      return numbers.size();
  }
}

void BufferedColumn::add(const Scalar& value) {
  std::visit(
      Match{[&](bool truth) { truths.push_back(truth); }, [&](Number number) { numbers.push_back(number.micros); },
            [&](std::string_view text) { texts.add(text); }},
      value);
}

void BufferedColumn::drop_last() {
  switch (type) {
    case StoredType::Bool:
      truths.pop_back();
      break;
    case StoredType::Text:
      texts.drop_last();
      break;
    default:
      numbers.pop_back();
  }
}

void BufferedColumn::clear() {
  rows.clear();
  list_ends.clear();
  present.clear();
  numbers.clear();
  truths.clear();
  texts.clear();
}

namespace {

StoredType type_of(const Scalar& value) {
  constexpr StoredType kTypes[] = {StoredType::Bool, StoredType::Number, StoredType::Text};
  return kTypes[value.index()];
}

Scalar nothing_of(StoredType type) {
  if (type == StoredType::Bool) return false;
  if (type == StoredType::Number) return Number{};
  return std::string_view();
}

}  // namespace

uint32_t RowBuffer::add_property(std::string_view name) {
  Property property{.name = std::string(name)};
  size_t longest = 0;
  for (uint32_t g = 0; g < groups_.size(); ++g)
    if (groups_[g].covers(name) && groups_[g].prefix.size() >= longest) {
      property.group = g + 1;
      longest = groups_[g].prefix.size();
    }
  properties_.push_back(std::move(property));
  return static_cast<uint32_t>(properties_.size() - 1);
}

uint32_t RowBuffer::new_column(std::string_view property, StoredType type, bool is_list) {
  columns_.push_back({std::string(property), {.type = type, .is_list = is_list}});
  return static_cast<uint32_t>(columns_.size());
}

uint32_t RowBuffer::column_of(uint32_t property, StoredType type, bool is_list) {
  uint32_t& column = properties_[property].columns[is_list][static_cast<size_t>(type)];
  if (column == 0) column = new_column(properties_[property].name, type, is_list);
  return column - 1;
}

uint32_t RowBuffer::group_of(std::string_view prefix) {
  for (uint32_t g = 0; g < groups_.size(); ++g)
    if (groups_[g].prefix == prefix) return g;
  Group group{.prefix = std::string(prefix)};
  const auto index = static_cast<uint32_t>(groups_.size());
  for (Property& property : properties_) {
    const bool nearer = property.group == 0 || groups_[property.group - 1].prefix.size() < prefix.size();
    if (!group.covers(property.name) || !nearer) continue;
    property.group = index + 1;
    // Its elements of the row at hand came before the group was known.
    for (const uint32_t column : property.columns[1])
      if (column > 0 && !columns_[column - 1].column.rows.empty() &&
          columns_[column - 1].column.rows.back() == current_row())
        group.touched.push_back(column - 1);
  }
  groups_.push_back(std::move(group));
  return index;
}

void RowBuffer::start(BufferedRow row) {
  finish_row();
  rows_.push_back(row);
}

void RowBuffer::put(uint32_t property, const Scalar& value) {
  BufferedColumn& column = columns_[column_of(property, type_of(value), false)].column;
  if (!column.rows.empty() && column.rows.back() == current_row())
    column.drop_last();
  else
    column.rows.push_back(current_row());
  column.add(value);
}

void RowBuffer::put_extra(uint32_t property, std::string_view json) {
  extra_of_.emplace_back(current_row(), property);
  extra_json_.add(json);
}

uint64_t RowBuffer::elements_in_row(const BufferedColumn& column) {
  const size_t lists = column.list_ends.size();
  return column.list_ends.back() - (lists > 1 ? column.list_ends[lists - 2] : 0);
}

void RowBuffer::pad(BufferedColumn& column, uint64_t elements) {
  for (uint64_t have = elements_in_row(column); have < elements; ++have) {
    column.add(nothing_of(column.type));
    column.present.push_back(0);
    ++column.list_ends.back();
  }
}

void RowBuffer::element(uint32_t property, const Scalar& value) {
  const uint32_t index = column_of(property, type_of(value), true);
  BufferedColumn& column = columns_[index].column;
  const uint32_t group_index = properties_[property].group;
  Group* group = group_index > 0 ? &groups_[group_index - 1] : nullptr;
  if (column.rows.empty() || column.rows.back() != current_row()) {
    column.list_ends.push_back(column.rows.empty() ? 0 : column.list_ends.back());
    column.rows.push_back(current_row());
    if (group) group->touched.push_back(index);
  }
  if (group) {
    if (!std::exchange(group->is_active, true)) active_.push_back(group_index - 1);
    // A second value for the element at hand can only belong to the next.
    group->elements = std::max(group->elements, elements_in_row(column));
    pad(column, group->elements);
  }
  column.add(value);
  column.present.push_back(1);
  ++column.list_ends.back();
}

void RowBuffer::next_element(std::string_view prefix) {
  const uint32_t index = group_of(prefix);
  Group& group = groups_[index];
  if (!std::exchange(group.is_active, true)) active_.push_back(index);
  ++group.elements;
  for (const uint32_t column : group.touched)
    group.elements = std::max(group.elements, elements_in_row(columns_[column].column));
  for (const uint32_t column : group.touched) pad(columns_[column].column, group.elements);
}

void RowBuffer::finish_row() {
  for (const uint32_t index : active_) {
    Group& group = groups_[index];
    for (const uint32_t column : group.touched)
      group.elements = std::max(group.elements, elements_in_row(columns_[column].column));
    for (const uint32_t column : group.touched) pad(columns_[column].column, group.elements);
    if (group.length_column == 0) group.length_column = new_column(group.prefix, StoredType::Length, false);
    BufferedColumn& length = columns_[group.length_column - 1].column;
    length.rows.push_back(current_row());
    length.numbers.push_back(static_cast<int64_t>(group.elements));
    group.elements = 0;
    group.touched.clear();
    group.is_active = false;
  }
  active_.clear();
}

RowBuffer RowBuffer::like() const {
  RowBuffer out(name());
  out.properties_ = properties_;
  out.groups_ = groups_;
  for (const auto& [property, column] : columns_)
    out.columns_.push_back({property, {.type = column.type, .is_list = column.is_list}});
  return out;
}

void RowBuffer::clear() {
  rows_.clear();
  for (ColumnOf& column : columns_) column.column.clear();
  extra_of_.clear();
  extra_json_.clear();
}

std::vector<RowBuffer::Filled> RowBuffer::filled(uint32_t first_row) const {
  std::vector<Filled> filled;
  for (const auto& [property, column] : columns_)
    if (!column.rows.empty() && column.rows.back() >= first_row)
      filled.push_back({{.property = property, .type = column.type, .is_list = column.is_list}, &column});
  return filled;
}

std::vector<ExtraItem> RowBuffer::extras(uint32_t first_row) const {
  std::vector<ExtraItem> items;
  const auto first = std::ranges::lower_bound(extra_of_, first_row, {}, &std::pair<uint32_t, uint32_t>::first);
  for (auto i = static_cast<size_t>(first - extra_of_.begin()); i < extra_of_.size(); ++i)
    items.push_back({extra_of_[i].first, properties_[extra_of_[i].second].name, extra_json_[i]});
  return items;
}

}  // namespace tessera::profiles
