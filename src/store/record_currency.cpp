#include "store/record_currency.hpp"

#include <array>
#include <map>

#include <fmt/format.h>

#include "store/restate.hpp"

namespace tessera::store {

namespace {

Result<std::vector<Rates::Quote>> quotes_of(Connection& connection) {
  auto answer = TRY(connection.stream("SELECT day, currency, micros FROM tessera.rate ORDER BY currency, day"));
  std::vector<Rates::Quote> out;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row)
      out.push_back({chunk->column(0).values<int32_t>()[row], std::string(chunk->column(1).text(row)),
                     chunk->column(2).values<int64_t>()[row]});
  return out;
}

Result<void> put_quotes(Connection& connection, std::span<const Rates::Quote> quotes) {
  const std::array<std::string, 3> columns{"day", "currency", "micros"};
  Writer writer = TRY(Writer::open(connection, "tessera", "rate", columns));
  for (size_t from = 0; from < quotes.size(); from += Writer::kRows) {
    const auto block = quotes.subspan(from, std::min(Writer::kRows, quotes.size() - from));
    for (size_t row = 0; row < block.size(); ++row) {
      writer.values<int32_t>(0)[row] = block[row].day;
      writer.set_text(1, row, block[row].currency);
      writer.values<int64_t>(2)[row] = block[row].micros;
    }
    TRY(writer.put(block.size()));
  }
  return writer.finish();
}

}  // namespace

Result<std::string> currency_set(Connection& connection) {
  return TRY(connection.text("SELECT value FROM tessera.meta WHERE key = 'currency'")).value_or("");
}

Result<Rates> rates_of_record(Connection& connection) {
  return Rates(TRY(quotes_of(connection)));
}

Result<void> set_currency(Record& record, const std::string& code, Instant now) {
  Connection& connection = record.connection();
  if (TRY(currency_set(connection)) == code) return {};
  auto transaction = TRY(Transaction::begin(connection));
  TRY(connection.run("DELETE FROM tessera.meta WHERE key = 'currency'"));
  TRY(connection.run("INSERT INTO tessera.meta VALUES ('currency', ?)", {std::string_view(code)}));
  TRY(note_to_restate(connection, now));
  TRY(record.audit(now, "cli", "currency", code));
  return transaction.commit();
}

Result<void> put_rates(Record& record, std::span<const Rates::Quote> quotes, Instant now) {
  Connection& connection = record.connection();
  std::map<std::pair<std::string, int32_t>, int64_t> all;
  for (const Rates::Quote& quote : TRY(quotes_of(connection))) all[{quote.currency, quote.day}] = quote.micros;
  const auto before = all;
  for (const Rates::Quote& quote : quotes) all[{quote.currency, quote.day}] = quote.micros;
  if (all == before) return {};
  std::vector<Rates::Quote> merged;
  for (const auto& [key, micros] : all) merged.push_back({key.second, key.first, micros});
  auto transaction = TRY(Transaction::begin(connection));
  TRY(connection.run("DELETE FROM tessera.rate"));
  TRY(put_quotes(connection, merged));
  TRY(note_to_restate(connection, now));
  TRY(record.audit(now, "cli", "rates", fmt::format("{} rates", quotes.size())));
  return transaction.commit();
}

Result<RatesKept> rates_kept(Connection& connection) {
  const auto rows = TRY(connection.rows(
      "SELECT count(*), count(DISTINCT currency), min(day)::VARCHAR, max(day)::VARCHAR FROM tessera.rate"));
  const auto& row = rows.at(0);
  return RatesKept{std::stoull(row[0].value_or("0")), std::stoull(row[1].value_or("0")), row[2].value_or(""),
                   row[3].value_or("")};
}

}  // namespace tessera::store
