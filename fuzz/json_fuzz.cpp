// Any text is JSON or an error with a place; what is JSON prints as text that reads back as the same value.
#include "core/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tessera;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto json = parse_json(text, "fuzz");
  if (!json) {
    VERIFY(json.error().place.starts_with("fuzz"));
    return 0;
  }
  for (const int indent : {-1, 2}) {
    const auto again = parse_json(json->dump(indent), "dump");
    VERIFY(again && *again == *json);
  }
  return 0;
}
