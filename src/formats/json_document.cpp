#include "formats/json_document.hpp"

#include <cstring>
#include <unordered_set>

#include <fmt/format.h>
#include <simdjson.h>

namespace tessera::formats {

namespace od = simdjson::ondemand;

namespace {

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
// Node-based, so that views of keys never move.
using Keys = std::unordered_set<std::string, Hash, std::equal_to<>>;
constexpr size_t kMostKeys = 100'000;

std::string_view trim_token(std::string_view token) {
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return token;
}

// JSON's grammar; simdjson's raw tokens of numbers are not checked by it.
bool is_number(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool zero = at < text.size() && text[at] == '0';
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

struct Walk {
  Keys& keys_known;
  std::vector<JsonNode>& nodes;
  std::vector<std::unique_ptr<char[]>>& kept;
  const char* end = nullptr;  // behind the value read last

  std::string_view keep(std::string_view text) {
    auto& block = kept.emplace_back(new char[text.size() + 1]);
    std::memcpy(block.get(), text.data(), text.size());
    return {block.get(), text.size()};
  }
  // False where there are too many different keys: an address must never be used for two of them.
  bool intern(std::string_view key, std::string_view& interned) {
    const auto found = keys_known.find(key);
    if (found != keys_known.end()) {
      interned = *found;
      return true;
    }
    if (keys_known.size() >= kMostKeys) return false;
    interned = *keys_known.emplace(key).first;
    return true;
  }
  // Ends an object or array: its text goes from its bracket to the one behind its last member.
  void close(uint32_t index, const char* begin) {
    while (*end != '}' && *end != ']') ++end;
    ++end;
    nodes[index].text = {begin, static_cast<size_t>(end - begin)};
    nodes[index].next = static_cast<uint32_t>(nodes.size());
  }
  template <typename Value>
  simdjson::error_code scalar(Value& value, uint32_t index, bool is_text) {
    const std::string_view token = trim_token(value.raw_json_token());
    end = token.data() + token.size();
    JsonNode& node = nodes[index];
    if (is_text) {
      node.kind = JsonKind::Text;
      const bool is_plain =
          token.size() >= 2 && token.back() == '"' && !std::memchr(token.data() + 1, '\\', token.size() - 2);
      if (is_plain) {
        node.text = token.substr(1, token.size() - 2);
        return simdjson::SUCCESS;
      }
      std::string_view unescaped;
      if (const auto error = value.get_string().get(unescaped)) return error;
      nodes[index].text = keep(unescaped);
      return simdjson::SUCCESS;
    }
    node.text = token;
    if (token == "true") {
      node.kind = JsonKind::True;
    } else if (token == "false") {
      node.kind = JsonKind::False;
    } else if (token == "null") {
      node.kind = JsonKind::Null;
    } else if (is_number(token)) {
      node.kind = JsonKind::Number;
    } else {
      return simdjson::TAPE_ERROR;
    }
    return simdjson::SUCCESS;
  }

  // Value is a document at the top, a value inside.
  template <typename Value>
  simdjson::error_code walk(Value& value, std::string_view key, size_t depth) {
    if (depth > kDeepestJson) return simdjson::DEPTH_ERROR;
    const uint32_t index = static_cast<uint32_t>(nodes.size());
    nodes.push_back({.key = key});
    od::json_type type;
    if (const auto error = value.type().get(type)) return error;
    const char* begin = nullptr;
    if (type == od::json_type::object || type == od::json_type::array) {
      std::string_view token = value.raw_json_token();
      begin = token.data();
      end = begin + 1;
    }
    if (type == od::json_type::object) {
      od::object object;
      if (const auto error = value.get_object().get(object)) return error;
      nodes[index].kind = JsonKind::Object;
      for (auto member : object) {
        od::field field;
        if (const auto error = std::move(member).get(field)) return error;
        std::string_view name;
        if (const auto error = field.unescaped_key().get(name)) return error;
        std::string_view key;
        if (!intern(name, key)) return simdjson::CAPACITY;
        od::value inner = field.value();
        if (const auto error = walk(inner, key, depth + 1)) return error;
      }
      close(index, begin);
      return simdjson::SUCCESS;
    }
    if (type == od::json_type::array) {
      od::array array;
      if (const auto error = value.get_array().get(array)) return error;
      nodes[index].kind = JsonKind::Array;
      for (auto item : array) {
        od::value inner;
        if (const auto error = std::move(item).get(inner)) return error;
        if (const auto error = walk(inner, {}, depth + 1)) return error;
      }
      close(index, begin);
      return simdjson::SUCCESS;
    }
    const auto error = scalar(value, index, type == od::json_type::string);
    nodes[index].next = index + 1;
    return error;
  }
};

}  // namespace

struct JsonParser::State {
  od::parser parser;
  Keys keys;
};

uint32_t JsonDocument::find(uint32_t object, std::string_view key) const {
  if (nodes_.empty() || nodes_[object].kind != JsonKind::Object) return 0;
  uint32_t found = 0;
  for (uint32_t at = object + 1; at < nodes_[object].next; at = nodes_[at].next) {
    if (nodes_[at].key == key) found = at;
  }
  return found;
}

JsonParser::JsonParser() : state_(std::make_unique<State>()) {}
JsonParser::~JsonParser() = default;

bool JsonParser::parse(std::string_view text, JsonDocument& document, std::string& problem) {
  document.nodes_.clear();
  document.unescaped_.clear();
  simdjson::error_code error = simdjson::SUCCESS;
  od::document parsed;
  error = state_->parser.iterate(text.data(), text.size(), text.size() + kJsonPadding).get(parsed);
  if (!error) {
    Walk walk{state_->keys, document.nodes_, document.unescaped_};
    // Scalars at the top are of no use to anybody here, and ondemand reads them by other rules.
    bool is_scalar = false;
    error = parsed.is_scalar().get(is_scalar);
    if (!error && is_scalar) {
      problem = "is no JSON object";
      return false;
    }
    if (!error) error = walk.walk(parsed, {}, 0);
    const char* where = nullptr;
    if (!error && parsed.current_location().get(where) == simdjson::SUCCESS) {
      problem = "something follows the end of the object";
      return false;
    }
  }
  if (!error) return true;
  problem = error == simdjson::UTF8_ERROR ? "is not UTF-8"
            : error == simdjson::CAPACITY
                ? fmt::format("the file has more than {} different names of members", kMostKeys)
                : simdjson::error_message(error);
  return false;
}

}  // namespace tessera::formats
