#include "ingest/money_report.hpp"

#include <algorithm>
#include <span>
#include <tuple>

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::ingest {
namespace {

constexpr size_t kPlacesShown = 3;  // in the text; JSON has them all

struct FateRow {
  MoneyFate fate;
  std::string_view code, says;
};
// What is in the files and is no sale.
constexpr FateRow kLeftOut[] = {
    {MoneyFate::Cancelled, "cancelled", "cancelled"},
    {MoneyFate::Pending, "pending", "pending: not paid yet"},
    {MoneyFate::Failed, "failed", "failed"},
    {MoneyFate::LeftOut, "no_order", "no orders, or left out by the preset"},
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

// As the files have them: they were met in the order of time.
std::vector<MoneyPlace> by_place(const OrderSums::Sum& sum) {
  std::vector<MoneyPlace> out = sum.places;
  std::ranges::stable_sort(out, {}, [](const MoneyPlace& each) { return std::tie(each.file, each.line); });
  return out;
}

// With the rows that make it.
Json json_by_row(const OrderSums::Sum& sum) {
  Json rows = Json::array();
  for (const MoneyPlace& place : by_place(sum))
    rows.add(Json::object()
                 .set("file", place.file)
                 .set("line", place.line)
                 .set("order", place.order.empty() ? Json() : Json(repair_utf8(place.order)))
                 .set("amount", Json::Literal{text_of_micros(place.micros)}));
  return json_of(sum).set("rows", std::move(rows));
}

// "orders.csv:3, 4, 7 ...": where the first of it stands.
std::string places_of(const OrderSums::Sum& sum) {
  std::string out;
  std::string_view file;
  const std::vector<MoneyPlace> places = by_place(sum);
  for (const MoneyPlace& place : std::span(places).first(std::min(places.size(), kPlacesShown))) {
    out += out.empty() ? ": " : ", ";
    out += place.file == file ? fmt::format("{}", place.line) : fmt::format("{}:{}", place.file, place.line);
    file = place.file;
  }
  return sum.orders > kPlacesShown ? out + " ..." : out;
}

std::string line_of(int128 micros, std::string_view says, uint64_t orders, std::string_view places = {}) {
  const std::string count = orders > 0 ? fmt::format(" ({})", orders) : std::string();
  return fmt::format("  {:>14}  {}{}{}\n", text_of_micros(micros), says, count, places);
}

std::string lines_of(const OrderSums& sums, const Totals& totals) {
  std::string out = line_of(totals.in_files.micros, "in the files, orders or rows", totals.in_files.orders);
  for (const FateRow& row : kLeftOut)
    if (const OrderSums::Sum& sum = sum_of(sums, row.fate); sum.orders > 0)
      out += line_of(-sum.micros, row.says, sum.orders, places_of(sum));
  const OrderSums::Sum &bought = sum_of(sums, MoneyFate::Bought), &credited = sum_of(sums, MoneyFate::Credited);
  out += line_of(bought.micros, "bought", bought.orders);
  if (credited.orders > 0)
    out += line_of(credited.micros, "given back under numbers of their own", credited.orders, places_of(credited));
  if (sums.refunded.orders > 0)
    out +=
        line_of(-sums.refunded.micros, "given back of what was bought", sums.refunded.orders, places_of(sums.refunded));
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
        left_out.set(std::string(row.code), json_by_row(sum));
    out.add(Json::object()
                .set("currency", currency.empty() ? Json() : Json(currency))
                .set("in_files", json_of(totals.in_files))
                .set("left_out", std::move(left_out))
                .set("bought", json_of(sum_of(sums, MoneyFate::Bought)))
                .set("credited", json_by_row(sum_of(sums, MoneyFate::Credited)))
                .set("given_back", json_by_row(sums.refunded))
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
