// Pages into the record, each in one transaction with the offset of the log it goes up to; and everything the fold
// needs back out of the record when the server starts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fold/fold.hpp"
#include "fold/in_force.hpp"
#include "language/other_types.hpp"
#include "live/log_clock.hpp"
#include "live/log_reader.hpp"
#include "profiles/tables.hpp"
#include "store/record.hpp"

namespace tessera::live {

// What the readers of the log have for the record, of the entries since the page before.
struct RecordPage {
  uint64_t until_offset = 0;     // of the log: everything before is in this page or an earlier one
  Instant learnt_until = kEver;  // of the last entry
  std::vector<WritePage> parts{};
};

class Recorder {
 public:
  // `classify` is called in the transaction of a page that brought new columns. REQUIRES: the record outlives it.
  static Result<std::unique_ptr<Recorder>> open(store::Record& record,
                                                std::function<Result<void>(store::Connection&)> classify);

  // All of it or nothing.
  Result<void> write(RecordPage& page);
  // The last write() failed for want of memory while it was committed. What DuckDB 1.4 had put into its tables by then it
  // does not take out whole: later rows have texts that run into others. So this instance is to be left as it is, and
  // nothing more of it written; the file and its log have what was committed.
  bool is_half_committed() const { return is_half_committed_; }
  // The fold's part, in the transaction that is open. With `changed`: definitions, as an entry of their own behind the
  // page's rows.
  Result<void> write_fold(const fold::Page& page, const fold::InForce::Changed* changed);

  // --- the way back
  struct Applied {
    uint64_t offset = 0;
    Instant at = kEver;  // of the last entry, whether of the log or of an import
    profiles::Seq next_seq = 0;
  };
  Result<Applied> applied();
  // Identities, links, histories, messages of late: all but what follows from them.
  Result<void> fill(fold::Fold& fold, Instant remembered_from);
  Result<std::vector<Instant>> begins();
  // Whether its time was set back, and the feed has not said yet what comes of that; who was in what as it said last.
  Result<bool> is_to_be_restated();
  Result<std::vector<fold::Fold::Said>> said();
  Result<void> note_restated();
  Result<std::optional<LogClock::Known>> clock();  // nullopt: it was never written
  // The log that the record has followed, by store::LogIdentity::id; `id` empty: none yet, or a version of before did.
  struct FollowedLog {
    std::string id;
    bool may_be_missing = false;  // the record was restored from a backup
  };
  Result<FollowedLog> followed_log();
  Result<void> follow_log(const std::string& id);  // empty: none any more
  Result<std::unique_ptr<fold::Memory>> memory(fold::Wanted wanted);
  Result<language::Schema> schema();
  // How many values of this kind the record has. Counted once for each offset that the record is at.
  Result<uint64_t> count(const language::OtherType& type, uint64_t recorded_until);
  Result<std::optional<feed::ChangeId>> find_change(const fold::Flip& like, const fold::SegmentVersion& segment);
  Result<std::optional<feed::ChangeId>> last_change();
  // Changes behind `after` (all without), ascending, at most `limit`.
  Result<std::vector<feed::Change>> changes_after(std::optional<feed::ChangeId> after, size_t limit);
  store::Connection& connection() { return connection_; }

 private:
  explicit Recorder(store::Connection connection) : connection_(std::move(connection)) {}
  Result<void> write_identities(const fold::Page& page);
  Result<void> write_rows(const fold::Page& page);
  Result<void> write_links(const fold::Page& page, uint64_t entry);
  Result<void> write_rejects(const fold::Page& page, uint64_t entry);
  Result<void> write_flips(const fold::Page& page);

  store::Connection connection_;
  std::string key_;
  std::function<Result<void>(store::Connection&)> classify_;
  bool is_half_committed_ = false;
  profiles::EventTables tables_;
  std::map<language::OtherType, uint64_t> counted_;
  uint64_t counted_at_ = 0;
  std::optional<profiles::MoneyBook> book_;  // by which was counted
};

}  // namespace tessera::live
