// The zone of a record: by whose calendar the times of events are read.
#include "cli/command.hpp"
#include "core/json.hpp"
#include "store/record_zone.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"ZONE", "ZONE", "The zone from now on, such as Europe/Berlin; leave it out to see which it is"}};

Result<int> run_zone(const Context& context, const Arguments& given) {
  const auto name = given.text("ZONE");
  auto record = TRY(context.world.open_record(name ? store::OpenMode::MustExist : store::OpenMode::ReadOnly));
  if (name && context.world.server())
    return usage("a server reads times by the zone that the record had when it was started",
                 "stop it, set the zone with --store FILE, and start it again");
  if (name) TRY(store::set_zone(*record, TRY(Zone::named(*name)), context.clock.now()));
  const std::string zone = TRY(store::zone_of_record(record->connection()));
  if (context.format == Format::Json)
    context.print(Json::object().set("zone", zone.empty() ? "UTC" : zone).set("is_set", !zone.empty()).dump(2));
  else
    context.print(zone.empty() ? "UTC" : zone);
  return 0;
}

}  // namespace

std::span<const Command> zone_rows() {
  static const Command kRows[] = {{"zone",
                                   "By whose calendar $hour, $weekday, $month and $day are read, for the record",
                                   kOptions, run_zone, Remote::There, Needs::Write}};
  return kRows;
}

}  // namespace tessera::cli
