// Imports into a running server. The rows of a file come in pieces (ingest/row_stream.hpp), each logged like any other
// submission, so that they are live, in the feed, and in the record once.
//
// Once: rows that the record has already (by fingerprint) are left out before they are logged, and those of late that
// it may not have yet are known to the engine. A piece that is sent again changes nothing.
#pragma once

#include <string>
#include <string_view>

#include "server/site.hpp"

namespace tessera::server {

inline constexpr std::string_view kPieceType = "application/vnd.tessera.rows";

struct TakenPiece {
  uint64_t rows = 0, known = 0;
  bool is_busy = false;  // nothing was taken: come again
};
// Returns when the piece is on disk. `import` names the import: 1 to 64 letters, digits, '-'. Errors of usage are the
// sender's.
Result<TakenPiece> take_piece(Service& service, std::string_view import, std::string_view piece);

// What the record was told of orders, or how new that is to be (ingest/order_stream.hpp): everything that was sent before
// is recorded first, so that who asks after having sent is told of it.
Result<Json> tell_orders(Service& service, const Json& body);

// After the last piece: waits until all is recorded, writes an entry of kind "import" with `notes` and the counts, and
// gives these: entry, stored, trait_facts, duplicates, rejects, customers, new_customers. Counts are of what came since
// the server started.
Result<Json> finish_import(Service& service, std::string_view import, const std::string& source, const Json& notes);

}  // namespace tessera::server
