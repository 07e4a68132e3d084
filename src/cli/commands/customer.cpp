// One customer: who it is, in which segments, why, since when, and when time alone changes that.
#include "cli/asking.hpp"
#include "core/text.hpp"
#include "profiles/people.hpp"
#include "profiles/ruling.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    kTheCustomer,
    {"--zone", "ZONE",
     "Zone of the times in the text, and of $hour, $weekday, $month and $day, such as Europe/Berlin (default: the "
     "record's, else UTC)"},
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
  if (context.format == Format::Csv)
    return usage("tessera customer has no form as csv", try_again().option("--format", "json"));
  const bool identified = given.has("identified");
  const std::string id = *given.text("ID");
  auto workspace =
      TRY(open_to_ask(context, given, identified ? store::OpenMode::MustExist : store::OpenMode::ReadOnly));
  const Zone zone = TRY(zone_of_times(workspace));
  const auto found = TRY(workspace::look_at(workspace, id));
  if (!found) return std::unexpected(TRY(profiles::nobody(workspace.connection(), id)));
  note_nothing_since(context, found->nothing_since);
  if (identified)
    TRY(workspace.record->audit(context.clock.now(), context.caller.who, "customer --identified",
                                profiles::report_pseudonym(workspace.record->pseudonym_key(), found->who.customer)));
  if (context.format == Format::Json)
    context.print(workspace::to_json(*found, identified).dump(2));
  else
    context.print(who_text(found->who, identified, found->moment.at, zone) +
                  segment::text_of(found->outlook, zone, context.given_store));
  return 0;
}

}  // namespace

std::span<const Command> customer_rows() {
  static const Command kRows[] = {{"customer",
                                   "One customer: segments, why, since when, and what time alone changes",
                                   kOptions,
                                   run_customer,
                                   Remote::There,
                                   Needs::Identified,
                                   {},
                                   Looks::FromAnInstant}};
  return kRows;
}

}  // namespace tessera::cli
