#include "segment/timeline.hpp"

#include "core/stop.hpp"

namespace tessera::segment {

Timeline timeline(const Bound& bound, profiles::CustomerIndex customer, Instant from, Instant to, Instant known_at) {
  const profiles::Seq visible = bound.history().visible_until(known_at);
  const CustomerRange one{customer, customer + 1};
  Evaluator evaluator(bound, {.next_change = true});
  const auto at = [&](Instant instant) {
    evaluator.run(one, instant, visible);
    Evaluation out = evaluator.make(one);
    evaluator.copy_to(out, 0);
    return out;
  };
  Timeline out;
  Evaluation now = at(from);
  for (size_t s = 0; s < now.members.size(); ++s) out.at_start.push_back(now.is_member(s, 0));
  std::vector<bool> state = out.at_start;
  for (Instant next = now.next_change[0]; next <= to; next = now.next_change[0]) {
    if (is_stopped()) break;  // whoever asks says so
    now = at(next);
    for (uint32_t s = 0; s < state.size(); ++s)
      if (now.is_member(s, 0) != state[s]) {
        state[s] = !state[s];
        out.turns.push_back({next, s, state[s]});
      }
  }
  return out;
}

}  // namespace tessera::segment
