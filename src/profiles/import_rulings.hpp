// What the rows of an import give away about their customers: marks, consent. As live/live_intake_rulings.cpp does it
// for rows that come in live, but for identifiers instead of profiles, which an import knows only at its end; and an
// identifier is marked once, however often its rows are imported.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "profiles/rulings.hpp"

namespace tessera::profiles {

class ImportRulings {
 public:
  static Result<ImportRulings> read(store::Connection& connection, std::string_view key);

  // As Intake::admits.
  bool admits(std::span<const Identifier> who, const ConsentSaid& said);
  // A row that is put down.
  void row(std::span<const Identifier> who, const Identifier& strongest, Instant time);
  void mark(Mark mark, std::string reason);  // the row at hand

  struct Fact {  // a row of kRulings
    std::optional<Mark> mark;
    std::optional<bool> profiling;
    std::string reason;
    std::string_view by;
    NamedIdentifier who;
    Instant time;
    uint64_t fingerprint;
  };
  bool has_facts() const { return !facts_.empty(); }
  std::vector<Fact> take_facts() { return std::exchange(facts_, {}); }
  const std::vector<std::pair<uint64_t, bool>>& refusals() const { return refusals_; }

 private:
  explicit ImportRulings(Rulings rulings) : rulings_(std::move(rulings)) {}
  void note_mark(const Identifier& who, Instant time, Mark mark, std::string reason, std::string_view by);

  Rulings rulings_;
  std::vector<std::pair<uint64_t, bool>> refusals_;
  std::vector<Fact> facts_;
  std::optional<bool> said_profiling_;  // with the row that comes next
  IdentifierKind kind_ = IdentifierKind::UserId;
  std::string value_;  // of the row at hand: its strongest identifier
  Instant time_ = kEver;
  std::unordered_set<uint64_t> settled_;          // identifiers that are marked, or of whom a person has spoken
  std::unordered_map<uint64_t, bool> profiling_;  // what this import last heard, by identifier
};

}  // namespace tessera::profiles
