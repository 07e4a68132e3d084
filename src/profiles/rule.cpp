// Rulings on a record that no server has open: the same rows as live/live_intake_rulings.cpp brings.
#include "core/hash.hpp"
#include "core/text.hpp"
#include "profiles/people.hpp"
#include "profiles/rulings.hpp"

namespace tessera::profiles {

using store::Connection;

namespace {

std::string maker_of(const Ruling& ruling) {
  return ruling.by.empty() ? "a person" : ruling.by;
}

Result<bool> is_known(Connection& connection, const NamedIdentifier& who) {
  const auto found = TRY(connection.integer("SELECT count(*) FROM tessera.identity WHERE kind = ? AND value = ?",
                                            {uint64_t{static_cast<uint8_t>(who.kind)}, std::string_view(who.value)}));
  return found.value_or(0) > 0;
}

struct Fact {
  NamedIdentifier who;
  std::optional<Mark> mark;
  std::optional<bool> profiling;
  std::string reason, by;
};

// Facts and refusals, as one entry.
Result<void> put(store::Record& record, std::span<const Fact> facts,
                 const std::vector<std::pair<uint64_t, bool>>& refusals, const Ruling& ruling, Instant learnt) {
  if (!facts.empty()) {
    auto intake = TRY(begin_intake(record, {.description = json_of(ruling).dump(), .files = {}, .preset = {}}, learnt));
    const Intake::Kind kind = intake->kind(kRulings);
    for (const Fact& fact : facts) {
      const Identifier who{fact.who.kind, fact.who.value};
      const uint64_t print = hash64(fact.who.value, hash64(json_of(ruling).dump(), static_cast<uint64_t>(learnt.ms)));
      intake->start(kind, {&who, 1}, learnt, print);
      const auto marked = intake->property(kind, kMarked);
      if (fact.mark) intake->put(marked, name_of(*fact.mark));
      if (fact.mark && !fact.reason.empty())
        intake->put(intake->property(kind, kMarkedReason), std::string_view(fact.reason));
      if (fact.profiling) intake->put(intake->property(kind, kProfiling), *fact.profiling);
      if (!fact.mark && !fact.profiling) intake->put_null(marked);
      intake->put(intake->property(kind, kRuledBy), std::string_view(fact.by));
    }
    SilentProgress progress;
    TRY(intake->commit(progress));
  }
  if (refusals.empty()) return {};
  Connection& connection = record.connection();
  auto transaction = TRY(store::Transaction::begin(connection));
  TRY(write_refusals(connection, refusals, learnt));
  return transaction.commit();
}

Result<void> rule_on_customer(store::Record& record, const Ruling& ruling, Instant learnt) {
  Connection& connection = record.connection();
  const bool known = TRY(is_known(connection, *ruling.who));
  if (!known && !ruling.collection)
    return fail(fmt::format("the record knows no {} '{}'", name_of(ruling.who->kind), ruling.who->value), {},
                try_command("sql").argument("SELECT * FROM customers").note("lists the known ones"));
  std::vector<std::pair<uint64_t, bool>> refusals;
  if (ruling.collection) {
    const Rulings rulings(record.pseudonym_key());
    refusals.emplace_back(rulings.fingerprint(ruling.who->kind, ruling.who->value), !*ruling.collection);
    for (const auto& row : TRY(connection.rows(
             "SELECT i.kind, i.value FROM tessera.person p JOIN tessera.identity i USING (profile) WHERE p.customer IN "
             "(SELECT customer FROM tessera.person JOIN tessera.identity USING (profile) WHERE kind = ? AND value = ?)",
             {uint64_t{static_cast<uint8_t>(ruling.who->kind)}, std::string_view(ruling.who->value)})))
      refusals.emplace_back(
          rulings.fingerprint(static_cast<IdentifierKind>(std::stoi(row[0].value_or("1"))), row[1].value_or("")),
          !*ruling.collection);
  }
  std::vector<Fact> facts;
  if (known && (ruling.kind != RulingKind::Consent || ruling.profiling))
    facts.push_back({*ruling.who, ruling.mark, ruling.profiling, ruling.reason, maker_of(ruling)});
  return put(record, facts, refusals, ruling, learnt);
}

Result<void> rule_on_value(store::Record& record, const Ruling& ruling, Instant learnt) {
  Connection& connection = record.connection();
  auto transaction = TRY(store::Transaction::begin(connection));
  store::Entry entry = TRY(store::next_entry(connection, "ruling", learnt));
  if (entry.first_seq >= kAllSeqs - 1) return fail("the record is full: it holds 4,294,967,294 facts");
  entry.until_seq = entry.first_seq + 1;
  entry.source = std::string(name_of(ruling.kind));
  const ValueRuling value{.seq = static_cast<Seq>(entry.first_seq),
                          .kind = ruling.kind,
                          .identifier = ruling.who ? ruling.who->kind : IdentifierKind::UserId,
                          .value = ruling.who ? ruling.who->value : ruling.value,
                          .purpose = ruling.purpose,
                          .reason = ruling.reason,
                          .by = maker_of(ruling)};
  TRY(write_value_rulings(connection, {&value, 1}, learnt));
  TRY(store::append_entry(connection, entry));
  TRY(restitch(connection));
  TRY(transaction.commit());
  if (ruling.kind != RulingKind::StaffDomain) return {};
  // Whoever is known by an address of the domain already.
  std::vector<Fact> facts;
  for (const auto& row :
       TRY(connection.rows("SELECT value FROM tessera.identity WHERE kind = 2 AND (value LIKE '%@' || "
                           "? OR value LIKE '%@%.' || ?) ORDER BY profile",
                           {std::string_view(ruling.value), std::string_view(ruling.value)})))
    facts.push_back({{IdentifierKind::Email, row[0].value_or("")},
                     Mark::Staff,
                     {},
                     "an address of the staff's domain",
                     std::string(kByAddress)});
  return put(record, facts, {}, ruling, learnt);
}

}  // namespace

Result<void> rule(store::Record& record, const Ruling& ruling, Instant learnt) {
  switch (ruling.kind) {
    case RulingKind::Mark:
    case RulingKind::Unmark:
    case RulingKind::Consent:
      return rule_on_customer(record, ruling, learnt);
    case RulingKind::Link:
    case RulingKind::Unlink: {
      const Identifier a{ruling.who->kind, ruling.who->value}, b{ruling.other->kind, ruling.other->value};
      return link_identifiers(record, a, b, ruling.kind == RulingKind::Link ? LinkFact::AreOne : LinkFact::AreNotOne,
                              ruling.reason.empty() ? maker_of(ruling) + " said so" : ruling.reason, learnt);
    }
    default:
      return rule_on_value(record, ruling, learnt);
  }
}

Result<std::optional<NamedIdentifier>> find_identifier(Connection& connection, std::string_view customer) {
  const auto rows = TRY(connection.rows(
      "SELECT kind, value FROM tessera.identity WHERE value = ? OR pseudonym = ? ORDER BY kind, profile LIMIT 1",
      {customer, customer}));
  if (rows.empty()) return std::nullopt;
  return NamedIdentifier{static_cast<IdentifierKind>(std::stoi(rows[0][0].value_or("1"))), rows[0][1].value_or("")};
}

}  // namespace tessera::profiles
