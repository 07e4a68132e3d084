// The front door of statistics: numbers in, numbers out; knows no customer.
//
//   one figure        intervals.hpp         wilson, skewed_mean_interval, median_interval
//                     distributions.hpp     z_of, student_of, beta_quantile
//   many groups       pooling.hpp           pool_rates, pool_means: small groups drawn towards what all have in common
//   many comparisons  discoveries.hpp       welch_p, fisher_p, rank_p; benjamini_hochberg, benjamini_yekutieli
//   people alike      matching.hpp          match, compare: those for whom something holds, beside others like them
//   experiments       power.hpp             people_per_arm, difference_found
//   predictions       predictive_power.hpp  predictions, compare: how well groups foretell, out of sample
//   a row of figures  usual.hpp             usual_of: is the newest like those before it?
#pragma once
