#include "formats/profile.hpp"

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::formats {

void ColumnProfile::add(const Field& field, uint64_t line) {
  ++rows;
  if (field.kind == FieldKind::Absent || field.kind == FieldKind::Null) return;
  if (field.kind == FieldKind::Raw) {
    ++filled;
    ++values;
    ++raw;
    ++numbers.values;
    ++numbers.bad;
    return;
  }
  const std::string_view text = trim(field.text);
  if (is_blank(text)) return;
  ++filled;
  ++values;
  if (field.kind != FieldKind::Text) ++json_typed;
  if (field.kind == FieldKind::True || field.kind == FieldKind::False || parse_truth(text)) ++truths;
  numbers.add(text);
  const size_t unreadable = times.unreadable;
  times.add(text);
  if (times.unreadable > unreadable && untimely_line == 0) {
    untimely_line = line;
    untimely = text.substr(0, 200);
  }
  if (text.find('@') != std::string_view::npos && clean_email(text)) ++emails;
  if (text.size() >= 7 && text.size() <= 20 && (text.front() == '+' || text.front() == '0' || text.front() == '(') &&
      clean_phone(text)) {
    ++phones;
  }
  if (text.size() <= 11 && text.find(':') != std::string_view::npos && parse_clock(text)) ++clocks;
  if (distinct.size() < 500 && distinct.emplace(text).second && examples.size() < 3) examples.emplace_back(text);
}

void ColumnProfile::add_later(const Field& field) {
  ++rows;
  if (field.kind == FieldKind::Absent || field.kind == FieldKind::Null) return;
  if (field.kind == FieldKind::Text && is_blank(field.text)) return;
  ++filled;
  if (field.kind == FieldKind::Raw) return;
  if (times.is_open()) times.add(field.text);
  if (numbers.is_open()) numbers.add(field.text);
}

std::string TableProfile::header_of(const std::string& file) const {
  return fmt::format("{}:{}", file, around.header_line);
}

Result<TableProfile> profile_table(RowReader& reader, const std::function<void(const RowReader&)>& watch) {
  TableProfile profile;
  Row row;
  while (TRY(reader.next(row))) {
    const size_t most =
        std::clamp(kSampleFields / std::max<size_t>(reader.columns().size(), 1), kFewestSampled, kSampleRows);
    ++profile.rows;
    if (profile.sample.size() < std::min(most, kSampleKept)) {
      auto& kept = profile.sample.emplace_back();
      for (const Field& field : row.fields) kept.emplace_back(trim(field.text.substr(0, 200)));
    }
    for (size_t i = profile.columns.size(); i < reader.columns().size(); ++i) {
      profile.columns.push_back({.name = reader.columns()[i], .rows = profile.rows - 1});
    }
    for (size_t i = 0; i < profile.columns.size(); ++i) {
      if (profile.columns[i].values < most) {
        profile.columns[i].add(row.at(i), row.line);
      } else {
        profile.columns[i].add_later(row.at(i));
      }
    }
    if (watch && profile.rows % 8192 == 0) watch(reader);
  }
  for (size_t i = profile.columns.size(); i < reader.columns().size(); ++i) {
    profile.columns.push_back({.name = reader.columns()[i], .rows = profile.rows});
  }
  profile.around = reader.surroundings();
  return profile;
}

}  // namespace tessera::formats
