#include "ingest/order_writer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"
#include "formats/presets.hpp"
#include "profiles/service_lines.hpp"

namespace tessera::ingest {

using formats::Role;
using profiles::Intake;

namespace {

Number without_sign(Number number, bool is_refund) {
  return is_refund && number.micros < 0 ? Number{-number.micros} : number;
}

bool fits(Micros micros) {
  return std::abs(micros) < Number::kLimit;
}

}  // namespace

OrderWriter::KindPlan& OrderWriter::kind_of(std::string_view event) {
  const auto found = kinds_.find(event);
  if (found != kinds_.end()) return found->second;
  return kinds_.emplace(std::string(event), KindPlan{.kind = context_.intake.kind(event)}).first->second;
}

Intake::Property OrderWriter::property(KindPlan& kind, std::string_view name) {
  const auto found = kind.properties.find(name);
  if (found != kind.properties.end()) return found->second;
  return kind.properties.emplace(std::string(name), context_.intake.property(kind.kind, name)).first->second;
}

void OrderWriter::write(const OrderReading& reading, const OrderEvent& event, const Who& who, uint64_t print) {
  KindPlan& kind = kind_of(event.name);
  fields_.start(kind.kind, who, event.time, print);
  if (!reading.id.empty()) context_.intake.put(property(kind, "order_id"), std::string_view(reading.id));
  put_money(kind, reading, event);
  put_changes(kind, event);
  if (event.body == OrderEvent::Body::Whole) put_properties(kind, reading, event);
  put_currency(kind, reading);
  if (event.body != OrderEvent::Body::Whole || !columns_.has_products) return;
  for (const formats::Row& row : reading.rows) put_product(kind, row, event.is_refund);
}

void OrderWriter::write_line(const formats::Row& row, const OrderEvent& event) {
  if (columns_.has_products) put_product(kind_of(event.name), row, event.is_refund);
}

void OrderWriter::put_money(KindPlan& kind, const OrderReading& reading, const OrderEvent& event) {
  Intake& intake = context_.intake;
  const bool is_whole = event.body == OrderEvent::Body::Whole;
  const auto total = event.money[static_cast<size_t>(profiles::OrderMoney::Total)];
  for (size_t i = 0; i < event.money.size(); ++i)
    if (event.money[i] && fits(*event.money[i]))
      intake.put(property(kind, profiles::kOrderMoney[i]), Number{*event.money[i]});
  if (is_whole && !total && reading.total_is_inexact) {
    context_.findings.warn("inexact-total", context_.file, reading.whole.line, "");
    intake.put_raw(property(kind, "total"), "null");
  }
  for (const formats::ColumnPlan* column : columns_.money) {
    const std::string_view name = column->binding.target;
    if (!is_whole || name == "total" || name == "subtotal" || name == "refunded") continue;
    if (const auto said = number_at(column, reading.whole))
      intake.put(property(kind, name), without_sign(*said, event.is_refund));
  }
}

void OrderWriter::put_changes(KindPlan& kind, const OrderEvent& event) {
  Intake& intake = context_.intake;
  for (size_t i = 0; i < event.changes.size(); ++i)
    if (event.changes[i] && fits(*event.changes[i]))
      intake.put(property(kind, profiles::kChangeOfMoney[i]), Number{*event.changes[i]});
  if (event.orders_change) intake.put(property(kind, profiles::kChangeOfOrders), Number::of(*event.orders_change));
  if (event.time_is_estimated) intake.put(property(kind, profiles::kTimeEstimated), true);
  if (event.total_is_estimated) intake.put(property(kind, profiles::kTotalEstimated), true);
}

// What the rows say, in a column or beside the amounts, else what was said for the file.
void OrderWriter::put_currency(KindPlan& kind, const OrderReading& reading) {
  if (columns_.currency)
    if (const formats::Field& field = reading.whole.at(columns_.currency->column); !formats::is_blank(field.text))
      return fields_.put(property(kind, "currency"), *columns_.currency, field);
  if (!reading.currency.empty()) context_.intake.put(property(kind, "currency"), std::string_view(reading.currency));
}

void OrderWriter::put_properties(KindPlan& kind, const OrderReading& reading, const OrderEvent& event) {
  for (const formats::ColumnPlan& column : plan_.columns) {
    const Role role = column.binding.role;
    std::string_view name = column.binding.target;
    const bool is_other_status = role == Role::Status && &column != columns_.statuses.front();
    std::string own_name;
    if (is_other_status)
      name = own_name = formats::property_name(column.binding.column);
    else if (role == Role::Status || role == Role::PaidAt)
      name = formats::name_of(role);
    else if (role != Role::Property)
      continue;
    // A purchase does not know that it will be given back; and the status of a refund that is all there is of an order
    // would say that it stands for the purchase too (ToldOrder::is_older_refund).
    if (role == Role::Status && (event.is_refund ? reading.word.is_credit : reading.word.has_refund_status)) continue;
    if (name == "currency" || is_money_of_order(name)) continue;
    const formats::Field& field = reading.whole.at(column.column);
    if (!formats::is_blank(field.text)) fields_.put(property(kind, name), column, field);
  }
}

Intake::Property OrderWriter::of_product(KindPlan& kind, size_t index, std::string_view name) {
  if (kind.of_product.empty()) kind.of_product.resize(columns_.items.size() + std::size(kOfLine));
  std::optional<Intake::Property>& known = kind.of_product[index];
  if (!known) known = property(kind, fmt::format("products.{}", name));
  return *known;
}
Intake::Property OrderWriter::of_line(KindPlan& kind, OfLine which) {
  return of_product(kind, columns_.items.size() + which, kOfLine[which]);
}

void OrderWriter::put_item(KindPlan& kind, size_t item, const formats::Row& row) {
  const formats::ColumnPlan& column = *columns_.items[item];
  const std::string_view text = text_of_item(column, row);
  if (text.empty()) return;
  Intake& intake = context_.intake;
  const Intake::Property p = of_product(kind, item, column.binding.target);
  if (column.type == formats::ValueType::Number) {
    const ParsedNumber number = number_of(column, row.at(column.column));
    if (!number.flaw) return intake.element(p, number.number);
  }
  if (column.type == formats::ValueType::Truth)
    if (const auto truth = formats::parse_truth(text)) return intake.element(p, *truth);
  intake.element(p, text);
}

// A row that only sums up its order, as eBay's do, is no line of it.
bool OrderWriter::says_a_thing(const formats::Row& row) const {
  const auto says = [&row](const formats::ColumnPlan* column) {
    return column && !formats::is_blank(row.at(column->column).text);
  };
  return std::ranges::any_of(columns_.items, says) || says(columns_.quantity) || says(columns_.price) ||
         says(columns_.amount) || says(columns_.line_discount);
}

void OrderWriter::put_product(KindPlan& kind, const formats::Row& row, bool is_refund) {
  Intake& intake = context_.intake;
  if (!says_a_thing(row)) return;
  for (size_t item = 0; item < columns_.items.size(); ++item) put_item(kind, item, row);
  const auto quantity = number_at(columns_.quantity, row), price = number_at(columns_.price, row);
  auto amount = number_at(columns_.amount, row);
  if (quantity) intake.element(of_line(kind, Quantity), without_sign(*quantity, is_refund));
  if (price) intake.element(of_line(kind, Price), *price);
  if (const auto discount = number_at(columns_.line_discount, row))
    intake.element(of_line(kind, Discount), without_sign(*discount, is_refund));
  if (!amount && price) {
    const ParsedNumber product = formats::multiply(*price, quantity.value_or(Number::of(1)));
    if (!product.flaw) amount = product.number;
  }
  if (amount) intake.element(of_line(kind, Amount), without_sign(*amount, is_refund));
  const ProductName product = product_of(columns_, row);
  if (!product.id.empty() || !product.name.empty()) intake.element(of_line(kind, Service), is_service_line(product));
  intake.next_element(kind.kind, "products");
}

// The words are looked through once for each product.
bool OrderWriter::is_service_line(const ProductName& product) {
  std::string key(product.id);
  key += '\0';
  key += product.name;
  const auto [found, is_new] = services_.try_emplace(std::move(key), false);
  if (is_new) found->second = profiles::is_service_line(product.id, product.name, plan_.mapping.preset);
  return found->second;
}

}  // namespace tessera::ingest
