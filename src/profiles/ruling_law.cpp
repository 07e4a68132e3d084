#include "profiles/ruling_law.hpp"

#include <algorithm>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "profiles/identifier_rules.hpp"

namespace tessera::profiles {

namespace {

// Texts that are not UTF-8 are repaired before they are compared, as everywhere.
std::string repaired(std::string_view text) {
  return first_invalid_utf8(text) ? repair_utf8(text) : std::string(text);
}

SystemFact fact_about(const Identifier& who, Instant time) {
  return {.stream = SystemStream::Ruling, .who = {who.kind, repaired(who.value)}, .time = time, .values = {}};
}

void add(SystemFact& fact, std::string_view property, SystemFact::Value value) {
  fact.values.emplace_back(property, std::move(value));
}

}  // namespace

void known_by_itself(const Identifier& who, const std::function<void(const Identifier&)>& visit) {
  visit(who);
}

std::string maker_of(const Ruling& ruling) {
  return ruling.by.empty() ? "a person" : ruling.by;
}

std::unexpected<Error> unknown_identifier(const NamedIdentifier& who) {
  return fail(fmt::format("the record knows no {} '{}'", name_of(who.kind), who.value), {},
              try_command("sql").argument("SELECT * FROM customers").note("lists the known ones"));
}

uint64_t RulingLaw::print(const Identifier& who) const {
  const bool is_plain = std::ranges::none_of(who.value, [](char c) { return c < 0; });
  return rulings_.fingerprint(who.kind, is_plain ? who.value : std::string_view(repaired(who.value)));
}

// --- consent

bool RulingLaw::is_refused(std::span<const Identifier> who) const {
  return rulings_.has_refused() && std::ranges::any_of(who, [&](const Identifier& each) {
           return any_spelling(each, [&](const Identifier& one) { return rulings_.is_refused(print(one)); });
         });
}

bool RulingLaw::admits(std::span<const Identifier> who, const ConsentSaid& said) {
  said_profiling_.reset();
  if (said.says_nothing() && !rulings_.has_refused()) return true;
  const ConsentSaid meant = rulings_.resolve(said);
  if (meant.collection) set_refused(who, !*meant.collection);
  const bool refuses = is_refused(who);
  if (refuses) set_refused(who, true);
  // Without any identifier there is nothing to remember.
  if (refuses || meant.collection == false) return false;
  said_profiling_ = meant.profiling;
  return true;
}

void RulingLaw::set_refused(std::span<const Identifier> who, bool refused) {
  if (!refused && !rulings_.has_refused()) return;
  const auto set = [&](const Identifier& each) {
    const uint64_t fingerprint = print(each);
    if (rulings_.set_refused(fingerprint, refused)) refusals_.emplace_back(fingerprint, refused);
  };
  for (const Identifier& each : who) {
    set(each);
    kin_(each, set);
  }
}

void RulingLaw::say_profiling(const Identifier& who, Instant time, bool given, std::string_view by) {
  std::optional<Rulings::Standing> last;
  const auto look = [&](const Identifier& one) {
    const Rulings::Standing* standing = rulings_.standing(print(one));
    if (standing && standing->profiling && (!last || standing->profiling_at > last->profiling_at)) last = *standing;
    return false;
  };
  if (rulings_.has_standings()) kin_(who, [&](const Identifier& each) { (void)any_spelling(each, look); });
  if (given == (!last || *last->profiling) && by == kByConsent) return;
  const uint64_t fingerprint = print(who);
  rulings_.say_profiling(fingerprint, given, time, said_++);
  SystemFact fact = fact_about(who, time);
  add(fact, kProfiling, given);
  add(fact, kRuledBy, std::string(by));
  if (rows_ == Rows::MayComeAgain) fact.fingerprint = hash64("profiling", fingerprint + static_cast<uint64_t>(time.ms));
  facts_.push_back(std::move(fact));
}

// --- marks

void RulingLaw::row(const Identifier& who, Instant time) {
  if (const auto given = std::exchange(said_profiling_, std::nullopt)) say_profiling(who, time, *given, kByConsent);
}

void RulingLaw::address(const Identifier& email, Instant time) {
  if (rulings_.is_staff(email.value))
    mark(email, time, Mark::Staff, "an address of the staff's domain", kByAddress);
  else if (const auto why = test_address(email.value))
    mark(email, time, Mark::Test, fmt::format("an address of {}", *why), kByAddress);
}

void RulingLaw::mark(const Identifier& who, Instant time, Mark mark, std::string reason, std::string_view by) {
  if (rulings_.has_standings()) {
    bool is_settled = false;
    const auto settles = [&](const Identifier& one) {
      const Rulings::Standing* standing = rulings_.standing(print(one));
      return standing && (standing->mark || standing->is_persons);
    };
    kin_(who, [&](const Identifier& each) { is_settled |= any_spelling(each, settles); });
    if (is_settled) return;
  }
  const uint64_t fingerprint = print(who);
  rulings_.say_mark(fingerprint, mark, by);
  SystemFact fact = fact_about(who, time);
  add(fact, kMarked, std::string(name_of(mark)));
  if (!reason.empty()) add(fact, kMarkedReason, std::move(reason));
  add(fact, kRuledBy, std::string(by));
  if (rows_ == Rows::MayComeAgain) fact.fingerprint = hash64("marked", fingerprint);
  facts_.push_back(std::move(fact));
}

// --- a person's word

Result<void> RulingLaw::rule(const Ruling& ruling, Instant learnt, bool is_known) {
  const Identifier who = ruling.who->view();
  const std::string by = maker_of(ruling);
  if (ruling.kind == RulingKind::Consent) {
    if (ruling.profiling && !is_known && !ruling.collection) return unknown_identifier(*ruling.who);
    if (ruling.collection) set_refused({&who, 1}, !*ruling.collection);
    if (ruling.profiling && is_known) say_profiling(who, learnt, *ruling.profiling, by);
    return {};
  }
  if (!is_known) return unknown_identifier(*ruling.who);
  if (ruling.mark && by.starts_with(kDetector)) {
    mark(who, learnt, *ruling.mark, ruling.reason, by);
    return {};
  }
  rulings_.say_mark(print(who), ruling.mark, by);
  SystemFact fact = fact_about(who, learnt);
  if (ruling.mark)
    add(fact, kMarked, std::string(name_of(*ruling.mark)));
  else
    add(fact, kMarked, nullptr);
  if (ruling.mark && !ruling.reason.empty()) add(fact, kMarkedReason, ruling.reason);
  add(fact, kRuledBy, by);
  facts_.push_back(std::move(fact));
  return {};
}

void RulingLaw::hear(const SystemFact& fact) {
  const auto value = [&](std::string_view property) -> const SystemFact::Value* {
    for (const auto& [name, each] : fact.values)
      if (name == property) return &each;
    return nullptr;
  };
  const SystemFact::Value* by = value(kRuledBy);
  const std::string* maker = by ? std::get_if<std::string>(by) : nullptr;
  const uint64_t fingerprint = print(fact.who.view());
  if (const SystemFact::Value* marked = value(kMarked)) {
    const std::string* mark = std::get_if<std::string>(marked);
    rulings_.say_mark(fingerprint, mark ? mark_named(*mark) : std::nullopt, maker ? *maker : std::string_view());
  }
  if (const SystemFact::Value* profiling = value(kProfiling))
    if (const bool* given = std::get_if<bool>(profiling))
      rulings_.say_profiling(fingerprint, *given, fact.time, said_++);
}

}  // namespace tessera::profiles
