// What rows and people say of customers beside the facts themselves, and what follows: who is marked, who refuses what.
// One law for rows that come in live, for those of an import, for a person's word to a running engine and to a record
// that no server has open; they differ in who is known to belong together (Kin) and in where the facts are then put.
//
// - A detector marks whom nobody has marked or spoken of yet; a person's word stands until the next.
// - What a call says of profiling is news where it is not what was said last; consent never refused is none.
// - Who refuses to be recorded refuses for all identifiers of theirs, and whoever comes with one of those is the same
//   person. Of them nothing is kept but keyed fingerprints.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "profiles/rulings.hpp"
#include "profiles/system_facts.hpp"

namespace tessera::profiles {

// Calls `visit` for each identifier of the customer whom `who` belongs to; for `who` alone where nobody is known.
using Kin = std::function<void(const Identifier& who, const std::function<void(const Identifier&)>& visit)>;
// An import knows its customers only at its end.
void known_by_itself(const Identifier& who, const std::function<void(const Identifier&)>& visit);

class RulingLaw {
 public:
  // MayComeAgain: a row may be one that the record has; its facts have the fingerprint that they had then.
  enum class Rows : uint8_t { AreNew, MayComeAgain };
  // REQUIRES: `rulings` outlive this.
  RulingLaw(Rulings& rulings, Kin kin, Rows rows) : rulings_(rulings), kin_(std::move(kin)), rows_(rows) {}

  // --- rows

  // As Intake::admits. `said` of a row that was seen before is to be empty: it says what was true when it first came.
  bool admits(std::span<const Identifier> who, const ConsentSaid& said);
  bool is_refused(std::span<const Identifier> who) const;
  // What admits() heard is not of the row that comes next.
  void forget() { said_profiling_.reset(); }
  // The row that was admitted last, by its strongest identifier.
  void row(const Identifier& who, Instant time);
  // An e-mail address that gives itself away.
  void address(const Identifier& email, Instant time);
  void mark(const Identifier& who, Instant time, Mark mark, std::string reason, std::string_view by);

  // --- a person's word

  // Mark, Unmark or Consent. Error: it speaks of somebody unknown; nothing has changed.
  Result<void> rule(const Ruling& ruling, Instant learnt, bool is_known);
  // A fact of rulings that somebody else says.
  void hear(const SystemFact& fact);

  // --- what follows, in the order in which it was said
  bool has_facts() const { return !facts_.empty(); }
  std::vector<SystemFact> take_facts() { return std::exchange(facts_, {}); }
  // true: refused.
  std::vector<std::pair<uint64_t, bool>> take_refusals() { return std::exchange(refusals_, {}); }

 private:
  uint64_t print(const Identifier& who) const;
  void set_refused(std::span<const Identifier> who, bool refused);
  void say_profiling(const Identifier& who, Instant time, bool given, std::string_view by);

  Rulings& rulings_;
  Kin kin_;
  Rows rows_;
  uint64_t said_ = uint64_t{1} << 32;  // later than every fact of the record
  std::optional<bool> said_profiling_;
  std::vector<SystemFact> facts_;
  std::vector<std::pair<uint64_t, bool>> refusals_;
};

// Who made it: "a person" where it does not say.
std::string maker_of(const Ruling& ruling);
// "the record knows no e-mail 'a@b.c'"
std::unexpected<Error> unknown_identifier(const NamedIdentifier& who);

}  // namespace tessera::profiles
