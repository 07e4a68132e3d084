// Text to tokens. A token knows its bytes, so that every message can point at it. Words have no fixed meaning here: the
// parser decides by position which are keywords, so `last` or `date` can also be the name of a property.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "language/diagnostic.hpp"

namespace tessera::language {

enum class TokenKind : uint8_t { End, Word, Text, Number, Instant, Symbol };

struct Token {
  TokenKind kind = TokenKind::End;
  // Word, Symbol, Number: as written (symbols in one spelling: "<>" is "!=", "==" is "="). Text: with its escapes
  // resolved. Instant: as written.
  std::string text;
  Span span;
  int depth = 0;               // how many parentheses are open around it
  bool starts_line = false;    // nothing but space before it on its line
  std::string comment_before;  // the comment lines before it and the one beside it, without '#'
};

struct Lexed {
  std::vector<Token> tokens;  // at least one; the last is End
  Diagnostics diagnostics;
};

// Never fails: what cannot be read is reported and left out.
Lexed lex(std::string_view source);

// Letters, digits, '_', not beginning with a digit; '$' may begin it. What may stand without quotes.
bool is_plain_word(std::string_view text);
// "..." with \" \\ \n \t \r escaped: what lex() reads back.
std::string in_quotes(std::string_view text);

}  // namespace tessera::language
