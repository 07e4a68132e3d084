// The few distributions that intervals and tests need: normal, Student's t, beta. Of our own, since the standard
// library has no quantiles, and std::lgamma writes to a global.
#pragma once

namespace tessera::stats {

// P(N(0,1) > z).
double normal_upper_tail(double z);
// The z with P(|N(0,1)| > z) = alpha, to 1e-13.
// REQUIRES: 0 < alpha < 1.
double z_of(double alpha);

// The t with P(|T| > t) = P(|N(0,1)| > z): Cornish-Fisher expansion around z, to 1e-3 from 5 degrees of freedom on.
double student_of(double z, double degrees);
// P(|T| > |t|), to 1e-12. REQUIRES: degrees > 0.
double student_two_sided(double t, double degrees);

// ln Gamma(x), to 1e-13 relative or absolute. REQUIRES: x > 0.
double log_gamma(double x);
// P(X <= x) of Beta(a, b), to 1e-12. REQUIRES: a, b > 0.
double beta_cdf(double x, double a, double b);
// The x with beta_cdf(x, a, b) = p, to 1e-12.
double beta_quantile(double p, double a, double b);

}  // namespace tessera::stats
