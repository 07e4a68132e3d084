#include "language/library.hpp"

#include <gtest/gtest.h>

#include "core/text.hpp"
#include "language/check.hpp"
#include "language/diagnostic.hpp"
#include "language/needs.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "oracle/engines.hpp"
#include "oracle/shop.hpp"

namespace tessera::language {
namespace {

// For each group someone who is in it (+), and someone who just is not (-).
constexpr std::string_view kPeople = R"(
customer | when | event | properties
+frequent-shoppers | 10 days ago | Order Completed | total=10
+frequent-shoppers | 20 days ago | Order Completed | total=10
+frequent-shoppers | 30 days ago | Order Completed | total=10
+frequent-shoppers | 40 days ago | Order Completed | total=10
+frequent-shoppers | 50 days ago | Order Completed | total=10
+frequent-shoppers | 364 days ago | Order Completed | total=10
-frequent-shoppers | 10 days ago | Order Completed | total=10
-frequent-shoppers | 20 days ago | Order Completed | total=10
-frequent-shoppers | 30 days ago | Order Completed | total=10
-frequent-shoppers | 40 days ago | Order Completed | total=10
-frequent-shoppers | 50 days ago | Order Completed | total=10
-frequent-shoppers | 365 days ago | Order Completed | total=10
+first-time-buyers | 59 days ago | Order Completed | total=10
-first-time-buyers | 60 days ago | Order Completed | total=10
+coupon-enthusiasts | 10 days ago | Order Completed | coupon=A
+coupon-enthusiasts | 20 days ago | Order Completed | coupon=B
+coupon-enthusiasts | 30 days ago | Order Completed | coupon=A
+coupon-enthusiasts | 40 days ago | Order Completed | total=3
+coupon-enthusiasts | 50 days ago | Order Completed | total=3
-coupon-enthusiasts | 10 days ago | Order Completed | coupon=A
-coupon-enthusiasts | 20 days ago | Order Completed | coupon=A
-coupon-enthusiasts | 30 days ago | Order Completed | total=3
-coupon-enthusiasts | 40 days ago | Order Completed | total=3
+eco-conscious | 10 days ago | Order Completed | products.category=["Organic tea","Refill soap"]
-eco-conscious | 10 days ago | Order Completed | products.category=["Organic tea","Soap"]
+digital-nomads | 10 days ago | Page Viewed | timezone="Europe/Berlin"
+digital-nomads | 20 days ago | Page Viewed | timezone="Asia/Bangkok"
+digital-nomads | 30 days ago | Page Viewed | timezone="America/Lima"
-digital-nomads | 10 days ago | Page Viewed | timezone="Europe/Berlin"
-digital-nomads | 20 days ago | Page Viewed | timezone="Asia/Bangkok"
-digital-nomads | 200 days ago | Page Viewed | timezone="America/Lima"
+budget-conscious | 10 days ago | Order Completed | total=20, discount=2
+budget-conscious | 20 days ago | Order Completed | total=30, discount=0
-budget-conscious | 10 days ago | Order Completed | total=20
-budget-conscious | 20 days ago | Order Completed | total=60, discount=5
+premium | 10 days ago | Order Completed | total=100
+premium | 20 days ago | Order Completed | total=200
-premium | 10 days ago | Order Completed | total=100
-premium | 20 days ago | Order Completed | total=200, coupon=X
+frequent-high-spenders | 10 days ago | Order Completed | total=500
+frequent-high-spenders | 20 days ago | Order Completed | total=100
+frequent-high-spenders | 30 days ago | Order Completed | total=100
+frequent-high-spenders | 40 days ago | Order Completed | total=100
+frequent-high-spenders | 50 days ago | Order Completed | total=100
+frequent-high-spenders | 60 days ago | Order Completed | total=100
-frequent-high-spenders | 10 days ago | Order Completed | total=499.99
-frequent-high-spenders | 20 days ago | Order Completed | total=100
-frequent-high-spenders | 30 days ago | Order Completed | total=100
-frequent-high-spenders | 40 days ago | Order Completed | total=100
-frequent-high-spenders | 50 days ago | Order Completed | total=100
-frequent-high-spenders | 60 days ago | Order Completed | total=100
+omni-engaged | 1 day ago | Page Viewed | channel=web
+omni-engaged | 2 days ago | Email Opened | channel=email
+omni-engaged | 3 days ago | Order Completed | channel=store
-omni-engaged | 1 day ago | Page Viewed | channel=web
-omni-engaged | 2 days ago | Email Opened | channel=email
-omni-engaged | 3 days ago | Order Completed | channel=web
+single-channel | 1 day ago | Page Viewed | channel=web
+single-channel | 2 days ago | Page Viewed | channel=web
+single-channel | 3 days ago | Order Completed | channel=web
-single-channel | 1 day ago | Page Viewed | channel=web
-single-channel | 2 days ago | Page Viewed | channel=web
-single-channel | 3 days ago | Order Completed | channel=store
+dormant | 180 days ago | Page Viewed |
-dormant | 179 days ago | Page Viewed |
+solo-travellers | 10 days ago | Trip Booked | travellers=1
+solo-travellers | 90 days ago | Trip Booked | travellers=1
-solo-travellers | 10 days ago | Trip Booked | travellers=1
-solo-travellers | 90 days ago | Trip Booked | travellers=1
-solo-travellers | 99 days ago | Trip Booked | travellers=2
+families | 10 days ago | Order Completed | products.category=["Toys","Kids' shoes"]
-families | 10 days ago | Order Completed | products.category=["Toys","Shoes"]
-families | ever | traits | children=0
+high-intent-recent-browsers | 1 hour ago | Product Viewed |
+high-intent-recent-browsers | 2 hours ago | Product Viewed |
+high-intent-recent-browsers | 3 hours ago | Product Viewed |
+high-intent-recent-browsers | 1 hour ago | Product Added |
+high-intent-recent-browsers | 30 minutes ago | Checkout Started |
-high-intent-recent-browsers | 1 hour ago | Product Viewed |
-high-intent-recent-browsers | 2 hours ago | Product Viewed |
-high-intent-recent-browsers | 3 hours ago | Product Viewed |
+lapsed-showing-interest | 121 days ago | Order Completed |
+lapsed-showing-interest | 1 day ago | Product Viewed |
+lapsed-showing-interest | 2 days ago | Product Viewed |
+lapsed-showing-interest | 3 days ago | Product Viewed |
-lapsed-showing-interest | 1 day ago | Product Viewed |
-lapsed-showing-interest | 2 days ago | Product Viewed |
-lapsed-showing-interest | 3 days ago | Product Viewed |
+abandoned-cart-high-intent | 3 hours ago | Product Added |
+abandoned-cart-high-intent | 4 hours ago | Product Viewed |
-abandoned-cart-high-intent | 3 hours ago | Product Added |
-abandoned-cart-high-intent | 4 hours ago | Product Viewed |
-abandoned-cart-high-intent | 1 hour ago | Order Completed |
+missed-care | 10 days ago | Appointment Missed |
+missed-care | 20 days ago | Appointment Missed |
+missed-care | 30 days ago | Appointment Booked | date="2026-02-20"
-missed-care | 10 days ago | Appointment Missed |
-missed-care | 20 days ago | Appointment Missed |
-missed-care | 30 days ago | Appointment Booked | date="2026-03-20"
+fading-card-use | 31 days ago | Card Payment |
+fading-card-use | 32 days ago | Card Payment |
+fading-card-use | 33 days ago | Card Payment |
+fading-card-use | 34 days ago | Card Payment |
+fading-card-use | 35 days ago | Card Payment |
+fading-card-use | 36 days ago | Card Payment |
+fading-card-use | 37 days ago | Card Payment |
+fading-card-use | 38 days ago | Card Payment |
+fading-card-use | 2 days ago | Card Payment |
-fading-card-use | 31 days ago | Card Payment |
-fading-card-use | 32 days ago | Card Payment |
-fading-card-use | 33 days ago | Card Payment |
-fading-card-use | 34 days ago | Card Payment |
-fading-card-use | 35 days ago | Card Payment |
-fading-card-use | 36 days ago | Card Payment |
-fading-card-use | 37 days ago | Card Payment |
-fading-card-use | 2 days ago | Card Payment |
+frequent-travellers | 1 day ago | Trip Booked | travellers=2, children=0
+frequent-travellers | 31 days ago | Trip Booked | travellers=2
+frequent-travellers | 61 days ago | Trip Booked | travellers=2
+frequent-travellers | 91 days ago | Trip Booked | travellers=2
+frequent-travellers | 121 days ago | Trip Booked | travellers=2
+frequent-travellers | 151 days ago | Trip Booked | travellers=2
+frequent-travellers | 181 days ago | Trip Booked | travellers=2
+frequent-travellers | 211 days ago | Trip Booked | travellers=2
+frequent-travellers | 241 days ago | Trip Booked | travellers=2
+frequent-travellers | 271 days ago | Trip Booked | travellers=2
-frequent-travellers | 1 day ago | Trip Booked | travellers=2
)";

const Instant kNow = *parse_instant("2026-03-01");

profiles::History people() {
  auto history = oracle::read_shop(kPeople, kNow);
  EXPECT_TRUE(history.has_value()) << history.error().text();
  return std::move(*history);
}

TEST(Library, HasTheGroupsThatTheGuidesName) {
  std::vector<std::string> names;
  for (const LibraryEntry& entry : library()) names.push_back(entry.name);
  for (const char* name : {"Frequent shoppers", "First-time buyers", "Coupon enthusiasts", "Eco-conscious",
                           "Digital nomads", "Budget-conscious", "Premium", "Frequent high spenders", "Omni-engaged",
                           "Single-channel", "Dormant", "Solo travellers", "Families", "High intent, recent browsers",
                           "Lapsed, showing interest", "Abandoned cart, high intent"})
    EXPECT_THAT(names, testing::Contains(name));
}

TEST(Library, EachIsCanonicalAndSaysWhoTheyAre) {
  const Parsed parsed = parse_definitions(library_text());
  EXPECT_EQ(print(parsed.definitions), library_text());
  for (const LibraryEntry& entry : library()) {
    EXPECT_TRUE(entry.sentence.ends_with('.')) << entry.name;
    EXPECT_FALSE(entry.needs.events.empty() && entry.needs.properties.empty() && entry.slug != "dormant") << entry.name;
  }
}

TEST(Library, SaysWhatItNeeds) {
  const auto& entries = library();
  const auto premium = std::ranges::find(entries, "premium", &LibraryEntry::slug);
  ASSERT_NE(premium, entries.end());
  EXPECT_EQ(premium->needs, (Needs{.events = {"Order Completed"},
                                   .properties = {{"Order Completed", "coupon"}, {"Order Completed", "total"}},
                                   .traits = {}}));
  const auto eco = std::ranges::find(entries, "eco-conscious", &LibraryEntry::slug);
  EXPECT_EQ(eco->needs.properties, (std::vector<Needs::Property>{{"Order Completed", "products.category"}}));
  const auto nomads = std::ranges::find(entries, "digital-nomads", &LibraryEntry::slug);
  EXPECT_EQ(nomads->needs.properties, (std::vector<Needs::Property>{{"", "timezone"}}));

  const Schema schema = schema_of(people());
  for (const LibraryEntry& entry : entries) EXPECT_EQ(missing(entry.needs, schema), Needs{}) << entry.name;
  EXPECT_EQ(missing(premium->needs, Schema{}), premium->needs);
}

TEST(Library, WhatIsLookedAtIsWhatIsLoaded) {
  const auto history = people();
  const Schema schema = schema_of(history);
  const auto needs = [&](std::string_view text) {
    const Checked checked = check(parse_definitions(text).definitions, schema);
    EXPECT_TRUE(checked.ok()) << render(checked.diagnostics, text);
    return needs_of(checked.program, schema).events;
  };
  using Properties = std::set<std::string>;
  EXPECT_EQ(needs("event order = \"Order Completed\" where total > 5\n"
                  "segment \"x\" = at least 2 each order.products where category is \"a\" and trait children >= 1"),
            (std::map<std::string, Properties, std::less<>>{{"Order Completed", {"total", "products", "category"}},
                                                            {"$identify", {"children"}}}));
  const auto any = needs("segment \"x\" = distinct(any event.channel, last 30 days) >= 3");
  EXPECT_EQ(any.size(), schema.events.size() + 1) << "and those of rare names, as one";
  for (const auto& [event, properties] : any) EXPECT_EQ(properties, Properties{"channel"}) << event;
}

TEST(Library, EveryGroupTakesItsMemberAndLeavesItsNeighbour) {
  const profiles::History history = people();
  const Schema schema = schema_of(history);
  ASSERT_FALSE(oracle::engines().empty());
  for (const LibraryEntry& entry : library()) {
    const std::string text = print(entry.definitions);
    const Checked checked = check(parse_definitions(text).definitions, schema);
    EXPECT_EQ(render(checked.diagnostics, text), "") << entry.name;
    const auto in = history.find_customer("+" + entry.slug), out = history.find_customer("-" + entry.slug);
    ASSERT_TRUE(in && out) << entry.name;
    for (const oracle::Engine& engine : oracle::engines()) {
      const oracle::Question question{checked.program, history, kNow, kNever};
      if (engine.cannot(question)) continue;
      const auto answer = engine.answer(question);
      ASSERT_TRUE(answer.has_value()) << engine.name << ": " << answer.error().text();
      EXPECT_EQ((*answer)[*in], "true") << entry.name << " by " << engine.name;
      EXPECT_NE((*answer)[*out], "true") << entry.name << " by " << engine.name;
    }
  }
}

}  // namespace
}  // namespace tessera::language
