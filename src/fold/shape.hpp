// Which of all facts are kept in memory: those that some definition can see. A stream that a definition names is kept
// with the times of its events; of its properties those whose names occur in some definition, in every type they came
// with. "Any event" keeps every stream but the system's: those that no definition names are streams of their own up to
// profiles::kMaxEvents of them, all further ones one stream without a name, so that names cost nothing. Events and
// properties appear while the server runs; a shape only grows, and `version` says when it did. What a new definition
// needs beyond its shape must be read from the record.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "profiles/history.hpp"
#include "profiles/load.hpp"
#include "profiles/money.hpp"
#include "profiles/tables.hpp"
#include "segment/plan.hpp"

namespace tessera::fold {

struct Wanted {
  bool any_event = false;
  std::set<std::string, std::less<>> events, properties;  // "products" stands for all of products.*
  std::set<profiles::SystemStream> systems;
  std::set<profiles::MoneyWant> money = {};  // amounts, and in which currencies

  static Wanted by(const segment::Plan& plan);
  static Wanted of_traits(std::span<const std::string> names);
  // What another asks for, too.
  void add(const Wanted& other);
  bool keeps(profiles::StreamName stream) const;
  bool keeps_property(std::string_view property) const;
  // Whether it, or what lies under it, is kept: what is said null of it matters.
  bool concerns_property(std::string_view property) const;
  // By its own name, not as any event.
  bool names(profiles::StreamName stream) const;
  // Of what the record has.
  profiles::Needs needs(const profiles::EventTables& tables) const;
};

// One typed column of a stream; or (is_length) how many elements the lists under a prefix have in a row, so that a list
// whose property no element has is as long as the others.
struct Slot {
  uint16_t property;
  profiles::PropertyType type;
  bool is_list;
  bool is_length = false;
  bool operator==(const Slot&) const = default;
};

struct StreamShape {
  std::string event;
  profiles::SystemStream system = profiles::SystemStream::None;
  std::vector<std::string> properties;
  std::vector<Slot> slots;
  // The currencies that its rows named, and whether there were more than are kept here.
  std::vector<std::string> currencies = {};
  bool has_more_currencies = false;

  profiles::StreamName name() const {
    return system == profiles::SystemStream::None ? profiles::StreamName(event) : profiles::StreamName(system);
  }
  uint16_t property(std::string_view name);  // added where missing
  uint16_t slot(Slot wanted);                // likewise
};

// So many currencies of a stream are told apart; with more it is taken to have all. There are 180 in the world.
inline constexpr size_t kMostCurrencies = 256;

// Of events that are counted as any event and not told apart.
inline constexpr std::string_view kUnnamed;

class Shape {
 public:
  explicit Shape(Wanted wanted) : wanted_(std::move(wanted)) {}

  const Wanted& wanted() const { return wanted_; }
  // Whether everything that `other` keeps is kept by this too, each event that it names as a stream of its own.
  bool covers(const Wanted& other) const;
  // From now on what this wants is kept as well. REQUIRES: covers(other), so that nothing of before is missing.
  void want(const Wanted& other) { wanted_.add(other); }
  // Index of the stream, made where it is wanted; nullopt where it is not kept.
  std::optional<uint16_t> stream(profiles::StreamName name);
  // nullopt where the property is not kept; property(): where nothing under it is either.
  std::optional<uint16_t> slot(uint16_t stream, std::string_view property, profiles::PropertyType type, bool is_list);
  std::optional<uint16_t> property(uint16_t stream, std::string_view property);
  std::optional<uint16_t> length_slot(uint16_t stream, std::string_view prefix);
  // That a row of the stream names a currency.
  void note_currency(uint16_t stream, std::string_view named);
  // What of a stream is not all in the currency in which it is wanted, so that it needs columns of its own.
  std::vector<profiles::MoneyWant> converted(size_t stream, const profiles::MoneyBook& book) const;
  // That the record has a currency now.
  void touch() { ++version_; }
  const std::vector<StreamShape>& streams() const { return streams_; }
  // Changes whenever a stream or a slot was added, or a currency came that a stream had not.
  uint64_t version() const { return version_; }

 private:
  std::optional<uint16_t> slot(uint16_t stream, std::string_view property, Slot wanted);
  Wanted wanted_;
  size_t unnamed_ = 0;  // streams kept as any event alone
  std::vector<StreamShape> streams_;
  std::map<std::pair<std::string, profiles::SystemStream>, uint16_t> by_name_;
  uint64_t version_ = 0;
};

}  // namespace tessera::fold
