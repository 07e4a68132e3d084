// Reading one row by its plan, shared by the normalisers: who, when, what its content is, and putting values into the
// intake. TraitLog keeps what rows say about their customers until the end, so that facts are put down in the order of
// time (exports often run backwards) and only where they change.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "formats/plan.hpp"
#include "ingest/normaliser.hpp"

namespace tessera::ingest {

// Message ids have one space of identities, whatever file or call they come in. Stored on disk, never change.
inline constexpr uint64_t kMessageSeed = 0x6D657373616765;

// Blank text, null and what is absent are as if not there.
inline bool says_something(const formats::Field& field) {
  if (field.kind == formats::FieldKind::Absent || field.kind == formats::FieldKind::Null) return false;
  return field.kind != formats::FieldKind::Text || !formats::is_blank(field.text);
}

// Under what name a column's values are part of what a row is known by. Stored on disk, never change: a binding whose part
// or target is another than it was says what it was.
std::string known_by(const formats::Binding& binding);

class TraitLog;

// What money below zero is in a row.
enum class BelowZero : uint8_t { IsOdd, IsGivenBack };

class FieldReader {
 public:
  FieldReader(const formats::Plan& plan, NormaliserContext& context);

  const formats::ColumnPlan* find(formats::Role role) const;
  bool has_time() const { return time_ != nullptr; }
  size_t time_column() const { return time_->column; }

  // Identifiers that are blank, blocked (0, -1, "guest") or no address are left out; the last are warned about.
  Who who(const formats::Row& row);
  // Whether both rows say by the same ids alone of whom they are, so that the second says nothing new; false: perhaps not.
  bool are_of_one(const formats::Row& a, const formats::Row& b) const;
  // nullopt: blank, or not readable in the column's form.
  std::optional<Instant> time(const formats::Row& row);
  // Of a column that holds an instant beside the row's own.
  std::optional<Instant> instant(const formats::ColumnPlan& column, const formats::Row& row);
  // Looks for odd values in a row whose time was read. True: they made the row a reject.
  bool leaves_out(const formats::Row& row, std::optional<Instant> time, BelowZero below = BelowZero::IsOdd);

  void start(profiles::Intake::Kind kind, const Who& who, Instant time, uint64_t fingerprint);
  void count_fact() { ++context_.findings.facts_used; }
  void put(profiles::Intake::Property property, const formats::ColumnPlan& column, const formats::Field& field);
  uint64_t content(const formats::Row& row) const;
  void log_traits(TraitLog& log, const Who& who, const formats::Row& row, Instant time) const;

 private:
  struct Price {
    Number number;
    std::string_view text;
  };
  std::optional<Price> price_of(const formats::Row& row) const;
  std::optional<Instant> in_zone(formats::ParsedTime time, const formats::Row& row);
  const Zone* zone_named(std::string_view name, uint64_t line);
  std::optional<std::string> phone_of(std::string_view text, const formats::Row& row);
  std::string_view country_named(std::string_view text);

  const formats::Plan& plan_;
  NormaliserContext& context_;
  std::vector<uint64_t> seeds_;  // by column of the plan
  const formats::ColumnPlan *time_ = nullptr, *clock_ = nullptr, *zone_ = nullptr;
  const formats::ColumnPlan *price_ = nullptr, *amount_ = nullptr, *quantity_ = nullptr;
  std::vector<const formats::ColumnPlan*> id_columns_;
  bool has_ids_alone_ = false;  // no addresses or numbers, which each row is warned about
  std::vector<const formats::ColumnPlan*> trait_columns_;
  std::unordered_map<std::string, std::optional<Zone>> zones_;
  std::vector<const formats::ColumnPlan*> country_columns_;  // the one to be asked first, first
  std::unordered_map<std::string, std::string> countries_;   // as written -> two letters; empty: not known
};

class TraitLog {
 public:
  explicit TraitLog(profiles::Intake& intake) : intake_(intake) {}
  void add(const Who& who, const formats::ColumnPlan& column, const formats::Field& field, Instant time);
  void emit(FieldReader& reader);

 private:
  struct Fact {
    uint32_t person, value;
    Instant time;
    const formats::ColumnPlan* column;
  };
  void emit_one(FieldReader& reader, profiles::Intake::Kind kind, const Fact& fact,
                const std::map<const formats::ColumnPlan*, uint32_t>& changed);

  profiles::Intake& intake_;
  std::vector<Fact> facts_;
  std::vector<Who> people_;
  std::unordered_map<std::string, uint32_t> index_, texts_;
  std::vector<const std::string*> values_;  // keys of texts_, which never move
};

}  // namespace tessera::ingest
