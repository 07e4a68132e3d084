#include "oracle/shop.hpp"

#include <map>

#include <fmt/format.h>

#include "core/json.hpp"
#include "core/text.hpp"

namespace tessera::oracle {

namespace {

using profiles::HistoryBuilder;

Result<HistoryBuilder::Value> scalar(const Json& json) {
  if (json.is_null()) return HistoryBuilder::Value(nullptr);
  if (const bool* truth = json.as_bool()) return HistoryBuilder::Value(*truth);
  if (const std::string* text = json.as_text()) return HistoryBuilder::Value(*text);
  const auto* literal = json.as_literal();
  const auto number = literal ? parse_number(literal->text) : ParsedNumber{{}, NumberFlaw::NotANumber};
  if (number.flaw) return fail(fmt::format("'{}' is no value", json.dump()));
  return HistoryBuilder::Value(number.number);
}

Result<HistoryBuilder::Values> read_value(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return HistoryBuilder::Values(HistoryBuilder::Value(std::string(text)));
  const auto* items = json->as_array();
  if (!items) return HistoryBuilder::Values(TRY(scalar(*json)));
  std::vector<HistoryBuilder::Value> list;
  for (const Json& item : *items) list.push_back(TRY(scalar(item)));
  return HistoryBuilder::Values(std::move(list));
}

// Commas inside quotes and brackets part nothing.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> out;
  size_t from = 0;
  int open = 0;
  bool quoted = false;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == ',' && open == 0 && !quoted)) {
      if (!trim(text.substr(from, i - from)).empty()) out.push_back(trim(text.substr(from, i - from)));
      from = i + 1;
    } else if (text[i] == '"' && (i == 0 || text[i - 1] != '\\')) {
      quoted = !quoted;
    } else if (!quoted && (text[i] == '[' || text[i] == ']')) {
      open += text[i] == '[' ? 1 : -1;
    }
  }
  return out;
}

}  // namespace

Result<Instant> read_when(std::string_view text, Instant now) {
  text = trim(text);
  if (text.empty() || text == "ever") return kEver;
  if (const auto instant = parse_instant(text)) return *instant;
  constexpr std::string_view kAgo = " ago", kIn = "in ";
  if (text == "now") return now;
  if (text.ends_with(kAgo))
    if (const auto length = parse_duration(text.substr(0, text.size() - kAgo.size()))) return now - *length;
  if (text.starts_with(kIn))
    if (const auto length = parse_duration(text.substr(kIn.size()))) return now + *length;
  return fail(fmt::format("'{}' is no time", text));
}

Result<std::map<std::string, HistoryBuilder::Values>> read_properties(std::string_view text) {
  std::map<std::string, HistoryBuilder::Values> out;
  for (const std::string_view part : parts_of(text)) {
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) return fail(fmt::format("'{}' is not name=value", part));
    out[std::string(trim(part.substr(0, equals)))] = TRY(read_value(trim(part.substr(equals + 1))));
  }
  return out;
}

Result<profiles::History> read_shop(std::string_view table, Instant now) {
  HistoryBuilder builder;
  for (const std::string_view line : split(table, '\n')) {
    if (trim(line).empty() || trim(line).starts_with('#')) continue;
    std::vector<std::string_view> cells = split(line, '|');
    for (std::string_view& cell : cells) cell = trim(cell);
    if (cells[0] == "customer") continue;  // the heading
    cells.resize(5);
    if (cells[2].empty()) {
      builder.add_customer(std::string(cells[0]));
      continue;
    }
    HistoryBuilder::Row row{.customer = std::string(cells[0]),
                            .event = std::string(cells[2] == "traits" ? "$identify" : cells[2]),
                            .time = TRY(read_when(cells[1], now)),
                            .properties = TRY(read_properties(cells[3]))};
    builder.add(std::move(row), TRY(read_when(cells[4], now)));
  }
  return std::move(builder).build();
}

}  // namespace tessera::oracle
