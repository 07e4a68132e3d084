#include "live/import_tallies.hpp"

#include <algorithm>

namespace tessera::live {

namespace {

constexpr size_t kTallies = 64;

}  // namespace

ImportTallies::Tally& ImportTallies::tally_of(std::string_view import) {
  const auto found = std::ranges::find(tallies_, import, &Tally::import);
  if (found != tallies_.end()) return *found;
  if (tallies_.size() == kTallies) tallies_.pop_front();
  return tallies_.emplace_back(Tally{.import = std::string(import)});
}

void ImportTallies::apply(AppliedEntry& entry) {
  if (!entry.is_import()) return;
  for (size_t i = 0; i < entry.calls.size(); ++i) {
    const CallEffect& call = entry.calls[i];
    Tally& tally = tally_of(entry.entry.calls[i].source);
    tally.counts.duplicates += call.counts.duplicates;
    tally.counts.rejects += call.counts.rejects;
    tally.counts.trait_facts += call.trait_facts;
    tally.counts.stored += call.rows.size() - call.trait_facts;
    for (const fold::Touched::Row& row : call.rows) tally.who.insert(row.profile);
  }
  // Joined ones are fewer afterwards: then none is new.
  const uint64_t after = entry.fold->identities().customers();
  tally_of(entry.entry.calls[0].source).counts.new_customers += after - std::min(after, entry.customers_before);
}

ImportCounts ImportTallies::of(std::string_view import, const fold::Identities& identities) const {
  const auto found = std::ranges::find(tallies_, import, &Tally::import);
  if (found == tallies_.end()) return {};
  std::unordered_set<profiles::Profile> customers;
  for (const profiles::Profile profile : found->who) customers.insert(identities.leader(profile));
  ImportCounts out = found->counts;
  out.customers = customers.size();
  return out;
}

}  // namespace tessera::live
