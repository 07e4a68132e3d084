// Behaviour as text: tests/cases/KIND/*.test. Comments that say what the file holds and why, then settings and blocks.
// A setting stands for every block after it, until it is given anew; a block is a question and the answer to it:
//
//   # name: a lapsed buyer is one whose last order is older than the window
//   # why:  exactly 30 days ago is already lapsed (windows are half-open)
//   now 2026-03-01T00:00:00Z             Line: a word and its value
//
//   shop                                 Table: text up to an empty line
//   ann | 30 days ago | order
//
//   members  # why this block is here    Case: a text (it may be empty), "----", and what is expected, up to an empty
//   last order at least 30 days ago      line before the next block (and the comments right before it), or the end
//   ----
//   ann
//
// Which words there are, and of which shape, is the Grammar of a kind; beside its runner.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tessera::cases {

enum class Shape : uint8_t { Line, Table, Case };

struct Word {
  std::string_view name;
  Shape shape = Shape::Case;
  bool takes_arguments = false;      // of a table or a case: more words on its line
  std::string_view instead_of = {};  // this setting puts that one out of force
};
using Grammar = std::span<const Word>;

struct Block {
  const Word* word = nullptr;
  std::string heading;                                       // its line, and the comments right before it, as written
  std::string arguments;                                     // behind the word, without the comment
  std::string comment;                                       // behind '#' on its line
  std::string text;                                          // with its final newline
  std::string expected;                                      // with its final newline, or empty
  size_t line = 0;                                           // of the word; 1-based
  std::map<std::string, std::string, std::less<>> settings;  // in force where it stands

  std::string_view kind() const { return word->name; }
  // Empty where it was not given.
  std::string_view setting(std::string_view name) const {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string_view() : found->second;
  }
};

struct CaseFile {
  std::string head;           // all before the first block, as written
  std::vector<Block> blocks;  // settings too, in the order of writing
};

// Error: a line that is no block, with its number.
Result<CaseFile> read_case_file(std::string_view text, Grammar grammar);
// The same file with the expectations as they are now.
std::string write_case_file(const CaseFile& file);

}  // namespace tessera::cases
