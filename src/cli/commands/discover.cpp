#include "discover/discover.hpp"

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "discover/run_archive.hpp"
#include "language/needs.hpp"
#include "privacy/audit.hpp"
#include "privacy/classes.hpp"
#include "profiles/load.hpp"
#include "profiles/schema.hpp"
#include "report/report.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"--min-size", "N", "Fewest customers of a micro-segment (default: 100)"},
    {"--segments", "N", "How many micro-segments, or auto (default: auto)"},
    {"--features", "FILE", "Your own features: lets in the segment language", Takes::One, false, Means::Input},
    {"--active", "DURATION", "Active is who did something in so long (default: 365d)"},
    {"--goal", "GOAL", "What the segments are for: value, repeat, retention, or an expression about one customer"},
    {"--horizon", "DURATION", "The days a goal speaks of, and that are hidden to judge the segments (default: 90d)"},
    {"--no-hiding", "", "Do not judge a second discovery on hidden days: half the time", Takes::Flag},
    {"--zone", "ZONE", "Zone of the hours and days of the week (default: as the imports said)"},
    {"--allow", "PROPERTY", "Use a property classed as sensitive, by name", Takes::Many},
    {"--anew", "", "Where there are no natural groups, do not hold on to those of the run before", Takes::Flag},
    {"--no-keep", "", "Do not keep this run in the record", Takes::Flag},
    {"--keep-unwanted", "", "Do not leave out bots, staff and test users", Takes::Flag},
    {"--out", "DIR", "Write report.html, segments.tsl and discovery.json", Takes::One, false, Means::Folder},
    {"--labels", "FILE", "Write customer,segment_id of the clustering", Takes::One, false, Means::Output},
};

// "auto" or a count.
Result<std::optional<size_t>> segment_count(const Arguments& given) {
  if (given.text("segments").value_or("auto") == "auto") return std::nullopt;
  const auto count = TRY(given.whole("segments", 1, 1000));
  return static_cast<size_t>(*count);
}

// Hours mean something where every import knew its zone, or the user says which it is.
Result<std::optional<Zone>> zone_of(store::Connection& connection, const Arguments& given) {
  if (const auto name = given.text("zone")) {
    if (*name == "none") return std::nullopt;
    return TRY(Zone::named(*name));
  }
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
      if (std::find(allowed.begin(), allowed.end(), one.property) == allowed.end()) out.push_back(one.property);
    }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// The record is opened anew, to be written: others may have read it all the while, and where it cannot be written the
// discovery is none the worse.
void keep(const Context& context, const discover::Keeping& keeping, const discover::Options& options,
          discover::Discovery& found) {
  const auto kept = [&]() -> Result<uint64_t> {
    const auto record = TRY(context.world.open_record(store::OpenMode::MustExist));
    return keeping.keep(record->connection(), found, options, context.clock.now());
  }();
  if (kept)
    found.run = *kept;
  else
    context.note(fmt::format("note: this run is not kept, so that no later one finds its groups again: {}",
                             kept.error().text()));
}

Result<int> run_discover(const Context& context, const Arguments& given) {
  discover::Options options;
  options.as_of = context.as_of;
  options.seed = context.seed.value_or(1);
  options.keep_unwanted = given.has("keep-unwanted");
  options.segments = TRY(segment_count(given));
  if (const auto least = TRY(given.whole("min-size", 1, INT32_MAX))) options.min_size = static_cast<size_t>(*least);
  if (const auto active = TRY(given.duration("active"))) options.active = *active;
  if (const auto horizon = TRY(given.duration("horizon"))) options.horizon = *horizon;
  if (options.horizon <= Duration{0})
    return usage("--horizon is a time above nought", "--horizon 90d, or --no-hiding to hide nothing");
  options.goal = given.text("goal").value_or("");
  options.hides = !given.has("no-hiding");
  options.anew = given.has("anew");
  if (const auto file = given.text("features")) {
    options.features = TRY(context.world.read(*file));
    options.features_name = *file;
  }
  const auto allowed = given.all("allow");
  // Allowing a sensitive property is written down, so the record must be writable then.
  auto record =
      TRY(context.world.open_record(allowed.empty() ? store::OpenMode::ReadOnly : store::OpenMode::MustExist));
  for (const std::string& property : allowed)
    TRY(record->audit(context.clock.now(), "cli", "discover --allow", property));
  options.pseudonym_key = record->pseudonym_key();
  options.zone = TRY(zone_of(record->connection(), given));
  const auto events = TRY(profiles::list_events(record->connection(), profiles::Counting::No));
  context.progress.step("reading the record", 0, 0);
  const auto history = TRY(profiles::load(*record, {}, context.known_at.value_or(kNever)));
  if (const auto parts = features::recognise(history))
    options.withheld = withheld(events, parts->words.industry, allowed);
  options.allowed = {allowed.begin(), allowed.end()};
  const auto keeping = TRY(discover::Keeping::begin(record->connection(), history, options));
  options.before = &keeping.before();
  record.reset();
  auto found = TRY(discover::discover(history, language::schema_of(events), options, context.progress));
  if (!given.has("no-keep")) keep(context, keeping, options, found);
  if (const auto out = given.text("out"))
    for (const auto& [name, text] : report::report_files(found))
      TRY(context.world.write((std::filesystem::path(*out) / name).string(), text));
  if (const auto labels = given.text("labels")) TRY(context.world.write(*labels, report::labels_csv(history, found)));
  context.progress.finish();
  context.print(context.format == Format::Json ? report::to_json(found).dump(2) : report::text_of(found));
  if (const auto out = given.text("out"); out && context.format == Format::Text)
    context.print(fmt::format("Report: {}\n", (std::filesystem::path(*out) / "report.html").string()));
  if (found.run && context.format == Format::Text)
    context.print(
        fmt::format("Kept as run {0}; to see what it would change: tessera adopt {0} --dry-run\n", *found.run));
  return 0;
}

}  // namespace

const Command& discover_command() {
  static const Command kCommand{"discover", "Find the natural micro-segments and explain them", kOptions, run_discover,
                                Remote::There};
  return kCommand;
}

}  // namespace tessera::cli
