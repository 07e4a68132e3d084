// Who is in the segments of several programs, over one reading of the record: what comparisons are made of.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "language/check.hpp"
#include "workspace/open.hpp"

namespace tessera::workspace {

// A segment and who is in it.
struct Column {
  std::string slug, name;
  std::vector<uint64_t> bits;  // by customer
  size_t count = 0;
};
struct Columns {
  std::vector<std::string> customers;        // whose the bits are: public ids, ascending
  size_t there = 0;                          // of them, at the instant that is asked about
  std::vector<std::vector<Column>> columns;  // by program
};
Result<Columns> columns_of(Workspace& workspace, std::span<const language::Program* const> programs);

size_t in_both(const Column& a, const Column& b);
// The first so many members.
std::vector<std::string> sample_of(const Columns& all, const Column& column, size_t most);

}  // namespace tessera::workspace
