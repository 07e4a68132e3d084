// Completion for shells, and man pages: both made from the table of commands and the guide.
#pragma once

#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "core/result.hpp"

namespace tessera::cli {

// For "bash", "zsh" or "fish". Error: of usage, for another shell.
Result<std::string> completion_for(std::string_view shell);

// In roff's man macros: of the program ("") or of one command ("segments count").
std::string man_page(std::string_view path);
// "tessera.1", "tessera-segments-count.1"
std::string man_name(std::string_view path);

}  // namespace tessera::cli
