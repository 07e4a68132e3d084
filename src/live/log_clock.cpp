#include "live/log_clock.hpp"

#include <charconv>

#include "core/logging.hpp"

namespace tessera::live {

namespace {

constexpr int64_t kHalf = 2;

Duration distance(Duration a, Duration b) {
  return a > b ? a - b : b - a;
}

}  // namespace

std::optional<LogClock::Known> LogClock::parse(std::string_view text) {
  const size_t blank = text.find(' ');
  if (blank == std::string_view::npos || blank == 0) return std::nullopt;
  Known out{.boot = std::string(text.substr(0, blank)), .ahead = {}};
  const char* const end = text.data() + text.size();
  const auto [until, error] = std::from_chars(text.data() + blank + 1, end, out.ahead.ms);
  if (error != std::errc{} || until != end) return std::nullopt;
  return out;
}

std::string LogClock::text_of(const Known& known) {
  return fmt::format("{} {}", known.boot, known.ahead.ms);
}

LogClock::LogClock(const Clock& clock, const Machine* machine, const Logger* logger)
    : clock_(clock), machine_(machine), logger_(logger), boot_(machine ? machine->boot() : std::string()) {
  const auto state = state_.lock();
  state->last = since_boot();
  state->believed = {clock_.now().ms - state->last.ms};
}

void LogClock::start_at(Instant newest, const std::optional<Known>& known) {
  const auto state = state_.lock();
  state->last = since_boot();
  state->newest = newest;
  state->held.reset();
  const Duration ahead{clock_.now().ms - state->last.ms};
  const Duration of_log{newest.ms - state->last.ms};
  if (known && !boot_.empty() && known->boot == boot_)
    state->believed = known->ahead;
  else
    state->believed = newest > kEver && ahead + kFollowed < of_log ? of_log : ahead;
  look(*state);
}

// Where the clock and the machine's own time are now.
void LogClock::look(State& state) const {
  const Duration since = since_boot(), ahead{clock_.now().ms - since.ms};
  if (!machine_) state.believed = ahead;
  if (distance(ahead, state.believed) <= kFollowed) {
    if (std::exchange(state.held, std::nullopt)) say(logger_, LogLevel::Info, "clock is right again");
    state.believed = ahead;
  } else {
    const Duration jump = ahead - state.believed;
    const bool is_alone = distance(jump, {}) <= kTakenAlone;
    if (!state.held || distance(state.held->ahead, ahead) > kFollowed) {
      state.held = Held{.ahead = ahead, .since = since};
      say(logger_, LogLevel::Warning, "jump of the clock held back",
          {{"jump_ms", jump.ms}, {"taken_after_ms", is_alone ? kStands.ms : -1}, {"see", "doctor"}});
    }
    state.held->ahead = ahead;
    if (is_alone && since - state.held->since >= kStands) take(state);
  }
  const Duration passed = std::max(since - state.last, Duration{});
  state.last = since;
  const Instant believed{since.ms + state.believed.ms};
  if (believed >= state.newest) {
    state.newest = believed;
    state.owed = {};
  } else if (machine_) {
    state.owed = state.owed + passed;
    state.newest = state.newest + Duration{state.owed.ms / kHalf};
    state.owed = {state.owed.ms % kHalf};
  }
}

void LogClock::take(State& state) const {
  say(logger_, LogLevel::Warning, "jump of the clock taken", {{"jump_ms", (state.held->ahead - state.believed).ms}});
  state.believed = state.held->ahead;
  state.held.reset();
}

Instant LogClock::now() const {
  const auto state = state_.lock();
  look(*state);
  return state->newest;
}

HeldClock LogClock::shown(const State& state) const {
  const Duration jump = state.held->ahead - state.believed, stood = state.last - state.held->since;
  const bool is_alone = distance(jump, {}) <= kTakenAlone;
  return {.clock = {state.last.ms + state.held->ahead.ms},
          .log = state.newest,
          .jump = jump,
          .stood = stood,
          .taken_in = is_alone ? std::optional(std::max(kStands - stood, Duration{})) : std::nullopt};
}

std::optional<HeldClock> LogClock::held() const {
  const auto state = state_.lock();
  look(*state);
  return state->held ? std::optional(shown(*state)) : std::nullopt;
}

Duration LogClock::ahead() const {
  const auto state = state_.lock();
  look(*state);
  return state->newest - Instant{state->last.ms + state->believed.ms};
}

LogClock::Known LogClock::known() const {
  return {.boot = boot_, .ahead = state_.lock()->believed};
}

Result<Instant> LogClock::accept() {
  const auto state = state_.lock();
  look(*state);
  if (!state->held)
    return fail("no jump of the clock is held back", {}, try_command("doctor").note("says how the clock is"));
  const HeldClock held = shown(*state);
  if (held.jump < Duration{} - kTakenAlone)
    return fail(fmt::format("the clock says {}, and the log is at {}: a running log cannot go back by more than a day",
                            tessera::text_of(held.clock), tessera::text_of(held.log)),
                {}, try_command("clock back").note("on the record, when the server is stopped and the clock is right"));
  take(*state);
  look(*state);
  return state->newest;
}

}  // namespace tessera::live
