#include "language/lex.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/text.hpp"
#include "core/time.hpp"

namespace tessera::language {

namespace {

struct Spelling {
  std::string_view text, means;
};
// Longer ones first.
constexpr std::array<Spelling, 22> kSymbols{
    {{"<=", "<="}, {">=", ">="}, {"<>", "!="}, {"!=", "!="}, {"==", "="}, {"≤", "<="}, {"≥", ">="}, {"≠", "!="},
     {"=", "="},   {"<", "<"},   {">", ">"},   {"(", "("},   {")", ")"},  {",", ","},  {".", "."},  {"+", "+"},
     {"-", "-"},   {"*", "*"},   {"/", "/"},   {"−", "-"},   {"×", "*"},  {"÷", "/"}}};
struct Escape {
  char letter, means;
};
constexpr std::array<Escape, 5> kEscapes{{{'"', '"'}, {'\\', '\\'}, {'n', '\n'}, {'t', '\t'}, {'r', '\r'}}};
constexpr std::array<std::string_view, 7> kWrongQuotes{"'", "`", "“", "”", "„", "‘", "’"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool begins_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_word(char c) {
  return (begins_word(c) && c != '$') || is_digit(c);
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Lexed run() && {
    while (skip_space(), at_ < source_.size()) next();
    if (!out_.tokens.empty()) at_ = out_.tokens.back().span.to;  // what is missing is missing there
    add(TokenKind::End, at_, "");
    return std::move(out_);
  }

 private:
  bool starts(std::string_view with) const { return source_.substr(at_).starts_with(with); }
  char peek(size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }

  void report(size_t from, std::string message) {
    out_.diagnostics.push_back({Severity::Error, {uint32_t(from), uint32_t(at_)}, std::move(message)});
  }

  void add(TokenKind kind, size_t from, std::string text) {
    out_.tokens.push_back({.kind = kind,
                           .text = std::move(text),
                           .span = {uint32_t(from), uint32_t(at_)},
                           .depth = depth_,
                           .starts_line = line_is_new_,
                           .comment_before = std::move(comment_)});
    comment_.clear();
    line_is_new_ = false;
  }

  void skip_space() {
    size_t newlines = 0;
    for (; at_ < source_.size(); ++at_) {
      const char c = peek();
      if (c == '\n') {
        line_is_new_ = true;
        ++newlines;
      } else if (c == '#') {
        const size_t stop = std::min(source_.find('\n', at_), source_.size());
        take_comment(source_.substr(at_ + 1, stop - at_ - 1), newlines > 1);
        newlines = 0;
        at_ = stop - 1;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        break;
      }
    }
  }

  // Groups of comment lines stay apart by an empty one.
  void take_comment(std::string_view line, bool new_group) {
    if (line.starts_with(' ')) line.remove_prefix(1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t')) line.remove_suffix(1);
    // Beside a token it belongs to the definition of that token, else to the next.
    std::string& to = line_is_new_ || out_.tokens.empty() ? comment_ : out_.tokens.back().comment_before;
    if (!to.empty()) to += new_group ? "\n\n" : "\n";
    to += line.empty() && to.empty() ? " " : line;
  }

  void next() {
    if (at_ == 0) line_is_new_ = true;
    const char c = peek();
    if (c == '"') return text();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)) && !after_name())) return number();
    for (const Spelling& symbol : kSymbols)
      if (starts(symbol.text)) return this->symbol(symbol);
    for (const std::string_view quote : kWrongQuotes)
      if (starts(quote)) return wrong_quote(quote);
    if (begins_word(c)) return word();
    const size_t from = at_++;
    report(from, fmt::format("unexpected character '{}'", static_cast<unsigned char>(c) < 0x20 ? '?' : c));
  }

  // In order.2nd the dot is no decimal point.
  bool after_name() const {
    return at_ > 0 && (continues_word(source_[at_ - 1]) || source_[at_ - 1] == '"' || source_[at_ - 1] == ')');
  }

  void symbol(const Spelling& symbol) {
    const size_t from = at_;
    at_ += symbol.text.size();
    if (symbol.means == ")") --depth_;
    add(TokenKind::Symbol, from, std::string(symbol.means));
    if (symbol.means == "(") ++depth_;
  }

  void wrong_quote(std::string_view quote) {
    const size_t from = at_;
    at_ += quote.size();
    const size_t stop = source_.find_first_of("\n,)", at_);
    at_ = std::min(stop, source_.size());
    for (const std::string_view closing : kWrongQuotes) {
      const size_t found = source_.find(closing, from + quote.size());
      if (found < at_) at_ = found + closing.size();
    }
    report(from, fmt::format("text stands in straight double quotes: \"...\", not {}", quote));
    add(TokenKind::Text, from, "");
  }

  // '≥' and the like end a word although their bytes could be letters'.
  bool foreign_sign() const {
    return static_cast<unsigned char>(peek()) >= 0x80 &&
           (std::ranges::any_of(kSymbols, [this](const Spelling& s) { return starts(s.text); }) ||
            std::ranges::any_of(kWrongQuotes, [this](std::string_view quote) { return starts(quote); }));
  }

  void word() {
    const size_t from = at_;
    for (++at_; at_ < source_.size() && continues_word(peek()) && !foreign_sign();) ++at_;
    add(TokenKind::Word, from, std::string(source_.substr(from, at_ - from)));
  }

  void text() {
    const size_t from = at_++;
    std::string value;
    while (at_ < source_.size() && peek() != '"' && peek() != '\n') {
      if (peek() != '\\') {
        value += source_[at_++];
        continue;
      }
      const auto escape = std::ranges::find(kEscapes, peek(1), &Escape::letter);
      if (escape == kEscapes.end()) {
        const size_t backslash = at_++;
        report(backslash, "a backslash stands before one of \" \\ n t r; a backslash itself is written \\\\");
        continue;
      }
      value += escape->means;
      at_ += 2;
    }
    if (peek() == '"')
      ++at_;
    else
      report(from, "the closing quote is missing on this line");
    add(TokenKind::Text, from, std::move(value));
  }

  void number() {
    if (instant()) return;
    const size_t from = at_;
    std::string digits;
    const auto take_digits = [&] {
      for (; is_digit(peek()) || (peek() == '_' && is_digit(peek(1))); ++at_)
        if (peek() != '_') digits += peek();
    };
    take_digits();
    if (peek() == '.' && is_digit(peek(1))) {
      digits += source_[at_++];
      take_digits();
    }
    const bool signed_exponent = (peek(1) == '-' || peek(1) == '+') && is_digit(peek(2));
    if ((peek() == 'e' || peek() == 'E') && (is_digit(peek(1)) || signed_exponent)) {
      digits += source_[at_++];
      if (signed_exponent) digits += source_[at_++];
      take_digits();
    }
    add(TokenKind::Number, from, std::move(digits));
  }

  // 2026-03-01, 2026-03-01T10:00:00.250Z, 2026-03-01 10:00+01:00
  bool instant() {
    const std::string_view rest = source_.substr(at_);
    constexpr std::string_view kDate = "dddd-dd-dd";
    if (rest.size() < kDate.size()) return false;
    for (size_t i = 0; i < kDate.size(); ++i)
      if (kDate[i] == 'd' ? !is_digit(rest[i]) : rest[i] != '-') return false;
    size_t length = kDate.size();
    const auto digit_at = [&](size_t i) { return i < rest.size() && is_digit(rest[i]); };
    if (length < rest.size() && (rest[length] == 'T' || rest[length] == 't' || rest[length] == ' ') &&
        digit_at(length + 1) && digit_at(length + 2) && length + 3 < rest.size() && rest[length + 3] == ':') {
      ++length;
      while (length < rest.size() && (is_digit(rest[length]) || rest[length] == ':')) ++length;
      if (length < rest.size() && rest[length] == '.' && digit_at(length + 1))
        for (++length; digit_at(length);) ++length;
      if (length < rest.size() && (rest[length] == 'Z' || rest[length] == 'z'))
        ++length;
      else if (length < rest.size() && (rest[length] == '+' || rest[length] == '-') && digit_at(length + 1))
        for (++length; length < rest.size() && (is_digit(rest[length]) || rest[length] == ':');) ++length;
    }
    const size_t from = at_;
    at_ += length;
    add(TokenKind::Instant, from, std::string(rest.substr(0, length)));
    return true;
  }

  std::string_view source_;
  size_t at_ = 0;
  int depth_ = 0;
  bool line_is_new_ = true;
  std::string comment_;
  Lexed out_;
};

}  // namespace

Lexed lex(std::string_view source) {
  if (const auto at = first_invalid_utf8(source)) {
    const uint32_t end = static_cast<uint32_t>(*at);
    Lexed out;
    out.tokens.push_back({});
    out.diagnostics.push_back({Severity::Error, {end, end}, "this is not UTF-8 text; save the file as UTF-8"});
    return out;
  }
  return Lexer(source).run();
}

bool is_plain_word(std::string_view text) {
  if (text.empty() || !begins_word(text[0])) return false;
  const Lexed lexed = lex(text);  // wrong quotes and signs such as '≥' are bytes >= 0x80 too
  return lexed.diagnostics.empty() && lexed.tokens.size() == 2 && lexed.tokens[0].kind == TokenKind::Word &&
         lexed.tokens[0].text == text;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto escape = std::ranges::find(kEscapes, c, &Escape::means);
    if (escape != kEscapes.end())
      out += {'\\', escape->letter};
    else
      out += c;
  }
  return out + "\"";
}

}  // namespace tessera::language
