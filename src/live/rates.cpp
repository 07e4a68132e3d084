#include "live/rates.hpp"

#include "profiles/rulings.hpp"

namespace tessera::live {

namespace {

constexpr uint32_t kMost = 600;  // events of one customer within kWindow that happened just now
constexpr Duration kWindow = kMinute;
constexpr size_t kCustomers = 100'000;  // watched at a time

profiles::Ruling bot(const fold::Identities& identities, profiles::Profile leader) {
  profiles::Ruling ruling{.kind = profiles::RulingKind::Mark};
  ruling.who = {identities.kind(leader), std::string(identities.value(leader))};
  ruling.mark = profiles::Mark::Bot;
  ruling.reason = fmt::format("{} events within a minute", kMost);
  ruling.by = profiles::kByRate;
  return ruling;
}

}  // namespace

// Events of the past, which may come by the thousand, say nothing about who sends them.
void Rates::apply(AppliedEntry& entry) {
  if (entry.is_replaying || entry.entry.kind != EntryKind::Events || entry.is_import()) return;
  const Instant learnt = entry.entry.learnt;
  if (since_ == kEver || learnt - since_ >= kWindow) {
    since_ = learnt;
    events_.clear();
  }
  const fold::Identities& identities = entry.fold->identities();
  for (const fold::Touched::Row& row : entry.fold->rows()) {
    if (row.time < learnt - kWindow * 2) continue;
    const profiles::Profile leader = identities.leader(row.profile);
    auto found = events_.find(leader);
    if (found == events_.end()) {
      if (events_.size() >= kCustomers) continue;
      found = events_.emplace(leader, 0).first;
    }
    if (++found->second == kMost) submit_(bot(identities, leader));
  }
}

}  // namespace tessera::live
