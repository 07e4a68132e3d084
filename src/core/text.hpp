// Text that people typed: UTF-8, our own case folding (engines differ), the nearest name for "did you mean".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

// The byte offset of the first byte that is not valid UTF-8; nullopt if all is.
std::optional<size_t> first_invalid_utf8(std::string_view text);
// Invalid bytes replaced by U+FFFD.
std::string repair_utf8(std::string_view text);
// Fit to be shown to people in one line: no control characters (each is a blank), no invalid UTF-8, no marks that turn
// the direction of writing.
std::string plain_line(std::string_view text);
// Number of code points. REQUIRES: valid UTF-8.
size_t length_of(std::string_view text);

// Simple case folding: ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic letters to their small form, 'ß' kept.
// Documented in docs/language.md; the same in every evaluator.
std::string fold_case(std::string_view text);
// Whether fold_case(text) is `folded`; nothing is allocated.
bool folds_to(std::string_view text, std::string_view folded);

// With a capital, where it begins with a small ASCII letter.
std::string capitalised(std::string_view text);

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char by);
std::string join(std::span<const std::string> parts, std::string_view by);

// Insertions, deletions, replacements and swaps of neighbours, in bytes. O(|a| |b|).
size_t edit_distance(std::string_view a, std::string_view b);
// The candidate nearest to the name (folded), if it is near enough to be a likely slip; ties: the first in order.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> candidates);

// A number as people read it: three digits that matter at least, thousands apart: "61,234", "12.5", "0.25".
std::string grouped(double value);

// One word for a shell: bare where the shell takes it so, else in single quotes.
std::string shell_quoted(std::string_view text);

// "Abandoned cart, high intent" -> "abandoned-cart-high-intent": small ASCII letters, digits and '-'.
std::string slug_of(std::string_view name);

}  // namespace tessera
