// Nested members to properties of a row: objects are flattened with dots, lists of scalars become list properties,
// lists of objects become list properties under one prefix (products.price), and what is deeper is kept as received.
// Handles are remembered by the addresses of keys, which the parser interns: putting a member costs one hash of a few
// words.
#pragma once

#include <unordered_map>
#include <vector>

#include "formats/json_document.hpp"
#include "profiles/intake.hpp"

namespace tessera::ingest {

inline constexpr int kDeepestProperty = 5;  // levels of objects that are flattened; below: kept as received

// Another name for a member, where a spec's versions differ: {"orderId", "order_id"}.
struct Rename {
  std::string_view from, to;
};

// OfOrder: each of `products` gets an amount (price * quantity, where it says none) and whether it is a service line.
enum class Lines : uint8_t { Plain, OfOrder };

// OfTraits: what is said lasts until it is said anew, and then all of it is replaced: an empty list has no elements any
// more, and of an object what it does not say is gone. Its name is put as said null, which what lies under it takes part
// in unless it is said (profiles/extra.hpp). Of an event, what is not said was never there.
enum class Members : uint8_t { OfEvent, OfTraits };

class Flattener {
 public:
  Flattener(profiles::Intake& intake, profiles::Intake::Kind kind, std::span<const Rename> renames,
            std::span<const Rename> item_renames, Lines lines = Lines::Plain, Members members = Members::OfEvent)
      : intake_(intake),
        kind_(kind),
        renames_(renames),
        item_renames_(item_renames),
        lines_(lines),
        members_(members) {}

  // Call before each row.
  void begin_row() { ++row_; }
  // All members of the object at `object`.
  void put_members(const formats::JsonDocument& document, uint32_t object) { put_object(document, object, 0, "", 1); }
  void put_member(const formats::JsonDocument& document, uint32_t member, std::string_view name) {
    put_value(document, member, handle(named_path(name), name), 1, std::string(name));
  }
  void put(std::string_view name, std::string_view text) {
    if (Handle& h = handle(named_path(name), name); claim(h)) intake_.put(h.property, text);
  }
  void put(std::string_view name, bool truth) {
    if (Handle& h = handle(named_path(name), name); claim(h)) intake_.put(h.property, truth);
  }
  void put(std::string_view name, Number number) {
    if (Handle& h = handle(named_path(name), name); claim(h)) intake_.put(h.property, number);
  }
  void element(std::string_view name, Number number) {
    intake_.element(handle(named_path(name), name).property, number);
  }
  void element(std::string_view name, std::string_view text) {
    intake_.element(handle(named_path(name), name).property, text);
  }
  void element(std::string_view name, bool truth) { intake_.element(handle(named_path(name), name).property, truth); }
  // Whether this row has said the property already; the first to say it wins.
  bool said(std::string_view name) { return handle(named_path(name), name).row == row_; }
  profiles::Intake::Kind kind() const { return kind_; }

 private:
  struct Handle {
    profiles::Intake::Property property = 0;
    std::string name;
    uint64_t row = 0;  // that put it last
  };

  static uint64_t named_path(std::string_view name);
  Handle& handle(uint64_t path, std::string_view name);
  bool claim(Handle& handle) {
    if (handle.row == row_) return false;
    handle.row = row_;
    return true;
  }
  void put_object(const formats::JsonDocument& document, uint32_t object, uint64_t path, const std::string& prefix,
                  int depth);
  void put_value(const formats::JsonDocument& document, uint32_t at, Handle& handle, int depth,
                 const std::string& name);
  void replace(Handle& handle) {
    if (members_ == Members::OfTraits && claim(handle)) intake_.put_null(handle.property);
  }
  void put_list(const formats::JsonDocument& document, uint32_t list, Handle& handle, const std::string& name,
                int depth);
  void put_items(const formats::JsonDocument& document, uint32_t list, const std::string& name);
  void put_item(const formats::JsonDocument& document, uint32_t object, uint64_t path, const std::string& prefix,
                int depth);
  void put_element(const formats::JsonNode& node, Handle& handle);
  void finish_line(const formats::JsonDocument& document, uint32_t object);

  profiles::Intake& intake_;
  profiles::Intake::Kind kind_;
  std::span<const Rename> renames_, item_renames_;
  Lines lines_;
  Members members_;
  uint64_t row_ = 0;
  std::unordered_map<uint64_t, Handle*> by_path_;
  std::unordered_map<std::string, std::unique_ptr<Handle>> by_name_;
  std::unordered_map<std::string, bool> services_;  // by the product's name
};

}  // namespace tessera::ingest
