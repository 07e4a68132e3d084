// The definitions of segments, scores, lets and event aliases, as texts with versions. A version is never changed or
// lost: applying a changed text adds one, removing adds one that says so. Every apply is one entry of the log, so that
// "which version was in force at T" has an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "store/record.hpp"

namespace tessera::store {

struct StoredDefinition {
  uint8_t kind = 0;  // as segment::DefinitionKind
  std::string slug;  // with the kind, the definition's identity
  std::string name, text;
  uint32_t version = 0;  // 1, 2, 3, ...
  uint64_t entry = 0;
  Instant learnt = kEver;  // when it was applied
  bool is_removed = false;
  std::string
      settled{};  // what it found by its names then (JSON, language/lookup.hpp); empty: applied before that was kept
};

struct NewDefinition {
  uint8_t kind = 0;
  std::string slug, name, text;
  std::string settled{};  // empty where the text is that of before: as it was
};

enum class DefinitionChange { Added, Changed, Same, Removed };

// What became of each, in their order. All of them or none; nothing is written where all are the same as before.
Result<std::vector<DefinitionChange>> apply_definitions(Record& record, const std::vector<NewDefinition>& definitions,
                                                        std::string source, Instant learnt);
// The same in the transaction at hand, as part of an entry of its own.
Result<std::vector<DefinitionChange>> write_definitions(Connection& connection,
                                                        const std::vector<NewDefinition>& definitions,
                                                        std::string source, Instant learnt);
Result<void> write_removal(Connection& connection, uint8_t kind, const std::string& slug, Instant learnt);
// Of versions in force: what they found by names that they had not looked up before. In the transaction at hand.
Result<void> write_settled(Connection& connection, const std::vector<NewDefinition>& definitions);
// Error where there is none of that name; it names the nearest.
Result<void> remove_definition(Record& record, uint8_t kind, const std::string& slug, Instant learnt);

// Those in force at `known_at`, by kind and slug.
Result<std::vector<StoredDefinition>> definitions(Connection& connection, Instant known_at = kNever);
// Every version of all, removed ones too, in the order in which they were applied.
Result<std::vector<StoredDefinition>> all_versions(Connection& connection);
// What the record knew when definitions began to be settled (migration 7): one row a property of an event, one without a
// property for an event that had none. Those applied before are read with it.
struct KnownThen {
  std::string event;
  uint8_t system = 0;
  std::string property;
  uint8_t type = 0;
  bool is_list = false;
};
Result<std::vector<KnownThen>> known_when_settling_began(Connection& connection);
// Every version of one, oldest first.
Result<std::vector<StoredDefinition>> definition_history(Connection& connection, uint8_t kind, const std::string& slug);

}  // namespace tessera::store
