// Which features the data supports: known for enough customers, not the same for nearly everyone, and each only once.
#include <algorithm>
#include <cmath>
#include <map>

#include "features/features.hpp"

namespace tessera::features {

void keep_supported(FeatureTable& table, std::span<const uint32_t> rows) {
  std::vector<FeatureColumn> kept;
  for (FeatureColumn& column : table.columns) {
    size_t known = 0, most = 0;
    double sum = 0, squares = 0;
    std::map<double, size_t> counts;
    for (const uint32_t row : rows) {
      const double x = column.values[row];
      if (std::isnan(x)) continue;
      ++known;
      sum += x;
      squares += x * x;
      if (counts.size() < 5'000) ++counts[x];
    }
    for (const auto& [value, count] : counts) most = std::max(most, count);
    const double share = static_cast<double>(known) / static_cast<double>(std::max<size_t>(1, rows.size()));
    const bool given = column.feature.family == Family::Trait;
    std::string why;
    if (share < (given ? 0.05 : 0.3))
      why = fmt::format("known for {:.0f} % only", 100 * share);
    else if (counts.size() < 2)
      why = "the same for everyone";
    else if (static_cast<double>(most) > 0.985 * static_cast<double>(rows.size()))
      why = "the same for nearly everyone";
    if (!why.empty()) {
      table.dropped.push_back(fmt::format("{} ({}): {}", column.feature.name, column.feature.phrase, why));
      continue;
    }
    // Known for too few to make groups: it still describes them.
    if (share < 0.6) column.feature.clusters = false;
    kept.push_back(std::move(column));
  }
  // Two columns that are the same for everyone (channel store, device none) are one.
  for (size_t i = 0; i < kept.size(); ++i)
    for (size_t j = i + 1; j < kept.size();) {
      const bool same = std::all_of(rows.begin(), rows.end(), [&](uint32_t r) {
        const double a = kept[i].values[r], b = kept[j].values[r];
        return a == b || (std::isnan(a) && std::isnan(b));
      });
      if (!same || kept[i].feature.shape != kept[j].feature.shape || kept[j].feature.name == "visits") {
        ++j;
        continue;
      }
      table.dropped.push_back(
          fmt::format("{} ({}): the same as {}", kept[j].feature.name, kept[j].feature.phrase, kept[i].feature.name));
      kept.erase(kept.begin() + static_cast<long>(j));
    }
  table.columns = std::move(kept);
}

}  // namespace tessera::features
