#include "store/definitions.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tessera::store {

namespace {

Result<std::vector<StoredDefinition>> read(Connection& connection, const std::string& where,
                                           std::initializer_list<Value> values) {
  auto answer =
      TRY(connection.query("SELECT d.kind, d.slug, d.name, d.text, d.version, d.entry, e.learnt, d.removed "
                           "FROM tessera.definition d JOIN tessera.entry e ON e.id = d.entry " +
                               where + " ORDER BY d.kind, d.slug, d.version",
                           values));
  std::vector<StoredDefinition> all;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row)
      all.push_back({.kind = chunk->column(0).values<uint8_t>()[row],
                     .slug = std::string(chunk->column(1).text(row)),
                     .name = std::string(chunk->column(2).text(row)),
                     .text = std::string(chunk->column(3).text(row)),
                     .version = chunk->column(4).values<uint32_t>()[row],
                     .entry = chunk->column(5).values<uint64_t>()[row],
                     .learnt = instant_of_stored(chunk->column(6).values<int64_t>()[row]),
                     .is_removed = chunk->column(7).values<bool>()[row]});
  return all;
}

Result<void> insert(Connection& connection, const StoredDefinition& d) {
  TRY(connection.run("INSERT INTO tessera.definition VALUES (?, ?, ?, ?, ?, ?, ?)",
                     {uint64_t{d.kind}, std::string_view(d.slug), std::string_view(d.name), std::string_view(d.text),
                      uint64_t{d.version}, d.entry, d.is_removed}));
  return {};
}

// The last version there ever was, removed or not; version 0 where there is none.
Result<StoredDefinition> last_version(Connection& connection, uint8_t kind, const std::string& slug) {
  auto history = TRY(definition_history(connection, kind, slug));
  if (history.empty()) return StoredDefinition{};
  return std::move(history.back());
}

}  // namespace

Result<std::vector<StoredDefinition>> definition_history(Connection& connection, uint8_t kind,
                                                         const std::string& slug) {
  return read(connection, "WHERE d.kind = ? AND d.slug = ?", {uint64_t{kind}, std::string_view(slug)});
}

Result<std::vector<StoredDefinition>> definitions(Connection& connection, Instant known_at) {
  auto versions = TRY(read(connection, "WHERE e.learnt <= ?", {known_at}));
  std::vector<StoredDefinition> in_force;
  for (size_t i = 0; i < versions.size(); ++i) {
    const bool is_last = i + 1 == versions.size() || versions[i + 1].kind != versions[i].kind ||
                         versions[i + 1].slug != versions[i].slug;
    if (is_last && !versions[i].is_removed) in_force.push_back(std::move(versions[i]));
  }
  return in_force;
}

Result<std::vector<DefinitionChange>> apply_definitions(Record& record, const std::vector<NewDefinition>& definitions,
                                                        std::string source, Instant learnt) {
  Connection& connection = record.connection();
  auto transaction = TRY(Transaction::begin(connection));
  auto changes = TRY(write_definitions(connection, definitions, std::move(source), learnt));
  if (std::ranges::any_of(changes, [](DefinitionChange change) { return change != DefinitionChange::Same; }))
    TRY(transaction.commit());
  return changes;
}

Result<std::vector<DefinitionChange>> write_definitions(Connection& connection,
                                                        const std::vector<NewDefinition>& definitions,
                                                        std::string source, Instant learnt) {
  Entry entry = TRY(next_entry(connection, "definitions", learnt));
  entry.source = std::move(source);
  TRY(append_entry(connection, entry));
  std::vector<DefinitionChange> changes;
  for (const NewDefinition& wanted : definitions) {
    const StoredDefinition last = TRY(last_version(connection, wanted.kind, wanted.slug));
    const bool is_there = last.version > 0 && !last.is_removed;
    if (is_there && last.text == wanted.text && last.name == wanted.name) {
      changes.push_back(DefinitionChange::Same);
      continue;
    }
    changes.push_back(is_there ? DefinitionChange::Changed : DefinitionChange::Added);
    TRY(insert(connection, {.kind = wanted.kind,
                            .slug = wanted.slug,
                            .name = wanted.name,
                            .text = wanted.text,
                            .version = last.version + 1,
                            .entry = entry.id}));
  }
  return changes;
}

Result<void> remove_definition(Record& record, uint8_t kind, const std::string& slug, Instant learnt) {
  auto transaction = TRY(Transaction::begin(record.connection()));
  TRY(write_removal(record.connection(), kind, slug, learnt));
  return transaction.commit();
}

Result<void> write_removal(Connection& connection, uint8_t kind, const std::string& slug, Instant learnt) {
  StoredDefinition last = TRY(last_version(connection, kind, slug));
  if (last.version == 0 || last.is_removed) {
    std::vector<std::string> known;
    for (const StoredDefinition& each : TRY(definitions(connection)))
      if (each.kind == kind) known.push_back(each.slug);
    const auto nearest = nearest_name(slug, known);
    return fail(fmt::format("there is no definition '{}'", slug), {},
                nearest ? fmt::format("did you mean '{}'?", *nearest) : "");
  }
  Entry entry = TRY(next_entry(connection, "definitions", learnt));
  entry.source = "removal of " + slug;
  last.version += 1;
  last.entry = entry.id;
  last.is_removed = true;
  TRY(append_entry(connection, entry));
  return insert(connection, last);
}

}  // namespace tessera::store
