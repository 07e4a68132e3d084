// JSON's text looked at letter by letter, for what a parser refuses as a whole: where a value ends, so that what is
// beside it can still be read, and what a text says one of whose escapes stands for no letter.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tessera::formats {

bool is_json_space(char c);
// JSON's grammar of numbers.
bool is_json_number(std::string_view text);

// Where the value that begins at `from` ends: an object or array behind its last bracket, a text behind its quote, any
// other before the next ',', '}', ']' or the first blank. npos where the text ends before (of the last kind: never).
// Brackets are counted, not matched: "[}" is a value.
size_t end_of_value(std::string_view text, size_t from);

// What a text says, given without its quotes: half of a pair of surrogates, which is no letter (RFC 8259 allows the
// escape, and programs that cut texts write it), is U+FFFD. nullopt where it has an escape that JSON does not know.
std::optional<std::string> unescape_json(std::string_view text);

}  // namespace tessera::formats
