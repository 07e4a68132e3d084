// One table out of several files: shops that keep orders, their lines, customers and products apart export them so. A
// file of lines (an order's id and things bought, and nobody) is joined with the file of its orders (who and when), and
// with customers and products where those say more, by the ids they have in common. Which file is what is read off the
// names of columns alone, by the words of the guess.
//
// Each line becomes a row with all columns; an order without lines is a row of its own. What is joined onto the lines is
// held in memory: its text and about 100 bytes a row.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "formats/row.hpp"

namespace tessera::ingest {

struct TableFile {
  std::string path;
  std::vector<std::string> columns;  // empty: no table of text, which is never joined
};

struct Join {
  size_t file = 0;            // of the files given: what is looked up
  std::string key;            // a column that it has in common with what is joined so far
  bool keeps_single = false;  // rows that nothing asked for are rows too
};

struct JoinPlan {
  size_t lines = 0;         // the file whose rows are the lines
  std::vector<Join> joins;  // in this order
  bool uses(size_t file) const;
};

// nullopt: each file speaks for itself.
std::optional<JoinPlan> plan_join(std::span<const TableFile> files);

// The lines, with each join's columns behind theirs. `looked_up`: fresh readers, one for each join.
Result<std::unique_ptr<formats::RowReader>> join_rows(std::unique_ptr<formats::RowReader> lines,
                                                      std::vector<std::unique_ptr<formats::RowReader>> looked_up,
                                                      const std::vector<Join>& joins);

}  // namespace tessera::ingest
