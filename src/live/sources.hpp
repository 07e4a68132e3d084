// What is known of each source of events: how much it sends, how often, and which events, so that a count can say that
// it rests on a source that has fallen silent. Kept in the record with every page (tessera.meta, 'sources'), so that a
// restart knows it too. Of a source that pours in ever new names of events, the first are known and the others counted:
// what it sends is kept all the same (profiles/tables.hpp), but somebody should look at it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "live/answers.hpp"
#include "live/log_reader.hpp"

namespace tessera::live {

class Sources final : public LogReader {
 public:
  // Names that are known of each: more than any company has kinds of things that happen.
  static constexpr size_t kMostNames = 1000;

  Result<void> restore(store::Connection& record) override;
  void apply(AppliedEntry& entry) override;
  WritePage page() override;
  Instant next_due() override { return kNever; }

  // Silent: for three times its usual gap, and at least a minute.
  std::vector<std::string> silent(Instant now) const;
  // Those of them that ever sent one of the events.
  std::vector<std::string> silent(Instant now, const std::set<std::string>& events) const;
  std::vector<SourceState> states(Instant now) const;  // by name
  struct Heard {
    std::string name;
    Instant newest;
    Duration usual_gap;
  };
  std::vector<Heard> heard() const;  // all of them, by name

  // How many events of each were refused since the start.
  std::map<std::string, uint64_t> refused() const;

  static Result<Sources> read(std::string_view text);

 private:
  struct Source {
    uint64_t calls = 0;
    Instant first = kNever, newest = kEver;
    Duration usual_gap{};          // a moving average
    std::set<std::string> events;  // at most kMostNames
    std::vector<bool> kinds;       // of the Inflow: whose names were looked at
    uint64_t further_names = 0;    // beyond these; one may count more than once
    std::string further_name;      // the last of them
    uint64_t refused = 0;          // since the start
  };
  Source& called(std::string_view name, Instant at);
  static void note_event(Source& source, const std::string& event);
  std::string text() const;
  static bool is_silent(const Source& source, Instant now);
  std::map<std::string, Source, std::less<>> all_;
  uint64_t era_ = 0;  // of the Inflow: which the kinds are of
};

}  // namespace tessera::live
