#include "workspace/open.hpp"

#include "language/applied.hpp"
#include "language/parse.hpp"
#include "profiles/schema.hpp"

namespace tessera::workspace {

namespace {

// Those of `more` take the place of their like.
void put(std::vector<language::Definition>& into, std::vector<language::Definition> more) {
  for (language::Definition& one : more) {
    std::erase_if(into, [&](const auto& old) { return old.kind == one.kind && old.slug == one.slug; });
    into.push_back(std::move(one));
  }
}

}  // namespace

std::vector<language::Definition> Workspace::known() const {
  std::vector<language::Definition> out = in_force;
  put(out, beside);
  return out;
}

Result<Workspace> open(Holder& holder, const Clock& clock, const Look& look, store::OpenMode mode) {
  Workspace out{.holder = &holder, .clock = &clock, .look = look};
  out.record = TRY(holder.open_record(mode));
  out.schema = language::schema_of(TRY(profiles::list_events(out.connection(), profiles::Counting::No)));
  out.in_force = TRY(language::applied_definitions(out.connection(), out.known_at()));
  return out;
}

Result<Workspace> open_if_any(Holder& holder, const Clock& clock, const Look& look) {
  if (holder.has_record()) return open(holder, clock, look);
  return Workspace{.holder = &holder, .clock = &clock, .look = look};
}

Result<std::string> lay_beside(Workspace& workspace, const std::string& text, std::string_view name) {
  auto parsed = language::parse_definitions(text);
  if (!parsed.ok()) return std::unexpected(language::error_of(parsed.diagnostics, text, name));
  put(workspace.beside, std::move(parsed.definitions));
  return language::render(parsed.diagnostics, text, name);
}

}  // namespace tessera::workspace
