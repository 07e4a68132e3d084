// What the record has been told of an order, read back from its events. An order is a state that changes: exports tell
// it again and again, and only what is new about it becomes events (ingest/order_state.hpp). The events are the memory:
// there is no second account of an order that could say something else, orders that older versions or an SDK told are
// known as any other, and whoever is forgotten is forgotten here too.
//
// Known by its id and its customer: two shops may both have an order 1001. What was told of an order:
//   Order Completed    the purchase, with total, revenue, subtotal; `total_estimated`: the total is what was given back,
//                      since nobody had told the purchase
//   Order Updated      signed differences: `total_change`, `revenue_change`, `subtotal_change`, `orders_change`
//   Order Refunded     money given back, revenue and subtotal where the purchase has them
//   Order Cancelled    the same differences where it takes a purchase back that had been told
//   Order Pending, Order Failed
//
// One thing events do not say: how new the export was that told the state last (OrderVersion). It is the entry's
// `orders_until` for the orders that an import was the first to tell, and a row of tessera.order_version where it is
// another: a column said when the order was changed, or a later export said the same again.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/number.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "profiles/identifiers.hpp"

namespace tessera::store {
class Connection;
}  // namespace tessera::store

namespace tessera::profiles {

// The amounts of an order that a sum is made of, under these names on its events.
enum class OrderMoney : uint8_t { Total, Revenue, Subtotal };
inline constexpr std::array<std::string_view, 3> kOrderMoney = {"total", "revenue", "subtotal"};
inline constexpr std::string_view kChangeOfMoney[] = {"total_change", "revenue_change", "subtotal_change"};
inline constexpr std::string_view kChangeOfOrders = "orders_change";
inline constexpr std::string_view kTotalEstimated = "total_estimated", kTimeEstimated = "time_estimated";
// Of an entry's detail: the newest instant in the export whose orders it told, milliseconds since 1970.
inline constexpr std::string_view kOrdersUntil = "orders_until";

// Of two exports, which is newer: the order's own time of change, else the newest instant anywhere in the export.
struct OrderVersion {
  Instant updated = kEver, seen = kEver;
  auto operator<=>(const OrderVersion&) const = default;
};

struct ToldOrder {
  struct Amount {
    int128 bought = 0, refunded = 0;  // with all changes; what was given back
    bool is_said = false;             // by the purchase
  };
  std::array<Amount, 3> money;
  int128 orders = 0;  // purchases, less those that were taken back
  bool is_bought = false, is_refunded = false, is_cancelled = false, is_pending = false, is_failed = false;
  bool total_is_estimated = false;
  // An Order Refunded by a status, and no purchase: versions before 0.4.0 told so what was bought and given back.
  bool is_older_refund = false;
  std::optional<Instant> bought_at;
  std::map<Instant, int128> refunds;  // when what was given back
  OrderVersion version;
  std::vector<uint64_t> lines, credited_lines;  // line_print() of what was bought, of what was given back alone
  std::vector<uint64_t> prints;                 // fingerprints of its events

  bool is_known() const { return is_bought || is_refunded || is_cancelled || is_pending || is_failed; }
  const Amount& of(OrderMoney kind) const { return money[static_cast<size_t>(kind)]; }
  Amount& of(OrderMoney kind) { return money[static_cast<size_t>(kind)]; }
};

// A line's content: of two exports, which lines are the same. Product: its id, else its SKU, else its name.
uint64_t line_print(std::string_view product, std::optional<Number> quantity, std::optional<Number> amount);

struct AskedOrder {
  std::string_view id;
  std::vector<NamedIdentifier> who;
  bool wants_lines = false;
};

struct KeptVersion {
  std::string id;
  NamedIdentifier who;
  OrderVersion version;
};

// What whoever puts orders down asks of the place where they go.
class OrderMemory {
 public:
  virtual ~OrderMemory() = default;
  // Whether there may be any: else nothing has to be asked.
  virtual bool has_orders() const = 0;
  // One answer for each, in one pass over the record for all of them.
  virtual Result<std::vector<ToldOrder>> told(std::span<const AskedOrder> orders) = 0;
  // Kept when the intake ends: of one order, and of all that it is the first to tell and that keep() does not name.
  virtual void keep(KeptVersion version) = 0;
  virtual void keep_until(Instant seen) = 0;
  virtual bool keeps_until() const { return true; }
};

// A place that knows of no orders.
class NoOrders final : public OrderMemory {
 public:
  bool has_orders() const override { return false; }
  Result<std::vector<ToldOrder>> told(std::span<const AskedOrder> orders) override {
    return std::vector<ToldOrder>(orders.size());
  }
  void keep(KeptVersion) override {}
  void keep_until(Instant) override {}
};

Result<std::vector<ToldOrder>> read_told_orders(store::Connection& connection, std::span<const AskedOrder> orders);
// REQUIRES: a transaction; the identifiers are in the record. Unknown ones are left out.
Result<void> write_order_versions(store::Connection& connection, std::span<const KeptVersion> versions);

}  // namespace tessera::profiles
