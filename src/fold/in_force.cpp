#include "fold/in_force.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "language/check.hpp"
#include "language/diagnostic.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"

namespace tessera::fold {

using language::Definition;
using language::DefinitionKind;

namespace {

void put(std::vector<Definition>& all, Definition definition) {
  std::erase_if(all, [&](const auto& old) { return old.kind == definition.kind && old.slug == definition.slug; });
  all.push_back(std::move(definition));
}

}  // namespace

// The program of all_, and what of it means something else than before.
Result<void> InForce::settle(const language::Schema& schema, Instant at) {
  auto checked = language::check(all_, schema);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, language::print(all_)));
  definitions_ = {.program = std::move(checked.program), .segments = {}};
  std::map<std::string, std::string> meanings;
  for (const Definition& definition : all_) {
    if (definition.kind != DefinitionKind::Segment) continue;
    // The checker gives a definition with all it uses, aliases replaced.
    const auto alone = language::check({definition}, schema, all_);
    std::string meaning = language::print(alone.program.definitions);
    const auto before = meanings_.find(definition.slug);
    if (before == meanings_.end() || before->second != meaning) since_[definition.slug] = at;
    meanings.emplace(definition.slug, std::move(meaning));
    definitions_.segments.push_back(
        {.slug = definition.slug,
         .name = definition.name,
         .version = std::max(1u, versions_[{static_cast<uint8_t>(definition.kind), definition.slug}]),
         .since = since_[definition.slug]});
  }
  meanings_ = std::move(meanings);
  return {};
}

Result<InForce> InForce::read(store::Connection& connection, const language::Schema& schema) {
  auto answer = TRY(connection.query(
      "SELECT d.kind, d.slug, d.text, d.version, d.removed, e.learnt, d.entry FROM tessera.definition d JOIN "
      "tessera.entry e ON e.id = d.entry ORDER BY d.entry, d.kind, d.slug"));
  InForce out;
  std::optional<uint64_t> entry;
  Instant learnt;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const uint64_t of = chunk->column(6).values<uint64_t>()[row];
      if (entry && of != *entry) TRY(out.settle(schema, learnt));
      entry = of;
      learnt = store::instant_of_stored(chunk->column(5).values<int64_t>()[row]);
      const uint8_t kind = chunk->column(0).values<uint8_t>()[row];
      const std::string slug(chunk->column(1).text(row));
      out.versions_[{kind, slug}] = chunk->column(3).values<uint32_t>()[row];
      if (chunk->column(4).values<bool>()[row]) {
        std::erase_if(out.all_,
                      [&](const auto& old) { return static_cast<uint8_t>(old.kind) == kind && old.slug == slug; });
        continue;
      }
      const std::string text(chunk->column(2).text(row));
      auto parsed = language::parse_definitions(text);
      if (!parsed.ok())
        return fail(fmt::format("the applied definition '{}' cannot be read by this version:\n{}", slug,
                                language::render(parsed.diagnostics, text)),
                    {}, try_command("doctor"));
      for (Definition& definition : parsed.definitions) put(out.all_, std::move(definition));
    }
  if (entry) TRY(out.settle(schema, learnt));
  return out;
}

Result<InForce::Changed> InForce::with(std::string_view text, const language::Schema& schema, Instant at) const {
  auto parsed = language::parse_definitions(text);
  if (!parsed.ok()) return std::unexpected(language::error_of(parsed.diagnostics, text));
  const auto checked = language::check(parsed.definitions, schema, all_);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, text));
  Changed out{.now = *this, .written = {}, .removed = {}, .warnings = language::render(checked.diagnostics, text)};
  for (Definition& definition : parsed.definitions) {
    const auto kind = static_cast<uint8_t>(definition.kind);
    out.written.push_back({kind, definition.slug, definition.name, language::print(definition)});
    const auto same = std::ranges::find_if(all_, [&](const Definition& old) {
      return old.kind == definition.kind && old.slug == definition.slug &&
             language::print(old) == language::print(definition);
    });
    if (same == all_.end()) ++out.now.versions_[{kind, definition.slug}];
    put(out.now.all_, std::move(definition));
  }
  TRY(out.now.settle(schema, at));
  return out;
}

Result<InForce::Changed> InForce::without(std::string_view slug, const language::Schema& schema, Instant at) const {
  Changed out{.now = *this, .written = {}, .removed = {}, .warnings = {}};
  std::vector<std::string> known;
  for (const Definition& definition : all_) {
    known.push_back(definition.slug);
    if (definition.slug != slug) continue;
    const auto kind = static_cast<uint8_t>(definition.kind);
    out.removed.emplace_back(kind, definition.slug);
    ++out.now.versions_[{kind, definition.slug}];
  }
  if (out.removed.empty()) {
    const auto nearest = nearest_name(slug, known);
    return fail(fmt::format("there is no definition '{}'", slug), {},
                nearest ? fmt::format("did you mean '{}'?", *nearest) : "");
  }
  std::erase_if(out.now.all_, [&](const auto& old) { return old.slug == slug; });
  if (auto settled = out.now.settle(schema, at); !settled)
    return fail(fmt::format("'{}' cannot be removed: others use it\n{}", slug, settled.error().message));
  return out;
}

}  // namespace tessera::fold
