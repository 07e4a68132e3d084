#include "discover/previous_division.hpp"

#include <algorithm>

#include "cluster/kmeans.hpp"

namespace tessera::discover {

namespace {

constexpr uint32_t kNone = UINT32_MAX;

// Of rows with a label.
cluster::Matrix means_of(const cluster::Matrix& table, const std::vector<uint32_t>& labels, size_t k) {
  cluster::Matrix out(k, table.columns);
  std::vector<double> size(k, 0);
  for (size_t i = 0; i < table.rows; ++i) {
    if (labels[i] == kNone) continue;
    const double share = 1 / ++size[labels[i]];
    for (size_t j = 0; j < table.columns; ++j) out.at(labels[i], j) += share * (table.at(i, j) - out.at(labels[i], j));
  }
  return out;
}

}  // namespace

std::optional<DivisionBefore> division_before(const std::optional<lineage::Generation>& by_old_rules,
                                              const features::Population& population, const cluster::Matrix& table,
                                              double min_size) {
  if (!by_old_rules) return std::nullopt;
  std::vector<uint32_t> of_customer(by_old_rules->known.size(), kNone);
  DivisionBefore out;
  for (const lineage::Group& group : by_old_rules->groups) {
    if (group.set_apart) continue;
    for (const uint32_t c : group.members)
      if (of_customer[c] == kNone) of_customer[c] = static_cast<uint32_t>(out.k);
    ++out.k;
  }
  std::vector<double> size(out.k, 0);
  for (const uint32_t c : population.grouped) {
    out.labels.push_back(of_customer[c]);
    if (of_customer[c] != kNone) size[of_customer[c]] += 1;
  }
  if (out.k < 2 || std::ranges::any_of(size, [&](double n) { return n < min_size; })) return std::nullopt;
  const auto nearest = cluster::assign_rows(table, means_of(table, out.labels, out.k));
  for (size_t i = 0; i < out.labels.size(); ++i)
    if (out.labels[i] == kNone) out.labels[i] = nearest[i];
  return out;
}

double share_between(const cluster::Matrix& table, const std::vector<uint32_t>& labels, size_t k) {
  const cluster::Matrix mean = means_of(table, std::vector<uint32_t>(table.rows, 0), 1),
                        means = means_of(table, labels, k);
  double all = 0, inside = 0;
  for (size_t i = 0; i < table.rows; ++i) {
    all += cluster::squared_distance(table.row(i), mean.row(0));
    inside += cluster::squared_distance(table.row(i), means.row(labels[i]));
  }
  return all > 0 ? 1 - inside / all : 0;
}

}  // namespace tessera::discover
