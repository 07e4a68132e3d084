// The commands that keep the record: backup, restore, doctor.
#include "cli/command.hpp"
#include "cli/table.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "profiles/doctor.hpp"
#include "server/live_doctor.hpp"
#include "store/backup.hpp"
#include "store/keystore_moves.hpp"
#include "store/record.hpp"
#include "workspace/apply.hpp"
#include "workspace/open.hpp"

namespace tessera::cli {

namespace {

constexpr Option kBackupOptions[] = {
    {"FILE", "FILE", "The copy to make; must not exist", Takes::One, true, Means::NewFile}};
constexpr Option kRestoreOptions[] = {
    {"FILE", "FILE", "The backup; --store names the record to make", Takes::One, true}};

void print_outcome(const Context& context, const store::BackupOutcome& outcome, const std::string& made) {
  if (context.format == Format::Json)
    context.print(Json::object().set("file", made).set("bytes", outcome.bytes).set("entries", outcome.entries).dump(2));
  else
    context.print(fmt::format("{}: {} bytes, {} entries", made, outcome.bytes, outcome.entries));
}

// Made beside the server's record, and then sent: a slow line holds nothing up.
Result<int> backup_there(const Context& context, server::Service& server, const std::string& to) {
  const std::string made = server.record.path() + ".backup-" + hex_of(secret_bytes(4));
  const auto outcome =
      TRY(store::backup_while_written(server.record, made, context.clock, context.progress,
                                      [&](const auto& run) { return server.engine.while_still(run); }));
  TRY(context.world.hand_over(made, to));
  TRY(context.world.hand_over(store::Keystore::path_of(made), store::Keystore::path_of(to)));
  print_outcome(context, outcome, to);
  return 0;
}

Result<int> run_backup(const Context& context, const Arguments& given) {
  const std::string to = *given.text("FILE");
  if (server::Service* const server = context.world.server()) return backup_there(context, *server, to);
  const auto record = TRY(context.world.open_record(store::OpenMode::MustExist));
  print_outcome(context, TRY(store::backup(*record, to, context.clock, context.progress)), to);
  return 0;
}

Result<int> run_restore(const Context& context, const Arguments& given) {
  const auto outcome = TRY(store::restore(*given.text("FILE"), context.store, context.clock, context.progress));
  print_outcome(context, outcome, context.store);
  if (!outcome.has_keystore)
    context.note(fmt::format(
        "the keystore ({}) did not come with it: nothing is recorded and no webhook is sent until it is brought, or "
        "given up: {}",
        store::Keystore::path_of(*given.text("FILE")), try_command("keystore new").text(context.given_store)));
  return 0;
}

Result<int> run_new_keystore(const Context& context, const Arguments&) {
  TRY(store::replace_lost_keystore(context.store));
  context.note(
      "made: webhooks are disabled until each is rotated, pseudonyms are other ones from now on, and those who refused to "
      "be recorded are not known any more");
  return 0;
}

// Facts cannot break a definition, but one may be of another version, or beyond what may be written today.
profiles::Finding definitions_finding(const Context& context, const std::shared_ptr<store::Record>& record) {
  profiles::Finding out{.check = "definitions in force can be run"};
  const auto workspace = workspace::open_on(record, context.world.holder(), context.clock, {});
  if (!workspace) return {profiles::Severity::Problem, out.check, workspace.error().message, workspace.error().remedy};
  const auto runnable = workspace::runnable_in_force(*workspace);
  out.found = fmt::format("{} in force", workspace->in_force.size() + workspace->unreadable.size());
  if (runnable.aside.empty()) return out;
  std::vector<std::string> words;
  for (const auto& one : runnable.aside)
    words.push_back(fmt::format("{} '{}': {}", workspace::word(one.kind), one.name, one.why));
  return profiles::Finding{
      profiles::Severity::Problem, out.check, "set aside: " + join(words, "; "),
      try_command("segments apply").blank("FILE.tsl").note("with another definition, or remove it")};
}

constexpr std::string_view kSeverities[] = {"fine", "notice", "problem"};

std::string table_of(const std::vector<profiles::Finding>& findings, const Context& context) {
  std::vector<ListRow> rows;
  for (const profiles::Finding& each : findings)
    rows.push_back({std::string(kSeverities[static_cast<size_t>(each.severity)]), each.check, each.found,
                    each.remedy.empty() ? std::nullopt : std::optional(each.remedy.text(context.given_store))});
  return render_list({{"severity"}, {"check"}, {"found"}, {"remedy"}}, rows, context.format);
}

Result<int> run_doctor(const Context& context, const Arguments&) {
  auto record = TRY(context.world.open_record(store::OpenMode::ReadOnly));
  auto findings = TRY(profiles::examine(*record));
  findings.push_back(definitions_finding(context, record));
  if (server::Service* const server = context.world.server())
    for (auto& finding : server::live_findings(*server)) findings.push_back(std::move(finding));
  if (context.format == Format::Csv)
    context.print(table_of(findings, context));
  else
    context.print(context.format == Format::Json ? profiles::json_of(findings).dump(2)
                                                 : profiles::text_of(findings, context.given_store));
  return profiles::has_problems(findings) ? 1 : 0;
}

}  // namespace

std::span<const Command> keeping_rows() {
  static const Command kRows[] = {
      {"backup", "Write a whole copy of the record to a new file, also of a running server's", kBackupOptions,
       run_backup, Remote::There, Needs::Admin},
      {"keystore new",
       "Give up a keystore that is lost: the record gets a new one",
       {},
       run_new_keystore,
       Remote::Never,
       Needs::Open,
       "it is about a record whose server cannot start"},
      {"restore", "Make the record from a backup", kRestoreOptions, run_restore, Remote::Never, Needs::Open,
       "it makes a record where there is none"},
      {"doctor",
       "Examine the record: is it whole, and is there room; of a server also: does it keep up",
       {},
       run_doctor,
       Remote::There,
       Needs::Identified}};
  return kRows;
}

}  // namespace tessera::cli
