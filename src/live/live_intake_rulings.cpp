// Inflow: what rows and people say of customers beside the facts themselves.
#include <algorithm>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "live/live_intake.hpp"
#include "profiles/people.hpp"

namespace tessera::live {

using profiles::Identifier;
using profiles::Mark;
using profiles::Ruling;
using profiles::RulingKind;
using profiles::Rulings;
using profiles::Seq;

// --- consent

bool Inflow::admits(std::span<const Identifier> who, const profiles::ConsentSaid& said, uint64_t fingerprint) {
  said_profiling_.reset();
  profiles::ConsentSaid meant;
  // A message that comes again says what was true when it was first sent.
  if (!said.says_nothing() && !recent_.has(fingerprint)) meant = rulings_.resolve(said);
  if (meant.collection) set_refused(who, !*meant.collection);
  if (rulings_.has_refused() && std::ranges::any_of(who, [&](const Identifier& each) {
        return rulings_.is_refused(rulings_.fingerprint(each.kind, clean(each.value)));
      })) {
    // Whoever comes together with a refused identifier is the same person.
    set_refused(who, true);
    ++counts_.refused;
    return false;
  }
  if (meant.collection == false) {  // without any identifier there is nothing to remember
    ++counts_.refused;
    return false;
  }
  said_profiling_ = meant.profiling;
  return true;
}

// All identifiers of their customers.
void Inflow::set_refused(std::span<const Identifier> who, bool refused) {
  if (!refused && !rulings_.has_refused()) return;
  const auto set = [&](IdentifierKind kind, std::string_view value) {
    const uint64_t print = rulings_.fingerprint(kind, value);
    if (rulings_.set_refused(print, refused)) page_.refusals.emplace_back(print, refused);
  };
  std::vector<Profile> members;
  for (const Identifier& identifier : who) {
    const std::string value(clean(identifier.value));
    set(identifier.kind, value);
    const auto found = identities_.find(identifier.kind, value);
    if (!found) continue;
    identities_.members(identities_.leader(*found), members);
    for (const Profile each : members) set(identities_.kind(each), identities_.value(each));
  }
}

// --- marks

void Inflow::mark(Mark mark, std::string_view reason) {
  if (!skipping_) note_mark(row_profile_, row_time_, mark, std::string(clean(reason)), profiles::kByAgent);
}

void Inflow::note_address(Profile profile, std::string_view email, Instant time) {
  if (rulings_.is_staff(email))
    note_mark(profile, time, Mark::Staff, "an address of the staff's domain", profiles::kByAddress);
  else if (const auto why = profiles::test_address(email))
    note_mark(profile, time, Mark::Test, fmt::format("an address of {}", *why), profiles::kByAddress);
}

// Of a detector: where the customer is marked already, or a person has said something, it is no news.
void Inflow::note_mark(Profile profile, Instant time, Mark mark, std::string reason, std::string_view by) {
  const auto is_settled = [&](Profile each) {
    const Rulings::Standing* standing = rulings_.standing(each);
    return standing && (standing->mark || standing->is_persons);
  };
  if (rulings_.has_standings()) {
    if (is_settled(profile)) return;
    std::vector<Profile> members;
    identities_.members(identities_.leader(profile), members);
    if (std::ranges::any_of(members, is_settled)) return;
  }
  rulings_.stand(profile).mark = mark;
  pending_.push_back({.profile = profile,
                      .time = time,
                      .mark = mark,
                      .profiling = {},
                      .reason = std::move(reason),
                      .by = std::string(by)});
}

// What a call says is news where it is not what was said last, and consent that was never refused is none; a person's
// word is kept as it is.
void Inflow::note_profiling(Profile profile, Instant time, bool given, std::string_view by) {
  std::vector<Profile> members{profile};
  if (rulings_.has_standings()) identities_.members(identities_.leader(profile), members);
  const Rulings::Standing* last = nullptr;
  for (const Profile each : members)
    if (const Rulings::Standing* standing = rulings_.standing(each); standing && standing->profiling)
      if (!last || standing->profiling_at > last->profiling_at) last = standing;
  const bool is_given = !last || *last->profiling;
  if (given == is_given && by == profiles::kByConsent) return;
  // In the order in which they will be put; what was said before the last word changes nothing now.
  const std::pair at(time, next_seq_ + static_cast<Seq>(pending_.size()));
  Rulings::Standing& standing = rulings_.stand(profile);
  if (!standing.profiling || at > standing.profiling_at) {
    standing.profiling = given;
    standing.profiling_at = at;
  }
  pending_.push_back(
      {.profile = profile, .time = time, .mark = {}, .profiling = given, .reason = {}, .by = std::string(by)});
}

void Inflow::put_pending() {
  if (pending_.empty()) return;
  const Kind ruling = kind(profiles::kRulings);
  const Property marked = property(ruling, profiles::kMarked), reason = property(ruling, profiles::kMarkedReason),
                 profiling = property(ruling, profiles::kProfiling), by = property(ruling, profiles::kRuledBy);
  for (const Pending& each : std::exchange(pending_, {})) {
    VERIFY(next_seq_ < profiles::kAllSeqs - 1);
    const Seq seq = next_seq_++;
    const uint64_t fingerprint = mix64(hash64("ruling", seq));
    (void)recent_.seen(fingerprint, learnt_);
    current_ = ruling;
    skipping_ = false;
    put_row(ruling, each.profile, each.time, seq, fingerprint);
    if (each.mark) put(marked, profiles::name_of(*each.mark));
    if (each.mark && !each.reason.empty()) put(reason, std::string_view(each.reason));
    if (each.unmarks) put_null(marked);
    if (each.profiling) put(profiling, *each.profiling);
    put(by, std::string_view(each.by));
  }
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
  return fail(fmt::format("the record knows no {} '{}'", profiles::name_of(identifier.kind), identifier.value), {},
              try_command("sql").argument("SELECT * FROM customers").note("lists the known ones"));
}

Result<void> Inflow::rule(const Ruling& ruling) {
  const std::string by = ruling.by.empty() ? "a person" : ruling.by;
  switch (ruling.kind) {
    case RulingKind::Mark:
    case RulingKind::Unmark:
    case RulingKind::Consent:
      return rule_on_customer(ruling);
    case RulingKind::Link:
    case RulingKind::Unlink: {
      const Profile a = TRY(known(*ruling.who)), b = TRY(known(*ruling.other));
      const bool joins = ruling.kind == RulingKind::Link;
      const Seq seq = next_seq_++;
      page_.ruled_links.push_back({{.a = a, .b = b, .seq = seq, .joins = joins},
                                   ruling.reason.empty() ? fmt::format("{} said so", by) : ruling.reason});
      restitch(a, b, [&] { identities_.rule_link(a, b, seq, joins); });
      return {};
    }
    default:
      break;
  }
  const Seq seq = next_seq_++;
  profiles::ValueRuling value{.seq = seq,
                              .kind = ruling.kind,
                              .identifier = ruling.who ? ruling.who->kind : IdentifierKind::UserId,
                              .value = ruling.who ? ruling.who->value : ruling.value,
                              .purpose = ruling.purpose,
                              .reason = ruling.reason,
                              .by = by};
  page_.rulings.push_back(value);
  if (ruling.kind == RulingKind::StaffDomain) {
    rulings_.add_staff_domain(ruling.value);
    for (Profile profile = 0; profile < identities_.size(); ++profile)
      if (identities_.kind(profile) == IdentifierKind::Email)
        note_address(profile, identities_.value(profile), learnt_);
  } else if (ruling.kind == RulingKind::ConsentCategory) {
    rulings_.set_category(ruling.value, ruling.purpose);
  } else {
    rulings_.block(ruling.who->kind, ruling.who->value, ruling.kind);
    if (const auto found = identities_.find(ruling.who->kind, ruling.who->value))
      restitch(*found, *found, [&] { identities_.rule_value(*found, ruling.kind); });
  }
  return {};
}

Result<void> Inflow::rule_on_customer(const Ruling& ruling) {
  const std::string by = ruling.by.empty() ? "a person" : ruling.by;
  if (ruling.kind == RulingKind::Consent) {
    const Identifier who{ruling.who->kind, ruling.who->value};
    const auto profile = identities_.find(who.kind, who.value);
    if (ruling.profiling && !profile && !ruling.collection) return std::unexpected(known(*ruling.who).error());
    if (ruling.collection) set_refused({&who, 1}, !*ruling.collection);
    if (ruling.profiling && profile) note_profiling(*profile, learnt_, *ruling.profiling, by);
    return {};
  }
  const Profile profile = TRY(known(*ruling.who));
  if (ruling.mark && by.starts_with(profiles::kDetector)) {
    note_mark(profile, learnt_, *ruling.mark, ruling.reason, by);
    return {};
  }
  Rulings::Standing& standing = rulings_.stand(profile);
  standing.mark = ruling.mark;
  standing.is_persons = true;
  pending_.push_back({.profile = profile,
                      .time = learnt_,
                      .mark = ruling.mark,
                      .unmarks = !ruling.mark,
                      .profiling = {},
                      .reason = ruling.reason,
                      .by = by});
  return {};
}

}  // namespace tessera::live
