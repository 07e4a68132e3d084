// Where a continuum was cut before. Customers shade into each other there, so many divisions are equally right, and one
// found anew every month would move everybody's ids for nothing. The division of the run before is kept as long as it
// is as good: its rules, asked today, still make groups that are large enough and tell nearly as much of what varies
// between customers as the best one found anew.
#pragma once

#include <optional>
#include <vector>

#include "cluster/matrix.hpp"
#include "features/population.hpp"
#include "lineage/lineage.hpp"

namespace tessera::discover {

inline constexpr double kAsGood = 0.95;  // of what the new division tells

struct DivisionBefore {
  std::vector<uint32_t> labels;  // one a grouped customer; those whom no rule finds join the nearest group
  size_t k = 0;
};

// `by_old_rules`: the groups of the run before, asked now (naming.hpp). nullopt: it is none, or one of its
// micro-segments has fewer than min_size grouped customers. `table`: one row a grouped customer.
std::optional<DivisionBefore> division_before(const std::optional<lineage::Generation>& by_old_rules,
                                              const features::Population& population, const cluster::Matrix& table,
                                              double min_size);

// The share of the table's variance that lies between the groups.
double share_between(const cluster::Matrix& table, const std::vector<uint32_t>& labels, size_t k);

}  // namespace tessera::discover
