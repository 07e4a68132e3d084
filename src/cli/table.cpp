#include "cli/table.hpp"

#include "core/csv.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

namespace tessera::cli {

namespace {

std::string as_text(const std::vector<ListColumn>& columns, const std::vector<ListRow>& rows) {
  std::vector<size_t> widths;
  for (size_t c = 0; c < columns.size(); ++c) {
    size_t width = length_of(columns[c].name);
    for (const ListRow& row : rows) width = std::max(width, length_of(row[c].value_or("")));
    widths.push_back(width);
  }
  const auto line = [&](auto&& cell) {
    std::string out;
    for (size_t c = 0; c < columns.size(); ++c) {
      const std::string text = cell(c);
      const std::string pad(widths[c] - length_of(text), ' ');
      out += (c ? "  " : "") + (columns[c].is_number ? pad + text : text + pad);
    }
    while (out.ends_with(' ')) out.pop_back();
    return out + '\n';
  };
  std::string out = line([&](size_t c) { return columns[c].name; });
  for (const ListRow& row : rows) out += line([&](size_t c) { return repair_utf8(row[c].value_or("")); });
  return out;
}

std::string as_csv(const std::vector<ListColumn>& columns, const std::vector<ListRow>& rows) {
  std::string out;
  for (size_t c = 0; c < columns.size(); ++c) out += (c ? "," : "") + csv_field(columns[c].name);
  out += '\n';
  for (const ListRow& row : rows) {
    for (size_t c = 0; c < columns.size(); ++c) out += (c ? "," : "") + csv_field(row[c].value_or(""));
    out += '\n';
  }
  return out;
}

std::string as_json(const std::vector<ListColumn>& columns, const std::vector<ListRow>& rows) {
  Json out = Json::array();
  for (const ListRow& row : rows) {
    Json one = Json::object();
    for (size_t c = 0; c < columns.size(); ++c) {
      if (!row[c])
        one.set(columns[c].name, nullptr);
      else if (columns[c].is_number)
        one.set(columns[c].name, Json::Literal{*row[c]});
      else
        one.set(columns[c].name, *row[c]);
    }
    out.add(std::move(one));
  }
  return out.dump(2);
}

}  // namespace

std::string render_list(const std::vector<ListColumn>& columns, const std::vector<ListRow>& rows, Format format) {
  if (format == Format::Json) return as_json(columns, rows);
  return format == Format::Csv ? as_csv(columns, rows) : as_text(columns, rows);
}

}  // namespace tessera::cli
