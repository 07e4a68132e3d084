// Answers as text, CSV or JSON, for commands that list things.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace tessera::cli {

struct ListColumn {
  std::string name;
  bool is_number = false;  // right-aligned; a bare literal in JSON
};
using ListRow = std::vector<std::optional<std::string>>;  // nothing: null

// Text: columns aligned, two spaces between, names on top. CSV: RFC 4180 with a header. JSON: an array of objects.
std::string render_list(const std::vector<ListColumn>& columns, const std::vector<ListRow>& rows, Format format);

}  // namespace tessera::cli
