// Behaviour as text: tests/cases/segment/*.case. Comments that name the case and say why, then settings and blocks; a
// block is its kind, a text, "----", and what is expected of it up to an empty line before the next.
//
//   # name: a lapsed buyer is one whose last order is older than the window
//   # why:  exactly 30 days ago is already lapsed (windows are half-open)
//   data shop_small                      the table tests/cases/data/shop_small.shop
//   now 2026-03-01T00:00:00Z
//   known 2026-02-01T00:00:00Z           what was learnt until then; all without it
//   zone UTC
//
//   shop                                 or the table itself, up to an empty line (see oracle/shop.hpp)
//   with                                 definitions that the blocks after it know, up to an empty line
//
//   members     expression or definitions (the last is asked) -> customers, one a line
//   values      expression or definitions -> "customer  value", true, false or unknown for conditions
//   says        expression or definitions -> what parser and checker have to say, nothing if all is well
//   fmt         expression or definitions -> the same, canonical
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera::segment {

struct CaseBlock {
  std::string kind;      // "members"
  std::string comment;   // behind '#' on its line
  std::string text;      // with its final newline
  std::string expected;  // with its final newline, or empty
  size_t line = 0;
  // Where it stands and what was set before it.
  std::string with, shop, data;
  Instant now, known = kNever;
};

struct CaseFile {
  std::string head;  // all before the first block, as written
  // Settings and blocks in the order of writing; settings keep their lines in `text` and have no expectation.
  std::vector<CaseBlock> blocks;
};

Result<CaseFile> read_case_file(std::string_view text);
// The same file with the blocks' expectations as they are now.
std::string write_case_file(const CaseFile& file);

}  // namespace tessera::segment
