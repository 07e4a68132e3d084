// Events of orders into an intake: what the rows say of the order, its money and its products.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ingest/fields.hpp"
#include "ingest/order_rows.hpp"
#include "ingest/order_source.hpp"

namespace tessera::ingest {

class OrderWriter {
 public:
  OrderWriter(const formats::Plan& plan, NormaliserContext& context, FieldReader& fields, const OrderColumns& columns)
      : plan_(plan), context_(context), fields_(fields), columns_(columns) {}

  void write(const OrderReading& reading, const OrderEvent& event, const Who& who, uint64_t print);
  // A product of the event that was written last, by whomever.
  void write_line(const formats::Row& row, const OrderEvent& event);

 private:
  using Intake = profiles::Intake;
  struct KindPlan {
    Intake::Kind kind;
    std::map<std::string, Intake::Property, std::less<>> properties;
    // Of a product, once one has it: the columns.items, then kOfLine.
    std::vector<std::optional<Intake::Property>> of_product;
  };

  KindPlan& kind_of(std::string_view event);
  Intake::Property property(KindPlan& kind, std::string_view name);
  void put_money(KindPlan& kind, const OrderReading& reading, const OrderEvent& event);
  void put_changes(KindPlan& kind, const OrderEvent& event);
  void put_currency(KindPlan& kind, const OrderReading& reading);
  void put_properties(KindPlan& kind, const OrderReading& reading, const OrderEvent& event);
  enum OfLine : uint8_t { Quantity, Price, Discount, Amount, Service };
  static constexpr std::string_view kOfLine[] = {"quantity", "price", "discount", "amount", "service"};

  Intake::Property of_product(KindPlan& kind, size_t index, std::string_view name);
  Intake::Property of_line(KindPlan& kind, OfLine which);
  void put_item(KindPlan& kind, size_t item, const formats::Row& row);
  bool says_a_thing(const formats::Row& row) const;
  void put_product(KindPlan& kind, const formats::Row& row, bool is_refund);
  bool is_service_line(const ProductName& product);

  const formats::Plan& plan_;
  NormaliserContext& context_;
  FieldReader& fields_;
  const OrderColumns& columns_;
  std::map<std::string, KindPlan, std::less<>> kinds_;
  std::unordered_map<std::string, bool> services_;
};

}  // namespace tessera::ingest
