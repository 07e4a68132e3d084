#include "workspace/discover.hpp"

#include <algorithm>

#include "discover/run_archive.hpp"
#include "features/event_roles.hpp"
#include "features/extent.hpp"
#include "language/record_schema.hpp"
#include "privacy/classes.hpp"
#include "profiles/schema.hpp"
#include "store/record_zone.hpp"
#include "workspace/amounts.hpp"
#include "workspace/moment.hpp"

namespace tessera::workspace {

namespace {

// Hours mean something where every import knew its zone, or the user says which it is, now or once for the record.
Result<std::optional<Zone>> zone_of(store::Connection& connection, const std::optional<std::string>& name) {
  if (name) {
    if (*name == "none") return std::nullopt;
    return TRY(Zone::named(*name));
  }
  if (const std::string zone = TRY(store::zone_of_record(connection)); !zone.empty()) return TRY(Zone::named(zone));
  const auto unknown = TRY(connection.integer(
      "SELECT count(*) FROM tessera.entry WHERE kind = 'import' AND json_extract(detail, '$.zone_known') = 'false'"));
  if (unknown.value_or(0) > 0) return std::nullopt;
  return Zone::utc();
}

// Properties whose class keeps them out of segments in this industry, unless allowed by name.
std::vector<std::string> withheld(const std::vector<profiles::EventListing>& events, std::string_view industry,
                                  const std::vector<std::string>& allowed) {
  std::vector<std::string> out;
  for (const auto& event : events)
    for (const auto& one : event.properties) {
      const auto kind = privacy::class_named(one.property_class);
      if (!kind || privacy::allowed_in_discovery(*kind, industry)) continue;
      if (std::ranges::find(allowed, one.property) == allowed.end()) out.push_back(one.property);
    }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// What it is found in, read at one moment.
struct Reading {
  discover::Options options;
  std::vector<profiles::EventListing> events;
  profiles::History history;
  discover::Keeping keeping;
  Moment moment;
  language::Schema schema;  // of the record
};

Result<Reading> read(Holder& holder, const Clock& clock, const DiscoveryWish& wish, std::string_view by,
                     Progress& progress) {
  // Allowing a sensitive property is written down, so the record must be writable then.
  const auto record =
      TRY(holder.open_record(wish.allow.empty() ? store::OpenMode::ReadOnly : store::OpenMode::MustExist));
  store::Connection& connection = record->connection();
  for (const std::string& property : wish.allow) TRY(record->audit(clock.now(), by, "discover --allow", property));
  discover::Options options = wish.options;
  const Moment moment =
      TRY(moment_of(holder, clock, wish.look.as_of, wish.look.from, wish.look.known_at.value_or(kNever), connection));
  if (!moment.is_usual) options.as_of = moment.at;
  options.today = clock.now();
  options.pseudonym_key = record->pseudonym_key();
  options.zone = TRY(zone_of(connection, wish.zone));
  auto events = TRY(profiles::list_events(connection, profiles::Counting::No));
  progress.step("reading the record", 0, 0);
  const std::string texts[] = {options.features, options.goal};
  auto history = TRY(load_to_report(connection, wish.look.known_at.value_or(kNever), {}, texts));
  // Just after the newest event, but not after now.
  if (!options.as_of && features::extent_of(history).newest > clock.now()) options.as_of = moment.at;
  if (const auto parts = features::recognise_any(history))
    options.withheld = withheld(events, parts->words.industry, wish.allow);
  options.allowed = wish.allow;
  auto keeping = TRY(discover::Keeping::begin(connection, history, options));
  language::Schema schema = TRY(language::schema_of_record(connection));
  return Reading{std::move(options), std::move(events), std::move(history), std::move(keeping), moment,
                 std::move(schema)};
}

// The record is opened anew, to be written: others may have read it all the while.
Result<uint64_t> keep(Holder& holder, const Clock& clock, const Reading& reading, const discover::Discovery& found) {
  const auto record = TRY(holder.open_record(store::OpenMode::MustExist));
  return reading.keeping.keep(record->connection(), found, reading.options, clock.now());
}

}  // namespace

Result<Discovered> discover(Holder& holder, const Clock& clock, const DiscoveryWish& wish, std::string_view by,
                            Progress& progress) {
  Reading reading = TRY(read(holder, clock, wish, by, progress));
  reading.options.before = &reading.keeping.before();
  Discovered out{.moment = reading.moment};
  out.found = TRY(discover::discover(reading.history, language::schema_of(reading.events), reading.options, progress));
  out.found.tsl = with_currency(std::move(out.found.tsl), reading.schema);
  if (wish.keep) {
    if (const auto kept = keep(holder, clock, reading, out.found))
      out.found.run = *kept;
    else
      out.not_kept = kept.error().text();
  }
  out.history = std::move(reading.history);
  return out;
}

}  // namespace tessera::workspace
