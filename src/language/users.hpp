// Who uses a definition, through others too: who is to be looked at again when it changes.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "language/tree.hpp"
#include "language/uses.hpp"

namespace tessera::language {

using DefinitionKey = std::pair<DefinitionKind, std::string>;  // its kind and slug

inline DefinitionKey key_of(const Definition& definition) {
  return {definition.kind, definition.slug};
}

class Users {
 public:
  Users() = default;
  explicit Users(std::span<const Definition> all) {
    for (const Definition& one : all) put(one);
  }

  // In the place of the one of its kind and slug, if there is one. O(its own names).
  void put(const Definition& definition);
  void take(const DefinitionKey& key);

  enum class Through : uint8_t { All, NotAliases };
  // Those that use one of these by its name or slug, directly or not. O(what is found).
  std::set<DefinitionKey> of(const std::set<DefinitionKey>& used, Through through = Through::All) const;
  // The same of names that are not in here yet.
  std::set<DefinitionKey> of(std::span<const Definition> used) const;

 private:
  struct Node {
    std::string name;
    Uses uses;
  };
  using Names = std::map<std::string, std::set<DefinitionKey>, std::less<>>;
  void add_users(const DefinitionKey& key, const std::string& name, std::set<DefinitionKey>& out,
                 std::vector<DefinitionKey>& open) const;
  std::set<DefinitionKey> closed(std::set<DefinitionKey> out, std::vector<DefinitionKey> open, Through through) const;

  std::map<DefinitionKey, Node> nodes_;
  Names of_words_, of_segments_;
};

}  // namespace tessera::language
