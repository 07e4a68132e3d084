// The definitions in force and how they came to be: of each segment, since when it has meant what it means now. It
// means something else when its own text, or that of a let, a score or a segment that it uses, has changed.
//
// One that cannot be run is in force and set aside: it has no members, is named with the reason, and can be replaced or
// removed. Nothing else depends on it but what uses it, which is set aside too.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "fold/fold.hpp"
#include "language/applied.hpp"
#include "language/schema.hpp"
#include "language/users.hpp"
#include "segment/runnable.hpp"
#include "store/definitions.hpp"

namespace tessera::fold {

// In force, and not run.
struct Aside {
  language::DefinitionKind kind = language::DefinitionKind::Segment;
  std::string slug, name, text, why;
  uint32_t version = 1;
  Instant since = kEver;  // of a segment: when it came to mean what it means
};

class InForce {
 public:
  // From all versions in the record: each is read once, and what is in force at the end is compiled once.
  static Result<InForce> read(store::Connection& connection, const language::Schema& schema);

  // With these added or replaced, or one removed, at an instant. Errors have every diagnostic with its place.
  struct Changed;
  Result<Changed> with(std::string_view text, const language::Schema& schema, Instant at) const;
  Result<Changed> without(std::string_view slug, const language::Schema& schema, Instant at) const;
  // What was accepted before, whatever the record has learnt since.
  Changed with(segment::Accepted accepted, const language::Schema& schema, Instant at) const;
  Result<segment::Accepted> accept(std::string_view text, const language::Schema& schema) const;
  // Error: none goes by this id, or others need it.
  Result<void> may_go(std::string_view slug, const language::Schema& schema) const;

  const Definitions& definitions() const { return definitions_; }
  const std::vector<language::Definition>& all() const { return all_; }  // as written, aliases too
  const std::vector<Aside>& aside() const { return aside_; }             // by kind and slug

 private:
  using Key = language::DefinitionKey;
  void put(std::vector<language::Definition> definitions);
  void take(const std::set<Key>& keys);
  void count_since(const std::set<Key>& changed, Instant at);
  void settle(const language::Schema& schema);
  Result<std::set<Key>> keys_of(std::string_view slug) const;

  std::vector<language::Definition> all_;
  language::Users users_;
  std::map<Key, language::Unreadable> unreadable_;
  std::map<Key, uint32_t> versions_;  // the last there was, removed ones too
  std::map<std::string, Instant> since_;
  std::vector<Aside> aside_;
  Definitions definitions_;
};

struct InForce::Changed {
  InForce now;
  std::vector<store::NewDefinition> written;    // to be recorded
  std::vector<store::NewDefinition> resettled;  // likewise, without a new version
  std::vector<std::pair<uint8_t, std::string>> removed;
  std::set<std::string> touched;  // segments that may have other members, by id
  std::string warnings;
};

}  // namespace tessera::fold
