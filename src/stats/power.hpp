// How large an experiment must be: two proportions, two arms of one size, drawn by chance.
//
// The normal approximation with the pooled variance under "no difference" (Fleiss, Levin and Paik 2003, without
// continuity correction), which is R's power.prop.test.
#pragma once

#include <cstdint>
#include <optional>

namespace tessera::stats {

// People in each arm, rounded up, so that a test at `alpha` (two-sided) finds p0 against p1 with probability `power`.
// nullopt where p0 = p1, or more than 10^12 would be needed. REQUIRES: 0 <= p <= 1, 0 < alpha < 1, 0 < power < 1.
std::optional<uint64_t> people_per_arm(double p0, double p1, double alpha = 0.05, double power = 0.8);

// The probability with which `per_arm` people in each arm find that difference.
double power_of(double p0, double p1, double per_arm, double alpha = 0.05);

// The smallest difference from p0, upwards (else downwards), that `per_arm` people in each arm find with this power;
// nullopt where even 1 (or 0) against p0 is not found.
std::optional<double> difference_found(double p0, double per_arm, bool upwards, double alpha = 0.05,
                                       double power = 0.8);

}  // namespace tessera::stats
