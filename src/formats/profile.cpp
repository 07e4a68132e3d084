#include "formats/profile.hpp"

#include "core/text.hpp"

namespace tessera::formats {

void ColumnProfile::add(const Field& field) {
  ++rows;
  if (field.kind == FieldKind::Absent || field.kind == FieldKind::Null) return;
  if (field.kind == FieldKind::Raw) {
    ++values;
    ++raw;
    ++numbers.values;
    ++numbers.bad;
    return;
  }
  const std::string_view text = trim(field.text);
  if (is_blank(text)) return;
  ++values;
  if (field.kind != FieldKind::Text) ++json_typed;
  if (field.kind == FieldKind::True || field.kind == FieldKind::False || parse_truth(text)) ++truths;
  numbers.add(text);
  times.add(text);
  if (text.find('@') != std::string_view::npos && clean_email(text)) ++emails;
  if (text.size() >= 7 && text.size() <= 20 && (text.front() == '+' || text.front() == '0' || text.front() == '(') &&
      clean_phone(text)) {
    ++phones;
  }
  if (text.size() <= 11 && text.find(':') != std::string_view::npos && parse_clock(text)) ++clocks;
  if (distinct.size() < 500 && distinct.emplace(text).second && examples.size() < 3) examples.emplace_back(text);
}

Result<TableProfile> profile_table(RowReader& reader) {
  TableProfile profile;
  Row row;
  size_t most = kSampleRows;
  while (profile.rows < most && TRY(reader.next(row))) {
    most = std::clamp<size_t>(200'000 / std::max<size_t>(reader.columns().size(), 1), 50, kSampleRows);
    ++profile.rows;
    if (profile.sample.size() < std::min(most, kSampleKept)) {
      auto& kept = profile.sample.emplace_back();
      for (const Field& field : row.fields) kept.emplace_back(trim(field.text.substr(0, 200)));
    }
    for (size_t i = profile.columns.size(); i < reader.columns().size(); ++i) {
      profile.columns.push_back({.name = reader.columns()[i], .rows = profile.rows - 1});
    }
    for (size_t i = 0; i < profile.columns.size(); ++i) profile.columns[i].add(row.at(i));
  }
  for (size_t i = profile.columns.size(); i < reader.columns().size(); ++i) {
    profile.columns.push_back({.name = reader.columns()[i], .rows = profile.rows});
  }
  return profile;
}

}  // namespace tessera::formats
