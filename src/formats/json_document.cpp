#include "formats/json_document.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>
#include <simdjson.h>

#include "core/text.hpp"
#include "formats/json_text.hpp"

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

struct Walk {
  Keys& keys_known;
  std::vector<JsonNode>& nodes;
  std::vector<std::unique_ptr<char[]>>& kept;
  const char* text_end = nullptr;  // of what is parsed
  const char* end = nullptr;       // behind the value read last

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
  simdjson::error_code key_of(od::field& field, std::string_view& key) {
    const char* const written = field.key().raw();
    std::string_view name;
    std::optional<std::string> lenient;
    if (const auto error = field.unescaped_key().get(name)) {
      const std::string_view quoted(written - 1, static_cast<size_t>(text_end - written) + 1);
      const size_t end_of_key = end_of_value(quoted, 0);
      if (error == simdjson::STRING_ERROR && end_of_key != std::string_view::npos)
        lenient = unescape_json(quoted.substr(1, end_of_key - 2));
      if (!lenient) return error;
      name = *lenient;
    }
    return intern(name, key) ? simdjson::SUCCESS : simdjson::CAPACITY;
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
      const auto error = value.get_string().get(unescaped);
      if (!error) return nodes[index].text = keep(unescaped), simdjson::SUCCESS;
      const auto lenient = error == simdjson::STRING_ERROR && token.size() >= 2
                               ? unescape_json(token.substr(1, token.size() - 2))
                               : std::nullopt;
      if (!lenient) return error;
      nodes[index].text = keep(*lenient);
      return simdjson::SUCCESS;
    }
    node.text = token;
    if (token == "true") {
      node.kind = JsonKind::True;
    } else if (token == "false") {
      node.kind = JsonKind::False;
    } else if (token == "null") {
      node.kind = JsonKind::Null;
    } else if (is_json_number(token)) {
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
        std::string_view key;
        if (const auto error = key_of(field, key)) return error;
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

// One value after the other, of text that a parser refused as a whole.
struct Scanner {
  std::string_view text;
  size_t at = 0;

  void skip_blank() {
    while (at < text.size() && is_json_space(text[at])) ++at;
  }
  bool take(char c) {
    skip_blank();
    const bool is_there = at < text.size() && text[at] == c;
    at += is_there ? 1 : 0;
    return is_there;
  }
  // Empty where no value begins here. One that is cut off goes to the end of the text.
  std::string_view take_value() {
    skip_blank();
    const size_t from = at;
    at = std::min(end_of_value(text, at), text.size());
    return text.substr(from, at - from);
  }
};

constexpr std::string_view kNotUtf8 = "is not UTF-8";

std::string in_words(simdjson::error_code error) {
  if (error == simdjson::UTF8_ERROR) return std::string(kNotUtf8);
  if (error == simdjson::CAPACITY)
    return fmt::format("the file has more than {} different names of members", kMostKeys);
  return simdjson::error_message(error);
}

}  // namespace

struct JsonParser::State {
  od::parser parser;
  Keys keys;

  // Appends what an object or array says, and all that is in it. Empty: it is one; else why not, with some of it
  // appended.
  std::string read(std::string_view text, std::string_view key, size_t depth, JsonDocument& document);
  std::string read_scalar(std::string_view text, std::string_view key, JsonDocument& document);
  void read_element(std::string_view text, JsonDocument& document);
  bool read_member(Scanner& in, JsonDocument& document, bool& has_batch);
  void read_elements(Scanner& in, std::string_view key, JsonDocument& document);
};

std::string JsonParser::State::read(std::string_view text, std::string_view key, size_t depth, JsonDocument& document) {
  od::document parsed;
  auto error = parser.iterate(text.data(), text.size(), text.size() + kJsonPadding).get(parsed);
  if (error) return in_words(error);
  // Scalars at the top are of no use to anybody here, and ondemand reads them by other rules.
  bool is_scalar = false;
  error = parsed.is_scalar().get(is_scalar);
  if (!error && is_scalar) return "is no JSON object";
  Walk walk{
      .keys_known = keys, .nodes = document.nodes_, .kept = document.unescaped_, .text_end = text.data() + text.size()};
  if (!error) error = walk.walk(parsed, key, depth);
  const char* where = nullptr;
  if (!error && parsed.current_location().get(where) == simdjson::SUCCESS)
    return "something follows the end of the object";
  return error ? in_words(error) : "";
}

// Of a value that is neither object nor array.
std::string JsonParser::State::read_scalar(std::string_view text, std::string_view key, JsonDocument& document) {
  JsonNode node{.kind = JsonKind::Null, .next = static_cast<uint32_t>(document.nodes_.size() + 1), .key = key};
  node.text = text;
  if (text == "true" || text == "false") {
    node.kind = text == "true" ? JsonKind::True : JsonKind::False;
  } else if (is_json_number(text)) {
    node.kind = JsonKind::Number;
  } else if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    if (first_invalid_utf8(text)) return std::string(kNotUtf8);
    const auto said = unescape_json(text.substr(1, text.size() - 2));
    if (!said) return in_words(simdjson::STRING_ERROR);
    Walk walk{.keys_known = keys, .nodes = document.nodes_, .kept = document.unescaped_};
    node.kind = JsonKind::Text;
    node.text = walk.keep(*said);
  } else if (text != "null") {
    return "is no value of JSON";
  }
  document.nodes_.push_back(node);
  return "";
}

void JsonParser::State::read_element(std::string_view text, JsonDocument& document) {
  const auto index = static_cast<uint32_t>(document.nodes_.size());
  const bool is_container = text.front() == '{' || text.front() == '[';
  std::string problem = is_container ? read(text, {}, 2, document) : read_scalar(text, {}, document);
  if (problem.empty()) return;
  document.nodes_.resize(index);
  document.nodes_.push_back({.next = index + 1, .text = text});
  document.flaws_.emplace_back(index, std::move(problem));
}

// Behind the bracket of the list.
void JsonParser::State::read_elements(Scanner& in, std::string_view key, JsonDocument& document) {
  const auto list = static_cast<uint32_t>(document.nodes_.size());
  const size_t from = in.at - 1;
  document.nodes_.push_back({.kind = JsonKind::Array, .key = key});
  while (!in.take(']')) {
    if (in.take(',')) continue;
    const std::string_view element = in.take_value();
    if (element.empty()) break;
    read_element(element, document);
  }
  document.nodes_[list].text = in.text.substr(from, in.at - from);
  document.nodes_[list].next = static_cast<uint32_t>(document.nodes_.size());
}

// False where no member follows.
bool JsonParser::State::read_member(Scanner& in, JsonDocument& document, bool& has_batch) {
  const std::string_view quoted = in.take_value();
  if (quoted.size() < 2 || quoted.front() != '"' || !in.take(':')) return false;
  const auto name = unescape_json(quoted.substr(1, quoted.size() - 2));
  Walk walk{.keys_known = keys, .nodes = document.nodes_, .kept = document.unescaped_};
  std::string_view key;
  if (!name || first_invalid_utf8(*name) || !walk.intern(*name, key)) return false;
  in.skip_blank();
  if (key == "batch" && !has_batch && in.take('[')) {
    has_batch = true;
    read_elements(in, key, document);
    return true;
  }
  const std::string_view value = in.take_value();
  if (value.empty()) return false;
  const size_t nodes = document.nodes_.size();
  const bool is_container = value.front() == '{' || value.front() == '[';
  if (!(is_container ? read(value, key, 1, document) : read_scalar(value, key, document)).empty())
    document.nodes_.resize(nodes);
  return true;
}

std::string_view reason_of_problem(std::string_view problem) {
  return problem == kNotUtf8 ? "invalid-utf8" : "invalid-json";
}

uint32_t JsonDocument::find(uint32_t object, std::string_view key) const {
  if (nodes_.empty() || nodes_[object].kind != JsonKind::Object) return 0;
  uint32_t found = 0;
  for (uint32_t at = object + 1; at < nodes_[object].next; at = nodes_[at].next) {
    if (nodes_[at].key == key) found = at;
  }
  return found;
}

std::string_view JsonDocument::flaw_of(uint32_t index) const {
  const auto found = std::ranges::lower_bound(flaws_, index, {}, [](const auto& flaw) { return flaw.first; });
  return found != flaws_.end() && found->first == index ? std::string_view(found->second) : std::string_view();
}

JsonParser::JsonParser() : state_(std::make_unique<State>()) {}
JsonParser::~JsonParser() = default;

bool JsonParser::parse(std::string_view text, JsonDocument& document, std::string& problem) {
  document.nodes_.clear();
  document.unescaped_.clear();
  document.flaws_.clear();
  problem = state_->read(text, {}, 0, document);
  return problem.empty();
}

bool JsonParser::parse_batch(std::string_view text, JsonDocument& document) {
  document.nodes_.clear();
  document.unescaped_.clear();
  document.flaws_.clear();
  Scanner in{text};
  if (!in.take('{')) return false;
  document.nodes_.push_back({.kind = JsonKind::Object, .text = trim(text)});
  bool has_batch = false;
  while (state_->read_member(in, document, has_batch) && in.take(',')) {
  }
  document.nodes_[0].next = static_cast<uint32_t>(document.nodes_.size());
  return has_batch;
}

}  // namespace tessera::formats
