#include "profiles/import_rulings.hpp"

#include <algorithm>

#include "core/hash.hpp"

namespace tessera::profiles {

// Nobody is marked against the word of a person on any of their identifiers.
Result<ImportRulings> ImportRulings::read(store::Connection& connection, std::string_view key) {
  ImportRulings out(TRY(read_rulings(connection, key)));
  std::vector<Profile> spoken_of;
  for (const auto& [profile, standing] : out.rulings_.standings())
    if (standing.is_persons || standing.mark) spoken_of.push_back(profile);
  if (spoken_of.empty()) return out;
  std::ranges::sort(spoken_of);
  for (const auto& row : TRY(connection.rows(
           fmt::format("SELECT kind, value FROM tessera.identity JOIN tessera.person USING (profile) WHERE customer IN "
                       "(SELECT customer FROM tessera.person WHERE profile IN ({}))",
                       fmt::join(spoken_of, ",")))))
    out.settled_.insert(
        out.rulings_.fingerprint(static_cast<IdentifierKind>(std::stoi(row[0].value_or("0"))), row[1].value_or("")));
  return out;
}

bool ImportRulings::admits(std::span<const Identifier> who, const ConsentSaid& said) {
  said_profiling_.reset();
  if (said.says_nothing() && !rulings_.has_refused()) return true;
  const ConsentSaid meant = rulings_.resolve(said);
  const auto set = [&](bool refused) {
    for (const Identifier& each : who)
      if (const uint64_t print = rulings_.fingerprint(each.kind, each.value); rulings_.set_refused(print, refused))
        refusals_.emplace_back(print, refused);
  };
  if (meant.collection) set(!*meant.collection);
  const bool is_refused = rulings_.has_refused() && std::ranges::any_of(who, [&](const Identifier& each) {
                            return rulings_.is_refused(rulings_.fingerprint(each.kind, each.value));
                          });
  if (is_refused) set(true);
  if (is_refused || meant.collection == false) return false;
  said_profiling_ = meant.profiling;
  return true;
}

void ImportRulings::row(std::span<const Identifier> who, const Identifier& strongest, Instant time) {
  kind_ = strongest.kind;
  value_ = strongest.value;
  time_ = time;
  if (const auto given = std::exchange(said_profiling_, std::nullopt)) {
    const uint64_t print = rulings_.fingerprint(kind_, value_);
    const auto heard = profiling_.find(print);
    if (*given != (heard == profiling_.end() || heard->second)) {
      profiling_[print] = *given;
      facts_.push_back({.mark = {},
                        .profiling = given,
                        .reason = {},
                        .by = kByConsent,
                        .who = {kind_, value_},
                        .time = time,
                        .fingerprint = hash64("profiling", print + static_cast<uint64_t>(time.ms))});
    }
  }
  for (const Identifier& identifier : who) {
    if (identifier.kind != IdentifierKind::Email) continue;
    if (rulings_.is_staff(identifier.value))
      note_mark(identifier, time, Mark::Staff, "an address of the staff's domain", kByAddress);
    else if (const auto why = test_address(identifier.value))
      note_mark(identifier, time, Mark::Test, fmt::format("an address of {}", *why), kByAddress);
  }
}

void ImportRulings::mark(Mark mark, std::string reason) {
  note_mark({kind_, value_}, time_, mark, std::move(reason), kByAgent);
}

void ImportRulings::note_mark(const Identifier& who, Instant time, Mark mark, std::string reason, std::string_view by) {
  const uint64_t print = rulings_.fingerprint(who.kind, who.value);
  if (!settled_.insert(print).second) return;
  facts_.push_back({.mark = mark,
                    .profiling = {},
                    .reason = std::move(reason),
                    .by = by,
                    .who = {who.kind, std::string(who.value)},
                    .time = time,
                    .fingerprint = hash64("marked", print)});
}

}  // namespace tessera::profiles
