// Who knows what must hold in a hostile week: somebody who sends as one should and keeps a count of it, somebody who
// reads the feed as docs/feed.md says, and the record at rest with the batch evaluator's answer.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/serving.hpp"
#include "core/json.hpp"
#include "core/number.hpp"
#include "core/random.hpp"
#include "core/time.hpp"

namespace tessera::cli {

// Who is in which segment, by id.
using Members = std::map<std::string, std::set<std::string>>;

class Sound {
 public:
  static constexpr std::string_view kDefinitions =
      "segment \"Sound regulars\" = at least 3 \"Sound Order\" where sound > 0\n"
      "segment \"Sound spenders\" = sum(\"Sound Order\".total where sound > 0) > 50\n"
      "segment \"Sound pros\" = trait sound_plan = \"pro\"\n";

  // The next calls; the same ones until they are acknowledged.
  const std::string& body();
  void acknowledge();
  uint64_t acknowledged() const { return body_.empty() ? sent_ : sent_ - 1; }
  // In its segments is who must be, by what was acknowledged.
  void expect(const Members& members) const;

 private:
  struct User {
    uint64_t orders = 0;
    Number total;
    std::string plan;
  };
  Rng rng_{5};
  uint64_t sent_ = 0;
  std::string body_, user_, plan_;
  Number total_;
  std::map<std::string, User> users_;
};

class FeedReader {
 public:
  void read(const Serving& server);  // on, to its end
  const Members& members() const { return members_; }
  size_t changes() const { return changes_; }

 private:
  void take(const Json& change);
  std::string after_;
  Members members_;
  size_t changes_ = 0;
};

struct AtRest {
  Members batch;
  std::map<uint64_t, int> numbers, sound;  // how often the call of a number is there: strangers', sound ones
  std::map<std::string, std::vector<std::string>> identifiers;  // by public id
};
// Of a record that no server holds, as of an instant and as known then. Also: it has no problem that doctor knows, no
// definition is set aside, no change is there twice.
void read_at_rest(const std::string& path, const Clock& clock, Instant as_of, AtRest& out);

}  // namespace tessera::cli
