// The definitions that were applied to a record, as trees: the record keeps texts, and what each was settled with.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "language/check.hpp"
#include "language/schema.hpp"
#include "language/tree.hpp"
#include "store/database.hpp"
#include "store/definitions.hpp"

namespace tessera::language {

// One that this version cannot read: another one wrote it, or it is damaged.
struct Unreadable {
  DefinitionKind kind = DefinitionKind::Segment;
  std::string slug, name, text, why;
  uint32_t version = 0;
};
struct Applied {
  std::vector<Definition> definitions;  // settled
  std::vector<Unreadable> unreadable;
};

// Those in force at `known_at`, by kind and slug.
Result<Applied> applied_definitions(store::Connection& connection, Instant known_at = kNever);

// A stored version as a tree; its `settled` is null where it was applied before that was kept: then settle_old().
Result<Definition> definition_of(const store::StoredDefinition& stored);
// What such definitions are settled with.
Result<Schema> schema_when_settling_began(store::Connection& connection);

// What a definition is settled with as text; empty: nothing.
std::string text_of_settled(const Definition& definition);
Result<Settled> parse_settled(std::string_view text);

// As the record takes them.
std::vector<store::NewDefinition> to_store(std::span<const Definition> definitions);

}  // namespace tessera::language
