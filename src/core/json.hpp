// JSON as a value: objects keep their order, numbers keep their literal so that nothing is lost through double.
// Parsing is nlohmann's (in json.cpp alone). The hot ingest path uses simdjson in its own wrapper.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/number.hpp"
#include "core/result.hpp"

namespace tessera {

class Json {
 public:
  struct Literal {  // a number as written: "19.990"
    std::string text;
    bool operator==(const Literal&) const = default;
  };
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : Json(static_cast<int64_t>(value)) {}
  Json(int64_t value) : value_(Literal{std::to_string(value)}) {}
  Json(uint64_t value) : value_(Literal{std::to_string(value)}) {}
  Json(double value);  // shortest text that reads back the same; NaN and infinities become null
  Json(Number value) : value_(Literal{value.text()}) {}
  Json(Literal literal) : value_(std::move(literal)) {}
  Json(std::string text) : value_(std::move(text)) {}
  Json(std::string_view text) : value_(std::string(text)) {}
  Json(const char* text) : value_(std::string(text)) {}
  Json(Array items) : value_(std::move(items)) {}
  Json(Object members) : value_(std::move(members)) {}
  static Json array() { return Json(Array{}); }
  static Json object() { return Json(Object{}); }
  static Json rounded(double value, int decimals);  // a double cut to so many decimals

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  const bool* as_bool() const { return std::get_if<bool>(&value_); }
  const Literal* as_literal() const { return std::get_if<Literal>(&value_); }
  const std::string* as_text() const { return std::get_if<std::string>(&value_); }
  const Array* as_array() const { return std::get_if<Array>(&value_); }
  Array* as_array() { return std::get_if<Array>(&value_); }
  const Object* as_object() const { return std::get_if<Object>(&value_); }
  Object* as_object() { return std::get_if<Object>(&value_); }

  // The member of an object; null where this is no object or has no such member.
  const Json* find(std::string_view name) const;
  double number_or(double otherwise) const;
  std::string text_or(std::string_view otherwise) const;

  // Building: sets or replaces a member (this becomes an object), adds an item (this becomes an array).
  Json& set(std::string name, Json value);
  Json& add(Json value);

  // indent < 0: one line.
  std::string dump(int indent = -1) const;
  bool operator==(const Json&) const = default;

 private:
  std::variant<std::monostate, bool, Literal, std::string, Array, Object> value_;
};

// Error: "line:column: ..." in `place` after `name`. Nesting deeper than 200 and invalid UTF-8 are refused.
Result<Json> parse_json(std::string_view text, std::string_view name = "JSON");
// Text with quotes, escaped for JSON.
std::string quoted_json(std::string_view text);

}  // namespace tessera
