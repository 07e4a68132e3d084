// One JSON document as a flat list of nodes, parsed by simdjson (in json_document.cpp alone). Numbers keep their
// literal, so that 19.990 is read exactly; texts without escapes are views into the input, the others are kept in the
// document. Keys are interned in the parser: equal keys have equal addresses, which callers may use to remember what
// a key means.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tessera::formats {

inline constexpr size_t kJsonPadding = 64;  // readable bytes a document's text must have behind it
inline constexpr size_t kDeepestJson = 64;

enum class JsonKind : uint8_t { Null, True, False, Number, Text, Array, Object };

struct JsonNode {
  JsonKind kind = JsonKind::Null;
  uint32_t next = 0;      // index of the node behind this one and all it contains
  std::string_view key;   // of a member of an object
  std::string_view text;  // Number: its literal; Text: unescaped; Array, Object: as received
};

class JsonDocument {
 public:
  // nodes()[0] is the document itself.
  const std::vector<JsonNode>& nodes() const { return nodes_; }
  const JsonNode& at(uint32_t index) const { return nodes_[index]; }
  // The member of the object at `object`; 0 where there is none (the root is nobody's member). The last of equal keys.
  uint32_t find(uint32_t object, std::string_view key) const;
  bool is(uint32_t index, JsonKind kind) const { return nodes_[index].kind == kind; }

 private:
  friend class JsonParser;
  std::vector<JsonNode> nodes_;
  std::vector<std::unique_ptr<char[]>> unescaped_;
};

class JsonParser {
 public:
  JsonParser();
  ~JsonParser();
  JsonParser(const JsonParser&) = delete;
  JsonParser& operator=(const JsonParser&) = delete;

  // The document's views live as long as `text` and the parser. REQUIRES: kJsonPadding readable bytes behind `text`.
  // False where it is no JSON: `problem` says why, in words.
  bool parse(std::string_view text, JsonDocument& document, std::string& problem);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera::formats
