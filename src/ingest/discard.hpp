// An intake that keeps nothing: for measuring and fuzzing readers without the record. It holds callers to the contract:
// properties belong to their kind, values to a started row.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "profiles/intake.hpp"

namespace tessera::ingest {

class DiscardIntake final : public profiles::Intake {
 public:
  uint64_t rows = 0, values = 0;

  Kind kind(profiles::StreamName name) override { return id_of(kinds_, std::string(name.event)); }
  Property property(Kind kind, std::string_view name) override {
    const Property id = id_of(properties_, fmt::format("{} {}", kind, name));
    if (id == owner_.size()) owner_.push_back(kind);
    return id;
  }
  void start(Kind kind, std::span<const profiles::Identifier> who, Instant time, uint64_t) override {
    VERIFY(!who.empty() && (time == kEver || (time >= kFirstDay && time <= kLastDay)));
    current_ = kind;
    ++rows;
  }
  void put_scalar(Property p, profiles::Scalar value) override {
    if (const auto* number = std::get_if<Number>(&value))
      VERIFY(number->micros < Number::kLimit && number->micros > -Number::kLimit);
    count(p);
  }
  void put_null(Property p) override { count(p); }
  void put_raw(Property p, std::string_view) override { count(p); }
  void put_element(Property p, profiles::Scalar) override { count(p); }
  void next_element(Kind kind, std::string_view) override { VERIFY(kind == current_); }
  void reject(profiles::Reject reject) override { VERIFY(!reject.reason.empty() && reject.row.size() <= 4096); }

 private:
  static uint32_t id_of(std::unordered_map<std::string, uint32_t>& ids, std::string name) {
    return ids.try_emplace(std::move(name), static_cast<uint32_t>(ids.size())).first->second;
  }
  void count(Property p) {
    VERIFY(rows > 0 && owner_[p] == current_);
    ++values;
  }
  std::unordered_map<std::string, uint32_t> kinds_, properties_;
  std::vector<Kind> owner_;
  Kind current_ = 0;
};

}  // namespace tessera::ingest
