// The feed as somebody reads it who keeps what is true by now, and what batch says should be true: the two must agree.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fold/fold.hpp"
#include "live/random_world.hpp"

namespace tessera::live {

// Who keeps a set the way docs/feed.md says: is_member of each change in order, and nothing else.
struct Consumer {
  std::set<std::pair<profiles::Profile, std::string>> members;

  void read(const std::vector<fold::Flip>& flips, const fold::Fold& fold) {
    for (const fold::Flip& flip : flips) {
      if (flip.kind == feed::ChangeKind::Merged) {
        EXPECT_FALSE(flip.is_member);
        continue;
      }
      const std::pair of(flip.profile, fold.version_of(flip).slug);
      if (flip.is_member)
        members.insert(of);
      else
        members.erase(of);
    }
  }
  static std::set<std::pair<profiles::Profile, std::string>> members_of(const fold::Fold& fold) {
    std::set<std::pair<profiles::Profile, std::string>> out;
    for (size_t s = 0; s < fold.plan().segments.size(); ++s)
      for (const profiles::Profile each : fold.members(s).all())
        out.emplace(each, fold.plan().outputs[fold.plan().segments[s]].slug);
    return out;
  }
};

// Changes that were corrected are gone.
struct Standing {
  std::map<feed::ChangeId, fold::Flip> standing;
  feed::ChangeId last{};
  size_t corrections = 0, merges = 0;

  void read(const std::vector<fold::Flip>& flips) {
    for (const fold::Flip& flip : flips) {
      EXPECT_GT(flip.id, last) << "ids ascend";
      last = flip.id;
      if (flip.correction_of) {
        ++corrections;
        EXPECT_EQ(standing.erase(*flip.correction_of), 1u) << "corrects a change that stands";
      }
      if (flip.kind == feed::ChangeKind::Merged) {
        ++merges;
        std::erase_if(standing, [&](const auto& each) { return each.second.profile == flip.profile; });
      } else if (flip.kind != feed::ChangeKind::Voided) {
        standing.emplace(flip.id, flip);
      }
    }
  }
  // (at, segment, member) of one customer.
  std::vector<segment::Turn> turns(profiles::Profile profile) const {
    std::vector<segment::Turn> out;
    for (const auto& [id, flip] : standing)
      if (flip.profile == profile) out.push_back({flip.at, flip.segment, flip.kind == feed::ChangeKind::Entered});
    std::ranges::sort(out);
    return out;
  }
};

// What batch says of a customer that begins at `begin`; nobody is in a segment before it was defined.
inline std::vector<segment::Turn> turns_of(const BatchWorld& world, profiles::Profile leader, Instant begin, Instant to,
                                           const std::vector<fold::SegmentVersion>& segments) {
  const auto line = world.timeline(leader, begin, to);
  std::vector<segment::Turn> out;
  for (uint32_t s = 0; s < line.at_start.size(); ++s) {
    const Instant start = std::max(begin, segments[s].since);
    bool is_member = line.at_start[s];
    for (const segment::Turn& turn : line.turns)
      if (turn.segment == s && turn.at <= start) is_member = turn.member;
    if (is_member) out.push_back({start, s, true});
    for (const segment::Turn& turn : line.turns)
      if (turn.segment == s && turn.at > start) out.push_back(turn);
  }
  std::ranges::sort(out);
  return out;
}

inline std::string shown(const std::vector<segment::Turn>& turns) {
  std::string out;
  for (const auto& turn : turns)
    out += fmt::format("\n  {} segment {} {}", tessera::text_of(turn.at), turn.segment, turn.member ? "in" : "out");
  return out;
}

}  // namespace tessera::live
