#include "ingest/money_report.hpp"

#include <fmt/format.h>

namespace tessera::ingest {
namespace {

struct FateRow {
  MoneyFate fate;
  std::string_view code, says;
};
// What is in the files and is no sale.
constexpr FateRow kLeftOut[] = {
    {MoneyFate::Cancelled, "cancelled", "cancelled"},
    {MoneyFate::Pending, "pending", "pending: not paid yet"},
    {MoneyFate::Failed, "failed", "failed"},
    {MoneyFate::LeftOut, "no_order", "no orders, by their status"},
    {MoneyFate::NoCustomer, "no_customer", "nobody's"},
    {MoneyFate::Rejected, "rejected", "in rejected rows"},
    {MoneyFate::Adjusted, "adjusted", "adjustments"},
};

const OrderSums::Sum& sum_of(const OrderSums& sums, MoneyFate fate) {
  return sums.by_fate[static_cast<size_t>(fate)];
}

struct Totals {
  OrderSums::Sum in_files;
  int128 net = 0;
  bool is_all_bought = true;
};

Totals totals_of(const OrderSums& sums) {
  Totals out;
  for (const OrderSums::Sum& sum : sums.by_fate) {
    out.in_files.orders += sum.orders;
    out.in_files.micros += sum.micros;
  }
  const OrderSums::Sum& bought = sum_of(sums, MoneyFate::Bought);
  out.net = bought.micros + sum_of(sums, MoneyFate::Credited).micros - sums.refunded.micros;
  out.is_all_bought = bought.orders == out.in_files.orders && sums.refunded.orders == 0;
  return out;
}

Json json_of(const OrderSums::Sum& sum) {
  return Json::object().set("orders", sum.orders).set("amount", Json(Json::Literal{text_of_micros(sum.micros)}));
}

std::string line_of(int128 micros, std::string_view says, uint64_t orders) {
  const std::string count = orders > 0 ? fmt::format(" ({})", orders) : std::string();
  return fmt::format("  {:>14}  {}{}\n", text_of_micros(micros), says, count);
}

std::string lines_of(const OrderSums& sums, const Totals& totals) {
  std::string out = line_of(totals.in_files.micros, "in the files, orders or rows", totals.in_files.orders);
  for (const FateRow& row : kLeftOut)
    if (const OrderSums::Sum& sum = sum_of(sums, row.fate); sum.orders > 0)
      out += line_of(-sum.micros, row.says, sum.orders);
  const OrderSums::Sum &bought = sum_of(sums, MoneyFate::Bought), &credited = sum_of(sums, MoneyFate::Credited);
  out += line_of(bought.micros, "bought", bought.orders);
  if (credited.orders > 0) out += line_of(credited.micros, "given back under numbers of their own", credited.orders);
  if (sums.refunded.orders > 0)
    out += line_of(-sums.refunded.micros, "given back of what was bought", sums.refunded.orders);
  return out + line_of(totals.net, "net", 0);
}

}  // namespace

Json money_json(const Findings& findings) {
  Json out = Json::array();
  for (const auto& [currency, sums] : findings.money) {
    const Totals totals = totals_of(sums);
    Json left_out = Json::object();
    for (const FateRow& row : kLeftOut)
      if (const OrderSums::Sum& sum = sum_of(sums, row.fate); sum.orders > 0)
        left_out.set(std::string(row.code), json_of(sum));
    out.add(Json::object()
                .set("currency", currency.empty() ? Json() : Json(currency))
                .set("in_files", json_of(totals.in_files))
                .set("left_out", std::move(left_out))
                .set("bought", json_of(sum_of(sums, MoneyFate::Bought)))
                .set("credited", json_of(sum_of(sums, MoneyFate::Credited)))
                .set("given_back", json_of(sums.refunded))
                .set("net", Json::Literal{text_of_micros(totals.net)}));
  }
  return out;
}

std::string money_text(const Findings& findings) {
  std::string out;
  for (const auto& [currency, sums] : findings.money) {
    const Totals totals = totals_of(sums);
    const std::string unit = currency.empty() ? std::string() : " " + currency;
    if (totals.in_files.micros == 0 && totals.is_all_bought) continue;
    if (totals.is_all_bought) {
      out += fmt::format("money: {}{} in the files, all of it bought\n", text_of_micros(totals.in_files.micros), unit);
    } else {
      out += fmt::format("money{}:\n{}", unit.empty() ? "" : " in" + unit, lines_of(sums, totals));
    }
  }
  return out;
}

}  // namespace tessera::ingest
