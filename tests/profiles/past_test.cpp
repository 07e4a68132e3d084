#include "profiles/past.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace tessera;
using namespace tessera::profiles;
using testing::ElementsAre;

namespace {

Instant day(int n) {
  return Instant{1'700'000'000'000} + kDay * n;
}

History history() {
  HistoryBuilder builder;
  const auto add = [&](std::string who, std::string event, Instant at,
                       std::map<std::string, HistoryBuilder::Values> of) {
    builder.add({std::move(who), std::move(event), at, std::move(of)});
  };
  const auto number = [](int n) { return HistoryBuilder::Value(Number::of(n)); };
  add("ann", "Order Completed", day(1), {{"total", number(10)}});
  add("ann", "Order Completed", day(9), {{"total", number(20)}});
  add("ann", "Basket", day(2), {{"products.price", std::vector{number(1), number(2)}}});
  add("ann", "Basket", day(8), {{"products.price", std::vector{number(3)}}});
  add("ben", "Order Completed", day(7), {{"total", number(30)}});
  add("cat", "Basket", day(5), {{"products.price", std::vector{number(4), number(5), number(6)}}});
  add("cat", "$ruling", day(9), {{std::string(kMarked), HistoryBuilder::Value(std::string("bot"))}});
  add("dan", "$identify", kEver, {{"country", HistoryBuilder::Value(std::string("DE"))}});
  add("eve", "Refund", day(8), {});
  return std::move(builder).build();
}

TEST(Past, HoldsWhatWasThereAndNobodyElse) {
  const Past past = past_of(history(), day(5));
  EXPECT_THAT(past.history.customer, ElementsAre("ann", "cat", "dan"));
  EXPECT_THAT(past.customer, ElementsAre(0u, 2u, 3u));
  EXPECT_EQ(past.history.stream("Refund"), nullptr) << "a name that came later";
  const Stream& orders = *past.history.stream("Order Completed");
  EXPECT_THAT(orders.first, ElementsAre(0u, 1u, 1u, 1u));
  EXPECT_THAT(orders.time, ElementsAre(day(1)));
  EXPECT_THAT(orders.column("total", PropertyType::Number, false)->numbers, ElementsAre(Number::of(10).micros));
  const Column& prices = *past.history.stream("Basket")->column("products.price", PropertyType::Number, true);
  EXPECT_THAT(prices.list_first, ElementsAre(0u, 2u, 5u));
  EXPECT_EQ(prices.numbers.size(), 5u);
  EXPECT_EQ(past.history.stream(SystemStream::Identify)->rows(), 1u) << "what was always true";
}

TEST(Past, ADecisionOfTodayHoldsForThePast) {
  const Past past = past_of(history(), day(5));
  const Stream& rulings = *past.history.stream(SystemStream::Ruling);
  EXPECT_THAT(rulings.first, ElementsAre(0u, 0u, 1u, 1u));
  EXPECT_THAT(rulings.time, ElementsAre(day(5)));
}

TEST(Past, OfNowIsEverything) {
  const History all = history();
  const Past past = past_of(all, day(100));
  EXPECT_EQ(past.history.events(), all.events());
  EXPECT_EQ(past.customer.size(), all.customers());
}

TEST(Past, OneAloneHasEveryNameAndTheirOwnTexts) {
  const History all = history();
  const CustomerIndex ann = *all.find_customer("ann");
  History own = alone(all, ann, day(8), kAllSeqs);
  EXPECT_THAT(own.customer, ElementsAre("ann"));
  EXPECT_EQ(own.streams.size(), all.streams.size());
  EXPECT_THAT(own.stream("Order Completed")->time, ElementsAre(day(1)));
  EXPECT_EQ(own.stream("Refund")->rows(), 0u);
  EXPECT_EQ(own.dictionary.find("DE"), kAbsentText) << "another customer's";
  const Column& prices = *own.stream("Basket")->column("products.price", PropertyType::Number, true);
  EXPECT_THAT(prices.list_first, ElementsAre(0u, 2u, 3u));
  // Known at an earlier point: what was learnt later is not there.
  EXPECT_EQ(alone(all, ann, day(100), 1).stream("Order Completed")->rows(), 1u);
  // The last basket again, and one that says nothing.
  auto basket = std::ranges::find(own.streams, "Basket", &Stream::event);
  say_again(*basket, 1, day(9), 100);
  say_again(*basket, std::nullopt, day(9), 101);
  EXPECT_THAT(basket->first, ElementsAre(0u, 4u));
  EXPECT_THAT(basket->columns[0].list_first, ElementsAre(0u, 2u, 3u, 4u, 4u));
  EXPECT_EQ(basket->columns[0].numbers[3], Number::of(3).micros);
}

}  // namespace
