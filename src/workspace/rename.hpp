// A segment under another name. Its rule, its id and its members stay, so nothing is in the feed; what says its name says the
// new one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workspace/open.hpp"

namespace tessera::workspace {

struct Renamed {
  std::string from, name, slug;        // slug: its id, as before
  std::vector<std::string> rewritten;  // names of the definitions that use it, which say the new name now
};

// `segment`: name or id. Error: nobody is called so, or another one already is called `name`.
Result<Renamed> rename(Workspace& workspace, std::string_view segment, std::string_view name);

}  // namespace tessera::workspace
