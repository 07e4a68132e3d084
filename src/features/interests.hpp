// What people are interested in, as far as texts say: the texts of a property by how many customers have them, and,
// where things have names but no category, the words in the names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "features/event_roles.hpp"
#include "profiles/history.hpp"

namespace tessera::features {

struct Level {
  std::string text;
  size_t customers = 0;
};

// Texts of a property of these events by the number of customers who have them, most first (ties: by text).
std::vector<Level> levels_of(const profiles::History& history, const std::vector<std::string>& events,
                             std::string_view property, bool is_list);

// Words of the names of things that stand for an interest: in the names of things had by between 8 % and 70 % of
// customers, at most `most` of them, commonest first. A stop word of the names' language is none, nor is one that says
// how a thing is sold, how large it is, what colour or style it has or what it is made of.
std::vector<std::string> words_of_interest(const std::vector<Level>& things, const profiles::History& history,
                                           const EventRoles& parts, size_t most);

}  // namespace tessera::features
