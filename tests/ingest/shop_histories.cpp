#include "ingest/shop_histories.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace tessera::ingest {

namespace {

using What = ShopStep::What;
using Is = ShopState::Is;

constexpr Instant kOpened{20'000 * kDay.ms};  // 2024-10-04
constexpr int64_t kDays = 400;

std::string money(int64_t cents) {
  return fmt::format("{}{}.{:02}", cents < 0 ? "-" : "", std::abs(cents) / 100, std::abs(cents) % 100);
}
std::string time_or_blank(const std::optional<Instant>& time) {
  return time ? text_of(*time) : std::string();
}

int64_t sum_of(const std::vector<ShopLine>& lines) {
  int64_t sum = 0;
  for (const ShopLine& line : lines) sum += line.quantity * line.cents;
  return sum;
}

ShopLine draw_line(Rng& rng, size_t place) {
  // The place makes lines of one order differ, as those of a shop do: the same article again is a larger quantity.
  return {.item = fmt::format("Item {}-{}", place, rng.below(20)),
          .quantity = rng.between(1, 3),
          .cents = rng.between(100, 9'999)};
}

// What may happen to orders, as far as the layout can say it.
struct Habits {
  bool tries = true, edits = true, gives_back = true, cancels = true;
};
Habits habits_of(Layout layout) {
  switch (layout) {
    case Layout::Tills:
      return {.tries = false, .edits = false, .cancels = false};
    case Layout::Lines:
      return {.tries = false, .gives_back = false, .cancels = false};
    case Layout::Rows:
      return {.edits = false};
    default:
      return {};
  }
}

void draw_steps(ShopOrder& order, Rng& rng, const Habits& habits) {
  Instant at = order.placed;
  const auto later = [&] { return at = at + Duration{rng.between(60'000, 12 * kDay.ms)}; };
  if (habits.tries && rng.chance(0.05)) return;  // never paid
  if (habits.tries && rng.chance(0.1)) order.steps.push_back({.time = later(), .what = What::Failed});
  if (habits.tries && rng.chance(0.05)) return;
  if (habits.tries && rng.chance(0.3)) later();
  order.steps.push_back({.time = at, .what = What::Paid});
  if (habits.edits && rng.chance(0.2))
    order.steps.push_back({.time = later(), .what = What::Edited, .line = draw_line(rng, 10)});
  while (habits.gives_back && rng.chance(0.2)) {
    const ShopState now = state_of(order, at);
    const int64_t left = now.total - now.given_back;
    if (left <= 0) break;
    const int64_t back = rng.chance(0.4) ? left : rng.between(1, left);
    order.steps.push_back({.time = later(), .what = What::GivenBack, .cents = back});
  }
  if (habits.cancels && rng.chance(0.1)) order.steps.push_back({.time = later(), .what = What::Cancelled});
}

std::string header_of(Layout layout) {
  switch (layout) {
    case Layout::Snapshot:
      return "Name,Email,Financial Status,Paid at,Currency,Shipping,Taxes,Total,Created at,Item,Quantity,Price,Refunded "
             "Amount,Cancelled at\n";
    case Layout::Statuses:
      return "Order Number,Order Status,Order Date,Email (Billing),Order Shipping Amount,Order Refund Amount,Order Total "
             "Amount,Order Total Tax Amount,Currency,Item Name,Quantity,Item Cost\n";
    case Layout::Changed:
      return "id,customer,created,updated,state,total,refunded,currency\n";
    case Layout::Tills:
      return "Transaction ID,Customer ID,Date,Item,Qty,Net Sales,Currency\n";
    case Layout::Lines:
      return "order,customer,date,item,quantity,price,currency\n";
    case Layout::Rows:
      return "order,customer,date,total,status,currency\n";
  }
  return {};
}

// --- what an export says of one order

std::string snapshot_of(const ShopOrder& order, const ShopState& now) {
  std::string out;
  for (size_t i = 0; i < now.lines.size(); ++i) {
    const ShopLine& line = now.lines[i];
    const std::string_view status = now.is == Is::Pending         ? "pending"
                                    : now.is == Is::Failed        ? "failed"
                                    : now.given_back == 0         ? "paid"
                                    : now.given_back == now.total ? "refunded"
                                                                  : "partially_refunded";
    const std::string of_order =
        i > 0 ? ",,,,,,"
              : fmt::format("{},{},{},{},{},{},", status, time_or_blank(now.paid), order.currency,
                            money(order.shipping), money(order.tax), money(now.total));
    const std::string behind = i > 0 ? "," : fmt::format("{},{}", money(now.given_back), time_or_blank(now.cancelled));
    out += fmt::format("#{},{},{}{},{},{},{},{}\n", order.id, order.customer, of_order, text_of(order.placed),
                       line.item, line.quantity, money(line.cents), behind);
  }
  return out;
}

std::string statuses_of(const ShopOrder& order, const ShopState& now) {
  const std::string_view status = now.is == Is::Pending         ? "wc-pending"
                                  : now.is == Is::Failed        ? "Failed"
                                  : now.is == Is::Cancelled     ? "Cancelled"
                                  : now.given_back == now.total ? "Refunded"
                                                                : "Completed";
  std::string out;
  for (const ShopLine& line : now.lines)
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", order.id, status, text_of(order.placed), order.customer,
                       money(order.shipping), money(now.given_back), money(now.total), money(order.tax), order.currency,
                       line.item, line.quantity, money(line.cents));
  return out;
}

std::string changed_of(const ShopOrder& order, const ShopState& now) {
  constexpr std::string_view kWords[] = {"pending", "failed", "paid", "cancelled"};
  return fmt::format("{},{},{},{},{},{},{},{}\n", order.id, order.customer, text_of(order.placed), text_of(now.changed),
                     kWords[static_cast<size_t>(now.is)], money(now.total), money(now.given_back), order.currency);
}

// Rows with their times, of layouts whose exports hold the rows of some days.
std::vector<std::pair<Instant, std::string>> rows_of(Layout layout, const ShopOrder& order) {
  std::vector<std::pair<Instant, std::string>> out;
  if (layout == Layout::Tills) {
    for (const ShopLine& line : order.lines)
      out.emplace_back(order.placed,
                       fmt::format("t{},{},{},{},{},{},{}\n", order.id, order.customer, text_of(order.placed),
                                   line.item, line.quantity, money(line.quantity * line.cents), order.currency));
    for (size_t i = 0; i < order.steps.size(); ++i)
      if (const ShopStep& step = order.steps[i]; step.what == What::GivenBack)
        out.emplace_back(step.time, fmt::format("t{}r{},{},{},Return,-1,{},{}\n", order.id, i, order.customer,
                                                text_of(step.time), money(-step.cents), order.currency));
    return out;
  }
  const auto row = [&](Instant time, int64_t cents, std::string_view status) {
    out.emplace_back(time, fmt::format("{},{},{},{},{},{}\n", order.id, order.customer, text_of(time), money(cents),
                                       status, order.currency));
  };
  const int64_t total = state_of(order, order.placed).total;
  if (order.steps.empty() || order.steps[0].time > order.placed) row(order.placed, total, "pending");
  for (const ShopStep& step : order.steps) {
    if (step.what == What::Failed) row(step.time, total, "failed");
    if (step.what == What::Paid) row(step.time, total, "paid");
    if (step.what == What::GivenBack) row(step.time, step.cents, "refunded");
    if (step.what == What::Cancelled) row(step.time, total, "cancelled");
  }
  return out;
}

std::string line_row(const ShopOrder& order, const ShopLine& line) {
  return fmt::format("{},{},{},{},{},{},{}\n", order.id, order.customer, text_of(order.placed), line.item,
                     line.quantity, money(line.cents), order.currency);
}

std::string text_on(Layout layout, const std::vector<ShopOrder>& orders, Instant from, Instant on, bool is_last,
                    Rng& rng, std::set<std::string>& said) {
  std::string out = header_of(layout);
  for (const ShopOrder& order : orders) {
    if (layout == Layout::Tills || layout == Layout::Rows) {
      // With money given back comes its purchase: a refund that is heard of alone stands for a purchase of its own time.
      const auto rows = rows_of(layout, order);
      const auto is_said = [&](Instant time) { return time > from && time <= on; };
      const bool is_given_back = std::ranges::any_of(rows, [&](const auto& row) {
        return is_said(row.first) && row.second.find(",refunded,") != std::string::npos;
      });
      for (const auto& [time, row] : rows)
        if (is_said(time) || (is_given_back && row.find(",paid,") != std::string::npos)) out += row;
      continue;
    }
    if (order.placed > on) continue;
    const ShopState now = state_of(order, on);
    if (layout == Layout::Snapshot) out += snapshot_of(order, now);
    if (layout == Layout::Statuses) out += statuses_of(order, now);
    if (layout == Layout::Changed && (is_last || rng.chance(0.6))) out += changed_of(order, now);
    if (layout != Layout::Lines) continue;
    for (const ShopLine& line : now.lines) {
      const std::string row = line_row(order, line);
      if (!rng.chance(0.6) && !(is_last && !said.contains(row))) continue;
      said.insert(row);
      out += row;
    }
  }
  return out;
}

}  // namespace

ShopState state_of(const ShopOrder& order, Instant on) {
  ShopState out{.lines = order.lines, .changed = order.placed};
  for (const ShopStep& step : order.steps) {
    if (step.time > on) break;
    out.changed = step.time;
    switch (step.what) {
      case What::Failed:
        out.is = Is::Failed;
        break;
      case What::Paid:
        out.is = Is::Paid;
        out.paid = step.time;
        break;
      case What::Edited:
        out.lines.push_back(step.line);
        break;
      case What::GivenBack:
        out.given_back += step.cents;
        out.last_given_back = step.time;
        break;
      case What::Cancelled:
        out.is = Is::Cancelled;
        out.cancelled = step.time;
        break;
    }
  }
  out.total = sum_of(out.lines) + order.shipping + order.tax;
  return out;
}

std::string_view name_of(Layout layout) {
  constexpr std::string_view kNames[] = {"Snapshot", "Statuses", "Changed", "Tills", "Lines", "Rows"};
  return kNames[static_cast<size_t>(layout)];
}

std::string options_for(Layout layout) {
  switch (layout) {
    case Layout::Snapshot:
      return "order=Name,customer=Email,status=Financial Status,paid_at=Paid at,currency=Currency,shipping=Shipping,tax=Taxes,"
             "total=Total,time=Created at,item=Item,quantity=Quantity,price=Price,refunded=Refunded "
             "Amount,cancelled_at=Cancelled at";
    case Layout::Statuses:
      return "order=Order Number,status=Order Status,time=Order Date,customer=Email (Billing),shipping=Order Shipping "
             "Amount,refunded=Order Refund Amount,total=Order Total Amount,tax=Order Total Tax "
             "Amount,currency=Currency,item=Item Name,quantity=Quantity,price=Item Cost";
    case Layout::Changed:
      return "order=id,customer=customer,time=created,updated_at=updated,status=state,total=total,refunded=refunded,currency="
             "currency";
    case Layout::Tills:
      return "order=Transaction ID,customer=Customer ID,time=Date,item=Item,quantity=Qty,amount=Net Sales,currency=Currency";
    case Layout::Lines:
      return "order=order,customer=customer,time=date,item=item,quantity=quantity,price=price,currency=currency";
    case Layout::Rows:
      return "order=order,customer=customer,time=date,total=total,status=status,currency=currency";
  }
  return {};
}

std::vector<ShopOrder> shop_orders(Layout layout, size_t customers, uint64_t seed) {
  Rng rng(seed);
  const Habits habits = habits_of(layout);
  // What tills and lines say is what lines come to.
  const bool has_extras =
      layout == Layout::Snapshot || layout == Layout::Statuses || layout == Layout::Changed || layout == Layout::Rows;
  std::vector<ShopOrder> out;
  for (size_t c = 0; c < customers; ++c) {
    const size_t orders = 1 + rng.below(4);
    for (size_t i = 0; i < orders; ++i) {
      ShopOrder& order = out.emplace_back();
      order.id = fmt::format("{}", 1000 + out.size());
      order.customer = fmt::format("c{}", c);
      order.currency = c % 5 == 0 ? "USD" : "EUR";
      order.placed = kOpened + Duration{rng.between(0, kDays * kDay.ms)};
      for (size_t line = 0, lines = 1 + rng.below(4); line < lines; ++line) order.lines.push_back(draw_line(rng, line));
      if (has_extras) order.shipping = rng.between(0, 900), order.tax = rng.between(0, 2'000);
      draw_steps(order, rng, habits);
    }
  }
  return out;
}

std::vector<ShopExport> shop_exports(Layout layout, const std::vector<ShopOrder>& orders, size_t exports,
                                     uint64_t seed) {
  Rng rng(seed);
  const Instant last = kOpened + Duration{(kDays + 100) * kDay.ms};
  std::vector<Instant> days{last};
  while (days.size() < exports) days.push_back(kOpened + Duration{rng.between(10 * kDay.ms, (kDays + 60) * kDay.ms)});
  std::ranges::sort(days);
  std::vector<ShopExport> out;
  std::set<std::string> said;
  Instant from = kEver;
  for (const Instant day : days) {
    // Rows of some days that an export before had already are nothing new.
    const Instant since = rng.chance(0.5) && from > kEver ? from - Duration{rng.between(0, 90 * kDay.ms)} : from;
    out.push_back({day, text_on(layout, orders, since, day, day == last, rng, said)});
    from = day;
  }
  return out;
}

Ledger ledger_of(const std::vector<ShopOrder>& orders, Layout layout) {
  Ledger out;
  for (const ShopOrder& order : orders) {
    const ShopState end = state_of(order, kNever);
    if (end.is != Is::Paid) continue;
    const bool says_paid = layout == Layout::Snapshot || layout == Layout::Rows;
    const Instant bought = says_paid ? *end.paid : order.placed;
    Account& account = out[order.customer];
    account.net += end.total - end.given_back;
    account.orders += 1;
    account.first = std::min(account.first, bought);
    account.last = std::max(account.last, bought);
  }
  return out;
}

}  // namespace tessera::ingest
