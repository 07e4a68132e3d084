// Facts of the system on their way into an intake and into a record: declared with the table (system_facts.hpp) and with
// the intakes, which the table itself knows nothing of.
#include "core/hash.hpp"
#include "core/result.hpp"
#include "profiles/import_intake.hpp"
#include "profiles/ruling_law.hpp"
#include "profiles/system_facts.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

void put_values(Intake& intake, Intake::Kind kind, const SystemFact& fact) {
  for (const auto& [name, value] : fact.values) {
    const Intake::Property property = intake.property(kind, name);
    std::visit(Match{[&](std::nullptr_t) { intake.put_null(property); },
                     [&](const std::string& text) { intake.put(property, std::string_view(text)); },
                     [&](const auto& other) { intake.put(property, other); }},
               value);
  }
}

Result<void> write_facts(store::Record& record, std::span<const SystemFact> facts, std::string_view description,
                         Instant learnt) {
  if (facts.empty()) return {};
  uint64_t seq = static_cast<uint64_t>(
      TRY(record.connection().integer("SELECT max(until_seq)::BIGINT FROM tessera.entry")).value_or(0));
  auto intake = TRY(begin_intake(record, {.description = std::string(description), .files = {}, .preset = {}}, learnt));
  for (const SystemFact& fact : facts) {
    const Intake::Kind kind = intake->kind(fact.stream);
    const Identifier who = fact.who.view();
    intake->start(kind, {&who, 1}, fact.time, fingerprint_of(fact, seq++));
    put_values(*intake, kind, fact);
  }
  SilentProgress progress;
  TRY(intake->commit(progress));
  return {};
}

Result<void> put(store::Record& record, std::span<const SystemFact> facts, std::string_view description,
                 Instant learnt) {
  store::Connection& connection = record.connection();
  Rulings rulings = TRY(read_rulings(connection, record.pseudonym_key()));
  const RulingLaw law(rulings, known_by_itself, RulingLaw::Rows::AreNew);
  std::vector<SystemFact> kept;
  for (const SystemFact& fact : facts) {
    const auto found =
        TRY(connection.integer("SELECT count(*) FROM tessera.identity WHERE kind = ? AND value = ?",
                               {uint64_t{static_cast<uint8_t>(fact.who.kind)}, std::string_view(fact.who.value)}));
    if (found.value_or(0) == 0) return unknown_identifier(fact.who);
    const Identifier who = fact.who.view();
    if (!law.is_refused({&who, 1})) kept.push_back(fact);
  }
  return write_facts(record, kept, description, learnt);
}

}  // namespace tessera::profiles
