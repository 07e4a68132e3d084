#include "profiles/told_orders.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "profiles/money_names.hpp"
#include "profiles/tables.hpp"
#include "profiles/write_rows.hpp"
#include "store/database.hpp"

namespace tessera::profiles {

namespace {

using store::Chunk;
using store::Connection;
using store::quoted_name;
using store::StoredText;
using store::Vector;
using store::Writer;

enum class Telling : uint8_t { Bought, Updated, Refunded, Cancelled, Pending, Failed };
struct TellingStream {
  Telling telling;
  std::string_view event;
};
static_assert(std::ranges::all_of(kOrderMoney, is_in_money_table) &&
              std::ranges::all_of(kChangeOfMoney, is_in_money_table));

constexpr TellingStream kStreams[] = {
    {Telling::Bought, "Order Completed"},    {Telling::Updated, "Order Updated"}, {Telling::Refunded, "Order Refunded"},
    {Telling::Cancelled, "Order Cancelled"}, {Telling::Pending, "Order Pending"}, {Telling::Failed, "Order Failed"},
};

// The versions of the exports that entries tell, by the seqs of their facts.
class ExportTimes {
 public:
  static Result<ExportTimes> read(Connection& connection) {
    ExportTimes out;
    const auto rows = TRY(connection.rows(fmt::format(
        "SELECT first_seq, until_seq, detail FROM tessera.entry WHERE kind = 'import' AND until_seq > first_seq AND "
        "contains(detail, '\"{}\"') ORDER BY first_seq",
        kOrdersUntil)));
    for (const auto& row : rows) {
      const auto detail = parse_json(row[2].value_or("{}"));
      const Json* until = detail ? detail->find(kOrdersUntil) : nullptr;
      if (!until) continue;
      out.spans_.push_back({std::stoull(row[0].value_or("0")), std::stoull(row[1].value_or("0")),
                            Instant{static_cast<int64_t>(until->number_or(0))}});
    }
    return out;
  }
  Instant of(uint64_t seq) const {
    const auto after = std::ranges::upper_bound(spans_, seq, {}, &Span::first);
    if (after == spans_.begin() || seq >= std::prev(after)->until) return kEver;
    return std::prev(after)->seen;
  }

 private:
  struct Span {
    uint64_t first, until;
    Instant seen;
  };
  std::vector<Span> spans_;
};

// temp.asked_order(row, id, leader): each order asked about, with every customer that its identifiers mean.
Result<void> put_questions(Connection& connection, std::span<const AskedOrder> orders) {
  TRY(
      connection.run("CREATE OR REPLACE TEMP TABLE asked_id(row UINTEGER, id VARCHAR, wants_lines BOOLEAN);"
                     "CREATE OR REPLACE TEMP TABLE asked_who(row UINTEGER, kind UTINYINT, value VARCHAR)"));
  std::vector<std::pair<uint32_t, const NamedIdentifier*>> who;
  for (uint32_t row = 0; row < orders.size(); ++row)
    for (const NamedIdentifier& identifier : orders[row].who) who.emplace_back(row, &identifier);
  const std::vector<std::string> id_columns = {"row", "id", "wants_lines"}, who_columns = {"row", "kind", "value"};
  auto ids = TRY(Writer::open(connection, "temp", "asked_id", id_columns));
  TRY(write_blocks(ids, orders.size(), [&](size_t row, size_t from) {
    ids.values<uint32_t>(0)[row] = static_cast<uint32_t>(from + row);
    ids.values<StoredText>(1)[row] = StoredText::of(orders[from + row].id);
    ids.values<bool>(2)[row] = orders[from + row].wants_lines;
  }));
  auto people = TRY(Writer::open(connection, "temp", "asked_who", who_columns));
  TRY(write_blocks(people, who.size(), [&](size_t row, size_t from) {
    people.values<uint32_t>(0)[row] = who[from + row].first;
    people.values<uint8_t>(1)[row] = static_cast<uint8_t>(who[from + row].second->kind);
    people.values<StoredText>(2)[row] = StoredText::of(who[from + row].second->value);
  }));
  TRY(connection.run(
      "CREATE OR REPLACE TEMP TABLE asked_order AS SELECT DISTINCT i.row, i.id, i.wants_lines, "
      "coalesce(s.leader, k.profile) AS leader FROM temp.asked_who w JOIN tessera.identity k ON k.kind = w.kind AND "
      "k.value = w.value JOIN temp.asked_id i ON i.row = w.row LEFT JOIN tessera.stitched s ON s.profile = k.profile"));
  return {};
}

// An order's id is a text; a call may have said it as a number.
std::string id_sql(const EventTable& table) {
  const TableColumn* text = table.column("order_id", StoredType::Text, false);
  const TableColumn* number = table.column("order_id", StoredType::Number, false);
  std::string as_number = number ? fmt::format("(CASE WHEN e.{0} = floor(e.{0}) THEN e.{0}::HUGEINT::VARCHAR END)",
                                               quoted_name(number->name))
                                 : std::string();
  if (!text) return as_number;
  const std::string as_text = "e." + quoted_name(text->name);
  return number ? fmt::format("coalesce({}, {})", as_text, as_number) : as_text;
}

std::string column_sql(const EventTable& table, std::string_view property, StoredType type, bool is_list = false) {
  const TableColumn* column = table.column(property, type, is_list);
  if (column) return "e." + quoted_name(column->name);
  const std::string_view sql = type == StoredType::Text   ? "VARCHAR"
                               : type == StoredType::Bool ? "BOOLEAN"
                                                          : "DECIMAL(18,6)";
  return fmt::format("NULL::{}{}", sql, is_list ? "[]" : "");
}

std::string asked_rows_sql(const EventTable& table, const std::string& selected, std::string_view condition) {
  return fmt::format(
      "SELECT a.row, {} FROM main.{} e JOIN temp.asked_order a ON a.id = {} LEFT JOIN tessera.stitched s ON s.profile = "
      "e.profile WHERE a.leader = coalesce(s.leader, e.profile){}",
      selected, quoted_name(table.name), id_sql(table), condition);
}

std::optional<int64_t> number_at(const Vector& column, size_t row) {
  return column.is_null(row) ? std::nullopt : std::optional(column.values<int64_t>()[row]);
}
bool is_true(const Vector& column, size_t row) {
  return !column.is_null(row) && column.values<bool>()[row];
}

// The columns of a row of an event, after its order's: as read_events selects them.
constexpr size_t kSeq = 1, kPrint = 2, kTime = 3, kMoney = 4, kChanges = 7, kOrders = 10, kEstimated = 11, kStatus = 12;

void add_money(ToldOrder& order, Telling telling, const Chunk& chunk, size_t row) {
  const auto total = number_at(chunk.column(kMoney), row);
  for (size_t kind = 0; kind < order.money.size(); ++kind) {
    ToldOrder::Amount& amount = order.money[kind];
    const auto own = number_at(chunk.column(kMoney + kind), row);
    const auto said = own ? own : total;  // event by event: what has no revenue of its own counts with its total
    if (telling == Telling::Bought) amount.bought += said.value_or(0), amount.is_said |= own.has_value();
    if (telling == Telling::Refunded) amount.refunded += said.value_or(0) < 0 ? -*said : said.value_or(0);
    amount.bought += number_at(chunk.column(kChanges + kind), row).value_or(0);
  }
}

void add_row(ToldOrder& order, Telling telling, const Chunk& chunk, size_t row, const ExportTimes& exports) {
  const Instant time = store::instant_of_stored(chunk.column(kTime).values<int64_t>()[row]);
  order.prints.push_back(chunk.column(kPrint).values<uint64_t>()[row]);
  order.version.seen = std::max(order.version.seen, exports.of(chunk.column(kSeq).values<uint32_t>()[row]));
  add_money(order, telling, chunk, row);
  const auto orders = number_at(chunk.column(kOrders), row);
  if (orders) order.orders += *orders / Number::kOne;
  switch (telling) {
    case Telling::Bought:
      order.is_bought = true;
      order.orders += 1;
      order.total_is_estimated |= is_true(chunk.column(kEstimated), row);
      order.bought_at = std::min(order.bought_at.value_or(time), time);
      break;
    case Telling::Refunded:
      order.is_refunded = true;
      order.refunds[time] += std::abs(number_at(chunk.column(kMoney), row).value_or(0));
      order.is_older_refund |= !chunk.column(kStatus).is_null(row);
      break;
    case Telling::Cancelled:
      order.is_cancelled = true;
      break;
    case Telling::Pending:
      order.is_pending = true;
      break;
    case Telling::Failed:
      order.is_failed = true;
      break;
    case Telling::Updated:
      break;
  }
}

Result<void> read_events(Connection& connection, const EventTable& table, Telling telling, const ExportTimes& exports,
                         std::vector<ToldOrder>& out) {
  std::string selected = "e.seq, e.fingerprint, e.time";
  for (const std::string_view name : kOrderMoney) selected += ", " + column_sql(table, name, StoredType::Number);
  for (const std::string_view name : kChangeOfMoney) selected += ", " + column_sql(table, name, StoredType::Number);
  selected += ", " + column_sql(table, kChangeOfOrders, StoredType::Number);
  selected += ", " + column_sql(table, kTotalEstimated, StoredType::Bool);
  selected += ", " + column_sql(table, "status", StoredType::Text);
  auto answer = TRY(connection.stream(asked_rows_sql(table, selected, "")));
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row)
      add_row(out[chunk->column(0).values<uint32_t>()[row]], telling, *chunk, row, exports);
  return {};
}

Result<void> read_lines(Connection& connection, const EventTable& table, Telling telling, std::vector<ToldOrder>& out) {
  std::string selected;
  for (const std::string_view name : {"products.product_id", "products.sku", "products.name"})
    selected += fmt::format("unnest({}), ", column_sql(table, name, StoredType::Text, true));
  for (const std::string_view name : {"products.quantity", "products.amount", "products.price"})
    selected += fmt::format("unnest({}){}", column_sql(table, name, StoredType::Number, true),
                            name == "products.price" ? "" : ", ");
  auto answer = TRY(connection.stream(asked_rows_sql(table, selected, " AND a.wants_lines")));
  while (const auto chunk = TRY(answer.next())) {
    for (size_t row = 0; row < chunk->rows(); ++row) {
      std::string_view product;
      for (size_t column = 1; column <= 3 && product.empty(); ++column)
        if (!chunk->column(column).is_null(row)) product = chunk->column(column).text(row);
      const auto number = [&](size_t column) -> std::optional<Number> {
        const auto micros = number_at(chunk->column(column), row);
        return micros ? std::optional(Number{*micros}) : std::nullopt;
      };
      const auto quantity = number(4), price = number(6);
      auto amount = number(5);
      if (!amount && price) {
        const int128 product_of = static_cast<int128>(price->micros) * quantity.value_or(Number::of(1)).micros;
        amount = Number{static_cast<int64_t>(product_of / Number::kOne)};
      }
      ToldOrder& order = out[chunk->column(0).values<uint32_t>()[row]];
      auto& lines = telling == Telling::Refunded ? order.credited_lines : order.lines;
      lines.push_back(line_print(product, quantity, amount));
    }
  }
  return {};
}

Result<void> read_versions(Connection& connection, std::vector<ToldOrder>& out) {
  auto answer = TRY(connection.stream(
      "SELECT a.row, v.updated, v.seen FROM tessera.order_version v JOIN temp.asked_order a ON a.id = v.order_id "
      "LEFT JOIN tessera.stitched s ON s.profile = v.profile WHERE a.leader = coalesce(s.leader, v.profile)"));
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      ToldOrder& order = out[chunk->column(0).values<uint32_t>()[row]];
      const OrderVersion version{store::instant_of_stored(chunk->column(1).values<int64_t>()[row]),
                                 store::instant_of_stored(chunk->column(2).values<int64_t>()[row])};
      order.version = std::max(order.version, version);
    }
  return {};
}

}  // namespace

uint64_t line_print(std::string_view product, std::optional<Number> quantity, std::optional<Number> amount) {
  const uint64_t pieces = static_cast<uint64_t>(quantity.value_or(Number::of(1)).micros);
  return mix64(hash64(product, pieces) ^ mix64(amount ? static_cast<uint64_t>(amount->micros) + 1 : 0));
}

Result<std::vector<ToldOrder>> read_told_orders(Connection& connection, std::span<const AskedOrder> orders) {
  std::vector<ToldOrder> out(orders.size());
  const EventTables tables = TRY(EventTables::read(connection));
  bool is_asked = false;
  for (const TellingStream& stream : kStreams) {
    const EventTable* table = tables.find(stream.event);
    if (!table || id_sql(*table).empty()) continue;
    if (!is_asked) TRY(put_questions(connection, orders));
    is_asked = true;
  }
  if (!is_asked) return out;
  const ExportTimes exports = TRY(ExportTimes::read(connection));
  const bool wants_lines = std::ranges::any_of(orders, &AskedOrder::wants_lines);
  for (const TellingStream& stream : kStreams) {
    const EventTable* table = tables.find(stream.event);
    if (!table || id_sql(*table).empty()) continue;
    TRY(read_events(connection, *table, stream.telling, exports, out));
    const bool has_lines = stream.telling <= Telling::Refunded;
    if (wants_lines && has_lines) TRY(read_lines(connection, *table, stream.telling, out));
  }
  TRY(read_versions(connection, out));
  TRY(connection.run("DROP TABLE temp.asked_id; DROP TABLE temp.asked_who; DROP TABLE temp.asked_order"));
  for (ToldOrder& order : out) order.is_older_refund &= !order.is_bought;
  return out;
}

Result<void> write_order_versions(Connection& connection, std::span<const KeptVersion> versions) {
  if (versions.empty()) return {};
  TRY(
      connection.run("CREATE OR REPLACE TEMP TABLE incoming_version(id VARCHAR, kind UTINYINT, value VARCHAR, updated "
                     "TIMESTAMP_MS, seen TIMESTAMP_MS)"));
  const std::vector<std::string> columns = {"id", "kind", "value", "updated", "seen"};
  auto writer = TRY(Writer::open(connection, "temp", "incoming_version", columns));
  TRY(write_blocks(writer, versions.size(), [&](size_t row, size_t from) {
    const KeptVersion& kept = versions[from + row];
    writer.values<StoredText>(0)[row] = StoredText::of(kept.id);
    writer.values<uint8_t>(1)[row] = static_cast<uint8_t>(kept.who.kind);
    writer.values<StoredText>(2)[row] = StoredText::of(kept.who.value);
    writer.values<int64_t>(3)[row] = store::stored_time(kept.version.updated);
    writer.values<int64_t>(4)[row] = store::stored_time(kept.version.seen);
  }));
  TRY(connection.run(
      "CREATE OR REPLACE TEMP TABLE new_version AS SELECT i.id, k.profile, i.updated, i.seen FROM temp.incoming_version i "
      "JOIN tessera.identity k ON k.kind = i.kind AND k.value = i.value"));
  TRY(
      connection.run("DELETE FROM tessera.order_version v USING temp.new_version n WHERE v.order_id = n.id AND "
                     "v.profile = n.profile"));
  TRY(connection.run("INSERT INTO tessera.order_version SELECT id, profile, updated, seen FROM temp.new_version"));
  TRY(connection.run("DROP TABLE temp.incoming_version; DROP TABLE temp.new_version"));
  return {};
}

}  // namespace tessera::profiles
