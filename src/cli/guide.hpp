// What the table does not say of a command: which of four groups it is in, and how one calls it. Help, the manual,
// completion and the man pages are made from both tables.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cli/command.hpp"

namespace tessera::cli {

enum class Group : uint8_t { Data, Understand, Segments, Keep };

struct GroupWords {
  Group group;
  std::string_view title;
};
// In the order of --help.
std::span<const GroupWords> groups();

struct Example {
  std::string_view line;  // as it is typed, without the program's name in front
  std::string_view why;
};

struct Guide {
  std::string_view path;  // of one command: "segments count"
  Group group;
  std::span<const Example> examples;
};
// One a command; a test asks.
std::span<const Guide> guides();
// Null: it has none.
const Guide* guide_of(std::string_view path);

// The path that words begin with: "segments count", "segments", or "" for the whole program.
std::string path_among(std::span<const std::string> words);

// --help of a path. Lines that begin with no blank and end in a colon are its headings.
std::string help_text(std::string_view path);
// What a bare `tessera` says: what most do first, where there is a record and where there is none.
std::string first_steps(std::string_view store);
// With its headings in bold, for a terminal.
std::string embolden(std::string_view help);

}  // namespace tessera::cli
