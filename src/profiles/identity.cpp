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
  explicit Components(std::span<const IdentifierKind> kinds) : kinds_(kinds), parent_(kinds.size()) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }

  // The root is the leader, so that the component's user id, if it has one, is its root.
  Profile leader(Profile profile) {
    while (parent_[profile] != profile) profile = parent_[profile] = parent_[parent_[profile]];
    return profile;
  }
  bool has_user_id(Profile leader) const { return kinds_[leader] == IdentifierKind::UserId; }
  void join(Profile leader_a, Profile leader_b) {
    const auto strength = [&](Profile p) { return std::pair(kinds_[p], p); };
    if (strength(leader_b) < strength(leader_a)) std::swap(leader_a, leader_b);
    parent_[leader_b] = leader_a;
  }

 private:
  std::span<const IdentifierKind> kinds_;
  std::vector<Profile> parent_;
};

}  // namespace

Stitching stitch(std::span<const IdentifierKind> kinds, std::vector<Link> links) {
  Components components(kinds);
  Stitching stitching;
  for (const Link& link : standing_links(std::move(links))) {
    const Profile a = components.leader(link.a), b = components.leader(link.b);
    if (a == b) continue;
    if (components.has_user_id(a) && components.has_user_id(b))
      stitching.suspicions.push_back({link, a, b});
    else
      components.join(a, b);
  }
  stitching.leader.resize(kinds.size());
  for (Profile p = 0; p < kinds.size(); ++p) stitching.leader[p] = components.leader(p);
  return stitching;
}

}  // namespace tessera::profiles
