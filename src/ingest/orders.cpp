#include "ingest/orders.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "formats/presets.hpp"
#include "ingest/fields.hpp"
#include "profiles/service_lines.hpp"

namespace tessera::ingest {
namespace {

using profiles::Intake;

// Rows kept as bytes, chained by order: for each the offset of the next of its order, its line, then for each column
// of the plan its kind, length and text.
class KeptLines {
 public:
  static constexpr uint64_t kNone = ~uint64_t{0};

  explicit KeptLines(const formats::Plan& plan) : plan_(plan) {
    for (const formats::ColumnPlan& column : plan.columns) width_ = std::max(width_, column.column + 1);
  }

  uint64_t keep(const formats::Row& row) {
    const uint64_t at = bytes_.size();
    append(kNone);
    append(row.line);
    for (const formats::ColumnPlan& column : plan_.columns) {
      const formats::Field& field = row.at(column.column);
      bytes_ += static_cast<char>(field.kind);
      append(static_cast<uint32_t>(field.text.size()));
      bytes_.append(field.text);
    }
    return at;
  }
  void chain(uint64_t before, uint64_t after) { std::memcpy(bytes_.data() + before, &after, sizeof after); }

  // Reads one back, its views into the bytes kept; returns the next of its order.
  uint64_t read(uint64_t at, formats::Row& row) const {
    const char* from = bytes_.data() + at;
    const uint64_t next = take<uint64_t>(from);
    row.line = take<uint64_t>(from);
    row.fields.assign(width_, {});
    for (const formats::ColumnPlan& column : plan_.columns) {
      const formats::FieldKind kind = static_cast<formats::FieldKind>(*from++);
      const uint32_t size = take<uint32_t>(from);
      row.fields[column.column] = {{from, size}, kind};
      from += size;
    }
    return next;
  }

 private:
  template <typename T>
  void append(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <typename T>
  static T take(const char*& from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    from += sizeof value;
    return value;
  }
  const formats::Plan& plan_;
  size_t width_ = 0;
  std::string bytes_;
};

struct Order {
  uint64_t first = KeptLines::kNone, last = KeptLines::kNone;
};

// A sum of products of two Numbers, exact: in units of 10^-12.
struct ExactSum {
  int128 value = 0;
  bool known = false;
  void add(Number a, Number b) {
    value += static_cast<int128>(a.micros) * b.micros;
    known = true;
  }
  void add(Number a) { add(a, Number::of(1)); }
  ParsedNumber number() const {
    const int128 limit = static_cast<int128>(Number::kLimit) * Number::kOne;
    if (!known) return {.flaw = NumberFlaw::NotANumber};
    if (value >= limit || value <= -limit) return {.flaw = NumberFlaw::OutOfRange};
    if (value % Number::kOne != 0) return {.flaw = NumberFlaw::TooFine};
    return {.number = {static_cast<int64_t>(value / Number::kOne)}};
  }
};

struct EventOfFate {
  formats::OrderFate fate;
  std::string_view event;
  bool is_refund;  // its money is written positive
};
constexpr EventOfFate kEvents[] = {
    {formats::OrderFate::Completed, "Order Completed", false}, {formats::OrderFate::Refunded, "Order Refunded", true},
    {formats::OrderFate::Cancelled, "Order Cancelled", false}, {formats::OrderFate::Pending, "Order Pending", false},
    {formats::OrderFate::Failed, "Order Failed", false},       {formats::OrderFate::Adjusted, "Order Adjusted", false},
};

const EventOfFate& event_of(formats::OrderFate fate) {
  for (const EventOfFate& event : kEvents) {
    if (event.fate == fate) return event;
  }
  return kEvents[0];
}

constexpr std::string_view kMoneyOfOrder[] = {"total", "subtotal", "tax", "shipping", "discount", "refunded"};

bool is_money(std::string_view name) {
  return std::find(std::begin(kMoneyOfOrder), std::end(kMoneyOfOrder), name) != std::end(kMoneyOfOrder);
}

class OrderNormaliser final : public Normaliser {
  // Long because lines, their order and its states are read into one table of open orders and written from it.
 public:
  OrderNormaliser(const formats::Plan& plan, NormaliserContext& context)
      : plan_(plan), context_(context), reader_(plan, context), kept_(plan), traits_(context.intake) {
    order_ = reader_.find(formats::Role::Order);
    status_ = reader_.find(formats::Role::Status);
    for (const formats::ColumnPlan& column : plan.columns) {
      if (column.binding.role != formats::Role::Item) continue;
      if (column.binding.target == "quantity")
        quantity_ = &column;
      else if (column.binding.target == "price")
        price_ = &column;
      else if (column.binding.target == "amount")
        amount_ = &column;
      else if (column.binding.target == "discount")
        line_discount_ = &column;
      else
        items_.push_back(&column);
    }
    // Where rows say nothing of a product (customer, time, amount), the amount is the order's and there is no list.
    has_products_ = !items_.empty() || quantity_ || price_;
  }

  Result<void> add(const formats::Row& row) override {
    if (!check_numbers(row)) return {};
    const std::optional<Instant> time = reader_.time(row);
    if (!time && reader_.has_time()) {
      const formats::Field& field = row.at(reader_.time_column());
      if (!formats::is_blank(field.text) && field.kind != formats::FieldKind::Null) {
        reject("bad-time", field.text, row.line, row.raw);
        return {};
      }
    }
    if (reader_.leaves_out(row, time)) return {};
    const uint64_t at = kept_.keep(row);
    std::string_view id = order_ ? trim(row.at(order_->column).text) : std::string_view();
    if (formats::is_blank(id)) {
      orders_.push_back({at, at});
      return {};
    }
    if (id != last_id_) {
      const auto [found, is_new] = by_id_.try_emplace(std::string(id), orders_.size());
      if (is_new) orders_.push_back({});
      last_id_ = id;
      last_ = found->second;
    }
    Order& order = orders_[last_];
    if (order.first == KeptLines::kNone) {
      order.first = at;
    } else {
      kept_.chain(order.last, at);
    }
    order.last = at;
    return {};
  }

  // In the order of time, so that what the record learns first also happened first.
  Result<void> finish() override {
    std::vector<std::pair<Instant, size_t>> by_time;
    for (size_t i = 0; i < orders_.size(); ++i) by_time.emplace_back(time_of(orders_[i]).value_or(kEver), i);
    std::sort(by_time.begin(), by_time.end());
    for (const auto& [time, index] : by_time) emit(orders_[index], time);
    traits_.emit(reader_);
    return {};
  }

 private:
  struct KindPlan {
    Intake::Kind kind;
    std::map<std::string, Intake::Property, std::less<>> properties;
  };
  struct Facts {  // of one order, collected from its lines
    std::vector<formats::Row> lines;
    Who who;
    formats::Row whole;  // for each column the first line that says something
    ExactSum sum;
    std::map<std::string_view, Number> money;  // of kMoneyOfOrder, where the file says it
    bool has_negative_sum() const { return sum.known && sum.value < 0; }
  };

  bool check_numbers(const formats::Row& row) {
    for (const formats::ColumnPlan* column : {quantity_, price_, amount_}) {
      if (!column) continue;
      const formats::Field& field = row.at(column->column);
      if (formats::is_blank(field.text)) continue;
      const ParsedNumber number = number_of(*column, field);
      if (number.flaw) {
        reject(*number.flaw == NumberFlaw::NotANumber ? "bad-number" : "number-out-of-range", field.text, row.line,
               row.raw);
        return false;
      }
    }
    return true;
  }

  static ParsedNumber number_of(const formats::ColumnPlan& column, const formats::Field& field) {
    return formats::parse_amount(field.text,
                                 field.kind == formats::FieldKind::Number ? formats::DecimalMark::Point : column.mark);
  }
  static std::optional<Number> number_at(const formats::ColumnPlan* column, const formats::Row& row) {
    if (!column) return std::nullopt;
    const ParsedNumber number = number_of(*column, row.at(column->column));
    return number.flaw ? std::nullopt : std::optional(number.number);
  }

  // The earliest time of the order's lines.
  std::optional<Instant> time_of(const Order& order) {
    std::optional<Instant> earliest;
    formats::Row row;
    for (uint64_t at = order.first; at != KeptLines::kNone;) {
      at = kept_.read(at, row);
      const auto time = reader_.time(row);
      if (time && (!earliest || *time < *earliest)) earliest = time;
    }
    return earliest;
  }

  void collect(const Order& order, Facts& facts) {
    for (uint64_t at = order.first; at != KeptLines::kNone;) {
      formats::Row row;
      at = kept_.read(at, row);
      const Who who = reader_.who(row);
      for (const auto& [kind, value] : who.ids) facts.who.add(kind, value);
      if (facts.whole.fields.empty()) {
        facts.whole = row;
      } else {
        for (size_t i = 0; i < row.fields.size(); ++i) {
          formats::Field& field = facts.whole.fields[i];
          if (formats::is_blank(field.text) && !formats::is_blank(row.fields[i].text)) field = row.fields[i];
        }
      }
      const auto amount = number_at(amount_, row), price = number_at(price_, row);
      if (amount) {
        facts.sum.add(*amount);
      } else if (price) {
        facts.sum.add(*price, number_at(quantity_, row).value_or(Number::of(1)));
      }
      facts.lines.push_back(std::move(row));
    }
    for (const formats::ColumnPlan& column : plan_.columns) {
      if (column.binding.role != formats::Role::Property) continue;
      for (const std::string_view name : kMoneyOfOrder) {
        if (column.binding.target != name) continue;
        const auto number = number_at(&column, facts.whole);
        if (number && !facts.money.contains(name)) facts.money[name] = *number;
      }
    }
  }

  formats::OrderFate fate_of(const Facts& facts, std::string_view id) {
    if (const auto fate = formats::fate_of_number(plan_.mapping.preset, id)) return *fate;
    if (status_) {
      const std::string_view status = facts.whole.at(status_->column).text;
      if (!formats::is_blank(status)) {
        if (const auto fate = formats::fate_of_status(status)) return with_refund(*fate, facts);
        warn("unknown-status", status, facts.whole.line);
      }
    }
    const auto total = facts.money.find("total");
    // An order whose money is negative is money given back.
    if (total != facts.money.end() ? total->second.micros < 0 : facts.has_negative_sum())
      return formats::OrderFate::Refunded;
    return with_refund(formats::OrderFate::Completed, facts);
  }
  static formats::OrderFate with_refund(formats::OrderFate fate, const Facts& facts) {
    const auto refunded = facts.money.find("refunded");
    const bool some = refunded != facts.money.end() && refunded->second.micros > 0;
    return fate == formats::OrderFate::Completed && some ? formats::OrderFate::CompletedAndRefunded : fate;
  }

  void emit(const Order& order, Instant time) {
    Facts facts;
    collect(order, facts);
    if (facts.who.empty()) {
      context_.findings.rows_without_customer += facts.lines.size();
      return;
    }
    if (time == kEver) {
      for (const formats::Row& row : facts.lines) reject("no-time", "", row.line, text_of_row(row));
      return;
    }
    const std::string id(order_ ? trim(facts.whole.at(order_->column).text) : std::string_view());
    const formats::OrderFate fate = fate_of(facts, id);
    if (fate == formats::OrderFate::CompletedAndRefunded) {
      put_order(facts, id, time, event_of(formats::OrderFate::Completed));
      put_refund(facts, id, time);
    } else {
      put_order(facts, id, time, event_of(fate));
    }
    reader_.log_traits(traits_, facts.who, facts.whole, time);
  }

  uint64_t identity(const Facts& facts, std::string_view id, std::string_view event) {
    if (!formats::is_blank(id)) {
      const uint64_t who = hash64(facts.who.ids.front().second, static_cast<uint64_t>(facts.who.ids.front().first));
      return mix64(hash64(id, who) ^ hash64(event));
    }
    const uint64_t content = reader_.content(facts.lines.front());
    return mix64(content + 0x9E3779B97F4A7C15 * occurrences_.next(content));
  }

  void put_order(Facts& facts, std::string_view id, Instant time, const EventOfFate& event) {
    KindPlan& kind = kind_of(event.event);
    reader_.start(kind.kind, facts.who, time, identity(facts, id, event.event));
    if (!formats::is_blank(id)) context_.intake.put(property(kind, "order_id"), id);
    put_money(kind, facts, event.is_refund);
    for (const formats::ColumnPlan& column : plan_.columns) {
      const formats::Role role = column.binding.role;
      if (role != formats::Role::Property && role != formats::Role::Status) continue;
      const std::string_view name =
          role == formats::Role::Status ? std::string_view("status") : std::string_view(column.binding.target);
      if (name == "currency" || is_money(name)) continue;
      const formats::Field& field = facts.whole.at(column.column);
      if (!formats::is_blank(field.text)) reader_.put(property(kind, name), column, field);
    }
    put_currency(kind, facts);
    if (has_products_) {
      for (const formats::Row& row : facts.lines) put_product(kind, row, event.is_refund);
    }
  }

  void put_refund(const Facts& facts, std::string_view id, Instant time) {
    const EventOfFate& event = event_of(formats::OrderFate::Refunded);
    KindPlan& kind = kind_of(event.event);
    reader_.start(kind.kind, facts.who, time, identity(facts, id, event.event));
    if (!formats::is_blank(id)) context_.intake.put(property(kind, "order_id"), id);
    context_.intake.put(property(kind, "total"), facts.money.at("refunded"));
    // The export says how much was given back, not when: the order's own time stands in.
    context_.intake.put(property(kind, "time_estimated"), true);
    put_currency(kind, facts);
  }

  // What the rows say, else what was said for the file.
  void put_currency(KindPlan& kind, const Facts& facts) {
    for (const formats::ColumnPlan& column : plan_.columns) {
      if (column.binding.role != formats::Role::Property || column.binding.target != "currency") continue;
      const formats::Field& field = facts.whole.at(column.column);
      if (!formats::is_blank(field.text)) return reader_.put(property(kind, "currency"), column, field);
    }
    if (!plan_.currency.empty()) context_.intake.put(property(kind, "currency"), std::string_view(plan_.currency));
  }

  void put_money(KindPlan& kind, Facts& facts, bool is_refund) {
    const auto signed_as = [is_refund](Number n) { return is_refund && n.micros < 0 ? Number{-n.micros} : n; };
    std::optional<Number> total;
    if (const auto said = facts.money.find("total"); said != facts.money.end()) {
      total = said->second;
    } else {
      const ParsedNumber sum = facts.sum.number();
      if (!sum.flaw) {
        total = sum.number;
      } else if (*sum.flaw != NumberFlaw::NotANumber) {
        warn("inexact-total", "", facts.whole.line);
        context_.intake.put_raw(property(kind, "total"), "null");
      }
    }
    if (total) context_.intake.put(property(kind, "total"), signed_as(*total));
    bool has_parts = false;
    int64_t revenue = total ? total->micros : 0;
    for (const std::string_view name : kMoneyOfOrder) {
      const auto said = facts.money.find(name);
      if (said == facts.money.end() || name == "total" || name == "refunded") continue;
      context_.intake.put(property(kind, name), signed_as(said->second));
      if (name == "tax" || name == "shipping") has_parts = true, revenue -= said->second.micros;
    }
    if (total && has_parts && std::abs(revenue) < Number::kLimit) {
      context_.intake.put(property(kind, "revenue"), signed_as(Number{revenue}));
    }
  }

  void put_product(KindPlan& kind, const formats::Row& row, bool is_refund) {
    Intake& intake = context_.intake;
    std::string_view product_id, name;
    for (const formats::ColumnPlan* column : items_) {
      const formats::Field& field = row.at(column->column);
      if (formats::is_blank(field.text) || field.kind == formats::FieldKind::Null) continue;
      const std::string_view target = column->binding.target;
      const std::string_view text = column->float_ids ? formats::without_point_zero(field.text) : trim(field.text);
      if (target == "product_id" || target == "sku") product_id = product_id.empty() ? text : product_id;
      if (target == "name") name = text;
      const Intake::Property p = property(kind, fmt::format("products.{}", target));
      if (column->type == formats::ValueType::Number) {
        const ParsedNumber number = number_of(*column, field);
        if (!number.flaw) {
          intake.element(p, number.number);
          continue;
        }
      }
      if (column->type == formats::ValueType::Truth) {
        if (const auto truth = formats::parse_truth(text)) {
          intake.element(p, *truth);
          continue;
        }
      }
      intake.element(p, text);
    }
    const auto signed_as = [is_refund](Number n) { return is_refund && n.micros < 0 ? Number{-n.micros} : n; };
    const auto quantity = number_at(quantity_, row), price = number_at(price_, row);
    auto amount = number_at(amount_, row);
    if (quantity) intake.element(property(kind, "products.quantity"), signed_as(*quantity));
    if (price) intake.element(property(kind, "products.price"), *price);
    if (const auto discount = number_at(line_discount_, row)) {
      intake.element(property(kind, "products.discount"), signed_as(*discount));
    }
    if (!amount && price) {
      const ParsedNumber product = formats::multiply(*price, quantity.value_or(Number::of(1)));
      if (!product.flaw) amount = product.number;
    }
    if (amount) intake.element(property(kind, "products.amount"), signed_as(*amount));
    if (!product_id.empty() || !name.empty()) {
      intake.element(property(kind, "products.service"), is_service_line(product_id, name));
    }
    intake.next_element(kind.kind, "products");
  }

  // The words are looked through once for each product.
  bool is_service_line(std::string_view product_id, std::string_view name) {
    std::string key(product_id);
    key += '\0';
    key += name;
    const auto [found, is_new] = services_.try_emplace(std::move(key), false);
    if (is_new) found->second = profiles::is_service_line(product_id, name, plan_.mapping.preset);
    return found->second;
  }

  KindPlan& kind_of(std::string_view event) {
    const auto found = kinds_.find(event);
    if (found != kinds_.end()) return found->second;
    return kinds_.emplace(std::string(event), KindPlan{.kind = context_.intake.kind(event)}).first->second;
  }
  Intake::Property property(KindPlan& kind, std::string_view name) {
    const auto found = kind.properties.find(name);
    if (found != kind.properties.end()) return found->second;
    return kind.properties.emplace(std::string(name), context_.intake.property(kind.kind, name)).first->second;
  }

  static std::string text_of_row(const formats::Row& row) {
    std::string out;
    for (const formats::Field& field : row.fields) {
      out += out.empty() ? "" : ",";
      out += field.text;
    }
    return out;
  }
  void reject(std::string_view reason, std::string_view value, uint64_t line, std::string_view raw) {
    context_.findings.reject(context_.intake, reason, context_.file, line, value, raw);
  }
  void warn(std::string_view reason, std::string_view value, uint64_t line) {
    context_.findings.warn(reason, context_.file, line, value);
  }

  const formats::Plan& plan_;
  NormaliserContext& context_;
  FieldReader reader_;
  KeptLines kept_;
  TraitLog traits_;
  Occurrences occurrences_;
  const formats::ColumnPlan *order_ = nullptr, *status_ = nullptr;
  const formats::ColumnPlan *quantity_ = nullptr, *price_ = nullptr, *amount_ = nullptr, *line_discount_ = nullptr;
  std::vector<const formats::ColumnPlan*> items_;
  bool has_products_ = false;

  std::vector<Order> orders_;
  std::unordered_map<std::string, size_t> by_id_;
  std::string last_id_;
  size_t last_ = 0;
  std::map<std::string, KindPlan, std::less<>> kinds_;
  std::unordered_map<std::string, bool> services_;
};

}  // namespace

std::unique_ptr<Normaliser> make_order_normaliser(const formats::Plan& plan, NormaliserContext& context) {
  return std::make_unique<OrderNormaliser>(plan, context);
}

}  // namespace tessera::ingest
