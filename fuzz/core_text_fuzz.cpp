// Numbers, instants, durations and UTF-8 as people type them: never out of range, and what is read prints as text that
// reads back the same.
#include "core/number.hpp"
#include "core/text.hpp"
#include "core/time.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tessera;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);

  const auto parsed = parse_number(text);
  if (!parsed.flaw) {
    VERIFY(parsed.number.micros < Number::kLimit && parsed.number.micros > -Number::kLimit);
    const auto again = parse_number(parsed.number.text());
    VERIFY(!again.flaw && again.number == parsed.number);
  }
  if (const auto instant = parse_instant(text)) {
    VERIFY(kFirstDay - kDay <= *instant && *instant <= kLastDay + kDay);
    if (kFirstDay <= *instant && *instant <= kLastDay) VERIFY(parse_instant(text_of(*instant)) == *instant);
  }
  if (const auto duration = parse_duration(text)) VERIFY(parse_duration(text_of(*duration)) == *duration);

  const std::string repaired = repair_utf8(text);
  VERIFY(!first_invalid_utf8(repaired));
  VERIFY(first_invalid_utf8(text) || repaired == text);
  const std::string folded = fold_case(repaired);
  VERIFY(!first_invalid_utf8(folded) && fold_case(folded) == folded);
  VERIFY(length_of(folded) == length_of(repaired));
  return 0;
}
