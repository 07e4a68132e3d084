// A letter in sentences, and as JSON.
#pragma once

#include "core/json.hpp"
#include "report/letter_figures.hpp"
#include "report/letter_page.hpp"

namespace tessera::report {

inline constexpr size_t kMostToLookAt = 5;

// Times by `zone`. `store`: of the record, as the user gave it, for the commands that look further.
Page page_of(const Letter& letter, const Zone& zone, std::string_view store = {});
Json to_json(const Letter& letter);

}  // namespace tessera::report
