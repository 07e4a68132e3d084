// Telephone numbers as E.164 writes them ("+491711234567"), so that one number is one text however it was written. The
// plan of each country (codes, prefixes, lengths) is that of npm's libphonenumber-js, made into a table when the
// project is built (cmake/bought_lists.cmake); the parser is ours.
//
// A number is taken where it is possible: of a length that its country has. Whether it is in use is not asked, for what
// is in use changes every month, and a number that was somebody's name must stay it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

// Of the plan: libphonenumber-js's.
std::string_view phone_plan_version();

// A country by what tables write of it: its two letters (ISO 3166), its three, or its name in English, German, French,
// Spanish or Italian. Two capital letters; nullopt: not known.
std::optional<std::string> country_of(std::string_view text);

// The number by E.164. `country` is where it is dialled from and to where it has no country itself: two letters, or
// empty where that is not known; then only a number that says its country ("+49 ...", "0049 ...") is one. nullopt: no
// possible number, or nobody knows of which country.
std::optional<std::string> e164_of(std::string_view text, std::string_view country = {});

// How the number is dialled inside its country, without and with what leads out of the place: "171...", "0171...". By one
// of these it was known where no country was asked for (before version 14 of the record).
std::vector<std::string> spellings_inside(std::string_view e164);

// Whether this is a number by E.164 as e164_of makes them, by its looks alone: "+" and 6 to 17 digits.
bool is_e164(std::string_view text);
// The same as a regular expression, for SQL.
inline constexpr std::string_view kE164 = "^[+][1-9][0-9]{5,16}$";

}  // namespace tessera
