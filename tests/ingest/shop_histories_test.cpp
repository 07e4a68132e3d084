// The orders of made-up shops, exported on some days and imported in some order, come to what a slow, obvious ledger
// says of them: net money, number of orders, first and last order of every customer.
#include "ingest/shop_histories.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "core/text.hpp"
#include "ingest/fed.hpp"
#include "soak.hpp"
#include "store/record.hpp"
#include "store/scratch.hpp"

namespace tessera::ingest {
namespace {

class StillClock final : public Clock {
 public:
  Instant now() const override { return *parse_instant("2026-03-01"); }
};

class Shop {
 public:
  explicit Shop(Layout layout)
      : layout_(layout), record_(MUST(store::Record::in_memory(clock_, {.database = {.threads = 1}}))) {}

  // As one call.
  void import(const std::vector<const ShopExport*>& exports) {
    std::vector<std::string> paths;
    for (size_t i = 0; i < exports.size(); ++i)
      paths.push_back(folder_.write(fmt::format("export{}.csv", i), exports[i]->text));
    ImportOptions options{.map = options_for(layout_), .learnt = clock_.now()};
    MUST(options.odd.say("all", formats::OddRule::Keep));
    SilentProgress progress;
    const auto report = import_files(*record_, paths, options, {}, progress);
    ASSERT_TRUE(report) << report.error().text();
    stored_ = report->events_stored;
  }
  uint64_t stored() const { return stored_; }

  Ledger ledger() const {
    Ledger out;
    const auto add = [&](std::string_view table, std::string_view column, int64_t sign, bool is_order) {
      if (!has(table, column)) return;
      const auto rows = MUST(record_->connection().rows(
          fmt::format("SELECT customer, (sum({})*100)::BIGINT, count(*) FROM v_{} WHERE {} IS NOT NULL GROUP BY 1",
                      column, table, column)));
      for (const auto& row : rows) {
        Account& account = out[*row[0]];
        if (column == "orders_change")
          account.orders += std::stoll(*row[1]) / 100;
        else
          account.net += sign * std::stoll(*row[1]);
        if (is_order) account.orders += std::stoll(*row[2]);
      }
    };
    add("order_completed", "total", 1, true);
    add("order_refunded", "total", -1, false);
    for (const char* table : {"order_updated", "order_cancelled", "order_failed", "order_pending"}) {
      add(table, "total_change", 1, false);
      add(table, "orders_change", 1, false);
    }
    add_times(out);
    std::erase_if(out, [](const auto& one) { return one.second.net == 0 && one.second.orders == 0; });
    return out;
  }

 private:
  bool has(std::string_view table, std::string_view column) const {
    return MUST(record_->connection().integer(
                    fmt::format("SELECT count(*) FROM duckdb_columns() WHERE table_name = '{}' AND column_name = '{}'",
                                table, column)))
               .value_or(0) > 0;
  }
  void add_times(Ledger& out) const {
    const std::string undone =
        has("order_cancelled", "orders_change")
            ? " WHERE order_id NOT IN (SELECT order_id FROM order_cancelled WHERE orders_change < 0)"
            : "";
    for (const auto& row : MUST(record_->connection().rows(
             "SELECT customer, epoch_ms(min(time)), epoch_ms(max(time)) FROM v_order_completed" + undone +
             " GROUP BY 1"))) {
      out[*row[0]].first = Instant{std::stoll(*row[1])};
      out[*row[0]].last = Instant{std::stoll(*row[2])};
    }
  }

  Layout layout_;
  StillClock clock_;
  Folder folder_;
  std::unique_ptr<store::Record> record_;
  uint64_t stored_ = 0;
};

// What differs, of the first few customers.
std::string difference(const Ledger& expected, const Ledger& actual) {
  std::string out;
  size_t shown = 0;
  const auto text = [](const Ledger& ledger, const std::string& customer) {
    const auto found = ledger.find(customer);
    if (found == ledger.end()) return std::string("nothing");
    const Account& a = found->second;
    return fmt::format("net {} orders {} {} to {}", a.net, a.orders, text_of(a.first), text_of(a.last));
  };
  Ledger both = expected;
  both.insert(actual.begin(), actual.end());
  for (const auto& [customer, account] : both) {
    if (text(expected, customer) == text(actual, customer) || ++shown > 5) continue;
    out += fmt::format("{}: {} in the ledger, {} here\n", customer, text(expected, customer), text(actual, customer));
  }
  return out;
}

class ShopHistories : public testing::TestWithParam<Layout> {};
INSTANTIATE_TEST_SUITE_P(Layouts, ShopHistories, testing::ValuesIn(kLayouts),
                         [](const auto& of) { return std::string(name_of(of.param)); });

// TESSERA_SHOPS: customers. Ten exports in six orders each, the first as they were made; a sample: five in another order.
TEST_P(ShopHistories, ComeToWhatTheLedgerSays) {
  const Layout layout = GetParam();
  constexpr size_t kSample = 300;
  const size_t customers = tries("TESSERA_SHOPS", kSample / kPartOfSample), from = customers > kSample ? 0 : 1;
  const auto orders = shop_orders(layout, customers, 7);
  const auto exports = shop_exports(layout, orders, customers > kSample ? 10 : 5, 11);
  const Ledger expected = ledger_of(orders, layout);
  for (size_t i = from; i < (from == 0 ? 6 : 2); ++i) {
    Rng rng(100 + i);
    std::vector<const ShopExport*> order;
    for (const ShopExport& one : exports) order.push_back(&one);
    for (size_t at = order.size(); i > 0 && at > 1; --at) std::swap(order[at - 1], order[rng.below(at)]);
    Shop shop(layout);
    for (size_t at = 0; at < order.size();) {
      std::vector<const ShopExport*> call{order[at++]};
      while (at < order.size() && rng.chance(0.3)) call.push_back(order[at++]);
      shop.import(call);
    }
    ASSERT_EQ(difference(expected, shop.ledger()), "") << "in order " << i;
    if (i == 5) figure("{} customers, {} orders, {} exports in 6 orders", customers, orders.size(), exports.size());
    shop.import({order.front()});
    EXPECT_EQ(shop.stored(), 0u) << "the same export again";
  }
}

// One state alone is what any of its histories comes to.
TEST_P(ShopHistories, AnySplitComesToTheLastStateAlone) {
  const Layout layout = GetParam();
  const size_t shops = tries("TESSERA_SPLITS", 1);
  for (size_t i = 0; i < shops; ++i) {
    Rng rng(1000 + i);
    const auto orders = shop_orders(layout, 6, 50 + i);
    auto exports = shop_exports(layout, orders, 1 + rng.below(10), 90 + i);
    for (size_t at = exports.size(); at > 1; --at) std::swap(exports[at - 1], exports[rng.below(at)]);
    Shop shop(layout);
    for (const ShopExport& one : exports)
      if (one.text.find('\n') + 1 < one.text.size()) shop.import({&one});
    ASSERT_EQ(difference(ledger_of(orders, layout), shop.ledger()), "") << "shop " << i;
  }
}

}  // namespace
}  // namespace tessera::ingest
