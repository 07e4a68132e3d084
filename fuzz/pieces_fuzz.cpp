// Any bytes as a piece of an import's rows: it is one, and then all of it can be put and taken apart again, or an error
// says where it is none, and what was put before keeps the intake's contract.
#include "ingest/discard.hpp"
#include "ingest/row_stream.hpp"

namespace {

using namespace tessera;
using namespace tessera::ingest;

uint64_t rows_in(std::string_view piece) {
  DiscardIntake intake;
  VERIFY(read_piece(piece, intake).has_value());
  return intake.rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string piece(reinterpret_cast<const char*>(bytes), size);
  const auto prints = fingerprints_in(piece);
  DiscardIntake intake;
  const auto read = read_piece(piece, intake);
  VERIFY(prints.has_value() == read.has_value());
  if (!prints) return 0;
  uint64_t rows = 0;
  for (const auto& [event, all] : *prints) rows += all.size();
  VERIFY(rows == intake.rows);
  VERIFY(rows_in(piece_without(piece, [](uint64_t) { return true; })) == 0);
  VERIFY(rows_in(piece_without(piece, [](uint64_t) { return false; })) == rows);
  return 0;
}
