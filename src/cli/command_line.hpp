// Words to a command and its arguments, by the command table. The one door to CLI11.
#pragma once

#include <span>
#include <string>

#include "cli/command.hpp"

namespace tessera::cli {

struct Called {
  const Command* command = nullptr;
  Arguments common, own;
  std::string help;  // not empty: what was asked for is this text, and no command
};

// `words`: without the program's name. Errors are of usage.
Result<Called> parse_command_line(std::span<const std::string> words);

// The user's settings, lines of TOML such as store = "shop.duckdb". Errors name the key and the file.
Result<Arguments> parse_settings(const std::string& text, const std::string& file);

// "-e,--expression" -> "expression"; "FILE" -> "FILE".
std::string long_name(std::string_view option);

}  // namespace tessera::cli
