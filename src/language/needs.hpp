// What definitions look at, read off their tree: to load only that from the record (and no more), and to say what a
// ready-made segment needs in the data.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "language/schema.hpp"
#include "language/tree.hpp"
#include "profiles/load.hpp"

namespace tessera::language {

struct Looks {
  struct Property {
    std::string event;          // empty: any event
    std::string list;           // "products" where an element's is looked at; else empty
    std::string property;       // "total", "category"; empty: the list itself
    std::string currency = {};  // in which an amount is read (tree.hpp)
    auto operator<=>(const Property&) const = default;
  };
  std::set<std::string> events;  // empty: any event
  std::set<Property> properties;
  std::set<std::string> traits;
};

// REQUIRES: the program was checked (its aliases are replaced).
Looks looks_of(const Program& program);
// The names of the events that one definition and those it refers to look at; the names of the system's streams for traits. nullopt: any.
std::optional<std::set<std::string>> events_looked_at(const Program& program, size_t definition);

// All of it as the loader wants it. "any event" is every event the schema knows.
profiles::Needs needs_of(const Program& program, const Schema& schema);

}  // namespace tessera::language
