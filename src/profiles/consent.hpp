// What is said of a customer beside what they did: whom segments leave out, and what customers agree to.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::profiles {

// Whom segments leave out unless they ask for them.
enum class Mark : uint8_t { Bot = 1, Staff = 2, Test = 3 };  // stored on disk, never renumber
std::string_view name_of(Mark mark);                         // "bot", "staff", "test"
std::optional<Mark> mark_named(std::string_view name);

// What a call says of consent: outright, or by the categories of a consent banner, whose meaning is the record's to
// know (rulings.hpp).
struct ConsentSaid {
  std::optional<bool> collection, profiling;
  std::vector<std::pair<std::string_view, bool>> categories;
  bool says_nothing() const { return !collection && !profiling && categories.empty(); }
};

}  // namespace tessera::profiles
