#include "workspace/holder.hpp"

namespace tessera::workspace {

bool FileHolder::has_record() {
  std::error_code error;
  return std::filesystem::exists(path_, error);
}

Result<std::shared_ptr<store::Record>> FileHolder::open_record(store::OpenMode mode) {
  auto record = store::Record::open(path_, mode, clock_);
  // A newer program brings the tables up to date, step by step, each wholly or not at all.
  if (!record && mode == store::OpenMode::ReadOnly && store::Record::is_of_older_version(path_)) {
    TRY(store::Record::open(path_, store::OpenMode::MustExist, clock_));
    note_(fmt::format("note: {} was brought up to this version; older programs cannot read it any more\n", path_));
    record = store::Record::open(path_, mode, clock_);
  }
  return TRY(std::move(record));
}

}  // namespace tessera::workspace
