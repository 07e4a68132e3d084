// Shops whose orders change: placed, tried again, paid, edited, given back in part and whole, cancelled, in two currencies.
// What a shop's software would export of them on some day, in several layouts, and the slow, obvious ledger of what each
// customer's orders come to. It knows nothing of how an import works.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "core/time.hpp"

namespace tessera::ingest {

struct ShopLine {
  std::string item;
  int64_t quantity = 1, cents = 0;  // of one
};

struct ShopStep {
  enum class What : uint8_t { Failed, Paid, Edited, GivenBack, Cancelled };
  Instant time;
  What what = What::Paid;
  int64_t cents = 0;  // given back
  ShopLine line{};    // added
};

struct ShopOrder {
  std::string id, customer, currency;
  Instant placed;
  std::vector<ShopLine> lines;
  int64_t shipping = 0, tax = 0;
  std::vector<ShopStep> steps;  // in the order of time
};

// An order as it is on some day.
struct ShopState {
  enum class Is : uint8_t { Pending, Failed, Paid, Cancelled };
  Is is = Is::Pending;
  std::vector<ShopLine> lines;
  int64_t total = 0, given_back = 0;
  std::optional<Instant> paid, cancelled, last_given_back;
  Instant changed;
};
ShopState state_of(const ShopOrder& order, Instant on);

enum class Layout : uint8_t {
  Snapshot,  // the order's numbers on its first line, with the times of payment and cancellation (as Shopify's)
  Statuses,  // a line an item, the order's numbers on each, states as words (as WooCommerce's)
  Changed,   // a row an order, with the time of its last change; exports hold some of the orders
  Tills,     // money given back as rows with numbers of their own (as Square's)
  Lines,     // a line an item and no state; exports hold some of the lines
  Rows       // a row a state; exports hold those of some days
};
inline constexpr Layout kLayouts[] = {Layout::Snapshot, Layout::Statuses, Layout::Changed,
                                      Layout::Tills,    Layout::Lines,    Layout::Rows};
std::string_view name_of(Layout layout);
// The options of the import, but for its file: "--map ...".
std::string options_for(Layout layout);

std::vector<ShopOrder> shop_orders(Layout layout, size_t customers, uint64_t seed);

struct ShopExport {
  Instant on;
  std::string text;
};
// Some exports of the shop's life, the last one on its last day, each with what it says.
std::vector<ShopExport> shop_exports(Layout layout, const std::vector<ShopOrder>& orders, size_t exports,
                                     uint64_t seed);

// What a customer's orders come to.
struct Account {
  int64_t net = 0, orders = 0;  // cents
  Instant first = kNever, last = kEver;
  bool operator==(const Account&) const = default;
};
using Ledger = std::map<std::string, Account>;  // without those who bought nothing and were given nothing back
Ledger ledger_of(const std::vector<ShopOrder>& orders, Layout layout);

}  // namespace tessera::ingest
