#include "ingest/orders.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "ingest/fields.hpp"
#include "ingest/kept_lines.hpp"
#include "ingest/order_rows.hpp"
#include "ingest/order_writer.hpp"

namespace tessera::ingest {
namespace {

struct Order {
  KeptLines::Place first = nullptr, last = nullptr;
  const std::string* id = nullptr;  // in by_id_; null: the row alone
  Instant earliest = kEver;         // of its rows; kEver: none has a time
  uint32_t rows = 0;
};

class FileOfOrders final : public OrderSource {
 public:
  FileOfOrders(const formats::Plan& plan, NormaliserContext& context)
      : context_(context),
        fields_(plan, context),
        columns_(plan),
        rows_(plan, context, fields_, columns_),
        writer_(plan, context, fields_, columns_),
        kept_(plan),
        traits_(context.intake) {}

  Result<void> add(const formats::Row& row) override;
  void pass_over(const formats::Row& row) override { rows_.tally(row, MoneyFate::LeftOut); }
  Result<void> finish() override {
    traits_.emit(fields_);
    return {};
  }

  size_t orders() const override { return orders_.size(); }
  std::string_view id(size_t order) const override {
    return orders_[order].id ? std::string_view(*orders_[order].id) : std::string_view();
  }
  Instant time(size_t order) const override { return orders_[order].earliest; }
  OrderReading read(size_t order) override;
  Instant newest() const override { return newest_; }
  void write(const OrderReading& reading, const OrderEvent& event, const Who& who, uint64_t print) override {
    writer_.write(reading, event, who, print);
  }
  void write_line(const OrderReading& reading, const OrderEvent& event, size_t row) override {
    writer_.write_line(reading.rows[row], event);
  }
  void write_known(std::string_view name, const Who& who, Instant time, uint64_t print) override {
    fields_.start(context_.intake.kind(name), who, time, print);
  }
  void log_traits(const OrderReading& reading, const Who& who, Instant time) override {
    fields_.log_traits(traits_, who, reading.whole, time);
  }
  void reject_order(const OrderReading& reading, std::string_view reason) override {
    for (const formats::Row& row : reading.rows) rows_.reject(reason, "", row.line, text_of(row));
  }

 private:
  static std::string text_of(const formats::Row& row);
  void note_newest(const formats::Row& row, std::optional<Instant> time);
  void keep(const formats::Row& row, std::optional<Instant> time);

  NormaliserContext& context_;
  FieldReader fields_;
  const OrderColumns columns_;
  OrderRows rows_;
  OrderWriter writer_;
  KeptLines kept_;
  TraitLog traits_;
  Occurrences occurrences_;
  std::vector<Order> orders_;
  std::unordered_map<std::string, size_t> by_id_;
  std::unordered_set<std::string> spoiled_;  // ids of orders of which a row was rejected for what it says of the whole
  std::string last_id_;
  size_t last_ = 0;
  Instant newest_ = kEver;
};

Result<void> FileOfOrders::add(const formats::Row& row) {
  const std::string_view id = columns_.order ? trim(row.at(columns_.order->column).text) : std::string_view();
  if (const auto flaw = rows_.flaw_of_numbers(row)) {
    if (flaw->is_of_order && !formats::is_blank(id)) spoiled_.emplace(id);
    rows_.reject(flaw->reason, flaw->value, row.line, row.raw);
    rows_.tally(row, MoneyFate::Rejected);
    return {};
  }
  const std::optional<Instant> time = fields_.time(row);
  if (!time && fields_.has_time()) {
    const formats::Field& field = row.at(fields_.time_column());
    if (!formats::is_blank(field.text) && field.kind != formats::FieldKind::Null) {
      rows_.reject("bad-time", field.text, row.line, row.raw);
      rows_.tally(row, MoneyFate::Rejected);
      return {};
    }
  }
  const BelowZero below = rows_.is_given_back(row) ? BelowZero::IsGivenBack : BelowZero::IsOdd;
  if (fields_.leaves_out(row, time, below) || rows_.leaves_out(row)) {
    rows_.tally(row, MoneyFate::Rejected);
    return {};
  }
  note_newest(row, time);
  keep(row, time);
  return {};
}

void FileOfOrders::keep(const formats::Row& row, std::optional<Instant> time) {
  const KeptLines::Place at = kept_.keep(row, time);
  const std::string_view id = columns_.order ? trim(row.at(columns_.order->column).text) : std::string_view();
  if (formats::is_blank(id)) {
    orders_.push_back({.first = at, .last = at, .earliest = time.value_or(kEver), .rows = 1});
    return;
  }
  if (id != last_id_) {
    const auto [found, is_new] = by_id_.try_emplace(std::string(id), orders_.size());
    if (is_new) orders_.push_back({.id = &found->first});
    last_id_ = id;
    last_ = found->second;
  }
  Order& order = orders_[last_];
  if (!order.first) {
    order.first = at;
  } else {
    kept_.chain(order.last, at);
  }
  order.last = at;
  ++order.rows;
  if (time && (order.earliest == kEver || *time < order.earliest)) order.earliest = *time;
}

// How new the export is: what is to come (a due date, a test of 2099) says nothing about that.
void FileOfOrders::note_newest(const formats::Row& row, std::optional<Instant> time) {
  const auto note = [&](std::optional<Instant> instant) {
    if (instant && *instant <= context_.now && *instant > newest_) newest_ = *instant;
  };
  note(time);
  for (const formats::ColumnPlan* column : columns_.instants) note(fields_.instant(*column, row));
}

OrderReading FileOfOrders::read(size_t order) {
  OrderReading out;
  if (orders_[order].id) out.id = *orders_[order].id;
  std::vector<KeptLine> lines;
  lines.reserve(orders_[order].rows);
  for (KeptLines::Place at = orders_[order].first; at;) {
    KeptLine& line = lines.emplace_back();
    at = kept_.read(at, line);
  }
  out.file = context_.file;
  out.first_line = lines.front().row.line;
  if (orders_[order].id && spoiled_.contains(out.id)) {
    for (const auto& [row, time] : lines) {
      rows_.reject("order-rejected", out.id, row.line, text_of(row));
      rows_.tally(row, MoneyFate::Rejected);
    }
    out.kind = OrderReading::Kind::Gone;
    return out;
  }
  if (out.id.empty()) {
    const uint64_t content = fields_.content(lines.front().row);
    out.row_print = mix64(content + 0x9E3779B97F4A7C15 * occurrences_.next(content));
  }
  rows_.read(std::move(lines), newest_, out);
  return out;
}

std::string FileOfOrders::text_of(const formats::Row& row) {
  std::string out;
  for (const formats::Field& field : row.fields) {
    out += out.empty() ? "" : ",";
    out += field.text;
  }
  return out;
}

}  // namespace

std::unique_ptr<OrderSource> make_order_source(const formats::Plan& plan, NormaliserContext& context) {
  return std::make_unique<FileOfOrders>(plan, context);
}

}  // namespace tessera::ingest
