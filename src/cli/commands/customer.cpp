// One customer: who it is, in which segments, why, since when, and when time alone changes that.
#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "core/text.hpp"
#include "language/needs.hpp"
#include "profiles/customer_summary.hpp"
#include "profiles/load.hpp"
#include "profiles/people.hpp"
#include "profiles/ruling.hpp"
#include "segment/outlook.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"ID", "ID", "A customer: a public id, any identifier, or as in email:ann@shop.com", Takes::One, true},
    {"--zone", "ZONE", "Zone of the times in the text, such as Europe/Berlin (default: UTC)"},
    {"--identified", "", "Show the identifiers; logged", Takes::Flag},
};

std::string who_text(const profiles::Acquaintance& who, bool identified, Instant at, const Zone& zone) {
  std::string out = fmt::format("{} as of {} ({})\n", plain_line(who.customer), spoken(at, zone), zone.name());
  uint64_t events = 0;
  for (const auto& [event, count] : who.events) events += count;
  out += fmt::format("known by {}\n", profiles::kinds_text(who));
  if (identified)
    for (const auto& [kind, values] : who.known_by)
      for (const std::string& value : values)
        out += fmt::format("  {}: {}\n", profiles::word_of(kind), plain_line(value));
  if (who.first)
    out += fmt::format("{} event{}, from {} to {} ({})\n", events, events == 1 ? "" : "s", spoken(*who.first, zone),
                       spoken(*who.last, zone), plain_line(who.last_event));
  else
    out += "no event\n";
  return out;
}

Result<int> run_customer(const Context& context, const Arguments& given) {
  if (context.format == Format::Csv) return usage("tessera customer has no form as csv", "--format json");
  const bool identified = given.has("identified");
  const Zone zone = TRY(Zone::named(given.text("zone").value_or("UTC")));
  const std::string id = *given.text("ID");
  const Instant known_at = context.known_at.value_or(kNever);
  auto session = TRY(open_session(context, identified ? store::OpenMode::MustExist : store::OpenMode::ReadOnly));
  const auto checked = language::check(session.applied, session.schema);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, ""));
  const auto history =
      TRY(profiles::load(*session.record, language::needs_of(checked.program, session.schema), known_at));
  const Instant at = as_of(context, history);
  const auto who =
      TRY(profiles::acquaintance(session.record->connection(), session.record->pseudonym_key(), id, at, known_at));
  const auto index = who ? history.find_customer(who->customer) : std::nullopt;
  if (!index) return std::unexpected(TRY(profiles::nobody(session.record->connection(), id)));
  if (identified) TRY(session.record->audit(context.clock.now(), "cli", "customer --identified", who->customer));
  const auto found = TRY(segment::outlook(checked.program, history, *index, at, known_at));
  if (context.format == Format::Json) {
    Json out = profiles::to_json(*who, identified);
    const Json more = segment::to_json(found);
    for (const auto& [name, value] : *more.as_object()) out.set(name, value);
    context.print(out.dump(2));
  } else {
    context.print(who_text(*who, identified, at, zone) + segment::text_of(found, zone));
  }
  return 0;
}

}  // namespace

const Command& customer_command() {
  static const Command kCommand{"customer", "One customer: segments, why, since when, and what time alone changes",
                                kOptions, run_customer, Remote::There};
  return kCommand;
}

}  // namespace tessera::cli
