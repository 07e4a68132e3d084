#include "store/definitions.hpp"

#include <algorithm>
#include <map>
#include <span>

#include "core/text.hpp"

namespace tessera::store {

namespace {

Result<std::vector<StoredDefinition>> read(Connection& connection, const std::string& rest,
                                           std::initializer_list<Value> values) {
  auto answer =
      TRY(connection.query("SELECT d.kind, d.slug, d.name, d.text, d.version, d.entry, e.learnt, d.removed, d.settled "
                           "FROM tessera.definition d JOIN tessera.entry e ON e.id = d.entry " +
                               rest,
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
                     .is_removed = chunk->column(7).values<bool>()[row],
                     .settled = chunk->column(8).is_null(row) ? "" : std::string(chunk->column(8).text(row))});
  return all;
}

constexpr const char* kBySlug = " ORDER BY d.kind, d.slug, d.version";

using Key = std::pair<uint8_t, std::string>;

// The last versions there ever were, removed or not, of these or of all.
Result<std::map<Key, StoredDefinition>> last_versions(Connection& connection, std::span<const Key> of) {
  constexpr size_t kFew = 8;  // asked one by one
  std::map<Key, StoredDefinition> out;
  const auto take = [&](std::vector<StoredDefinition> versions) {
    for (StoredDefinition& version : versions) {
      const Key key(version.kind, version.slug);
      out.insert_or_assign(key, std::move(version));
    }
  };
  if (of.size() > kFew) {
    take(TRY(read(connection, kBySlug, {})));
    return out;
  }
  for (const auto& [kind, slug] : of) take(TRY(definition_history(connection, kind, slug)));
  return out;
}

Result<void> insert(Connection& connection, std::span<const StoredDefinition> definitions) {
  const std::vector<std::string> columns = {"kind", "slug", "name", "text", "version", "entry", "removed", "settled"};
  auto writer = TRY(Writer::open(connection, "tessera", "definition", columns));
  for (size_t from = 0; from < definitions.size(); from += Writer::kRows) {
    const auto block = definitions.subspan(from, std::min(Writer::kRows, definitions.size() - from));
    for (size_t row = 0; row < block.size(); ++row) {
      const StoredDefinition& one = block[row];
      writer.values<uint8_t>(0)[row] = one.kind;
      writer.values<StoredText>(1)[row] = StoredText::of(one.slug);
      writer.values<StoredText>(2)[row] = StoredText::of(one.name);
      writer.values<StoredText>(3)[row] = StoredText::of(one.text);
      writer.values<uint32_t>(4)[row] = one.version;
      writer.values<uint64_t>(5)[row] = one.entry;
      writer.values<bool>(6)[row] = one.is_removed;
      if (one.settled.empty())
        writer.set_null(7, row);
      else
        writer.values<StoredText>(7)[row] = StoredText::of(one.settled);
    }
    TRY(writer.put(block.size()));
  }
  return writer.finish();
}

}  // namespace

Result<std::vector<StoredDefinition>> definition_history(Connection& connection, uint8_t kind,
                                                         const std::string& slug) {
  return read(connection, std::string("WHERE d.kind = ? AND d.slug = ?") + kBySlug,
              {uint64_t{kind}, std::string_view(slug)});
}

Result<std::vector<StoredDefinition>> all_versions(Connection& connection) {
  return read(connection, " ORDER BY d.entry, d.kind, d.slug", {});
}

Result<std::vector<KnownThen>> known_when_settling_began(Connection& connection) {
  auto answer = TRY(
      connection.query("SELECT event, system, coalesce(property, ''), coalesce(type, 0)::UTINYINT, coalesce(is_list, "
                       "false) FROM tessera.known_then"));
  std::vector<KnownThen> out;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row)
      out.push_back({.event = std::string(chunk->column(0).text(row)),
                     .system = chunk->column(1).values<uint8_t>()[row],
                     .property = std::string(chunk->column(2).text(row)),
                     .type = chunk->column(3).values<uint8_t>()[row],
                     .is_list = chunk->column(4).values<bool>()[row]});
  return out;
}

Result<std::vector<StoredDefinition>> definitions(Connection& connection, Instant known_at) {
  auto versions = TRY(read(connection, std::string("WHERE e.learnt <= ?") + kBySlug, {known_at}));
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
  std::vector<Key> keys;
  for (const NewDefinition& wanted : definitions) keys.emplace_back(wanted.kind, wanted.slug);
  auto known = TRY(last_versions(connection, keys));
  std::vector<DefinitionChange> changes;
  std::vector<StoredDefinition> rows;
  for (const NewDefinition& wanted : definitions) {
    StoredDefinition& last = known[{wanted.kind, wanted.slug}];
    const bool is_there = last.version > 0 && !last.is_removed;
    if (is_there && last.text == wanted.text && last.name == wanted.name) {
      changes.push_back(DefinitionChange::Same);
      continue;
    }
    changes.push_back(is_there ? DefinitionChange::Changed : DefinitionChange::Added);
    last = {.kind = wanted.kind,
            .slug = wanted.slug,
            .name = wanted.name,
            .text = wanted.text,
            .version = last.version + 1,
            .entry = entry.id,
            .settled = wanted.settled};
    rows.push_back(last);
  }
  TRY(insert(connection, rows));
  return changes;
}

Result<void> write_settled(Connection& connection, const std::vector<NewDefinition>& definitions) {
  if (definitions.empty()) return {};
  std::vector<Key> keys;
  for (const NewDefinition& one : definitions) keys.emplace_back(one.kind, one.slug);
  auto known = TRY(last_versions(connection, keys));
  TRY(
      connection.run("CREATE OR REPLACE TEMP TABLE resettled(kind UTINYINT, slug VARCHAR, version UINTEGER, "
                     "settled VARCHAR)"));
  const std::vector<std::string> columns = {"kind", "slug", "version", "settled"};
  auto writer = TRY(Writer::open(connection, "temp", "resettled", columns));
  for (const NewDefinition& one : definitions) {
    writer.values<uint8_t>(0)[0] = one.kind;
    writer.values<StoredText>(1)[0] = StoredText::of(one.slug);
    writer.values<uint32_t>(2)[0] = known[{one.kind, one.slug}].version;
    writer.values<StoredText>(3)[0] = StoredText::of(one.settled);
    TRY(writer.put(1));
  }
  TRY(writer.finish());
  TRY(connection.run(
      "UPDATE tessera.definition AS d SET settled = r.settled FROM temp.resettled r WHERE d.kind = r.kind AND "
      "d.slug = r.slug AND d.version = r.version"));
  return {};
}

Result<void> remove_definition(Record& record, uint8_t kind, const std::string& slug, Instant learnt) {
  auto transaction = TRY(Transaction::begin(record.connection()));
  TRY(write_removal(record.connection(), kind, slug, learnt));
  return transaction.commit();
}

Result<void> write_removal(Connection& connection, uint8_t kind, const std::string& slug, Instant learnt) {
  const Key key(kind, slug);
  StoredDefinition last = TRY(last_versions(connection, {&key, 1}))[key];
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
  return insert(connection, {&last, 1});
}

}  // namespace tessera::store
