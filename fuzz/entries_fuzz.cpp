// Any bytes as what an entry of the log holds, and as what is in it: calls, definitions that were accepted, rulings,
// facts of the system. What is read is written as bytes that read back the same.
#include "live/entry.hpp"
#include "live/log_clock.hpp"
#include "profiles/ruling.hpp"
#include "profiles/system_facts.hpp"
#include "segment/accepted.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tessera;
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  if (const auto entry = live::decode(text)) VERIFY(live::encode(*entry) == text);
  if (const auto accepted = segment::parse_accepted(text)) {
    const std::string written = segment::text_of(*accepted);
    const auto again = segment::parse_accepted(written);
    VERIFY(again && segment::text_of(*again) == written);
  }
  if (const auto facts = profiles::parse_facts(text)) {
    const std::string written = profiles::text_of(*facts);
    const auto again = profiles::parse_facts(written);
    VERIFY(again && profiles::text_of(*again) == written);
  }
  if (const auto json = parse_json(text))
    if (const auto ruling = profiles::parse_ruling(*json))
      VERIFY(profiles::parse_ruling(profiles::json_of(*ruling)).value() == *ruling);
  if (const auto known = live::LogClock::parse(text))
    VERIFY(live::LogClock::parse(live::LogClock::text_of(*known)) == known);
  return 0;
}
