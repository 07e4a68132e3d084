// The first reader of the log: the fold (fold.hpp), with what it needs of the world around it - who reads the bodies
// that come in, which definitions are in force, and the record.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "fold/fold.hpp"
#include "fold/in_force.hpp"
#include "live/door.hpp"
#include "live/log_reader.hpp"
#include "live/recorder.hpp"

namespace tessera::live {

// What an entry of definitions comes to, worked out before it is applied: reading the record takes its time.
struct Redefinition {
  Result<fold::InForce::Changed> changed;
  std::unique_ptr<fold::Memory> memory{};  // where they need more of the facts than is kept
};

class FoldReader final : public LogReader {
 public:
  struct Means {
    Recorder& recorder;  // reads in restore() and redefinition(), writes in pages: where nobody else writes
    std::function<Result<std::vector<Instant>>()> begins;  // when each profile begins; called on a thread of its own
    fold::Fold::FindChange find_change;
    MakeReader make_reader;
    fold::FoldLimits limits;
    Instant remembered_from;  // messages since then are known
    fold::Wanted asked;       // to be kept in memory beside what definitions see
  };
  explicit FoldReader(Means means) : means_(std::move(means)) {}

  Result<void> restore(store::Connection& record) override;
  void apply(AppliedEntry& entry) override;
  WritePage page() override;
  Instant next_due() override { return fold_->next_due(); }

  // Whether entries of this kind need a redefinition().
  static bool redefines(EntryKind kind) {
    return kind == EntryKind::Define || kind == EntryKind::Accept || kind == EntryKind::Remove;
  }
  // REQUIRES: all that came before is in the record.
  Redefinition redefinition(const LogEntry& entry, Recorder& recorder) const;

  const fold::Fold& fold() const { return *fold_; }
  const fold::InForce& in_force() const { return *in_force_; }
  // As they are now; whoever holds it does not see what changes after.
  std::shared_ptr<const fold::InForce> definitions() const { return in_force_; }
  // Whether an entry was a Restate.
  bool has_restated() const { return has_restated_; }

 private:
  Result<fold::Wanted> wanted_by(const fold::Definitions& definitions) const;
  Outcome take(AppliedEntry& entry);
  void read(const LogEntry& entry);
  Outcome redefine(AppliedEntry& entry);
  Outcome rule(const LogEntry& entry);
  Outcome put(const LogEntry& entry);
  void say_effects(AppliedEntry& entry);

  Means means_;
  std::unique_ptr<fold::Fold> fold_;
  std::unique_ptr<Reader> reader_;
  std::shared_ptr<const fold::InForce> in_force_;
  std::optional<fold::InForce::Changed> changed_;  // since the page before
  bool is_restated_ = false;                       // likewise
  bool has_restated_ = false;                      // since the start

  // Of the entry at hand.
  struct End {
    size_t kinds, rows;
  };
  std::vector<CallEffect> effects_;
  std::vector<End> ends_;  // of each call, in kinds_ and in the fold's rows
  std::vector<profiles::Intake::Kind> kinds_;
  std::vector<fold::Flip> changes_;
};

}  // namespace tessera::live
