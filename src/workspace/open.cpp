#include "workspace/open.hpp"

#include <map>

#include "language/other_types.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "language/record_schema.hpp"
#include "profiles/currencies.hpp"
#include "segment/runnable.hpp"

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
  return open_on(TRY(holder.open_record(mode)), holder, clock, look);
}

Result<Workspace> open_on(std::shared_ptr<store::Record> record, Holder& holder, const Clock& clock, const Look& look) {
  Workspace out{.holder = &holder, .clock = &clock, .look = look, .moment = {}, .record = std::move(record)};
  out.moment = TRY(moment_of(holder, clock, look.as_of, look.from, out.known_at(), out.connection()));
  out.schema = TRY(language::schema_of_record(out.connection()));
  if (look.zone) out.schema.zone = *look.zone;
  if (look.currency) out.schema.asked_currency = *look.currency;
  auto applied = TRY(language::applied_definitions(out.connection(), out.known_at()));
  out.in_force = std::move(applied.definitions);
  out.unreadable = std::move(applied.unreadable);
  return out;
}

Result<Workspace> open_if_any(Holder& holder, const Clock& clock, const Look& look) {
  if (holder.has_record()) return open(holder, clock, look);
  return Workspace{
      .holder = &holder, .clock = &clock, .look = look, .moment = {look.as_of.value_or(clock.now())}, .record = {}};
}

RunnableInForce runnable_in_force(const Workspace& workspace) {
  segment::Runnable runnable = segment::runnable(workspace.in_force, workspace.schema);
  RunnableInForce out{.program = std::move(runnable.program), .aside = {}};
  for (const language::SetAside& one : runnable.aside) {
    const language::Definition& definition = workspace.in_force[one.given];
    out.aside.push_back({definition.kind, definition.slug, definition.name, language::print(definition), one.why});
  }
  for (const language::Unreadable& one : workspace.unreadable)
    out.aside.push_back({one.kind, one.slug, one.name, one.text, one.why});
  return out;
}

Result<std::vector<std::vector<OtherValues>>> other_values(const Workspace& workspace,
                                                           const language::Program& program) {
  const auto types = language::other_types(program, workspace.schema);
  const auto tables = TRY(profiles::EventTables::read(workspace.connection()));
  std::map<language::OtherType, uint64_t> counted;
  std::optional<profiles::MoneyBook> book;
  std::vector<std::vector<OtherValues>> out;
  for (const auto& of : types) {
    auto& values = out.emplace_back();
    for (const language::OtherType& type : of) {
      const auto [at, is_new] = counted.try_emplace(type);
      if (is_new && !type.currency.empty() && !book) book = TRY(profiles::money_book(workspace.connection()));
      if (is_new)
        at->second =
            TRY(language::count_unread(workspace.connection(), tables, type, book.value_or(profiles::MoneyBook{})));
      if (at->second > 0) values.push_back({language::text_of(type), std::string(language::came_as(type)), at->second});
    }
  }
  return out;
}

Result<std::string> lay_beside(Workspace& workspace, const std::string& text, std::string_view name) {
  auto parsed = language::parse_definitions(text);
  if (!parsed.ok()) return std::unexpected(language::error_of(parsed.diagnostics, text, name));
  segment::settle_as_known(parsed.definitions, workspace.in_force);
  put(workspace.beside, std::move(parsed.definitions));
  return language::render(parsed.diagnostics, text, name);
}

}  // namespace tessera::workspace
