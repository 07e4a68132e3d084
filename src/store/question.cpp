#include "store/question.hpp"

#include "core/csv.hpp"
#include "core/text.hpp"

namespace tessera::store {

namespace {

bool is_number(const std::string& type) {
  for (const char* prefix : {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
                             "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL"})
    if (type.starts_with(prefix) && !type.ends_with("[]")) return true;
  return false;
}

Json json_of(const std::optional<std::string>& cell, const std::string& type) {
  if (!cell) return Json();
  if (type == "BOOLEAN") return Json(*cell == "true");
  // What a number's text cannot say in JSON (inf, nan) stays text.
  if (is_number(type) && parse_json(*cell)) return Json(Json::Literal{*cell});
  return Json(*cell);
}

// A null is an empty field, an empty text is "".
std::string csv_cell(const std::optional<std::string>& cell) {
  if (!cell) return "";
  return cell->empty() ? "\"\"" : csv_field(*cell);
}

// What signs and opens is not to be read: the key of the pseudonyms, webhooks' secrets, sources' keys.
struct Secret {
  std::string_view table, column;
};
constexpr Secret kSecrets[] = {
    {"meta", "value"}, {"webhook", "secret"}, {"webhook", "old_secret"}, {"source", "write_key"}};

// The secret that a step of a plan reads or compares, whichever way the question named it. The plan says a table's name
// and not its schema: an event of the name "Meta" may have all properties but "value".
const Secret* secret_in(const Json& step) {
  if (const Json* about = step.find("extra_info"))
    if (const Json* table = about->find("Table")) {
      const std::string all = about->dump();
      for (const Secret& secret : kSecrets)
        if (table->text_or("") == secret.table && all.find(secret.column) != std::string::npos) return &secret;
    }
  if (const Json* children = step.find("children"); children && children->as_array())
    for (const Json& child : *children->as_array())
      if (const Secret* found = secret_in(child)) return found;
  return nullptr;
}

Result<void> refuse_secrets(Connection& connection, const std::string& wrapped) {
  auto answer = TRY(connection.query("EXPLAIN (FORMAT JSON) " + wrapped));
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const Json plan = TRY(parse_json(chunk->column(1).text(row), "plan of the question"));
      for (const Json& step : plan.as_array() ? *plan.as_array() : Json::Array{})
        if (const Secret* secret = secret_in(step))
          return fail(fmt::format("tessera.{}.{} is secret, and SQL does not read it", secret->table, secret->column),
                      {}, try_command("keys list").note("shows sources and their write keys"));
    }
  return {};
}

}  // namespace

Result<SqlAnswer> ask(Connection& connection, const std::string& sql, size_t max_rows) {
  std::string_view question = trim(sql);
  while (question.ends_with(';')) question = trim(question.substr(0, question.size() - 1));
  if (question.empty())
    return usage("there is no question", try_command("sql").argument("SELECT * FROM customers LIMIT 10"));
  // As a part of another query it can be nothing but one SELECT; the line break ends a comment at its end.
  const std::string wrapped = fmt::format("FROM ({}\n)", question);
  SqlAnswer answer;
  {
    auto described = TRY(connection.query("DESCRIBE " + wrapped));
    while (const auto chunk = TRY(described.next()))
      for (size_t row = 0; row < chunk->rows(); ++row) {
        answer.columns.emplace_back(chunk->column(0).text(row));
        answer.types.emplace_back(chunk->column(1).text(row));
      }
  }
  TRY(refuse_secrets(connection, wrapped));
  auto rows = TRY(connection.stream(fmt::format("SELECT COLUMNS(*)::VARCHAR {}", wrapped)));
  while (const auto chunk = TRY(rows.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      if (max_rows > 0 && answer.rows.size() == max_rows) {
        answer.is_cut = true;
        return answer;
      }
      auto& cells = answer.rows.emplace_back(answer.columns.size());
      for (size_t c = 0; c < cells.size(); ++c)
        if (const Vector column = chunk->column(c); !column.is_null(row)) cells[c] = column.text(row);
    }
  return answer;
}

std::string SqlAnswer::text() const {
  std::vector<size_t> widths;
  const auto shown = [](const std::optional<std::string>& cell) { return cell ? *cell : std::string(); };
  for (size_t c = 0; c < columns.size(); ++c) {
    size_t width = length_of(columns[c]);
    for (const auto& row : rows) width = std::max(width, length_of(shown(row[c])));
    widths.push_back(width);
  }
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (size_t c = 0; c < columns.size(); ++c) {
      const std::string cell = cell_of(c), blanks(widths[c] - length_of(cell), ' ');
      text += (c == 0 ? "" : "  ") + (is_number(types[c]) ? blanks + cell : cell + blanks);
    }
    while (text.ends_with(' ')) text.pop_back();
    return text + "\n";
  };
  std::string all = line([&](size_t c) { return columns[c]; });
  for (const auto& row : rows) all += line([&](size_t c) { return shown(row[c]); });
  return all;
}

std::string SqlAnswer::csv() const {
  std::string all;
  const auto put_line = [&all](const auto& cells) {
    for (size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) all += ',';
      all += csv_cell(cells[c]);
    }
    all += '\n';
  };
  put_line(columns);
  for (const auto& row : rows) put_line(row);
  return all;
}

Json SqlAnswer::json() const {
  Json all = Json::array();
  for (const auto& row : rows) {
    Json object = Json::object();
    for (size_t c = 0; c < row.size(); ++c) object.set(columns[c], json_of(row[c], types[c]));
    all.add(std::move(object));
  }
  return all;
}

}  // namespace tessera::store
