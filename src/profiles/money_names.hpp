// Which properties of events are amounts of money, by name: what a sender calls `total` is money in whatever currency the
// event names, if it names one. One table for all who have to know: the language, discovery, import and orders.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::profiles {

// As what discovery looks for it in the main event of a company: what the event came to as a whole, the price of one of its
// things, or not at all.
enum class MoneyIs : uint8_t { Whole, Part, Other };

struct MoneyName {
  std::string_view name;
  MoneyIs is;
};
// Whole and Part: the best first.
inline constexpr std::array<MoneyName, 48> kMoneyNames{{{"revenue", MoneyIs::Whole},
                                                        {"net_amount", MoneyIs::Whole},
                                                        {"subtotal", MoneyIs::Whole},
                                                        {"total", MoneyIs::Whole},
                                                        {"amount", MoneyIs::Whole},
                                                        {"value", MoneyIs::Whole},
                                                        {"price", MoneyIs::Part},
                                                        {"fee", MoneyIs::Part},
                                                        {"fare", MoneyIs::Part},
                                                        {"tax", MoneyIs::Other},
                                                        {"shipping", MoneyIs::Other},
                                                        {"discount", MoneyIs::Other},
                                                        {"refunded", MoneyIs::Other},
                                                        {"revenue_change", MoneyIs::Other},
                                                        {"subtotal_change", MoneyIs::Other},
                                                        {"total_change", MoneyIs::Other},
                                                        {"amount_paid", MoneyIs::Other},
                                                        {"amount_refunded", MoneyIs::Other},
                                                        {"balance", MoneyIs::Other},
                                                        {"basket_value", MoneyIs::Other},
                                                        {"cart_value", MoneyIs::Other},
                                                        {"charge", MoneyIs::Other},
                                                        {"commission", MoneyIs::Other},
                                                        {"cost", MoneyIs::Other},
                                                        {"deposit", MoneyIs::Other},
                                                        {"discount_amount", MoneyIs::Other},
                                                        {"grand_total", MoneyIs::Other},
                                                        {"gross", MoneyIs::Other},
                                                        {"gross_amount", MoneyIs::Other},
                                                        {"item_price", MoneyIs::Other},
                                                        {"item_total", MoneyIs::Other},
                                                        {"line_total", MoneyIs::Other},
                                                        {"list_price", MoneyIs::Other},
                                                        {"margin", MoneyIs::Other},
                                                        {"net", MoneyIs::Other},
                                                        {"net_sales", MoneyIs::Other},
                                                        {"net_total", MoneyIs::Other},
                                                        {"order_value", MoneyIs::Other},
                                                        {"paid", MoneyIs::Other},
                                                        {"premium", MoneyIs::Other},
                                                        {"profit", MoneyIs::Other},
                                                        {"refund", MoneyIs::Other},
                                                        {"refund_amount", MoneyIs::Other},
                                                        {"sale_price", MoneyIs::Other},
                                                        {"spend", MoneyIs::Other},
                                                        {"tax_amount", MoneyIs::Other},
                                                        {"tip", MoneyIs::Other},
                                                        {"unit_price", MoneyIs::Other}}};

// The property of an event that says in which currency its amounts are.
inline constexpr std::string_view kCurrencyProperty = "currency";

constexpr bool is_in_money_table(std::string_view name) {
  return std::ranges::find(kMoneyNames, name, &MoneyName::name) != kMoneyNames.end();
}

// By the last part of a path (products.price), however it is written: "Item price" is item_price.
inline bool is_money(std::string_view property) {
  std::string name(property.substr(property.rfind('.') + 1));
  for (char& c : name)
    if (c == ' ' || c == '-')
      c = '_';
    else if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return is_in_money_table(name);
}

// Those that are looked for as one of these, the best first.
template <MoneyIs... kinds>
constexpr auto money_names() {
  constexpr auto is_one = [](const MoneyName& row) { return ((row.is == kinds) || ...); };
  std::array<std::string_view, static_cast<size_t>(std::ranges::count_if(kMoneyNames, is_one))> out;
  size_t at = 0;
  for (const MoneyName& row : kMoneyNames)
    if (is_one(row)) out[at++] = row.name;
  return out;
}

}  // namespace tessera::profiles
