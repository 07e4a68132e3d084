#include "language/users.hpp"

#include <vector>

namespace tessera::language {

void Users::put(const Definition& definition) {
  const DefinitionKey key = key_of(definition);
  take(key);
  Node node{.name = definition.name, .uses = uses_by_kind(definition)};
  for (const std::string& word : node.uses.words) of_words_[word].insert(key);
  for (const std::string& segment : node.uses.segments) of_segments_[segment].insert(key);
  nodes_.emplace(key, std::move(node));
}

void Users::take(const DefinitionKey& key) {
  const auto node = nodes_.find(key);
  if (node == nodes_.end()) return;
  for (const std::string& word : node->second.uses.words) of_words_[word].erase(key);
  for (const std::string& segment : node->second.uses.segments) of_segments_[segment].erase(key);
  nodes_.erase(node);
}

void Users::add_users(const DefinitionKey& key, const std::string& name, std::set<DefinitionKey>& out,
                      std::vector<DefinitionKey>& open) const {
  const Names& names = key.first == DefinitionKind::Segment ? of_segments_ : of_words_;
  for (const std::string* by : {&name, &key.second})
    if (const auto found = names.find(*by); found != names.end())
      for (const DefinitionKey& user : found->second)
        if (out.insert(user).second) open.push_back(user);
}

std::set<DefinitionKey> Users::closed(std::set<DefinitionKey> out, std::vector<DefinitionKey> open,
                                      Through through) const {
  while (!open.empty()) {
    const DefinitionKey key = std::move(open.back());
    open.pop_back();
    if (through == Through::NotAliases && key.first == DefinitionKind::Event) continue;
    const auto node = nodes_.find(key);
    add_users(key, node == nodes_.end() ? key.second : node->second.name, out, open);
  }
  return out;
}

std::set<DefinitionKey> Users::of(const std::set<DefinitionKey>& used, Through through) const {
  return closed({}, {used.begin(), used.end()}, through);
}

std::set<DefinitionKey> Users::of(std::span<const Definition> used) const {
  std::set<DefinitionKey> out;
  std::vector<DefinitionKey> open;
  for (const Definition& one : used) {
    add_users(key_of(one), one.name, out, open);
    open.push_back(key_of(one));  // by the name it has now, too
  }
  return closed(std::move(out), std::move(open), Through::All);
}

}  // namespace tessera::language
