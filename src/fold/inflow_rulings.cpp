// Inflow: what rows and people say of customers beside the facts themselves, and facts of the system.
#include <algorithm>

#include "core/text.hpp"
#include "fold/inflow.hpp"

namespace tessera::fold {

using profiles::Identifier;
using profiles::Mark;
using profiles::Ruling;
using profiles::RulingKind;
using profiles::Seq;
using profiles::SystemFact;
using profiles::SystemStream;

bool Inflow::admits(std::span<const Identifier> who, const profiles::ConsentSaid& said, uint64_t fingerprint) {
  // A message that comes again says what was true when it was first sent.
  const bool is_said = !said.says_nothing() && !was_said(fingerprint);
  const bool is_admitted = law_.admits(who, is_said ? said : profiles::ConsentSaid());
  counts_.refused += !is_admitted;
  return is_admitted;
}

void Inflow::mark(Mark mark, std::string_view reason) {
  if (skipping_) return;
  const Identifier who{identities_.kind(row_profile_), identities_.value(row_profile_)};
  law_.mark(who, row_time_, mark, std::string(clean(reason)), profiles::kByAgent);
}

// --- facts of the system

Result<void> Inflow::put(std::span<const SystemFact> facts) {
  for (const SystemFact& fact : facts) TRY(known(fact.who));
  for (const SystemFact& fact : facts) {
    const Identifier who = fact.who.view();
    if (law_.is_refused({&who, 1})) {
      ++counts_.refused;
      continue;
    }
    if (fact.stream == SystemStream::Ruling) law_.hear(fact);
    facts_.push_back(fact);
  }
  return {};
}

// At the end of the entry: those that rooms above said, then those that follow from its rows and rulings.
void Inflow::put_facts() {
  std::vector<SystemFact> facts = std::exchange(facts_, {});
  std::ranges::move(law_.take_facts(), std::back_inserter(facts));
  for (const SystemFact& fact : facts) {
    const auto profile = identities_.find(fact.who.kind, fact.who.value);
    VERIFY(profile && next_seq_ < profiles::kAllSeqs - 1);
    const uint64_t fingerprint = profiles::fingerprint_of(fact, next_seq_);
    if (recent_.seen(fingerprint, learnt_)) {
      ++counts_.duplicates;
      continue;
    }
    const Seq seq = next_seq_++;
    current_ = kind(fact.stream);
    skipping_ = false;
    put_row(current_, *profile, fact.time, seq, fingerprint);
    profiles::put_values(*this, current_, fact);
  }
  for (const auto& refusal : law_.take_refusals()) page_.refusals.push_back(refusal);
}

// --- blocked values

std::span<const Identifier> Inflow::without_blocked(std::span<const Identifier> who) {
  unblocked_.clear();
  for (const Identifier& identifier : who)
    if (!rulings_.is_blocked(identifier.kind, clean(identifier.value))) unblocked_.push_back(identifier);
  return unblocked_;
}

void Inflow::restitch(Profile a, Profile b, const std::function<void()>& change) {
  change();
  std::vector<Profile> all = identities_.connected(a);
  if (!std::ranges::binary_search(all, b)) {  // they are no longer, or not yet, a pair
    const auto others = identities_.connected(b);
    all.insert(all.end(), others.begin(), others.end());
    std::ranges::sort(all);
  }
  std::vector<Profile> leaders;
  std::map<Profile, std::vector<Profile>> before;
  for (const Profile each : all) {
    leaders.push_back(identities_.leader(each));
    before[leaders.back()].push_back(each);
  }
  identities_.restitch(all);
  std::set<Profile> changed;  // customers, by their leaders until now
  for (size_t i = 0; i < all.size(); ++i) {
    const Profile leader = identities_.leader(all[i]);
    if (leader == leaders[i]) continue;
    page_.relabelled.push_back(all[i]);
    changed.insert({leaders[i], leader});
  }
  for (auto& [leader, members] : before)
    if (changed.contains(leader)) note_before(leader, std::move(members));
}

// --- a person's word

Result<Profile> Inflow::known(const profiles::NamedIdentifier& identifier) const {
  if (const auto found = identities_.find(identifier.kind, identifier.value)) return *found;
  return profiles::unknown_identifier(identifier);
}

Result<void> Inflow::rule(const Ruling& ruling) {
  switch (ruling.kind) {
    case RulingKind::Mark:
    case RulingKind::Unmark:
    case RulingKind::Consent:
      return law_.rule(ruling, learnt_, identities_.find(ruling.who->kind, ruling.who->value).has_value());
    case RulingKind::Link:
    case RulingKind::Unlink: {
      const Profile a = TRY(known(*ruling.who)), b = TRY(known(*ruling.other));
      const bool joins = ruling.kind == RulingKind::Link;
      const Seq seq = next_seq_++;
      page_.ruled_links.push_back({{.a = a, .b = b, .seq = seq, .joins = joins},
                                   ruling.reason.empty() ? profiles::maker_of(ruling) + " said so" : ruling.reason});
      restitch(a, b, [&] { identities_.rule_link(a, b, seq, joins); });
      return {};
    }
    case RulingKind::Block:
    case RulingKind::Unblock:
    case RulingKind::Allow:
    case RulingKind::StaffDomain:
    case RulingKind::ConsentCategory:
      rule_on_value(ruling);
  }
  return {};
}

void Inflow::rule_on_value(const Ruling& ruling) {
  page_.rulings.push_back({.seq = next_seq_++,
                           .kind = ruling.kind,
                           .identifier = ruling.who ? ruling.who->kind : IdentifierKind::UserId,
                           .value = ruling.who ? ruling.who->value : ruling.value,
                           .purpose = ruling.purpose,
                           .reason = ruling.reason,
                           .by = profiles::maker_of(ruling)});
  if (ruling.kind == RulingKind::StaffDomain) {
    rulings_.add_staff_domain(ruling.value);
    for (Profile profile = 0; profile < identities_.size(); ++profile)
      if (identities_.kind(profile) == IdentifierKind::Email)
        law_.address({IdentifierKind::Email, identities_.value(profile)}, learnt_);
  } else if (ruling.kind == RulingKind::ConsentCategory) {
    rulings_.set_category(ruling.value, ruling.purpose);
  } else {
    rulings_.block(ruling.who->kind, ruling.who->value, ruling.kind);
    if (const auto found = identities_.find(ruling.who->kind, ruling.who->value))
      restitch(*found, *found, [&] { identities_.rule_value(*found, ruling.kind); });
  }
}

}  // namespace tessera::fold
