// What may be asked of a text by a pattern: one row is one operator, whole. The parser reads its words, the printer and
// the JSON of definitions write them, the checker names it, the evaluator calls what it means. A new one is a row here;
// that it means the same to everybody else is for the reference in tests/oracle and a case to say.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tessera::language {

enum class TextOp : uint8_t { Contains, StartsWith, EndsWith, Like, Regex };

// % in the pattern is any text, _ one code point, a backslash takes the next byte as it is; the whole text must fit.
// Linear in the text but for backing up to the last %.
bool is_like(std::string_view text, std::string_view pattern);

// Whether a text fits a pattern, byte by byte; to ignore case, both are folded first.
using TextMeaning = bool (*)(std::string_view text, std::string_view pattern);

struct TextOperator {
  TextOp op;
  std::string_view name, denied;         // as printed, and negated; the name is its word in JSON too
  std::array<std::string_view, 2> also;  // what else is read for it, also behind "not" and "does not"
  TextMeaning holds;                     // none: the pattern is a regular expression (RE2), compiled once
};

inline constexpr std::array kTextOperators{
    TextOperator{TextOp::Contains,
                 "contains",
                 "does not contain",
                 {"contain"},
                 [](std::string_view text, std::string_view pattern) { return text.find(pattern) != text.npos; }},
    TextOperator{TextOp::StartsWith,
                 "starts with",
                 "does not start with",
                 {"start with", "begins with"},
                 [](std::string_view text, std::string_view pattern) { return text.starts_with(pattern); }},
    TextOperator{TextOp::EndsWith,
                 "ends with",
                 "does not end with",
                 {"end with"},
                 [](std::string_view text, std::string_view pattern) { return text.ends_with(pattern); }},
    TextOperator{TextOp::Like, "like", "not like", {}, is_like},
    TextOperator{TextOp::Regex, "matches", "does not match", {"match", "matches regex"}, nullptr},
};

constexpr const TextOperator& text_operator(TextOp op) {
  return kTextOperators[static_cast<size_t>(op)];
}
static_assert(
    [] {
      for (size_t i = 0; i < kTextOperators.size(); ++i)
        if (kTextOperators[i].op != static_cast<TextOp>(i)) return false;
      return true;
    }(),
    "the rows stand in the order of TextOp");

}  // namespace tessera::language
