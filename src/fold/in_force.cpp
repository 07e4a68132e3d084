#include "fold/in_force.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "language/print.hpp"

namespace tessera::fold {

using language::Definition;
using language::DefinitionKind;
using language::key_of;

// In the place of their like, else behind all others: an edit moves nothing of what is laid out by segments. (A start has
// those of one entry by kind and id, as the record does: who is in them is the same.)
void InForce::put(std::vector<Definition> definitions) {
  std::map<Key, size_t> places;
  for (size_t place = 0; place < all_.size(); ++place) places.emplace(key_of(all_[place]), place);
  for (Definition& one : definitions) {
    const Key key = key_of(one);
    users_.put(one);
    unreadable_.erase(key);
    if (const auto known = places.find(key); known != places.end())
      all_[known->second] = std::move(one);
    else
      all_.push_back(std::move(one));
  }
}

void InForce::take(const std::set<Key>& keys) {
  std::erase_if(all_, [&](const Definition& old) { return keys.contains(key_of(old)); });
  for (const Key& key : keys) {
    users_.take(key);
    unreadable_.erase(key);
  }
}

// What an alias of events stands for is no part of what a segment says.
void InForce::count_since(const std::set<Key>& changed, Instant at) {
  std::set<Key> seeds;
  for (const Key& key : changed) {
    if (key.first != DefinitionKind::Event) seeds.insert(key);
    if (key.first == DefinitionKind::Segment) since_[key.second] = at;
  }
  for (const Key& key : users_.of(seeds, language::Users::Through::NotAliases))
    if (key.first == DefinitionKind::Segment) since_[key.second] = at;
}

// The program of all_, and what cannot be run.
void InForce::settle(const language::Schema& schema) {
  segment::Runnable runnable = segment::runnable(all_, schema);
  definitions_ = {.program = std::move(runnable.program), .segments = {}, .plan = std::move(runnable.plan)};
  const auto version_of = [&](const Key& key) { return std::max(1u, versions_[key]); };
  for (const Definition& definition : definitions_.program.definitions)
    if (definition.kind == DefinitionKind::Segment)
      definitions_.segments.push_back({.slug = definition.slug,
                                       .name = definition.name,
                                       .version = version_of(key_of(definition)),
                                       .since = since_[definition.slug]});
  aside_.clear();
  for (const language::SetAside& one : runnable.aside) {
    const Definition& definition = all_[one.given];
    aside_.push_back({.kind = definition.kind,
                      .slug = definition.slug,
                      .name = definition.name,
                      .text = language::print(definition),
                      .why = one.why,
                      .version = version_of(key_of(definition)),
                      .since = since_[definition.slug]});
  }
  for (const auto& [key, one] : unreadable_)
    aside_.push_back({one.kind, one.slug, one.name, one.text, one.why, version_of(key), since_[one.slug]});
  std::ranges::sort(aside_, {}, [](const Aside& one) { return std::pair(one.kind, one.slug); });
}

Result<InForce> InForce::read(store::Connection& connection, const language::Schema& schema) {
  InForce out;
  std::map<Key, std::pair<size_t, Definition>> last;  // with their places, as put() gives them
  std::set<Key> changed;
  std::optional<store::StoredDefinition> before;
  size_t next = 0;
  for (store::StoredDefinition& stored : TRY(store::all_versions(connection))) {
    if (before && before->entry != stored.entry) out.count_since(std::exchange(changed, {}), before->learnt);
    const Key key(static_cast<DefinitionKind>(stored.kind), stored.slug);
    changed.insert(key);
    out.versions_[key] = stored.version;
    out.unreadable_.erase(key);
    if (stored.is_removed) {
      last.erase(key);
      out.users_.take(key);
    } else if (auto definition = language::definition_of(stored)) {
      out.users_.put(*definition);
      const auto known = last.find(key);
      const size_t place = known != last.end() ? known->second.first : next++;
      last.insert_or_assign(key, std::pair(place, std::move(*definition)));
    } else {
      last.erase(key);
      out.users_.take(key);
      out.unreadable_[key] = {key.first,     stored.slug, stored.name, stored.text, definition.error().message,
                              stored.version};
    }
    before = std::move(stored);
  }
  if (before) out.count_since(changed, before->learnt);
  out.all_.resize(next);
  for (auto& [key, one] : last) out.all_[one.first] = std::move(one.second);
  std::erase_if(out.all_, [](const Definition& one) { return one.slug.empty() && one.name.empty(); });  // removed since
  language::settle_old(out.all_, TRY(language::schema_when_settling_began(connection)));
  out.settle(schema);
  return out;
}

Result<segment::Accepted> InForce::accept(std::string_view text, const language::Schema& schema) const {
  return segment::accept(text, schema, all_, users_);
}

InForce::Changed InForce::with(segment::Accepted accepted, const language::Schema& schema, Instant at) const {
  Changed out{.now = *this, .written = language::to_store(accepted.definitions), .warnings = accepted.warnings};
  std::map<Key, const Definition*> before;
  for (const Definition& one : all_) before.emplace(key_of(one), &one);
  std::set<Key> changed;
  for (const Definition& definition : accepted.definitions) {
    const Key key = key_of(definition);
    const auto same = before.find(key);
    if (same != before.end() && language::print(*same->second) == language::print(definition)) continue;
    ++out.now.versions_[key];
    changed.insert(key);
  }
  out.now.put(std::move(accepted.definitions));
  std::map<Key, language::Settled> resettled;
  for (const Definition& other : accepted.resettled) resettled.emplace(key_of(other), other.settled);
  for (Definition& own : out.now.all_)
    if (const auto found = resettled.find(key_of(own)); found != resettled.end()) own.settled = found->second;
  out.resettled = language::to_store(accepted.resettled);
  for (const language::Users* const users : {&users_, static_cast<const language::Users*>(&out.now.users_)})
    for (const Key& key : users->of(changed))
      if (key.first == DefinitionKind::Segment) out.touched.insert(key.second);
  for (const Key& key : changed)
    if (key.first == DefinitionKind::Segment) out.touched.insert(key.second);
  // Those that were set aside may be right again.
  for (const Aside& one : aside_)
    if (one.kind == DefinitionKind::Segment) out.touched.insert(one.slug);
  out.now.count_since(changed, at);
  out.now.settle(schema);
  return out;
}

Result<InForce::Changed> InForce::with(std::string_view text, const language::Schema& schema, Instant at) const {
  return with(TRY(accept(text, schema)), schema, at);
}

Result<std::set<InForce::Key>> InForce::keys_of(std::string_view slug) const {
  std::set<Key> out;
  std::vector<std::string> known;
  const auto look_at = [&](const Key& key) {
    known.push_back(key.second);
    if (key.second == slug) out.insert(key);
  };
  for (const Definition& definition : all_) look_at(key_of(definition));
  for (const auto& [key, one] : unreadable_) look_at(key);
  if (!out.empty()) return out;
  const auto nearest = nearest_name(slug, known);
  return fail(fmt::format("there is no definition '{}'", slug), {},
              nearest ? fmt::format("did you mean '{}'?", *nearest) : "");
}

Result<void> InForce::may_go(std::string_view slug, const language::Schema& schema) const {
  TRY(keys_of(slug));
  if (auto others = segment::may_go(slug, schema, all_, users_); !others)
    return fail(fmt::format("'{}' cannot be removed: others use it\n{}", slug, others.error().message));
  return {};
}

Result<InForce::Changed> InForce::without(std::string_view slug, const language::Schema& schema, Instant at) const {
  TRY(may_go(slug, schema));
  Changed out{.now = *this};
  const std::set<Key> gone = TRY(keys_of(slug));
  for (const Key& key : gone) {
    out.removed.emplace_back(static_cast<uint8_t>(key.first), key.second);
    ++out.now.versions_[key];
  }
  out.now.take(gone);
  for (const Key& key : users_.of(gone))
    if (key.first == DefinitionKind::Segment) out.touched.insert(key.second);
  out.now.count_since(gone, at);
  out.now.settle(schema);
  return out;
}

}  // namespace tessera::fold
