#include "core/json.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace tessera {

namespace {

constexpr size_t kDeepest = 200;

// Builds a Json from nlohmann's events; a stack of open containers, the top receives the next value.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return put(Json()); }
  bool boolean(bool value) override { return put(Json(value)); }
  bool number_integer(number_integer_t value) override { return put(Json(static_cast<int64_t>(value))); }
  bool number_unsigned(number_unsigned_t value) override { return put(Json(static_cast<uint64_t>(value))); }
  bool number_float(number_float_t, const string_t& literal) override { return put(Json(Json::Literal{literal})); }
  bool string(string_t& value) override { return put(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool key(string_t& value) override {
    keys_.back() = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    if (message.empty()) message = error.what();
    at = position;
    return false;
  }

  Json root;
  std::string message;
  std::size_t at = 0;

 private:
  bool put(Json value) {
    if (open_.empty())
      root = std::move(value);
    else if (open_.back().as_array())
      open_.back().add(std::move(value));
    else
      open_.back().set(keys_.back(), std::move(value));
    return true;
  }
  bool open(Json container) {
    if (open_.size() == kDeepest) {
      message = fmt::format("nested deeper than {} levels", kDeepest);
      return false;
    }
    open_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Json done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return put(std::move(done));
  }

  std::vector<Json> open_;
  std::vector<std::string> keys_;
};

// nlohmann's "[json.exception.parse_error.101] parse error at line 1, column 3: syntax error ..." without its head.
std::string without_head(const std::string& message) {
  const size_t colon = message.find(": ");
  return colon == std::string::npos ? message : message.substr(colon + 2);
}

std::string place_of(std::string_view text, size_t at, std::string_view name) {
  const std::string_view before = text.substr(0, std::min(at, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return fmt::format("{}:{}:{}", name, line, std::max<size_t>(1, before.size() - start));
}

void dump_to(const Json& json, int indent, int depth, std::string& out);

void new_line(int indent, int depth, std::string& out) {
  if (indent < 0) return;
  out += '\n';
  out.append(static_cast<size_t>(indent * depth), ' ');
}

void dump_array(const Json::Array& items, int indent, int depth, std::string& out) {
  out += '[';
  for (size_t i = 0; i < items.size(); ++i) {
    if (i) out += ',';
    new_line(indent, depth + 1, out);
    dump_to(items[i], indent, depth + 1, out);
  }
  if (!items.empty()) new_line(indent, depth, out);
  out += ']';
}

void dump_object(const Json::Object& members, int indent, int depth, std::string& out) {
  out += '{';
  for (size_t i = 0; i < members.size(); ++i) {
    if (i) out += ',';
    new_line(indent, depth + 1, out);
    out += quoted_json(members[i].first);
    out += indent < 0 ? ":" : ": ";
    dump_to(members[i].second, indent, depth + 1, out);
  }
  if (!members.empty()) new_line(indent, depth, out);
  out += '}';
}

void dump_to(const Json& json, int indent, int depth, std::string& out) {
  if (json.is_null())
    out += "null";
  else if (const bool* truth = json.as_bool())
    out += *truth ? "true" : "false";
  else if (const auto* literal = json.as_literal())
    out += literal->text;
  else if (const auto* text = json.as_text())
    out += quoted_json(*text);
  else if (const auto* items = json.as_array())
    dump_array(*items, indent, depth, out);
  else
    dump_object(*json.as_object(), indent, depth, out);
}

}  // namespace

Json::Json(double value) {
  if (!std::isfinite(value)) return;
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  value_ = Literal{std::string(buffer, end)};
}

Json Json::rounded(double value, int decimals) {
  if (!std::isfinite(value)) return {};
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return Json(Literal{text == "-0" ? "0" : text});
}

const Json* Json::find(std::string_view name) const {
  const Object* members = as_object();
  if (!members) return nullptr;
  for (const Member& member : *members)
    if (member.first == name) return &member.second;
  return nullptr;
}

double Json::number_or(double otherwise) const {
  const Literal* literal = as_literal();
  if (!literal) return otherwise;
  double value = otherwise;
  std::from_chars(literal->text.data(), literal->text.data() + literal->text.size(), value);
  return value;
}

std::string Json::text_or(std::string_view otherwise) const {
  const std::string* text = as_text();
  return text ? *text : std::string(otherwise);
}

Json& Json::set(std::string name, Json value) {
  if (!as_object()) value_ = Object{};
  for (Member& member : *as_object()) {
    if (member.first != name) continue;
    member.second = std::move(value);
    return *this;
  }
  as_object()->emplace_back(std::move(name), std::move(value));
  return *this;
}

Json& Json::add(Json value) {
  if (!as_array()) value_ = Array{};
  as_array()->push_back(std::move(value));
  return *this;
}

std::string Json::dump(int indent) const {
  std::string out;
  dump_to(*this, indent, 0, out);
  return out;
}

std::string quoted_json(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (static_cast<uint8_t>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out + '"';
}

Result<Json> parse_json(std::string_view text, std::string_view name) {
  if (const auto bad = first_invalid_utf8(text)) return fail("invalid UTF-8", place_of(text, *bad + 1, name));
  Builder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
    return fail(without_head(builder.message), place_of(text, builder.at, name));
  return std::move(builder.root);
}

}  // namespace tessera
