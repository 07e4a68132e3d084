// An intake that keeps its rows, for tests: what a reader made of a file can be read back line by line.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "profiles/intake.hpp"

namespace tessera::ingest {

struct RecordedRow {
  std::string event;
  std::vector<std::string> who;  // "user 17850", "email jo@example.com"
  Instant time;
  uint64_t fingerprint = 0;
  std::map<std::string, std::string> properties;  // as text: numbers 12.5, texts 'x', truths true, null, raw <...>
  std::map<std::string, std::vector<std::string>> lists;  // padded with ""

  std::string get(const std::string& name) const {
    const auto found = properties.find(name);
    return found == properties.end() ? "-" : found->second;
  }
  std::string list(const std::string& name) const {
    const auto found = lists.find(name);
    if (found == lists.end()) return "-";
    std::string out;
    for (const std::string& item : found->second) out += (out.empty() ? "" : " ") + item;
    return out;
  }
};

class RecordingIntake final : public profiles::Intake {
 public:
  std::vector<RecordedRow> rows;
  std::vector<profiles::Reject> rejects;
  std::map<std::string, profiles::SystemStream> systems;  // of each event: None where it is the sender's

  Kind kind(profiles::StreamName name) override {
    systems[std::string(name.event)] = name.system;
    return id_of(kinds_, std::string(name.event));
  }
  Property property(Kind, std::string_view name) override { return id_of(properties_, std::string(name)); }

  void start(Kind kind, std::span<const profiles::Identifier> who, Instant time, uint64_t fingerprint) override {
    constexpr std::string_view kNames[] = {"", "user", "email", "phone", "anonymous"};
    RecordedRow row{.event = kinds_[kind], .time = time, .fingerprint = fingerprint};
    EXPECT_FALSE(who.empty());
    EXPECT_TRUE(time == kEver || (time >= kFirstDay && time <= kLastDay));
    for (const profiles::Identifier& id : who) {
      row.who.push_back(fmt::format("{} {}", kNames[static_cast<size_t>(id.kind)], id.value));
    }
    rows.push_back(std::move(row));
    elements_ = 0;
  }
  void put_scalar(Property p, profiles::Scalar value) override { set(p, shown(value)); }
  void put_null(Property p) override { set(p, "null"); }
  void put_raw(Property p, std::string_view json) override { set(p, fmt::format("<{}>", json)); }
  void put_element(Property p, profiles::Scalar value) override { add(p, shown(value)); }
  void next_element(Kind, std::string_view prefix) override {
    ++elements_;
    for (auto& [name, items] : rows.back().lists) {
      if (name.starts_with(prefix)) items.resize(elements_, "_");
    }
  }
  void reject(profiles::Reject reject) override { rejects.push_back(std::move(reject)); }
  std::set<uint64_t> fingerprints() const {
    std::set<uint64_t> all;
    for (const RecordedRow& row : rows) all.insert(row.fingerprint);
    return all;
  }
  std::vector<const RecordedRow*> of(std::string_view event) const {
    std::vector<const RecordedRow*> found;
    for (const RecordedRow& row : rows) {
      if (row.event == event) found.push_back(&row);
    }
    return found;
  }

 private:
  static std::string shown(const profiles::Scalar& value) {
    return std::visit(Match{[](Number number) { return number.text(); },
                            [](std::string_view text) { return fmt::format("'{}'", text); },
                            [](bool truth) { return std::string(truth ? "true" : "false"); }},
                      value);
  }
  static uint32_t id_of(std::vector<std::string>& names, const std::string& name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<uint32_t>(found - names.begin());
    names.push_back(name);
    return static_cast<uint32_t>(names.size() - 1);
  }
  void set(Property p, std::string value) { rows.back().properties[properties_[p]] = std::move(value); }
  void add(Property p, std::string value) {
    auto& items = rows.back().lists[properties_[p]];
    if (items.size() < elements_) items.resize(elements_, "_");
    items.push_back(std::move(value));
  }
  std::vector<std::string> kinds_, properties_;
  size_t elements_ = 0;
};

}  // namespace tessera::ingest
