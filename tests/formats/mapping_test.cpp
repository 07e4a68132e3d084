// What --map takes is what a mapping says: a proposal that is pasted gives the same mapping, whatever columns are called.
#include "formats/mapping.hpp"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/result.hpp"

namespace tessera::formats {
namespace {

constexpr std::string_view kFile = "folder/till.csv";

Binding random_binding(const std::string& column) {
  const Role role =
      *rc::gen::element(Role::Ignore, Role::Customer, Role::Email, Role::Phone, Role::Anonymous, Role::Time,
                        Role::Clock, Role::ZoneName, Role::Event, Role::Message, Role::Order, Role::Status,
                        Role::PaidAt, Role::CancelledAt, Role::Property, Role::Item, Role::Trait);
  Binding out{.column = column, .role = role};
  const bool has_target = role == Role::Property || role == Role::Item || role == Role::Trait;
  // Words that mean something else to --map are properties too.
  if (has_target)
    out.target = *rc::gen::element<std::string>("name", "price", "status", "customer", "time", "item.x", "trait.y",
                                                "property.z", "gift_note", "line", "zone");
  // The words of --map are the only way to say these.
  if (role == Role::Item && (out.target.starts_with("item.") || out.target.starts_with("trait."))) out.target = "sku";
  if (role == Role::Trait) out.target = "city";
  return out;
}

TEST(Mapping, WhatItProposesIsReadAsItself) {
  EXPECT_TRUE(rc::check([] {
    const auto names = *rc::gen::container<std::set<std::string>>(rc::gen::container<std::string>(
        *rc::gen::inRange<size_t>(1, 5), rc::gen::element('a', 'b', 'C', '1', ' ', '"', '\'', ',', '=', '#')));
    const std::vector<std::string> columns(names.begin(), names.end());
    Mapping mapping;
    for (const std::string& column : columns) mapping.bindings.push_back(random_binding(column));
    mapping.event = *rc::gen::element<std::string>("", "Visited", "It's, so", "a=b");
    mapping.currency = *rc::gen::element<std::string>("", "EUR");
    mapping.numbered = *rc::gen::element<std::string>("", "till.csv");
    const std::string text = mapping.map_option();
    RC_LOG() << text;
    const auto read = parse_map(text, columns, kFile);
    RC_ASSERT(read.has_value());
    std::erase_if(mapping.bindings, [](const Binding& b) { return b.role == Role::Ignore; });
    RC_ASSERT(read->bindings.size() == mapping.bindings.size());
    for (size_t i = 0; i < mapping.bindings.size(); ++i) {
      RC_ASSERT(read->bindings[i].column == mapping.bindings[i].column);
      RC_ASSERT(read->bindings[i].role == mapping.bindings[i].role);
      RC_ASSERT(read->bindings[i].target == mapping.bindings[i].target);
    }
    RC_ASSERT(read->event == mapping.event);
    RC_ASSERT(read->currency == mapping.currency);
    RC_ASSERT(read->numbered == mapping.numbered);
  }));
}

// What one answer changes, and what it leaves.
struct Change {
  std::string_view said, becomes;
};
constexpr Change kChanges[] = {
    {"amount=Net sales", "customer=Who,time=When,total=Total,amount=Net sales,notes=Notes"},
    {"total=Net sales", "customer=Who,time=When,total=Net sales,notes=Notes"},
    {"-Notes", "customer=Who,time=When,total=Total,net_sales=Net sales"},
    {"customer=Notes", "customer=Notes,time=When,total=Total,net_sales=Net sales,who=Who"},
    {"event='Visited'", "customer=Who,time=When,total=Total,net_sales=Net sales,notes=Notes,event='Visited'"},
};

TEST(Mapping, AnAnswerChangesOneThing) {
  const std::vector<std::string> columns{"Who", "When", "Total", "Net sales", "Notes"};
  const Mapping before =
      parse_map("customer=Who,time=When,total=Total,net_sales=Net sales,notes=Notes", columns, kFile).value();
  for (const Change& change : kChanges) {
    const auto after = changed(before, change.said, columns, kFile);
    ASSERT_TRUE(after) << change.said << ": " << after.error().text();
    const Mapping wanted = parse_map(change.becomes, columns, kFile).value();
    EXPECT_EQ(after->rows, wanted.rows) << change.said;
    EXPECT_EQ(after->event, wanted.event);
    for (const Binding& binding : wanted.bindings) {
      const Binding* found = after->find(binding.role, binding.target);
      ASSERT_NE(found, nullptr) << change.said << ": " << after->map_option();
      EXPECT_EQ(found->column, binding.column) << change.said << ": " << after->map_option();
    }
  }
  EXPECT_FALSE(changed(before, "amount=Nett", columns, kFile));
  EXPECT_FALSE(changed(before, "-Nett", columns, kFile));
}

}  // namespace
}  // namespace tessera::formats
