// Small shops in which everything happens that a definition can trip over: equal times, the same event twice, events in
// the future, facts learnt late, properties absent, cleared, of two types, lists empty and ragged, traits without time.
// Names are those of RandomTree. Times lie on a coarse grid, so that windows and events meet at their very edges.
#pragma once

#include "core/random.hpp"
#include "profiles/history.hpp"

namespace tessera::segment {

profiles::History random_shop(Rng& rng);
// The same with events that name currencies: two with rates, one without, in small letters, none, null, a number.
profiles::History random_shop_of_currencies(Rng& rng);
// An instant among the shop's, at a row's time or a millisecond beside.
Instant random_moment(Rng& rng);

}  // namespace tessera::segment
