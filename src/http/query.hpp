// The small grammars of addresses and headers: percent-encoding, queries, Basic credentials, patterns of paths.
// All take any bytes and say nullopt to what is none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"

namespace tessera::http {

// "%2F" to "/"; `plus_is_blank`: as forms write it. nullopt: a '%' without two hexadecimal digits, a NUL byte, or what
// is no UTF-8.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank = false);

// Everything but letters, digits and "-._~" as %XX.
std::string percent_encoded(std::string_view text);

class Query {
 public:
  // Members that cannot be decoded are left out.
  static Query parse(std::string_view text);
  // The first of that name.
  std::optional<std::string> get(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& members() const { return members_; }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

// The user of "Basic ...", the token of "Bearer ...".
std::optional<std::string> basic_user(std::string_view authorization);
std::optional<std::string> bearer_token(std::string_view authorization);

// Whether the path is of the pattern "/api/v1/segments/{slug}"; the decoded parts that stand in braces. A part is not
// empty and has no '/' before decoding.
std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view path);

// "context.page.title=Home" to {"context": {"page": {"title": "Home"}}}; names of more than 8 parts are left out.
Json nested(const Query& query);

}  // namespace tessera::http
