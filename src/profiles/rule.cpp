// Rulings on a record that no server has open.
#include "core/text.hpp"
#include "profiles/import_intake.hpp"
#include "profiles/people.hpp"
#include "profiles/ruling_law.hpp"

namespace tessera::profiles {

using store::Connection;

namespace {

Result<bool> is_known(Connection& connection, const NamedIdentifier& who) {
  const auto found = TRY(connection.integer("SELECT count(*) FROM tessera.identity WHERE kind = ? AND value = ?",
                                            {uint64_t{static_cast<uint8_t>(who.kind)}, std::string_view(who.value)}));
  return found.value_or(0) > 0;
}

// As the record knows them.
Result<std::vector<NamedIdentifier>> kin_of(Connection& connection, const Identifier& who) {
  std::vector<NamedIdentifier> out;
  for (const auto& row : TRY(connection.rows(
           "SELECT i.kind, i.value FROM tessera.person p JOIN tessera.identity i USING (profile) WHERE p.customer IN "
           "(SELECT customer FROM tessera.person JOIN tessera.identity USING (profile) WHERE kind = ? AND value = ?) "
           "ORDER BY i.kind, i.value",
           {uint64_t{static_cast<uint8_t>(who.kind)}, who.value})))
    out.push_back({static_cast<IdentifierKind>(std::stoi(row[0].value_or("1"))), row[1].value_or("")});
  if (out.empty()) out.push_back({who.kind, std::string(who.value)});
  return out;
}

// The law over the record; a failed look-up is an error at its end.
class RecordLaw {
 public:
  static Result<std::unique_ptr<RecordLaw>> open(store::Record& record) {
    auto law = std::make_unique<RecordLaw>(record, TRY(read_rulings(record.connection(), record.pseudonym_key())));
    return law;
  }
  RecordLaw(store::Record& record, Rulings rulings)
      : record_(record),
        rulings_(std::move(rulings)),
        law(
            rulings_,
            [this](const Identifier& who, const auto& visit) {
              auto kin = kin_of(record_.connection(), who);
              if (!kin)
                failed_ = kin.error();
              else
                for (const NamedIdentifier& each : *kin) visit(each.view());
            },
            RulingLaw::Rows::AreNew) {}

  // What follows from what was said, as one entry.
  Result<void> put(const Ruling& ruling, Instant learnt) {
    if (failed_) return std::unexpected(*failed_);
    TRY(write_facts(record_, law.take_facts(), json_of(ruling).dump(), learnt));
    const auto refusals = law.take_refusals();
    if (refusals.empty()) return {};
    auto transaction = TRY(store::Transaction::begin(record_.connection()));
    TRY(write_refusals(record_.connection(), refusals, learnt));
    return transaction.commit();
  }

 private:
  store::Record& record_;
  Rulings rulings_;
  std::optional<Error> failed_;

 public:
  RulingLaw law;
};

Result<void> rule_on_customer(store::Record& record, const Ruling& ruling, Instant learnt) {
  const bool known = TRY(is_known(record.connection(), *ruling.who));
  const auto law = TRY(RecordLaw::open(record));
  TRY(law->law.rule(ruling, learnt, known));
  return law->put(ruling, learnt);
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
  const auto law = TRY(RecordLaw::open(record));
  for (const auto& row :
       TRY(connection.rows("SELECT value FROM tessera.identity WHERE kind = 2 AND (value LIKE '%@' || "
                           "? OR value LIKE '%@%.' || ?) ORDER BY profile",
                           {std::string_view(ruling.value), std::string_view(ruling.value)})))
    law->law.address({IdentifierKind::Email, row[0].value_or("")}, learnt);
  return law->put(ruling, learnt);
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
