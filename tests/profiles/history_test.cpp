#include "profiles/history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::profiles {
namespace {

using testing::ElementsAre;
using Value = HistoryBuilder::Value;
using List = std::vector<Value>;

Instant at(int64_t ms) {
  return {ms};
}

TEST(Dictionary, KeepsEachTextOnceUnderAStableId) {
  Dictionary dictionary;
  const TextId first = dictionary.intern("DE");
  std::vector<TextId> ids;
  for (int i = 0; i < 50'000; ++i) ids.push_back(dictionary.intern("text " + std::to_string(i)));
  const std::string long_text(200'000, 'x');
  const TextId longest = dictionary.intern(long_text), empty = dictionary.intern("");
  EXPECT_EQ(dictionary.intern("DE"), first);
  EXPECT_EQ(dictionary.text(first), "DE");
  EXPECT_EQ(dictionary.text(ids[49'999]), "text 49999");
  EXPECT_EQ(dictionary.text(longest), long_text);
  EXPECT_NE(empty, kAbsentText);
  EXPECT_NE(empty, kClearedText);
  EXPECT_EQ(dictionary.find("never seen"), kAbsentText);
  EXPECT_EQ(dictionary.size(), 2 + 1 + 50'000 + 2u);
  EXPECT_GT(dictionary.bytes(), 500'000u);
}

TEST(HistoryBuilder, OrdersRowsByCustomerThenTimeThenOrderOfArrival) {
  HistoryBuilder builder;
  builder.add({"b", "Order", at(20), {{"total", Number::of(1)}}});
  builder.add({"a", "Order", at(10), {{"total", Number::of(2)}}});
  builder.add({"b", "Order", at(10), {{"total", Number::of(3)}}});
  builder.add({"b", "Order", at(20), {{"total", Number::of(4)}}});
  builder.add({"b", "Look", at(5), {}});
  builder.add_customer("c");
  const History history = std::move(builder).build();
  EXPECT_THAT(history.customer, ElementsAre("a", "b", "c"));
  ASSERT_EQ(history.streams.size(), 2u);
  EXPECT_EQ(history.streams[0].event, "Look");
  const Stream* order = history.stream("Order");
  ASSERT_TRUE(order);
  EXPECT_FALSE(history.stream("Orders"));
  EXPECT_THAT(order->first, ElementsAre(0, 1, 4, 4));
  EXPECT_THAT(order->seq, ElementsAre(1, 2, 0, 3));
  EXPECT_THAT(order->column("total", PropertyType::Number, false)->numbers,
              ElementsAre(2'000'000, 3'000'000, 1'000'000, 4'000'000));
  EXPECT_EQ(history.find_customer("b"), 1u);
  EXPECT_EQ(history.find_customer("bb"), std::nullopt);
  EXPECT_EQ(history.events(), 5u);
  EXPECT_GT(history.bytes(), 5 * 12u);
}

TEST(HistoryBuilder, APropertyOfTwoTypesHasTwoColumnsAndNullClearsBoth) {
  HistoryBuilder builder;
  builder.add({"a", "E", at(1), {{"p", Number::of(1)}, {"never", nullptr}}});
  builder.add({"a", "E", at(2), {{"p", std::string("one")}, {"q", true}}});
  builder.add({"a", "E", at(3), {{"p", nullptr}, {"q", false}}});
  builder.add({"a", "E", at(4), {{"q", nullptr}}});
  const History history = std::move(builder).build();
  const Stream& stream = history.streams[0];
  EXPECT_THAT(stream.column("p", PropertyType::Number, false)->numbers,
              ElementsAre(1'000'000, kAbsentNumber, kClearedNumber, kAbsentNumber));
  EXPECT_THAT(stream.column("p", PropertyType::Text, false)->texts,
              ElementsAre(kAbsentText, history.dictionary.find("one"), kClearedText, kAbsentText));
  EXPECT_THAT(stream.column("q", PropertyType::Bool, false)->truths,
              ElementsAre(Truth::Absent, Truth::Yes, Truth::No, Truth::Cleared));
  EXPECT_EQ(stream.columns.size(), 3u);  // nothing is known of what was never anything but null
}

TEST(HistoryBuilder, ListsUnderOnePrefixAreOfEqualLength) {
  HistoryBuilder builder;
  builder.add({"a",
               "Order",
               at(1),
               {{"products.category", List{std::string("shoe"), nullptr}}, {"products.price", List{Number::of(5)}}}});
  builder.add({"a", "Order", at(2), {}});
  builder.add({"a", "Order", at(3), {{"products.price", List{Number::of(7), std::string("free")}}, {"tags", List{}}}});
  const History history = std::move(builder).build();
  const Stream& stream = history.streams[0];
  const Column* category = stream.column("products.category", PropertyType::Text, true);
  const Column* price = stream.column("products.price", PropertyType::Number, true);
  const Column* odd = stream.column("products.price", PropertyType::Text, true);
  const Column* tags = stream.column("tags", PropertyType::Text, true);
  ASSERT_TRUE(category && price && odd && tags);
  for (const Column* column : {category, price, odd}) EXPECT_THAT(column->list_first, ElementsAre(0, 2, 2, 4));
  EXPECT_THAT(price->numbers, ElementsAre(5'000'000, kAbsentNumber, 7'000'000, kAbsentNumber));
  EXPECT_THAT(category->texts, ElementsAre(history.dictionary.find("shoe"), kClearedText, kAbsentText, kAbsentText));
  EXPECT_THAT(tags->list_first, ElementsAre(0, 0, 0, 0));
  EXPECT_EQ(stream.column("products.category", PropertyType::Text, false), nullptr);
}

TEST(History, WhatWasNotYetLearntIsNotVisible) {
  HistoryBuilder builder;
  builder.add({"a", "E", at(1), {}}, at(100));
  builder.add({"a", "E", at(2), {}}, at(100));
  builder.add({"a", "E", at(1), {}}, at(200));
  const History history = std::move(builder).build();
  EXPECT_EQ(history.visible_until(at(99)), 0u);
  EXPECT_EQ(history.visible_until(at(100)), 2u);
  EXPECT_EQ(history.visible_until(at(199)), 2u);
  EXPECT_EQ(history.visible_until(at(200)), kAllSeqs);
  EXPECT_EQ(History{}.visible_until(kEver), kAllSeqs);
}

}  // namespace
}  // namespace tessera::profiles
