// The clock: what a server holds back of it is taken, and a record that is ahead of it is set back.
#include <filesystem>

#include "cli/command.hpp"
#include "core/json.hpp"
#include "profiles/set_back.hpp"
#include "server/site.hpp"
#include "store/log.hpp"
#include "store/record.hpp"

namespace tessera::cli {

namespace {

constexpr Option kBackOptions[] = {
    {"--to", "TIME", "Up to when the clock was right (default: now)"},
    {"--log", "FOLDER", "The log beside the record (default: the record's name with .log behind it)"}};

Result<int> run_accept(const Context& context, const Arguments&) {
  server::Service* const server = context.world.server();
  if (!server)
    return usage("a clock is held back by a running server",
                 try_command("clock accept").on("http://127.0.0.1:8080").note("its address"));
  const Instant now = TRY(server->engine.accept_clock());
  auto record = TRY(context.world.open_record(store::OpenMode::MustExist));
  TRY(record->audit(now, "cli", "clock accepted", text_of(now)));
  if (context.format == Format::Json)
    context.print(Json::object().set("now", text_of(now)).dump(2));
  else
    context.print(fmt::format("the log follows the clock: {}", text_of(now)));
  return 0;
}

// What the log has beyond the record would bring the time back that is taken away here.
Result<void> check_log(store::Record& record, const std::string& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder, ignored) || std::filesystem::is_empty(folder, ignored)) return {};
  const auto offset =
      TRY(record.connection().integer("SELECT coalesce(max(log_offset), 0) FROM tessera.applied")).value_or(0);
  const auto log = TRY(store::Log::open(folder));
  if (log->end() <= static_cast<uint64_t>(offset)) return {};
  return fail(fmt::format("the log ends at {}, and the record is at {}: it has not taken everything in yet", log->end(),
                          offset),
              folder, try_command("serve").note("takes it in; then stop it, and set back"));
}

Result<int> run_back(const Context& context, const Arguments& given) {
  const Instant now = context.clock.now();
  const Instant to = TRY(given.instant("to")).value_or(now);
  if (to > now) return usage(fmt::format("{} has not come yet", text_of(to)), try_again().without("--to"));
  auto record = TRY(context.world.open_record(store::OpenMode::MustExist));
  TRY(check_log(*record, given.text("log").value_or(context.store + ".log")));
  const profiles::SetBack done = TRY(profiles::set_back(*record, to, now));
  if (context.format == Format::Json)
    context.print(Json::object()
                      .set("from", text_of(done.newest))
                      .set("to", text_of(to))
                      .set("entries", done.entries)
                      .set("events", done.events)
                      .set("changes", done.changes)
                      .dump(2));
  else
    context.print(fmt::format("set back from {} to {}: {} entries, {} events, {} changes", text_of(done.newest),
                              text_of(to), done.entries, done.events, done.changes));
  return 0;
}

}  // namespace

std::span<const Command> clock_rows() {
  static const Command kRows[] = {
      {"clock accept",
       "Follow the clock over a jump that a server holds back",
       {},
       run_accept,
       Remote::There,
       Needs::Admin},
      {"clock back", "Set a record back that is ahead of the clock; its server is stopped", kBackOptions, run_back,
       Remote::Never, Needs::Open, "a running server's time does not go back"}};
  return kRows;
}

}  // namespace tessera::cli
