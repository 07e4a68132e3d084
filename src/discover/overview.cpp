#include "discover/overview.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/text.hpp"

namespace tessera::discover {

namespace {

constexpr size_t kMapPoints = 1'500;

// The groups of final clusters at every cut: [c - 1][cluster] = group at the cut into c.
std::vector<std::vector<uint32_t>> cuts_of(const cluster::Clustering& clustering) {
  std::vector<size_t> someone(clustering.k, 0);
  for (size_t i = 0; i < clustering.labels.size(); ++i) someone[clustering.labels[i]] = i;
  std::vector<std::vector<uint32_t>> cuts;
  for (size_t cut = 1; cut <= clustering.k; ++cut) {
    const auto labels = clustering.labels_at(cut);
    std::vector<uint32_t> groups;
    for (const size_t row : someone) groups.push_back(labels[row]);
    cuts.push_back(std::move(groups));
  }
  return cuts;
}

using Clusters = std::vector<uint32_t>;

class Grower {
 public:
  Grower(const cluster::Clustering& clustering, const std::vector<int>& place, Discovery& out)
      : clustering_(clustering), place_(place), out_(out), cuts_(cuts_of(clustering)) {}

  void grow() {
    Clusters all(clustering_.k);
    std::iota(all.begin(), all.end(), 0);
    node(all, 1);
    for (const TreeNode& node : out_.tree)
      for (const size_t child : node.children)
        if (out_.tree[child].segment >= 0)
          out_.segments[static_cast<size_t>(out_.tree[child].segment)].parent = node.id;
  }

 private:
  size_t node(const Clusters& clusters, size_t cut) {
    const size_t index = out_.tree.size();
    out_.tree.push_back({});
    {
      TreeNode& me = out_.tree[index];
      for (const uint32_t c : clusters) {
        const Segment& segment = out_.segments[static_cast<size_t>(place_[c])];
        me.size += segment.size;
        me.value_share += segment.value_share;
      }
      if (clusters.size() == 1) {
        me.segment = place_[clusters[0]];
        me.id = out_.segments[static_cast<size_t>(me.segment)].id;
        me.name = out_.segments[static_cast<size_t>(me.segment)].persona.name;
        return index;
      }
      me.id = fmt::format("group-{}", ++groups_);
      me.name = cut == 1 ? "Everyone" : name_of(clusters);
    }
    // The first cut at which they are apart.
    size_t at = cut;
    std::map<uint32_t, Clusters> parts;
    while (parts.size() < 2) {
      parts.clear();
      ++at;
      for (const uint32_t c : clusters) parts[cuts_[at - 1][c]].push_back(c);
    }
    out_.tree[index].splits_at = at;
    if (clustering_.tree.merges.size() + 1 >= at)
      out_.tree[index].height = clustering_.tree.merges[clustering_.tree.leaves - at].height;
    std::vector<Clusters> sorted;
    for (auto& [group, part] : parts) sorted.push_back(std::move(part));
    const auto size = [&](const Clusters& part) {
      size_t sum = 0;
      for (const uint32_t c : part) sum += out_.segments[static_cast<size_t>(place_[c])].size;
      return sum;
    };
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](const Clusters& a, const Clusters& b) { return size(a) > size(b); });
    for (const Clusters& part : sorted) {
      const size_t child = node(part, at);
      out_.tree[index].children.push_back(child);
    }
    return index;
  }

  // What all its segments claim alike, else its largest.
  std::string name_of(const Clusters& clusters) const {
    std::map<std::string, double> votes;
    std::map<std::string, std::string> words;
    for (const uint32_t c : clusters)
      for (const persona::Claim& claim : out_.segments[static_cast<size_t>(place_[c])].distinct) {
        const std::string key = claim.trait + claim.level + (claim.higher() ? '+' : '-');
        votes[key] += 1;
        words[key] =
            fmt::format("{} {}{}", claim.higher() ? "more" : "fewer", out_.features.find(claim.trait)->feature.phrase,
                        claim.level.empty() ? "" : " " + claim.level);
      }
    std::vector<std::string> common;
    for (const auto& [key, count] : votes)
      if (count == static_cast<double>(clusters.size()) && common.size() < 2) common.push_back(words[key]);
    if (!common.empty()) return fmt::format("{} groups: {}", clusters.size(), fmt::join(common, "; "));
    const Segment* largest = nullptr;
    for (const uint32_t c : clusters) {
      const Segment& segment = out_.segments[static_cast<size_t>(place_[c])];
      if (!largest || segment.size > largest->size) largest = &segment;
    }
    return fmt::format("{} and {} more", largest->persona.name, clusters.size() - 1);
  }

  const cluster::Clustering& clustering_;
  const std::vector<int>& place_;
  Discovery& out_;
  std::vector<std::vector<uint32_t>> cuts_;
  size_t groups_ = 0;
};

using Direction = std::vector<double>;

// The direction of greatest spread of the weighted centres, orthogonal to `other`, by power iteration.
Direction principal(const cluster::Matrix& centres, const std::vector<double>& weights, const Direction& mean,
                    const Direction& other) {
  const size_t d = centres.columns;
  Direction v(d, 0);
  // A start that depends on the data alone: the centre farthest from the mean.
  double farthest = -1;
  for (size_t c = 0; c < centres.rows; ++c) {
    Direction w(d);
    double dot = 0, length = 0;
    for (size_t j = 0; j < d; ++j) w[j] = centres.at(c, j) - mean[j];
    if (!other.empty())
      for (size_t j = 0; j < d; ++j) dot += w[j] * other[j];
    if (!other.empty())
      for (size_t j = 0; j < d; ++j) w[j] -= dot * other[j];
    for (const double x : w) length += x * x;
    if (length > farthest) farthest = length, v = w;
  }
  for (int round = 0; round < 200; ++round) {
    Direction next(d, 0);
    for (size_t c = 0; c < centres.rows; ++c) {
      double dot = 0;
      for (size_t j = 0; j < d; ++j) dot += (centres.at(c, j) - mean[j]) * v[j];
      for (size_t j = 0; j < d; ++j) next[j] += weights[c] * dot * (centres.at(c, j) - mean[j]);
    }
    double dot = 0, length = 0;
    if (!other.empty())
      for (size_t j = 0; j < d; ++j) dot += next[j] * other[j];
    if (!other.empty())
      for (size_t j = 0; j < d; ++j) next[j] -= dot * other[j];
    for (const double x : next) length += x * x;
    if (!(length > 0)) break;
    for (double& x : next) x /= std::sqrt(length);
    v = std::move(next);
  }
  return v;
}

std::string words_of(const Direction& direction, const Discovery& out) {
  size_t strongest = 0;
  for (size_t j = 0; j < direction.size(); ++j)
    if (std::fabs(direction[j]) > std::fabs(direction[strongest])) strongest = j;
  const features::ColumnTreatment& treatment = out.treatment[strongest];
  const features::FeatureColumn* column = out.features.find(feature_of(treatment));
  std::string what = column ? column->feature.phrase : treatment.feature;
  // Of a category one level: "more contract: Two year".
  if (const size_t level = treatment.feature.find(" = "); level != std::string::npos)
    what += ": " + treatment.feature.substr(level + 3);
  return fmt::format("{}{}", direction[strongest] > 0 ? "more " : "fewer ", what);
}

}  // namespace

void draw_tree(const cluster::Clustering& clustering, const std::vector<int>& place, Discovery& out) {
  if (clustering.k < 2) return;
  Grower(clustering, place, out).grow();
}

void draw_map(const features::Transformed& transformed, const cluster::Clustering& clustering,
              const std::vector<uint32_t>& customers, const std::vector<int>& place, Discovery& out) {
  if (clustering.k < 3 || transformed.table.columns < 2) return;
  Direction mean(transformed.table.columns, 0);
  double sum = 0;
  for (size_t c = 0; c < clustering.k; ++c) {
    sum += clustering.weights[c];
    for (size_t j = 0; j < mean.size(); ++j) mean[j] += clustering.weights[c] * clustering.centroids.at(c, j);
  }
  for (double& x : mean) x /= sum;
  const Direction across = principal(clustering.centroids, clustering.weights, mean, {});
  const Direction up = principal(clustering.centroids, clustering.weights, mean, across);
  const size_t step = std::max<size_t>(1, customers.size() / kMapPoints);
  for (size_t i = 0; i < customers.size(); i += step) {
    double x = 0, y = 0;
    for (size_t j = 0; j < mean.size(); ++j)
      x += (transformed.table.at(i, j) - mean[j]) * across[j], y += (transformed.table.at(i, j) - mean[j]) * up[j];
    out.map.push_back(
        {static_cast<float>(x), static_cast<float>(y), static_cast<uint32_t>(place[clustering.labels[i]])});
  }
  out.map_axes = fmt::format("to the right: {}; upwards: {}", words_of(across, out), words_of(up, out));
}

std::string too_few(size_t customers, const features::IndustryTerms& words) {
  return fmt::format(
      "{} {} can be grouped; under {} no micro-segment could be told from chance, so they stay one group.", customers,
      words.customers, kFewestCustomers);
}

std::string all_alike(const features::IndustryTerms& words) {
  return fmt::format("Nothing that is known tells these {} apart, so they are one group: no groups is an answer.",
                     words.customers);
}

std::string weightiest(const features::FeatureTable& features, std::vector<features::ColumnTreatment> columns) {
  std::ranges::stable_sort(columns, std::ranges::greater(), &features::ColumnTreatment::weight);
  std::vector<std::string> phrases;
  for (const features::ColumnTreatment& column : columns) {
    const features::FeatureColumn* found = features.find(feature_of(column));
    const std::string phrase = found ? found->feature.phrase : column.feature;
    if (phrases.size() < 3 && std::ranges::find(phrases, phrase) == phrases.end()) phrases.push_back(phrase);
  }
  const std::string last = phrases.back();
  phrases.pop_back();
  return phrases.empty() ? last : fmt::format("{} and {}", fmt::join(phrases, ", "), last);
}

std::string summary_of(const Discovery& d, const Segment& segment) {
  const features::IndustryTerms& words = d.parts.words;
  const bool has_events = d.parts.has(features::EventRole::Main);
  std::string text = fmt::format("{} {}, {:.1f} % of all", grouped(static_cast<double>(segment.size)), words.customers,
                                 100 * segment.customer_share);
  text += has_events ? fmt::format(", with {:.1f} % of {} ({}).", 100 * segment.value_share, d.parts.value_words(),
                                   grouped(segment.value))
                     : ".";
  if (segment.set_apart) text += fmt::format(" Set apart: {}.", segment.why_apart);
  if (!segment.distinct.empty()) text += fmt::format(" Known: {}.", segment.distinct[0].sentence);
  if (!segment.set_apart && segment.active < d.min_size)
    text += fmt::format(" Only {} of them were active in the last {}.", segment.active, text_of(d.active_within));
  if (!segment.persona.unknown.empty()) text += fmt::format(" Not known: {}.", segment.persona.unknown[0]);
  return text;
}

}  // namespace tessera::discover
