// What is known of each source of events: how much it sends, how often, and which events, so that a count can say that
// it rests on a source that has fallen silent. Kept in the record with every page (tessera.meta, 'sources'), so that a
// restart knows it too.
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

namespace tessera::live {

class Sources {
 public:
  // A call came in. What is returned takes, by kind (of the Inflow), what is in it; until the next call of this.
  std::vector<bool>& called(std::string_view name, Instant at);

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

  // `events`: names by kind; those that were counted are remembered by name.
  void name_kinds(const std::vector<std::string>& events);
  std::string text() const;
  static Result<Sources> read(std::string_view text);

 private:
  struct Source {
    uint64_t calls = 0;
    Instant first = kNever, newest = kEver;
    Duration usual_gap{};  // a moving average
    std::set<std::string> events;
    std::vector<bool> kinds;  // by kind
  };
  static bool is_silent(const Source& source, Instant now);
  std::map<std::string, Source, std::less<>> all_;
};

}  // namespace tessera::live
