// One JSON document as a flat list of nodes, parsed by simdjson (in json_document.cpp alone). Numbers keep their
// literal, so that 19.990 is read exactly; texts without escapes are views into the input, the others are kept in the
// document. Keys are interned in the parser: equal keys have equal addresses, which callers may use to remember what
// a key means. Half of a pair of surrogates is U+FFFD in a text: the escape is allowed (RFC 8259), and programs that cut
// texts write it.
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
  // What is wrong with an element of a batch that was read element by element, in words; empty: nothing. Such an element
  // is Null, and its text is what was received.
  std::string_view flaw_of(uint32_t index) const;

 private:
  friend class JsonParser;
  std::vector<JsonNode> nodes_;
  std::vector<std::unique_ptr<char[]>> unescaped_;
  std::vector<std::pair<uint32_t, std::string>> flaws_;  // by index, ascending
};

// The code of the reject for what `parse` said is wrong: invalid-utf8 or invalid-json.
std::string_view reason_of_problem(std::string_view problem);

class JsonParser {
 public:
  JsonParser();
  ~JsonParser();
  JsonParser(const JsonParser&) = delete;
  JsonParser& operator=(const JsonParser&) = delete;

  // The document's views live as long as `text` and the parser. REQUIRES: kJsonPadding readable bytes behind `text`.
  // False where it is no JSON: `problem` says why, in words.
  bool parse(std::string_view text, JsonDocument& document, std::string& problem);
  // For what `parse` takes for no JSON: an object whose member "batch" is a list is read element by element, so that what
  // is wrong costs the element it is in, or the member beside the list, and no other. What follows a list that is cut off
  // is not read. False where there is no such list. REQUIRES: as parse.
  bool parse_batch(std::string_view text, JsonDocument& document);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera::formats
