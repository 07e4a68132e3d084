// Net money is what SQL says it is, whichever properties events have: summed row by row, and as text of the language.
#include "features/net_money.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"
#include "features/features.hpp"
#include "features/measure.hpp"
#include "features/revenue.hpp"
#include "language/schema.hpp"
#include "profiles/import_intake.hpp"
#include "profiles/load.hpp"
#include "store/record.hpp"
#include "store/scratch.hpp"

namespace tessera::features {
namespace {

using profiles::Identifier;
using profiles::IdentifierKind;

constexpr Instant kDay0{20'000 * kDay.ms}, kAsOf = kDay0 + kDay * 100;

class StillClock final : public Clock {
 public:
  Instant now() const override { return kAsOf; }
};

struct Told {
  std::string event, customer;
  Instant time;
  std::vector<std::pair<std::string, int64_t>> money;
};

class Shop {
 public:
  Shop() : record_(MUST(store::Record::in_memory(clock_, {.database = {.threads = 1}}))) {}

  void tell(const std::vector<Told>& events) {
    auto intake = MUST(profiles::begin_intake(*record_, {.description = "a test"}, kAsOf));
    for (uint64_t i = 0; i < events.size(); ++i) {
      const auto kind = intake->kind(events[i].event);
      const Identifier who{IdentifierKind::UserId, events[i].customer};
      intake->start(kind, {&who, 1}, events[i].time, i + 1);
      for (const auto& [name, amount] : events[i].money) intake->put(intake->property(kind, name), Number::of(amount));
    }
    SilentProgress progress;
    MUST(intake->commit(progress));
  }
  profiles::History history() { return MUST(profiles::load(*record_)); }
  std::map<std::string, double> sums(const std::string& sql) {
    std::map<std::string, double> out;
    for (const auto& row : MUST(record_->connection().rows(sql))) out[*row[0]] = std::stod(row[1].value_or("0"));
    return out;
  }

 private:
  StillClock clock_;
  std::unique_ptr<store::Record> record_;
};

// What the expression comes to for each customer, by the language.
std::vector<double> measured(const profiles::History& history, const EventRoles& roles, const std::string& expression) {
  const language::Schema schema = language::schema_of(history);
  std::vector<Feature> features{{.name = "net", .definition = expression}};
  const FeatureTable table = MUST(measure({.history = history, .schema = schema, .as_of = kAsOf, .zone = Zone::utc()},
                                          text_of_definitions(roles, features), features));
  return table.columns[0].values;
}

TEST(NetMoney, IsWhatSqlSaysWhateverPropertiesEventsHave) {
  Rng rng(3);
  std::vector<Told> events;
  for (int i = 0; i < 600; ++i) {
    Told told{.event = "Order Completed",
              .customer = fmt::format("c{}", rng.below(20)),
              .time = kDay0 + Duration{rng.between(1, 99 * kDay.ms)}};
    const int64_t total = rng.between(10, 500);
    told.money.emplace_back("total", total);
    const uint64_t kind = rng.below(10);
    if (rng.chance(0.7)) told.money.emplace_back("revenue", total - 5);
    if (kind == 0) told.event = "Order Refunded";
    if (kind == 1) told.event = "Order Cancelled";  // before it was paid: no money
    if (kind == 2) {
      told.event = rng.chance(0.5) ? "Order Updated" : "Order Cancelled";
      told.money = {{"total_change", -total}};
      if (rng.chance(0.7)) told.money.emplace_back("revenue_change", 5 - total);
      if (told.event == "Order Cancelled") told.money.emplace_back("orders_change", -1);
    }
    events.push_back(std::move(told));
  }
  Shop shop;
  shop.tell(events);
  const auto net = shop.sums(
      "SELECT customer, sum(x) FROM (SELECT customer, coalesce(revenue, total) AS x FROM v_order_completed UNION ALL "
      "SELECT customer, -coalesce(revenue, total) FROM v_order_refunded UNION ALL SELECT customer, "
      "coalesce(revenue_change, total_change) FROM v_order_updated UNION ALL SELECT customer, coalesce(revenue_change, "
      "total_change) FROM v_order_cancelled) GROUP BY customer");
  const auto orders = shop.sums(
      "SELECT customer, sum(x) FROM (SELECT customer, 1 AS x FROM v_order_completed UNION ALL SELECT customer, "
      "orders_change FROM v_order_cancelled) GROUP BY customer");
  const profiles::History history = shop.history();
  const EventRoles roles = MUST(recognise(history));
  EXPECT_EQ(
      roles.net.text("last 30 days"),
      "sum(order.revenue, last 30 days) + sum(order.total where revenue is unknown, last 30 days) - "
      "sum(refund.revenue, last 30 days) - sum(refund.total where revenue is unknown, last 30 days) + "
      "sum(correction.revenue_change, last 30 days) + sum(correction.total_change where revenue_change is unknown, "
      "last 30 days)");
  const Takings taken = takings_of(history, roles, {kAsOf, kDay0});
  const auto by_text = measured(history, roles, roles.net.text());
  const auto counted = measured(history, roles, roles.net.count_text("order"));
  ASSERT_EQ(history.customers(), net.size());
  for (size_t c = 0; c < history.customers(); ++c) {
    EXPECT_DOUBLE_EQ(taken.of(c, 0), net.at(history.customer[c])) << history.customer[c];
    EXPECT_DOUBLE_EQ(by_text[c], net.at(history.customer[c])) << history.customer[c];
    EXPECT_DOUBLE_EQ(taken.mains[c], orders.at(history.customer[c])) << history.customer[c];
    EXPECT_DOUBLE_EQ(counted[c], orders.at(history.customer[c])) << history.customer[c];
  }
}

// A full refund with revenue beside a part without: both count.
TEST(NetMoney, OnePropertyIsNotTakenForAll) {
  Shop shop;
  shop.tell({{"Order Completed", "ann", kDay0 + kDay, {{"total", 100}, {"revenue", 100}}},
             {"Order Completed", "bob", kDay0 + kDay, {{"total", 100}, {"revenue", 100}}},
             {"Order Refunded", "bob", kDay0 + kDay * 2, {{"total", 30}}},
             {"Order Completed", "cyd", kDay0 + kDay, {{"total", 100}, {"revenue", 90}}},
             {"Order Refunded", "cyd", kDay0 + kDay * 2, {{"total", 100}, {"revenue", 90}}}});
  const profiles::History history = shop.history();
  const EventRoles roles = MUST(recognise(history));
  const Takings taken = takings_of(history, roles, {kAsOf, kDay0});
  std::map<std::string, double> net;
  for (size_t c = 0; c < history.customers(); ++c) net[history.customer[c]] = taken.of(c, 0);
  EXPECT_EQ(net, (std::map<std::string, double>{{"ann", 100}, {"bob", 70}, {"cyd", 0}}));
}

// Where every row has the usual property, the text is as short as can be.
TEST(NetMoney, SaysNoMoreThanTheDataNeeds) {
  Shop shop;
  shop.tell({{"Order Completed", "ann", kDay0 + kDay, {{"total", 100}}},
             {"Order Refunded", "ann", kDay0 + kDay * 2, {{"total", 30}}},
             {"Order Cancelled", "ann", kDay0 + kDay * 2, {{"total", 30}}}});
  const EventRoles roles = MUST(recognise(shop.history()));
  EXPECT_EQ(roles.net.text(), "sum(order.total) - sum(refund.total)");
  EXPECT_EQ(roles.net.count_text("order"), "count(order)");
}

}  // namespace
}  // namespace tessera::features
