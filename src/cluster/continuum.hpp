// Dividing a continuum. Where no gaps show how many groups there are, many divisions are equally right: customers shade
// into each other, and k-means cuts them wherever its last digit falls. Then the division is chosen that people can
// use: the finest whose groups can be told in a few words (their rules find them, by macro F1 on customers that were
// not used to find the rules), are large enough, and come back when half of the customers are divided anew.
//
// Columns that hardly tell the groups apart are turned down step by step (their weight by the share of their variance
// between groups; the idea of sparse k-means, Witten and Tibshirani 2010), until rules find the groups well enough.
#pragma once

#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "cluster/rules.hpp"

namespace tessera::cluster {

struct ContinuumOptions {
  size_t least = 8, most = 30;  // groups
  double min_size = 100;
  uint64_t seed = 1;
};

struct Division {
  std::vector<double> weights;  // of the table's columns
  double told = 0;              // macro F1 of rules on rows not used to find them
  Clustering clustering;        // of the weighted table; k = 0: no division is large enough in all groups. Its tree
                                // has the groups as leaves: a continuum has no finer cuts worth naming
  std::vector<Candidate> candidates;  // one a k that was tried
};

// `columns`: what rules may speak of, with one value for each row of the table. Tables of more than 8,000 rows are
// judged on an even sample. Same answer on any number of threads.
// Stopped (core/stop.hpp): k = 0.
Division divide_continuum(const Matrix& table, std::span<const RuleColumn> columns, const ContinuumOptions& options);

}  // namespace tessera::cluster
