#include "profiles/identity.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <rapidcheck/gtest.h>

using namespace tessera;
using namespace tessera::profiles;

namespace {

constexpr auto kUser = IdentifierKind::UserId, kEmail = IdentifierKind::Email, kAnonymous = IdentifierKind::AnonymousId;

TEST(Stitching, LinkedIdentifiersAreOneCustomerLedByTheStrongest) {
  const std::vector kinds = {kAnonymous, kEmail, kUser, kAnonymous};
  EXPECT_EQ(stitch(kinds, {{0, 1, 5}, {1, 2, 9}}).leader, (std::vector<Profile>{2, 2, 2, 3}));
}

TEST(Stitching, TwoUserIdsAreNeverJoinedButReported) {
  // An anonymous id (a shared tablet) that is seen with two users belongs to the first.
  const std::vector kinds = {kAnonymous, kUser, kUser};
  const auto stitching = stitch(kinds, {{0, 2, 7}, {0, 1, 3}});
  EXPECT_EQ(stitching.leader, (std::vector<Profile>{1, 1, 2}));
  EXPECT_EQ(stitching.suspicions, (std::vector<Suspicion>{{{0, 2, 7}, 1, 2}}));
}

TEST(Stitching, UnMergingRestoresBoth) {
  const std::vector kinds = {kUser, kEmail, kAnonymous};
  const std::vector<Link> before = {{1, 2, 1}};
  std::vector<Link> merged = before, unmerged;
  merged.push_back({0, 1, 2});
  EXPECT_EQ(stitch(kinds, merged).leader, (std::vector<Profile>{0, 0, 0}));
  unmerged = merged;
  unmerged.push_back({1, 0, 3, false});
  EXPECT_EQ(stitch(kinds, unmerged).leader, stitch(kinds, before).leader);
  unmerged.push_back({0, 1, 4, true});
  EXPECT_EQ(stitch(kinds, unmerged).leader, stitch(kinds, merged).leader);
}

// The slow, obvious way: who can be reached from whom.
std::vector<std::set<Profile>> reachable(size_t profiles, const std::vector<Link>& links) {
  std::vector<std::set<Profile>> of(profiles);
  for (Profile p = 0; p < profiles; ++p) {
    of[p] = {p};
    for (bool grew = true; grew;) {
      grew = false;
      for (const Link& link : links) {
        if (of[p].contains(link.a)) grew |= of[p].insert(link.b).second;
        if (of[p].contains(link.b)) grew |= of[p].insert(link.a).second;
      }
    }
  }
  return of;
}

struct Shop {
  std::vector<IdentifierKind> kinds;
  std::vector<Link> links;
};

Shop random_shop(bool with_users) {
  Shop shop;
  const auto profiles = *rc::gen::inRange<uint32_t>(1, 12);
  for (uint32_t p = 0; p < profiles; ++p)
    shop.kinds.push_back(static_cast<IdentifierKind>(*rc::gen::inRange(with_users ? 1 : 2, 5)));
  const auto links = *rc::gen::inRange<uint32_t>(0, 20);
  for (Seq seq = 0; seq < links; ++seq)
    shop.links.push_back({*rc::gen::inRange<Profile>(0, profiles), *rc::gen::inRange<Profile>(0, profiles), seq});
  return shop;
}

RC_GTEST_PROP(Stitching, WithoutUserIdsItIsReachability, ()) {
  const Shop shop = random_shop(false);
  const auto stitching = stitch(shop.kinds, shop.links);
  const auto expected = reachable(shop.kinds.size(), shop.links);
  RC_ASSERT(stitching.suspicions.empty());
  for (Profile a = 0; a < shop.kinds.size(); ++a) {
    for (Profile b = 0; b < shop.kinds.size(); ++b)
      RC_ASSERT((stitching.leader[a] == stitching.leader[b]) == expected[a].contains(b));
    const Profile leader = stitching.leader[a];
    for (const Profile b : expected[a]) RC_ASSERT(std::pair(shop.kinds[leader], leader) <= std::pair(shop.kinds[b], b));
  }
}

RC_GTEST_PROP(Stitching, DoesNotDependOnTheOrderOfTheInput, ()) {
  Shop shop = random_shop(true);
  const auto stitching = stitch(shop.kinds, shop.links);
  for (size_t i = shop.links.size(); i > 1; --i)
    std::swap(shop.links[i - 1], shop.links[*rc::gen::inRange<size_t>(0, i)]);
  for (Link& link : shop.links) std::swap(link.a, link.b);
  const auto again = stitch(shop.kinds, shop.links);
  RC_ASSERT(stitching.leader == again.leader);
  RC_ASSERT(stitching.suspicions == again.suspicions);
}

RC_GTEST_PROP(Stitching, UserIdsAreOneByTheirOwnLinksAloneAndEverySuspicionHasTwo, ()) {
  const Shop shop = random_shop(true);
  const auto stitching = stitch(shop.kinds, shop.links);
  std::vector<Link> renamed;
  std::ranges::copy_if(shop.links, std::back_inserter(renamed), [&](const Link& link) {
    return kind_of_link(shop.kinds[link.a], shop.kinds[link.b]) == LinkKind::Renamed;
  });
  const auto may_be_one = reachable(shop.kinds.size(), renamed);
  std::map<Profile, uint32_t> users;
  for (Profile p = 0; p < shop.kinds.size(); ++p) {
    if (shop.kinds[p] != kUser) continue;
    RC_ASSERT(may_be_one[p].contains(stitching.leader[p]));
    RC_ASSERT(++users[stitching.leader[p]] <= StitchLimits{}.most_renamed);
  }
  for (const Suspicion& suspicion : stitching.suspicions) {
    RC_ASSERT(suspicion.user_a != suspicion.user_b);
    RC_ASSERT(shop.kinds[suspicion.user_a] == kUser && shop.kinds[suspicion.user_b] == kUser);
  }
}

RC_GTEST_PROP(Stitching, CuttingTheLastLinkIsAsIfItHadNeverBeen, ()) {
  const Shop shop = random_shop(true);
  RC_PRE(!shop.links.empty());
  std::vector<Link> without;
  const Link last = shop.links.back();
  for (const Link& link : shop.links)
    if (std::minmax(link.a, link.b) != std::minmax(last.a, last.b)) without.push_back(link);
  auto cut = shop.links;
  cut.push_back({last.a, last.b, last.seq + 1, false});
  RC_ASSERT(stitch(shop.kinds, cut).leader == stitch(shop.kinds, without).leader);
}

TEST(Stitching, ACustomerHasNoMoreIdentifiersThanTheLimitsSay) {
  // A user id with eleven e-mails: the last joins nobody, and is said.
  std::vector<IdentifierKind> kinds(12, IdentifierKind::Email);
  kinds[0] = IdentifierKind::UserId;
  std::vector<Link> links;
  for (Profile p = 1; p < 12; ++p) links.push_back({.a = 0, .b = p, .seq = p});
  const Stitching stitching = stitch(kinds, links);
  for (Profile p = 0; p < 11; ++p) EXPECT_EQ(stitching.leader[p], 0u);
  EXPECT_EQ(stitching.leader[11], 11u);
  ASSERT_EQ(stitching.suspicions.size(), 1u);
  EXPECT_EQ(stitching.suspicions[0].beyond, IdentifierKind::Email);
}

TEST(Stitching, ASharedDeviceIsAStormAndJoinsNobodyAnyMore) {
  std::vector<IdentifierKind> kinds(102, IdentifierKind::UserId);
  kinds[0] = IdentifierKind::AnonymousId;
  kinds[101] = IdentifierKind::Email;  // came with the device when it was a storm
  std::vector<Link> links;
  for (Profile p = 1; p < 102; ++p) links.push_back({.a = 0, .b = p, .seq = p});
  const Stitching stitching = stitch(kinds, links);
  EXPECT_EQ(stitching.leader[0], 1u) << "the first it came with";
  EXPECT_EQ(stitching.leader[101], 101u);
  EXPECT_EQ(stitching.suspicions.size(), 10u) << "ten are enough to know";
  EXPECT_EQ(stitching.storms, (std::vector<Storm>{{0, 10}}));
  EXPECT_EQ(stitch(kinds, links, {.limits = {}, .blocked = {}, .allowed = {0}}).leader[101], 1u);
}

TEST(Stitching, ABlockedValueJoinsNobody) {
  const std::vector<IdentifierKind> kinds = {IdentifierKind::UserId, IdentifierKind::Email,
                                             IdentifierKind::AnonymousId};
  const std::vector<Link> links = {{.a = 0, .b = 1, .seq = 1}, {.a = 1, .b = 2, .seq = 2}};
  EXPECT_EQ(stitch(kinds, links).leader, (std::vector<Profile>{0, 0, 0}));
  EXPECT_EQ(stitch(kinds, links, {.limits = {}, .blocked = {1}, .allowed = {}}).leader,
            (std::vector<Profile>{0, 1, 2}));
}

}  // namespace
