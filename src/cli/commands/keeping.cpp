// The commands that keep the record: backup, restore, doctor.
#include "cli/commands.hpp"
#include "core/json.hpp"
#include "profiles/doctor.hpp"
#include "store/backup.hpp"
#include "store/record.hpp"

namespace tessera::cli {

namespace {

constexpr Option kBackupOptions[] = {{"FILE", "FILE", "The copy to make; must not exist", Takes::One, true}};
constexpr Option kRestoreOptions[] = {
    {"FILE", "FILE", "The backup; --store names the record to make", Takes::One, true}};

void print_outcome(const Context& context, const store::BackupOutcome& outcome, const std::string& made) {
  if (context.format == Format::Json)
    context.print(Json::object().set("file", made).set("bytes", outcome.bytes).set("entries", outcome.entries).dump(2));
  else
    context.print(fmt::format("{}: {} bytes, {} entries", made, outcome.bytes, outcome.entries));
}

Result<int> run_backup(const Context& context, const Arguments& given) {
  const std::string to = *given.text("FILE");
  auto record = TRY(store::Record::open(context.store, store::OpenMode::MustExist, context.clock));
  print_outcome(context, TRY(store::backup(*record, to, context.clock, context.progress)), to);
  return 0;
}

Result<int> run_restore(const Context& context, const Arguments& given) {
  const auto outcome = TRY(store::restore(*given.text("FILE"), context.store, context.clock, context.progress));
  print_outcome(context, outcome, context.store);
  return 0;
}

Result<int> run_doctor(const Context& context, const Arguments&) {
  auto record = TRY(store::Record::open(context.store, store::OpenMode::ReadOnly, context.clock));
  const auto findings = TRY(profiles::examine(*record));
  context.print(context.format == Format::Json ? profiles::json_of(findings).dump(2) : profiles::text_of(findings));
  return profiles::has_problems(findings) ? 1 : 0;
}

}  // namespace

const Command& backup_command() {
  static const Command kCommand{"backup", "Write a whole copy of the record to a new file", kBackupOptions, run_backup};
  return kCommand;
}

const Command& restore_command() {
  static const Command kCommand{"restore", "Make the record from a backup", kRestoreOptions, run_restore};
  return kCommand;
}

const Command& doctor_command() {
  static const Command kCommand{"doctor", "Examine the record: is it whole, and is there room", {}, run_doctor};
  return kCommand;
}

}  // namespace tessera::cli
