// Is the newest of a row of figures like those before it? The weeks before are taken as draws of what a week may be:
// the newest lies beyond them where it is outside Student's prediction interval of one further draw. Their trend and
// their seasons widen that interval; they are not taken out.
#pragma once

#include <span>

#include "stats/intervals.hpp"

namespace tessera::stats {

inline constexpr size_t kFewestBefore = 6;  // fewer figures before say little about what is usual

struct Usual {
  size_t before = 0;   // figures it rests on
  Interval range;      // of the next figure, at 95 %; everything where it does not tell
  double p = 1;        // of a figure as far from the mean of those before; 1 where it does not tell
  bool tells = false;  // enough figures before, and they or `least_variance` leave something to tell by
};

// `least_variance`: what chance alone gives a figure; of a difference of counts their sum. Figures that happened to be
// alike do not make every other one unusual. O(before).
Usual usual_of(std::span<const double> before, double now, double least_variance);

}  // namespace tessera::stats
