#include "ingest/order_rows.hpp"

#include <algorithm>
#include <set>

#include "core/text.hpp"
#include "formats/presets.hpp"
#include "profiles/money_names.hpp"

namespace tessera::ingest {

using formats::OrderFate;
using formats::Role;
using profiles::OrderMoney;

namespace {

constexpr size_t kTotal = static_cast<size_t>(OrderMoney::Total), kSubtotal = static_cast<size_t>(OrderMoney::Subtotal);

bool says(const formats::Field& field) {
  return field.kind != formats::FieldKind::Null && field.kind != formats::FieldKind::Absent &&
         !formats::is_blank(field.text);
}

// "0000-00-00 00:00:00": what some databases write for no date.
bool is_zero_date(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0-:/. TZ+") == text.npos;
}

// Whether a flag, a date or a reason says that something is so; nullopt: it says nothing.
std::optional<bool> flag_of(const formats::Field& field) {
  if (field.kind == formats::FieldKind::True) return true;
  if (field.kind == formats::FieldKind::False) return false;
  if (!says(field)) return std::nullopt;
  const std::string_view text = trim(field.text);
  if (const auto truth = formats::parse_truth(text)) return truth;
  return !is_zero_date(text);
}

Stage stage_of(OrderFate fate) {
  switch (fate) {
    case OrderFate::Cancelled:
      return Stage::Cancelled;
    case OrderFate::Pending:
      return Stage::Pending;
    case OrderFate::Failed:
      return Stage::Failed;
    default:
      return Stage::Bought;
  }
}

std::optional<Micros> micros_of(const ExactSum& sum) {
  const ParsedNumber number = sum.number();
  return number.flaw ? std::nullopt : std::optional(number.number.micros);
}

}  // namespace

static_assert(std::ranges::all_of(kMoneyOfOrder, profiles::is_in_money_table));

bool is_money_of_order(std::string_view property) {
  return std::ranges::find(kMoneyOfOrder, property) != std::end(kMoneyOfOrder);
}

OrderColumns::OrderColumns(const formats::Plan& plan) {
  for (const formats::ColumnPlan& column : plan.columns) {
    const Role role = column.binding.role;
    const std::string_view target = column.binding.target;
    if (role == Role::Order && !order) order = &column;
    if (role == Role::Status) statuses.push_back(&column);
    if (role == Role::Cancelled) cancelled = &column;
    if (role == Role::PaidAt) paid_at = &column;
    if (role == Role::CancelledAt) cancelled_at = &column;
    if (role == Role::RefundedAt) refunded_at = &column;
    if (role == Role::UpdatedAt) updated_at = &column;
    if (formats::is_of_order_state(role) && role != Role::Cancelled) instants.push_back(&column);
    if (role == Role::Property && target == "currency" && !currency) currency = &column;
    if (role == Role::Property && is_money_of_order(target)) money.push_back(&column);
    if (role != Role::Item) continue;
    const formats::ColumnPlan** of_line = target == "quantity"   ? &quantity
                                          : target == "price"    ? &price
                                          : target == "amount"   ? &amount
                                          : target == "discount" ? &line_discount
                                                                 : nullptr;
    if (of_line)
      *of_line = &column;
    else
      items.push_back(&column);
  }
  has_products = !items.empty() || quantity || price;
}

ParsedNumber number_of(const formats::ColumnPlan& column, const formats::Field& field) {
  return formats::parse_amount(field.text,
                               field.kind == formats::FieldKind::Number ? formats::DecimalMark::Point : column.mark);
}

std::optional<Number> number_at(const formats::ColumnPlan* column, const formats::Row& row) {
  if (!column) return std::nullopt;
  const ParsedNumber number = number_of(*column, row.at(column->column));
  return number.flaw ? std::nullopt : std::optional(number.number);
}

std::string_view text_of_item(const formats::ColumnPlan& column, const formats::Row& row) {
  const formats::Field& field = row.at(column.column);
  if (!says(field)) return {};
  return column.float_ids ? formats::without_point_zero(field.text) : trim(field.text);
}

ProductName product_of(const OrderColumns& columns, const formats::Row& row) {
  ProductName out;
  std::string_view sku;
  for (const formats::ColumnPlan* column : columns.items) {
    const std::string_view target = column->binding.target, text = text_of_item(*column, row);
    if (target == "product_id" && out.id.empty()) out.id = text;
    if (target == "sku" && sku.empty()) sku = text;
    if (target == "name") out.name = text;
  }
  if (out.id.empty()) out.id = sku;
  return out;
}

// --- what a row may say

std::optional<OrderRows::NumberFlawOfRow> OrderRows::flaw_of_numbers(const formats::Row& row) const {
  const auto flaw_of = [&](const formats::ColumnPlan* column, bool is_of_order) -> std::optional<NumberFlawOfRow> {
    if (!column) return std::nullopt;
    const formats::Field& field = row.at(column->column);
    if (field.kind == formats::FieldKind::Null || formats::is_blank(field.text)) return std::nullopt;
    const ParsedNumber number = number_of(*column, field);
    if (!number.flaw) return std::nullopt;
    return NumberFlawOfRow{*number.flaw == NumberFlaw::NotANumber ? "bad-number" : "number-out-of-range", field.text,
                           is_of_order};
  };
  for (const formats::ColumnPlan* column : {columns_.quantity, columns_.price, columns_.amount})
    if (const auto flaw = flaw_of(column, false)) return flaw;
  for (const formats::ColumnPlan* column : columns_.money)
    if (const auto flaw = flaw_of(column, true)) return flaw;
  return std::nullopt;
}

bool OrderRows::leaves_out(const formats::Row& row) {
  for (const formats::ColumnPlan* column : columns_.money) {
    if (column->binding.target != "total") continue;
    const auto total = number_at(column, row), quantity = number_at(columns_.quantity, row);
    if (!total || total->micros >= 0 || (quantity && quantity->micros < 0) || is_given_back(row)) continue;
    const std::string_view said = trim(row.at(column->column).text);
    if (context_.leaves_out(formats::Odd::NegativePrice, row.line, said, row.raw)) return true;
  }
  for (const formats::ColumnPlan* column : columns_.statuses) {
    const formats::Field& status = row.at(column->column);
    if (!says(status) || fate_of(status.text)) continue;
    const std::string written(trim(status.text));
    if (context_.findings.unknown_statuses.size() < kMostStatusesNamed)
      context_.findings.unknown_statuses.insert(written);
    if (context_.leaves_out(formats::Odd::UnknownStatus, row.line, written, row.raw)) return true;
  }
  return false;
}

bool OrderRows::is_given_back(const formats::Row& row) {
  const std::string_view status = status_of(row);
  if (status.empty()) return false;
  const auto fate = fate_of(status);
  return fate == OrderFate::Refunded || fate == OrderFate::Cancelled;
}

void OrderRows::reject(std::string_view reason, std::string_view value, uint64_t line, std::string_view raw) {
  context_.findings.reject(context_.intake, reason, context_.file, line, value, raw);
}

void OrderRows::tally(const formats::Row& row, MoneyFate fate) {
  Micros amount = 0;
  ExactSum line;
  if (const auto said = number_at(columns_.amount, row))
    line.add(*said);
  else if (const auto price = number_at(columns_.price, row))
    line.add(*price, number_at(columns_.quantity, row).value_or(Number::of(1)));
  amount = micros_of(line).value_or(0);
  for (const formats::ColumnPlan* column : columns_.money)
    if (const auto total = number_at(column, row); total && column->binding.target == "total") amount = total->micros;
  const std::string_view id = columns_.order ? trim(row.at(columns_.order->column).text) : std::string_view();
  context_.findings.add_money(currency_of(row), fate, amount, context_.file, row.line, id);
}

// As its column says, else the amounts themselves, else whoever imports.
std::string OrderRows::currency_of(const formats::Row& row) const {
  if (columns_.currency)
    if (const formats::Field& field = row.at(columns_.currency->column); says(field))
      return std::string(trim(field.text));
  const auto beside = [&row](const formats::ColumnPlan* column) {
    return column ? formats::currency_of_amount(row.at(column->column).text) : std::string_view();
  };
  for (const formats::ColumnPlan* column : columns_.money)
    if (const std::string_view code = beside(column); !code.empty()) return std::string(code);
  for (const formats::ColumnPlan* column : {columns_.amount, columns_.price})
    if (const std::string_view code = beside(column); !code.empty()) return std::string(code);
  return plan_.currency;
}

// --- the rows of an order

struct OrderRows::Line {
  formats::Row row;
  std::string_view status;  // its own, else that of the line before
  std::optional<Instant> time;
  ExactSum sum;
  std::optional<Number> quantity;
  std::string_view product;
  bool is_cancelled = false;  // by a flag that other lines of the order have not

  uint64_t print(bool is_credit) const {
    const auto as_stored = [&](std::optional<Number> n) {
      return n && is_credit && n->micros < 0 ? std::optional(Number{-n->micros}) : n;
    };
    return profiles::line_print(product, as_stored(quantity), as_stored(amount()));
  }
  std::optional<Number> amount() const {
    if (!sum.known) return std::nullopt;
    return Number{static_cast<Micros>(sum.value / Number::kOne)};
  }
};

struct OrderRows::Group {
  std::string_view status;
  OrderFate fate = OrderFate::Completed;
  std::vector<uint32_t> lines;
  Instant first = kNever;
  ExactSum sum;

  bool is_negative() const { return sum.known && sum.value < 0; }
  bool is_bought() const { return fate == OrderFate::Completed || fate == OrderFate::CompletedAndRefunded; }
};

std::optional<OrderFate> OrderRows::fate_of(std::string_view status) {
  const auto known = fates_.find(std::string(status));
  if (known != fates_.end()) return known->second;
  return fates_[std::string(status)] =
             context_.statuses ? context_.statuses->fate(status) : formats::fate_of_status(status);
}

// What is said of the order in one column and of its payment in another: the word that takes most from a sale.
std::string_view OrderRows::status_of(const formats::Row& row) {
  constexpr OrderFate kByWeight[] = {
      OrderFate::Completed, OrderFate::Pending,   OrderFate::Failed, OrderFate::CompletedAndRefunded,
      OrderFate::Refunded,  OrderFate::Cancelled, OrderFate::None};
  std::string_view out;
  ptrdiff_t most = -1;
  for (const formats::ColumnPlan* column : columns_.statuses) {
    const formats::Field& field = row.at(column->column);
    if (!says(field)) continue;
    const auto weight = std::ranges::find(kByWeight, fate_of(field.text).value_or(OrderFate::Pending)) - kByWeight;
    if (weight > most) out = trim(field.text), most = weight;
  }
  return out;
}

// By status, in the order of the file. What nobody knows is no sale.
OrderRows::Groups OrderRows::group(const std::vector<Line>& lines, std::string_view id) {
  Groups out;
  const auto by_number = formats::fate_of_number(plan_.mapping.preset, id);
  for (uint32_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i];
    const std::string_view status = line.is_cancelled ? std::string_view("\x01") : line.status;
    auto found = std::ranges::find(out, status, &Group::status);
    if (found == out.end()) {
      OrderFate fate = OrderFate::Completed;
      if (by_number)
        fate = *by_number;
      else if (line.is_cancelled)
        fate = OrderFate::Cancelled;
      else if (!status.empty())
        fate = fate_of(status).value_or(OrderFate::Pending);
      out.push_back({.status = status, .fate = fate});
      found = std::prev(out.end());
    }
    found->lines.push_back(i);
    found->sum.add(line.sum);
    if (line.time) found->first = std::min(found->first, *line.time);
  }
  return out;
}

// Whether the groups are the order itself at several times, and not several things of it.
bool OrderRows::is_history(const std::vector<Line>& lines, const Groups& groups) const {
  if (!columns_.has_products)
    return std::ranges::any_of(groups, [&](const Group& g) { return g.first != groups[0].first; }) ||
           std::ranges::any_of(groups,
                               [&](const Group& g) { return !g.is_bought() || g.sum.value == groups[0].sum.value; });
  std::set<uint64_t> seen;
  for (const Group& group : groups) {
    std::set<uint64_t> own;
    for (const uint32_t i : group.lines) own.insert(lines[i].print(true));
    for (const uint64_t print : own)
      if (!seen.insert(print).second && !group.is_negative()) return true;
  }
  return false;
}

void OrderRows::read(std::vector<KeptLine> rows, Instant seen, OrderReading& out) {
  std::vector<Line> lines;
  lines.reserve(rows.size());
  bool has_flag = false, has_no_flag = false;
  for (KeptLine& kept : rows) {
    Line& line = lines.emplace_back();
    line.row = std::move(kept.row);
    line.status = status_of(line.row);
    if (line.status.empty() && lines.size() > 1) line.status = lines[lines.size() - 2].status;
    line.time = kept.time;
    line.quantity = number_at(columns_.quantity, line.row);
    if (const auto amount = number_at(columns_.amount, line.row))
      line.sum.add(*amount);
    else if (const auto price = number_at(columns_.price, line.row))
      line.sum.add(*price, line.quantity.value_or(Number::of(1)));
    if (columns_.has_products) {
      const ProductName product = product_of(columns_, line.row);
      line.product = product.id.empty() ? product.name : product.id;
    }
    if (columns_.cancelled) {
      const auto flag = flag_of(line.row.at(columns_.cancelled->column));
      line.is_cancelled = flag.value_or(false);
      has_flag |= flag == true;
      has_no_flag |= flag == false;
    }
    if (lines.size() == 1 || !fields_.are_of_one(lines[lines.size() - 2].row, line.row)) {
      const Who who = fields_.who(line.row);
      for (const auto& [kind, value] : who.ids) out.who.add(kind, value);
    }
    if (line.time) out.word.placed = out.word.placed == kEver ? *line.time : std::min(out.word.placed, *line.time);
  }
  if (!(has_flag && has_no_flag))
    for (Line& line : lines) line.is_cancelled = false;
  out.rows_read = lines.size();
  out.word.version.seen = seen;
  Groups groups = group(lines, out.id);
  std::erase_if(groups, [](const Group& group) { return group.fate == OrderFate::None; });
  if (groups.empty()) {
    out.kind = OrderReading::Kind::None;
    std::vector<uint32_t> all(lines.size());
    for (uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    take_money(lines, all, OrderFate::Completed, out);
    give_rows(lines, out);
    context_.findings.warn("no-order", context_.file, lines[0].row.line, lines[0].status);
    return;
  }
  if (groups.size() == 1) {
    take_money(lines, groups[0].lines, groups[0].fate, out);
    out.word.stage = stage_of(groups[0].fate);
  } else if (is_history(lines, groups)) {
    read_history(lines, groups, out);
  } else {
    read_things(lines, groups, out);
  }
  give_rows(lines, out);
  take_instants(out, groups.size() == 1);
}

// What was taken, when all is read from the lines.
void OrderRows::give_rows(std::vector<Line>& lines, OrderReading& out) {
  for (const uint32_t i : taken_) out.rows.push_back(std::move(lines[i].row));
}

// The order at several times: it is as far as its furthest row, and came to what the latest row of the purchase says.
void OrderRows::read_history(const std::vector<Line>& lines, Groups& groups, OrderReading& out) {
  OrderWord& word = out.word;
  std::vector<uint32_t> given_back;
  const Group *bought = nullptr, *other = &groups[0];
  for (const Group& group : groups) {
    if (group.fate == OrderFate::Refunded || group.is_negative()) {
      given_back.insert(given_back.end(), group.lines.begin(), group.lines.end());
      continue;
    }
    if (group.is_bought()) {
      if (!bought || group.first >= bought->first) bought = &group;
      if (group.first != kNever) word.bought_at = std::min(word.bought_at.value_or(kNever), group.first);
    } else if (stage_of(group.fate) >= stage_of(other->fate) || other->is_bought()) {
      other = &group;
    }
    if (group.fate == OrderFate::Cancelled && group.first != kNever)
      word.cancelled_at = std::min(word.cancelled_at.value_or(kNever), group.first);
  }
  const bool is_cancelled = std::ranges::any_of(groups, [](const Group& g) { return g.fate == OrderFate::Cancelled; });
  if (bought)
    take_money(lines, bought->lines, bought->fate, out);
  else if (!given_back.empty())
    take_money(lines, given_back, OrderFate::Refunded, out);
  else
    take_money(lines, other->lines, other->fate, out);
  word.stage = is_cancelled ? Stage::Cancelled : bought || !given_back.empty() ? Stage::Bought : stage_of(other->fate);
  if (word.is_credit || word.refunded > 0) return;
  word.refunds.clear();
  add_refunds(lines, given_back, word);
}

// What rows say was given back, by their times. An order's total, which may stand on each of its rows, is said once for
// each time.
void OrderRows::add_refunds(const std::vector<Line>& lines, const std::vector<uint32_t>& chosen,
                            OrderWord& word) const {
  const auto own_total = [&](uint32_t i) {
    for (const formats::ColumnPlan* column : columns_.money)
      if (column->binding.target == "total")
        if (const auto total = number_at(column, lines[i].row)) return std::optional(std::abs(total->micros));
    return std::optional<Micros>();
  };
  const bool has_totals = std::ranges::any_of(chosen, [&](uint32_t i) { return own_total(i).has_value(); });
  for (const uint32_t i : chosen) {
    Micros& refund = word.refunds[lines[i].time.value_or(word.placed)];
    if (has_totals)
      refund = std::max(refund, own_total(i).value_or(0));
    else
      refund += std::abs(micros_of(lines[i].sum).value_or(0));
  }
}

// Several things of one order: what was bought is the order.
void OrderRows::read_things(const std::vector<Line>& lines, Groups& groups, OrderReading& out) {
  OrderWord& word = out.word;
  std::vector<uint32_t> bought, credited, given_back;
  Micros others = 0;
  const Group* furthest = &groups[0];
  for (const Group& group : groups) {
    const Micros sum = micros_of(group.sum).value_or(0);
    if (group.is_negative()) {
      credited.insert(credited.end(), group.lines.begin(), group.lines.end());
      given_back.insert(given_back.end(), group.lines.begin(), group.lines.end());
      continue;
    }
    if (group.is_bought() || group.fate == OrderFate::Refunded) {
      bought.insert(bought.end(), group.lines.begin(), group.lines.end());
      if (group.fate == OrderFate::Refunded)
        given_back.insert(given_back.end(), group.lines.begin(), group.lines.end());
      continue;
    }
    others += sum;
    if (stage_of(group.fate) > stage_of(furthest->fate) || furthest->is_bought()) furthest = &group;
  }
  std::ranges::sort(bought);
  if (!bought.empty()) {
    take_money(lines, bought, OrderFate::Completed, out);
    word.stage = Stage::Bought;
    if (!word.is_credit && word.refunded == 0) add_refunds(lines, given_back, word);
    out.unsold = others;
  } else if (!credited.empty()) {
    take_money(lines, credited, OrderFate::Refunded, out);
  } else {
    take_money(lines, furthest->lines, furthest->fate, out);
    word.stage = stage_of(furthest->fate);
  }
}

std::optional<Micros> OrderRows::said_total(const std::vector<Line>& lines, const std::vector<uint32_t>& chosen) const {
  ExactSum sum;
  for (const uint32_t i : chosen) {
    for (const formats::ColumnPlan* column : columns_.money)
      if (column->binding.target == "total")
        if (const auto total = number_at(column, lines[i].row)) return total->micros;
    sum.add(lines[i].sum);
  }
  return micros_of(sum);
}

// The chosen rows are the event's; what they leave open the others say.
void OrderRows::take_rows(const std::vector<Line>& lines, const std::vector<uint32_t>& chosen, OrderReading& out) {
  const auto fill = [&](const formats::Row& row) {
    if (out.whole.fields.empty()) {
      out.whole = row;
      return;
    }
    for (size_t i = 0; i < row.fields.size(); ++i)
      if (formats::is_blank(out.whole.fields[i].text) && !formats::is_blank(row.fields[i].text))
        out.whole.fields[i] = row.fields[i];
  };
  for (const uint32_t i : chosen) fill(lines[i].row);
  taken_ = chosen;
  if (chosen.size() < lines.size())
    for (const Line& line : lines) fill(line.row);
  out.currency = currency_of(out.whole);
}

void OrderRows::take_money(const std::vector<Line>& lines, const std::vector<uint32_t>& chosen, OrderFate fate,
                           OrderReading& out) {
  take_rows(lines, chosen, out);
  OrderWord& word = out.word;
  ExactSum sum;
  for (const uint32_t i : chosen) sum.add(lines[i].sum);
  std::optional<Micros> refunded;
  for (const formats::ColumnPlan* column : columns_.money) {
    const auto number = number_at(column, out.whole);
    if (!number) continue;
    const std::string_view target = column->binding.target;
    if (target == "total" && !word.money[kTotal]) word.money[kTotal] = number->micros;
    if (target == "subtotal" && !word.money[kSubtotal]) word.money[kSubtotal] = number->micros;
    if (target == "tax" || target == "shipping") word.deductions = word.deductions.value_or(0) + number->micros;
    if (target == "refunded" && !refunded) refunded = std::abs(number->micros);
  }
  word.total_from = word.money[kTotal] ? TotalFrom::Order : TotalFrom::Nothing;
  if (!word.money[kTotal] && sum.known) {
    word.money[kTotal] = micros_of(sum);
    out.total_is_inexact = !word.money[kTotal];
    word.total_from = columns_.has_products ? TotalFrom::Lines : TotalFrom::Order;
  }
  if (plan_.mapping.preset == "online-retail" && fate == OrderFate::Adjusted) out.kind = OrderReading::Kind::Adjusted;
  const bool is_negative = word.money[kTotal] ? *word.money[kTotal] < 0 : sum.known && sum.value < 0;
  const bool by_number = formats::fate_of_number(plan_.mapping.preset, out.id) == OrderFate::Refunded;
  // A reversal with money below zero takes a sale back as a credit does ("Storno", "void").
  const bool is_sale = fate == OrderFate::Completed || fate == OrderFate::CompletedAndRefunded ||
                       fate == OrderFate::Refunded || (fate == OrderFate::Cancelled && is_negative);
  word.is_credit = is_sale && (is_negative || by_number);
  for (uint32_t row = 0; row < chosen.size(); ++row) {
    const Line& line = lines[chosen[row]];
    const Micros amount = line.amount().value_or(Number{}).micros;
    word.lines.push_back(
        {.print = line.print(word.is_credit), .amount = word.is_credit ? -amount : amount, .row = row});
  }
  if (word.is_credit) {
    for (auto& amount : word.money)
      if (amount) amount = std::abs(*amount);
    if (word.deductions) word.deductions = std::abs(*word.deductions);
    return;
  }
  word.refunded = refunded.value_or(0);
  const bool has_column = std::ranges::any_of(
      columns_.money, [](const formats::ColumnPlan* column) { return column->binding.target == "refunded"; });
  if (fate != OrderFate::Refunded) return;
  // An order whose status is that it was refunded: all of it, unless a column says how much. Without such a column the
  // amount may be the refund's alone.
  word.has_refund_status = true;
  if (word.refunded > 0) return;
  word.is_refunded_whole = has_column;
  if (has_column) return;
  add_refunds(lines, chosen, word);
  if (word.total_from != TotalFrom::Nothing) word.total_from = TotalFrom::Refund;
}

void OrderRows::take_instants(OrderReading& out, bool has_one_status) {
  OrderWord& word = out.word;
  const auto at = [&](const formats::ColumnPlan* column) {
    return column ? fields_.instant(*column, out.whole) : std::nullopt;
  };
  for (const formats::Row& row : out.rows)
    if (columns_.updated_at)
      if (const auto updated = fields_.instant(*columns_.updated_at, row))
        word.version.updated = std::max(word.version.updated, *updated);
  if (word.version.updated > kEver) word.updated_at = word.version.updated;
  if (const auto refunded = at(columns_.refunded_at)) word.refunded_at = refunded;
  if (word.is_credit) return;
  if (const auto paid = at(columns_.paid_at)) word.bought_at = paid;
  const bool by_date = columns_.cancelled_at && flag_of(out.whole.at(columns_.cancelled_at->column)) == true;
  const bool by_flag =
      has_one_status && columns_.cancelled && flag_of(out.whole.at(columns_.cancelled->column)) == true;
  if (!by_date && !by_flag) return;
  word.stage = Stage::Cancelled;
  if (const auto cancelled = at(columns_.cancelled_at)) word.cancelled_at = cancelled;
}

}  // namespace tessera::ingest
