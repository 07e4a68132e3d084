// Commands for a server far away (`--store http://...`): what was typed is sent with the files it names, and what comes
// back is said and written here, as if it had run here.
#pragma once

#include "cli/command_line.hpp"

namespace tessera::cli {

// The command's exit code. Error: the server cannot be reached, refuses, or its answer broke off.
Result<int> run_there(const Context& context, const Called& called, std::span<const std::string> words);

// A request with the token, to a path of the server. Error: no answer, or what the server says is wrong. Where it is
// busy it is asked again, as long as it says when.
Result<std::string> ask_server(const Context& context, std::string_view method, const std::string& path,
                               std::string body, std::string_view type);

}  // namespace tessera::cli
