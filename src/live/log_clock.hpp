// The instant that the log goes by. The wall clock may be set, by hand, by a broken source of time, by a machine that wakes
// up; the log's time never goes back, so an hour that was never there stays for good. What passes by itself is known
// from elsewhere: the machine's own time (core/machine.hpp) is set by nobody.
//
// So the clock is believed as far as what it is ahead of the machine's own time stays the same. A jump by more than
// kFollowed is held back: time goes on from where it was at the machine's pace, until the clock is right again, or the
// jump has stood for kStands and is taken; one of more than kTakenAlone is taken only when somebody says so (accept).
// The log's time cannot go back: when a jump back is taken, it goes at half the pace until the clock has come to it.
//
// After a restart the same start of the machine still knows what was believed before (Known, kept in the record). After
// another one the newest instant of the log bounds it: a clock that is behind it has jumped back. One that is ahead of
// it is believed, for a machine may be off for as long as it likes.
#pragma once

#include <optional>
#include <string>

#include "core/guarded.hpp"
#include "core/machine.hpp"
#include "core/time.hpp"
#include "live/answers.hpp"

namespace tessera {
class Logger;
}

namespace tessera::live {

class LogClock final : public Clock {
 public:
  static constexpr Duration kFollowed = kSecond * 5;  // more than servers of time step at once, less than anybody sees
  static constexpr Duration kStands = kMinute * 10;   // a clock that somebody mends at once is never followed
  static constexpr Duration kTakenAlone = kDay;       // more is no zone and no summer time: somebody looks at it

  // What is believed: the start of the machine, and what the clock is ahead of the time since.
  struct Known {
    std::string boot;
    Duration ahead;
    bool operator==(const Known&) const = default;
  };
  static std::optional<Known> parse(std::string_view text);
  static std::string text_of(const Known& known);

  // Believes the clock until start_at(). `machine` null: it is believed always, and the log waits for it where it is
  // behind. REQUIRES: all outlive it.
  LogClock(const Clock& clock, const Machine* machine, const Logger* logger);
  // Behind a log whose newest entry is of that instant.
  void start_at(Instant newest, const std::optional<Known>& known);

  // Any thread. Never goes back, where the one below may.
  Instant now() const override;

  std::optional<HeldClock> held() const;
  Duration ahead() const;  // of what is believed: how far the log's time is
  Known known() const;
  // Takes what the clock says, and gives the log's instant. Error: nothing is held back, or it would be more than a day
  // back, which a running log cannot go.
  Result<Instant> accept();

 private:
  struct Held {
    Duration ahead, since;
  };
  struct State {
    Duration believed{}, last{};  // what the clock is ahead; the machine's time at the last look
    Instant newest = kEver;       // given out
    Duration owed{};              // while it goes at half the pace: what was not passed on
    std::optional<Held> held{};
  };
  Duration since_boot() const { return machine_ ? machine_->since_boot() : Duration{clock_.now().ms}; }
  void look(State& state) const;
  void take(State& state) const;
  HeldClock shown(const State& state) const;

  const Clock& clock_;
  const Machine* machine_;
  const Logger* logger_;
  const std::string boot_;
  mutable Guarded<State> state_;
};

}  // namespace tessera::live
