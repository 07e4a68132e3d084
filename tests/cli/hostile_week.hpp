// What strangers and their managers do to a server in a week, drawn from a seed: calls with values of any type under any
// name, floods of new names, ids and times that are none, definitions of what nobody has sent, of what cannot be run and
// of too much, rulings, imports, questions that are left, readers that read nothing, wrong tokens, clocks that jump, ends
// and kills. The same seed gives the same steps; only a server's own clock differs between two runs.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/time.hpp"

namespace tessera::cli {

struct HostileCall {
  uint64_t number =
      0;             // its property or trait `n`, which no other call has; 0: it has none, or no messageId of its own
  std::string type;  // as its route has it
  std::string json;  // of one call
  bool is_kept = false;   // whatever else comes, an acknowledged one is in the record
  bool is_alone = false;  // would spoil a batch
};

enum class Act : uint8_t {
  Call,      // `call`
  Again,     // a call that was sent before, as it was
  Request,   // `method`, `target`, `body`; answered with one of `statuses`
  Left,      // a request whose asker is gone before it is answered
  Stranger,  // a request with a token that is none
  Garbage,   // `body`: what is no HTTP, or hardly
  Deaf,      // somebody opens the feed and reads nothing
  Jump,      // the clock jumps by `jump` and stays there
  Right,     // it is right again
  Accept,    // somebody says that it is right as it is
  Stop,
  Kill,
  KillAtStart
};

struct Step {
  Act act = Act::Call;
  HostileCall call{};
  std::string method{}, target{}, body{};
  std::string_view statuses{};  // "200 404"
  Duration jump{};
};

class HostileWeek {
 public:
  // How often a name is new. Each is a column or a table of the record, of which thousands cost minutes.
  struct Names {
    uint64_t parts = 1;  // of the names that are known, one part is used: which one, the seed says
    double floods = 0.012, properties = 0.03, events = 0.006;  // of calls, of properties, of events
  };
  HostileWeek(uint64_t seed, const Names& names) : names_(names), part_(seed % names.parts), rng_(seed) {}
  // `now`: what the server's clock says, as far as it is right.
  Step next(Instant now);
  // For what is done beside: how many calls go together, how long is worked before a kill.
  Rng& rng() { return rng_; }

 private:
  // Calls.
  HostileCall call(Instant now);
  std::string value(int depth);
  std::string text_value();
  std::string members(size_t most);
  std::string flood();
  std::string products(int depth);
  std::string_view known_name();
  std::string property_name();
  std::string event_name(bool is_kept);
  std::string time_value(Instant now, bool is_sane);
  std::string who(bool is_kept, std::string_view type);
  std::string other_members(std::string_view type, bool is_late, Instant now);
  uint64_t customer();
  // Definitions.
  std::string definitions(Instant now);
  std::string definition(Instant now);
  std::string condition(Instant now, int depth);
  std::string filled(std::string_view pattern, Instant now);
  std::string blank(char kind, Instant now);
  // Requests.
  Step request(Act act, Instant now);
  Step manage(Instant now);
  std::string ruling();
  std::string identifier();
  std::string import_body(Instant now);
  std::string question(Instant now);

  template <typename T, size_t N>
  const T& pick(const T (&from)[N]) {
    return from[rng_.below(N)];
  }
  bool chance(double p) { return rng_.chance(p); }

  const Names names_;
  const uint64_t part_;
  Rng rng_;
  uint64_t calls_ = 0, new_names_ = 0;
};

}  // namespace tessera::cli
