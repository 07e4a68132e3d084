// Is the record in order? A list of checks, each of which says what it found and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

enum class Severity { Fine, Notice, Problem };

struct Finding {
  Severity severity = Severity::Fine;
  std::string check;  // "every seq is used once"
  std::string found;  // "3 rows share a seq with another"
  Remedy remedy;
};

// Changes nothing. Reads every table: about a second for ten million rows.
Result<std::vector<Finding>> examine(store::Record& record);

bool has_problems(const std::vector<Finding>& findings);
// A line each, remedies indented below. `store`: of the record, as the user gave it.
std::string text_of(const std::vector<Finding>& findings, std::string_view store = {});
Json json_of(const std::vector<Finding>& findings);

}  // namespace tessera::profiles
