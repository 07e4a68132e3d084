// The rows of one order as one word on its state: which column is what, what each row may say, and how rows with
// different words of status go together (orders.hpp).
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/order_status.hpp"
#include "formats/plan.hpp"
#include "ingest/fields.hpp"
#include "ingest/kept_lines.hpp"
#include "ingest/order_source.hpp"

namespace tessera::ingest {

// Numbers of the order, not of a line, by the names of their properties.
inline constexpr std::string_view kMoneyOfOrder[] = {"total", "subtotal", "tax", "shipping", "discount", "refunded"};
bool is_money_of_order(std::string_view property);

// The columns of a plan by what they are of an order.
struct OrderColumns {
  explicit OrderColumns(const formats::Plan& plan);

  const formats::ColumnPlan *order = nullptr, *currency = nullptr;
  const formats::ColumnPlan *quantity = nullptr, *price = nullptr, *amount = nullptr, *line_discount = nullptr;
  const formats::ColumnPlan *paid_at = nullptr, *cancelled_at = nullptr, *refunded_at = nullptr, *updated_at = nullptr,
                            *cancelled = nullptr;
  std::vector<const formats::ColumnPlan*> statuses;  // of the order, of its payment: the one that says most holds
  std::vector<const formats::ColumnPlan*> items;     // others of a product
  std::vector<const formats::ColumnPlan*> money;     // of kMoneyOfOrder
  std::vector<const formats::ColumnPlan*> instants;  // beside the order's time
  // Where rows say nothing of a product (customer, time, amount), the amount is the order's and there is no list.
  bool has_products = false;
};

ParsedNumber number_of(const formats::ColumnPlan& column, const formats::Field& field);
std::optional<Number> number_at(const formats::ColumnPlan* column, const formats::Row& row);
// What the row's product is known by, and called.
struct ProductName {
  std::string_view id, name;
};
ProductName product_of(const OrderColumns& columns, const formats::Row& row);
std::string_view text_of_item(const formats::ColumnPlan& column, const formats::Row& row);  // empty: says nothing

class OrderRows {
 public:
  OrderRows(const formats::Plan& plan, NormaliserContext& context, FieldReader& fields, const OrderColumns& columns)
      : plan_(plan), context_(context), fields_(fields), columns_(columns) {}

  struct NumberFlawOfRow {
    std::string_view reason, value;
    bool is_of_order;  // not of a line
  };
  std::optional<NumberFlawOfRow> flaw_of_numbers(const formats::Row& row) const;
  // Looks for odd values of orders: a total below zero, a status that nobody knows. True: the row became a reject.
  bool leaves_out(const formats::Row& row);
  void reject(std::string_view reason, std::string_view value, uint64_t line, std::string_view raw);
  // The money of a row that became nothing, and why.
  void tally(const formats::Row& row, MoneyFate fate);
  // Whether its status says that it is money given back, or taken back: below zero it is not odd then.
  bool is_given_back(const formats::Row& row);

  // All lines of an order, in the file's order; `seen`: how new the file is.
  void read(std::vector<KeptLine> rows, Instant seen, OrderReading& out);

 private:
  struct Line;
  struct Group;  // lines under one word of status
  using Groups = std::vector<Group>;

  std::optional<formats::OrderFate> fate_of(std::string_view status);
  std::string_view status_of(const formats::Row& row);
  Groups group(const std::vector<Line>& lines, std::string_view id);
  bool is_history(const std::vector<Line>& lines, const Groups& groups) const;
  void read_history(const std::vector<Line>& lines, Groups& groups, OrderReading& out);
  void read_things(const std::vector<Line>& lines, Groups& groups, OrderReading& out);
  void take_rows(const std::vector<Line>& lines, const std::vector<uint32_t>& chosen, OrderReading& out);
  void take_money(const std::vector<Line>& lines, const std::vector<uint32_t>& chosen, formats::OrderFate fate,
                  OrderReading& out);
  void give_rows(std::vector<Line>& lines, OrderReading& out);
  void take_instants(OrderReading& out, bool has_one_status);
  std::optional<Micros> said_total(const std::vector<Line>& lines, const std::vector<uint32_t>& chosen) const;
  void add_refunds(const std::vector<Line>& lines, const std::vector<uint32_t>& chosen, OrderWord& word) const;
  std::string currency_of(const formats::Row& row) const;

  const formats::Plan& plan_;
  NormaliserContext& context_;
  FieldReader& fields_;
  const OrderColumns& columns_;
  std::unordered_map<std::string, std::optional<formats::OrderFate>> fates_;  // by status as written
  std::vector<uint32_t> taken_;  // lines of the order at hand that are the event's rows
};

}  // namespace tessera::ingest
