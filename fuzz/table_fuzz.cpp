// Any bytes are a numeric table or an error with a place; what is a table is whole: every row as wide as the header,
// every value finite.
#include "cluster/table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tessera;
  const auto table = cluster::parse_table({reinterpret_cast<const char*>(bytes), size}, "fuzz");
  if (!table) {
    VERIFY(table.error().place.starts_with("fuzz"));
    return 0;
  }
  VERIFY(table->values.rows > 0 && table->values.columns == table->columns.size());
  VERIFY(table->values.values.size() == table->values.rows * table->values.columns);
  for (const double value : table->values.values) VERIFY(std::isfinite(value));
  return 0;
}
