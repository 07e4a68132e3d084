// Which log a folder holds: two files beside its segments, so that another log, none at all, or one whose last files are
// gone does not pass for the one that a record has followed.
//
//   identity  "tessera-log ID\n"
//   newest    the name of the newest segment, "\n". Both stored on disk, never change.
//
// `newest` is written anew where a segment is begun, after that is on disk: so the newest segment there is may be newer
// than the one it names, never older. Who gives up damaged segments removes it with them. A log of before has neither
// file, and is given them when it is opened.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "core/result.hpp"
#include "store/log_offset.hpp"

namespace tessera::store {

inline constexpr std::string_view kNewestName = "newest";

struct LogIdentity {
  std::string id;                   // 32 hexadecimal digits
  std::optional<LogOffset> newest;  // where the newest segment begins; nullopt: not known
};

std::string new_log_id();
// nullopt: the folder has none. Error: it cannot be read, or is none.
Result<std::optional<LogIdentity>> read_identity(const std::string& folder);
// Each is on disk when it returns.
Result<void> write_identity(const std::string& folder, const std::string& id);
Result<void> write_newest(const std::string& folder, LogOffset segment);

// Refuses a folder that is not the log `wanted` (empty: any), or that lacks its newest segment. `segments`: ascending.
Result<void> check_identity(const std::string& folder, const std::optional<LogIdentity>& found,
                            std::span<const LogOffset> segments, const std::string& wanted);

}  // namespace tessera::store
