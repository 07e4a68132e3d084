// Small histories written as tables, for case files and tests:
//
//   customer | when          | event           | properties                              | learnt
//   ann      | 30 days ago   | Order Completed | total=12.5, products.category=["Gifts"] |
//   ann      | ever          | traits          | country=DE, newsletter=true, plan=null  | 2026-01-05
//   bob      |               |                 |                                         |
//
// `when` and `learnt` are instants, "D ago", "in D" (from `now`), or "ever" (the default). A value is JSON, or a bare
// word, which is text. Rows are learnt in the order of the lines. A customer alone has no events. '#' begins a comment.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "profiles/history.hpp"

namespace tessera::oracle {

Result<profiles::History> read_shop(std::string_view table, Instant now);

// A cell of such a table.
Result<Instant> read_when(std::string_view text, Instant now);
Result<std::map<std::string, profiles::HistoryBuilder::Values>> read_properties(std::string_view text);

}  // namespace tessera::oracle
