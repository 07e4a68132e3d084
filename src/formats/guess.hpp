// What does this table mean, when nobody says? Each column is scored for each role from its name (English, German,
// French, Spanish, and the names usual exports use) and from its values (an e-mail is seen, whatever the column is
// called); the best assignment is proposed with its reasons, for a person to accept. What only the owner of the data
// can know (03/04, the zone) is never guessed: the plan asks for the flag.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "formats/mapping.hpp"
#include "formats/profile.hpp"

namespace tessera::formats {

// Yes, no, or one thing said otherwise (changed() of mapping.hpp).
struct Answer {
  Answer(bool yes) : is_yes(yes) {}
  explicit Answer(std::string what) : change(std::move(what)) {}
  bool is_yes = false;
  std::string change;
};
// Shows a text and asks; nullopt where nobody is there to answer.
using Asker = std::function<std::optional<Answer>(const std::string& text, const std::string& question)>;

// Error: nobody can be told apart (no id, no e-mail), or the header looks like data.
Result<Mapping> guess_mapping(const TableProfile& profile, const std::string& file);

}  // namespace tessera::formats
