// What came of the pieces of imports since the start, import by import. Not kept in the record: who sends an import asks
// while it runs.
#pragma once

#include <deque>
#include <string>
#include <unordered_set>

#include "live/log_reader.hpp"

namespace tessera::live {

class ImportTallies final : public LogReader {
 public:
  Result<void> restore(store::Connection&) override { return {}; }
  void apply(AppliedEntry& entry) override;
  WritePage page() override { return {}; }
  Instant next_due() override { return kNever; }

  // Of the latest 64. All 0 where none is known by that name.
  ImportCounts of(std::string_view import, const fold::Identities& identities) const;

 private:
  struct Tally {
    std::string import;
    ImportCounts counts{};
    std::unordered_set<profiles::Profile> who{};  // whose rows
  };
  Tally& tally_of(std::string_view import);

  std::deque<Tally> tallies_;  // oldest first
};

}  // namespace tessera::live
