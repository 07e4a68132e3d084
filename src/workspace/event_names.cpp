#include "workspace/event_names.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "language/check.hpp"
#include "language/needs.hpp"
#include "profiles/tables.hpp"
#include "store/record.hpp"

namespace tessera::workspace {

namespace {

using profiles::EventListing;

constexpr size_t kNamed = 5;  // events in a message

// Of each definition in force the events that it looks at.
Result<void> refuse_what_is_looked_at(const Workspace& workspace, const std::vector<EventListing>& events) {
  const language::Checked checked = language::check(workspace.in_force, workspace.schema);
  if (!checked.ok())
    return fail("the definitions in force cannot be read, so nobody can say what they look at", {},
                try_command("segments list"));
  for (size_t d = 0; d < checked.program.definitions.size(); ++d) {
    const language::Definition& definition = checked.program.definitions[d];
    const auto looked_at = language::events_looked_at(checked.program, d);
    const auto found = std::ranges::find_if(
        events, [&](const EventListing& event) { return !looked_at || looked_at->contains(event.event); });
    if (found == events.end()) continue;
    return fail(fmt::format("'{}' looks at {}: who is in it would change without a change in the feed", definition.name,
                            looked_at ? fmt::format("\"{}\"", found->event) : "any event"),
                {}, "remove or edit it first, and apply it again afterwards");
  }
  return {};
}

}  // namespace

Result<std::vector<EventListing>> events_of(const Workspace& workspace, const EventsWish& wish) {
  auto events = TRY(profiles::list_events(workspace.connection(), profiles::Counting::Yes));
  std::erase_if(events, [](const EventListing& event) { return event.system != profiles::SystemStream::None; });
  for (const std::string& name : wish.names)
    if (std::ranges::find(events, name, &EventListing::event) == events.end()) {
      std::vector<std::string> known;
      for (const EventListing& event : events) known.push_back(event.event);
      const auto near = nearest_name(name, known);
      return fail(
          fmt::format("the record has no event '{}'{}", name, near ? fmt::format("; did you mean '{}'?", *near) : ""),
          {}, try_command("events list").note("shows those it has"));
    }
  std::erase_if(events, [&](const EventListing& event) {
    const bool is_named = wish.names.empty() || std::ranges::find(wish.names, event.event) != wish.names.end();
    return !is_named || (wish.rare_only && !event.is_rare) || (wish.fewer_than && event.rows >= *wish.fewer_than);
  });
  std::ranges::stable_sort(events, std::greater(), &EventListing::rows);
  return events;
}

Result<uint64_t> drop_events(Workspace& workspace, const std::vector<EventListing>& events) {
  TRY(refuse_what_is_looked_at(workspace, events));
  store::Connection& connection = workspace.connection();
  auto transaction = TRY(store::Transaction::begin(connection));
  auto tables = TRY(profiles::EventTables::read(connection));
  uint64_t rows = 0;
  for (const EventListing& event : events) rows += TRY(tables.drop(connection, event.event));
  TRY(tables.refresh_views(connection));
  TRY(transaction.commit());
  std::vector<std::string> named;
  for (size_t i = 0; i < std::min(events.size(), kNamed); ++i) named.push_back(events[i].event);
  TRY(workspace.record->audit(workspace.clock->now(), "cli", "events drop",
                              fmt::format("{} events, {} rows: {}{}", events.size(), rows, join(named, ", "),
                                          events.size() > kNamed ? ", ..." : "")));
  return rows;
}

}  // namespace tessera::workspace
