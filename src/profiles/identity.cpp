#include "profiles/identity.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace tessera::profiles {

namespace {

// Of every pair whose last fact joins: the first fact that says so since the last that said otherwise.
std::vector<Link> standing_links(std::vector<Link> links) {
  for (Link& link : links)
    if (link.a > link.b) std::swap(link.a, link.b);
  std::ranges::sort(links, {}, [](const Link& link) { return std::tuple(link.a, link.b, link.seq, link.joins); });
  std::vector<Link> standing;
  for (size_t from = 0, to; from < links.size(); from = to) {
    const Link* first = nullptr;
    for (to = from; to < links.size() && links[to].a == links[from].a && links[to].b == links[from].b; ++to) {
      if (!links[to].joins)
        first = nullptr;
      else if (!first)
        first = &links[to];
    }
    if (first && first->a != first->b) standing.push_back(*first);
  }
  std::ranges::sort(standing, {}, [](const Link& link) { return std::tuple(link.seq, link.a, link.b); });
  return standing;
}

class Components {
 public:
  explicit Components(std::span<const IdentifierKind> kinds)
      : kinds_(kinds), parent_(kinds.size()), counts_(kinds.size()) {
    std::iota(parent_.begin(), parent_.end(), 0);
    for (size_t p = 0; p < kinds.size(); ++p) counts_[p][static_cast<size_t>(kinds[p])] = 1;
  }
  const KindCounts& counts(Profile leader) const { return counts_[leader]; }

  // The root is the leader, so that the component's user id, if it has one, is its root.
  Profile leader(Profile profile) {
    while (parent_[profile] != profile) profile = parent_[profile] = parent_[parent_[profile]];
    return profile;
  }
  void join(Profile leader_a, Profile leader_b) {
    const auto strength = [&](Profile p) { return std::pair(kinds_[p], p); };
    if (strength(leader_b) < strength(leader_a)) std::swap(leader_a, leader_b);
    for (size_t kind = 0; kind < counts_[leader_a].size(); ++kind) counts_[leader_a][kind] += counts_[leader_b][kind];
    parent_[leader_b] = leader_a;
  }

 private:
  std::span<const IdentifierKind> kinds_;
  std::vector<Profile> parent_;
  std::vector<KindCounts> counts_;  // of leaders
};

}  // namespace

std::optional<IdentifierKind> beyond(const StitchLimits& limits, const KindCounts& a, const KindCounts& b,
                                     LinkKind link) {
  for (size_t kind = 1; kind < a.size(); ++kind) {
    const bool is_renamed = link == LinkKind::Renamed && static_cast<IdentifierKind>(kind) == IdentifierKind::UserId;
    const uint32_t most = is_renamed ? limits.most_renamed : limits.most[kind];
    if (uint32_t{a[kind]} + b[kind] > most && a[kind] > 0 && b[kind] > 0) return static_cast<IdentifierKind>(kind);
  }
  return std::nullopt;
}

Stitching stitch(std::span<const IdentifierKind> kinds, std::vector<Link> links, const StitchRules& rules) {
  Components components(kinds);
  Stitching stitching;
  const auto is_in = [](const std::vector<Profile>& list, Profile profile) {
    return !list.empty() && std::ranges::binary_search(list, profile);
  };
  const auto is_storm = [&](Profile profile) {
    const auto found = stitching.refused.find(profile);
    return found != stitching.refused.end() &&
           found->second >= rules.limits.storm[static_cast<size_t>(kinds[profile])] && !is_in(rules.allowed, profile);
  };
  for (const Link& link : standing_links(std::move(links))) {
    if (is_in(rules.blocked, link.a) || is_in(rules.blocked, link.b)) continue;
    const Profile a = components.leader(link.a), b = components.leader(link.b);
    if (a == b || is_storm(link.a) || is_storm(link.b)) continue;
    if (const auto kind = beyond(rules.limits, components.counts(a), components.counts(b),
                                 kind_of_link(kinds[link.a], kinds[link.b]))) {
      stitching.suspicions.push_back({link, a, b, *kind});
      ++stitching.refused[link.a];
      ++stitching.refused[link.b];
    } else {
      components.join(a, b);
    }
  }
  for (const auto& [profile, refused] : stitching.refused)
    if (is_storm(profile)) stitching.storms.push_back({profile, refused});
  std::ranges::sort(stitching.storms, {}, &Storm::profile);
  stitching.leader.resize(kinds.size());
  for (Profile p = 0; p < kinds.size(); ++p) stitching.leader[p] = components.leader(p);
  return stitching;
}

}  // namespace tessera::profiles
