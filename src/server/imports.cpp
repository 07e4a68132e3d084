#include "server/imports.hpp"

#include <future>
#include <unordered_set>

#include "ingest/order_stream.hpp"
#include "ingest/row_stream.hpp"
#include "profiles/tables.hpp"
#include "server/engine_json.hpp"

namespace tessera::server {

namespace {

Result<void> check_name(std::string_view import) {
  const bool is_fine = !import.empty() && import.size() <= 64 && std::ranges::all_of(import, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
  return is_fine ? Result<void>() : usage("an import is named by 1 to 64 letters, digits or '-'", "?id=orders-2026-03");
}

// Which of these rows the record has.
Result<std::unordered_set<uint64_t>> known_rows(store::Connection& connection,
                                                const std::map<std::string, std::vector<uint64_t>>& prints) {
  std::unordered_set<uint64_t> out;
  const auto tables = TRY(profiles::EventTables::read(connection));
  const std::vector<std::string> columns = {"fingerprint"};
  for (const auto& [event, all] : prints) {
    const auto* table = tables.find(ingest::stream_on_wire(event));
    if (!table) continue;
    TRY(connection.run("CREATE OR REPLACE TEMP TABLE incoming(fingerprint UBIGINT)"));
    auto writer = TRY(store::Writer::open(connection, "temp", "incoming", columns));
    for (size_t from = 0; from < all.size(); from += store::Writer::kRows) {
      const size_t count = std::min(store::Writer::kRows, all.size() - from);
      std::copy_n(all.begin() + static_cast<ptrdiff_t>(from), count, writer.values<uint64_t>(0).begin());
      TRY(writer.put(count));
    }
    TRY(writer.finish());
    auto answer =
        TRY(connection.query(fmt::format("SELECT fingerprint FROM temp.incoming SEMI JOIN main.{} USING (fingerprint)",
                                         store::quoted_name(table->name))));
    while (const auto chunk = TRY(answer.next()))
      for (const uint64_t print : chunk->column(0).values<uint64_t>().first(chunk->rows())) out.insert(print);
  }
  return out;
}

}  // namespace

Result<TakenPiece> take_piece(Service& service, std::string_view import, std::string_view piece) {
  TRY(check_name(import));
  auto prints = ingest::fingerprints_in(piece);
  if (!prints) return usage(prints.error().message, try_command("import").blank("FILE"));
  TakenPiece out;
  for (const auto& [event, all] : *prints) out.rows += all.size();
  auto connection = TRY(service.record.connect());
  const auto known = TRY(known_rows(connection, *prints));
  out.known = known.size();
  live::Submission submission{
      .source = std::string(import),
      .type = std::string(live::kRowsOfImport),
      .body = known.empty() ? std::string(piece)
                            : ingest::piece_without(piece, [&](uint64_t print) { return known.contains(print); })};
  std::promise<Result<uint64_t>> logged;
  auto answer = logged.get_future();
  if (service.door.submit(std::move(submission), [&](Result<uint64_t> offset) { logged.set_value(offset); }) ==
      live::Taken::Busy) {
    out.is_busy = true;
    return out;
  }
  TRY(answer.get());
  return out;
}

Result<Json> tell_orders(Service& service, const Json& body) {
  TRY(service.engine.record_now());
  auto connection = TRY(service.record.connect());
  if (!body.find("versions")) return ingest::answer_about_orders(connection, body);
  Json out;
  TRY(service.engine.while_still([&]() -> Result<void> {
    auto transaction = TRY(store::Transaction::begin(connection));
    out = TRY(ingest::answer_about_orders(connection, body));
    return transaction.commit();
  }));
  return out;
}

Result<Json> finish_import(Service& service, std::string_view import, const std::string& source, const Json& notes) {
  TRY(check_name(import));
  TRY(service.engine.record_now());
  const live::ImportCounts counts = service.engine.import_of(import);
  uint64_t number = 0;
  TRY(service.engine.while_still([&]() -> Result<void> {
    auto connection = TRY(service.record.connect());
    auto transaction = TRY(store::Transaction::begin(connection));
    store::Entry entry = TRY(store::next_entry(connection, "import", service.clock.now()));
    Json detail = notes.as_object() ? notes : Json::object();
    detail.set("import", import);
    detail.set("stored", counts.stored).set("trait_facts", counts.trait_facts).set("duplicates", counts.duplicates);
    entry.source = source;
    entry.detail = detail.dump();
    TRY(store::append_entry(connection, entry));
    number = entry.id;
    return transaction.commit();
  }));
  return json_of(counts).set("entry", number);
}

}  // namespace tessera::server
