// What the language has to say about a text: errors and warnings with their place, several at once, each with the
// source line and a caret under the place. Parser and checker only collect; rendering is here alone.
//
//   1:33: unknown unit 'dasy'; did you mean 'days'?
//     at least 2 order in the last 30 dasy
//                                     ^
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/remedy.hpp"
#include "core/result.hpp"
#include "language/tree.hpp"

namespace tessera::language {

enum class Severity : uint8_t { Error, Warning };

struct Diagnostic {
  Severity severity = Severity::Error;
  Span span;
  std::string message;  // what is wrong and what would be right, without a final full stop
  Remedy remedy = {};   // of an error: a command that helps
  bool operator==(const Diagnostic& o) const {
    return severity == o.severity && span.from == o.span.from && message == o.message;
  }
};
using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics& diagnostics);

// All of them in the order of their places, each ending in a newline; equal ones once. Lines and columns count from 1,
// columns in code points. With a file name: "file:1:33: ...". A warning says so: "1:33: warning: ...".
std::string render(const Diagnostics& diagnostics, std::string_view source, std::string_view file = {});

// The rendered text as the message of an Error, without its final newline.
Error error_of(const Diagnostics& diagnostics, std::string_view source, std::string_view file = {});

// "; did you mean 'days'?" for the nearest candidate, or nothing where none is near. `quote` stands around the name.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates, char quote = '\'');

}  // namespace tessera::language
