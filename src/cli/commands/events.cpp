// The names of events: which there are, and taking junk away.
#include "cli/command.hpp"
#include "cli/table.hpp"
#include "core/json.hpp"
#include "workspace/event_names.hpp"

namespace tessera::cli {

namespace {

constexpr Option kRare{"--rare", "", "Only those that came when the record had tables for 1000 names already",
                       Takes::Flag};
constexpr Option kListOptions[] = {kRare, {"--limit", "N", "At most so many (default: 100)"}};
constexpr Option kDropOptions[] = {{"NAME", "NAME", "Events to take away, with all their rows", Takes::Many},
                                   kRare,
                                   {"--fewer-than", "N", "Only those with fewer rows"},
                                   {"--yes", "", "Do it; without it nothing is changed", Takes::Flag}};

constexpr std::string_view kNever = "a running server has the events in memory, so it is stopped first";

std::vector<ListRow> rows_of(std::span<const profiles::EventListing> events) {
  std::vector<ListRow> rows;
  for (const profiles::EventListing& event : events) {
    const bool has_time = event.from <= event.to;
    rows.push_back({event.event, std::to_string(event.rows), std::to_string(event.properties.size()), event.table,
                    has_time ? text_of(event.from) : "", has_time ? text_of(event.to) : ""});
  }
  return rows;
}

void show(const Context& context, std::span<const profiles::EventListing> events) {
  context.print(render_list({{"event"}, {"rows", true}, {"properties", true}, {"table"}, {"first"}, {"last"}},
                            rows_of(events), context.format));
}

Result<int> run_list(const Context& context, const Arguments& given) {
  const int64_t limit = TRY(given.whole("limit", 1, INT32_MAX)).value_or(100);
  const auto workspace = TRY(workspace::open(context.world.holder(), context.clock));
  const auto events =
      TRY(workspace::events_of(workspace, {.names = {}, .rare_only = given.has("rare"), .fewer_than = {}}));
  show(context, std::span(events).first(std::min(events.size(), static_cast<size_t>(limit))));
  return 0;
}

Result<int> run_drop(const Context& context, const Arguments& given) {
  const auto fewer = TRY(given.whole("fewer-than", 1, INT64_MAX));
  workspace::EventsWish wish{.names = given.all("NAME"), .rare_only = given.has("rare"), .fewer_than = {}};
  if (fewer) wish.fewer_than = static_cast<uint64_t>(*fewer);
  if (wish.names.empty() && !wish.rare_only)
    return usage("which events?", try_again().blank("NAME").note("or --rare, all that have no table of their own"));
  auto workspace = TRY(workspace::open(context.world.holder(), context.clock, {}, store::OpenMode::MustExist));
  const auto events = TRY(workspace::events_of(workspace, wish));
  if (!given.has("yes")) {
    show(context, events);
    context.note(fmt::format("nothing was changed; with --yes {} events go", events.size()));
    return 0;
  }
  const uint64_t rows = TRY(workspace::drop_events(workspace, events));
  context.note(fmt::format("{} events are gone, with {} rows", events.size(), rows));
  return 0;
}

}  // namespace

std::span<const Command> events_rows() {
  static const Command kRows[] = {
      {"events list", "The names of events that the record has, those with the most rows first", kListOptions, run_list,
       Remote::There, Needs::Read},
      {"events drop", "Take events away with all their rows: names that somebody poured in", kDropOptions, run_drop,
       Remote::Never, Needs::Open, kNever}};
  return kRows;
}

}  // namespace tessera::cli
