// Fields as people write them: what is read is within range and reads back the same from its plain form.
#include "core/text.hpp"
#include "formats/profile.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tessera;
  using namespace tessera::formats;
  // The readers let nothing else through.
  const std::string text = repair_utf8({reinterpret_cast<const char*>(bytes), size});
  for (const DecimalMark mark : {DecimalMark::Point, DecimalMark::Comma}) {
    const ParsedNumber number = parse_amount(text, mark);
    if (number.flaw) continue;
    const ParsedNumber again = parse_amount(number.number.text(), DecimalMark::Point);
    VERIFY(!again.flaw && again.number == number.number);
  }
  for (size_t form = 0; form < kTimeForms; ++form) {
    const auto time = parse_time(text, static_cast<TimeForm>(form));
    if (!time) continue;
    const Instant at = time->instant(nullptr);
    VERIFY(at >= kFirstDay && at <= kLastDay);
    VERIFY(parse_time(text_of(at), TimeForm::Iso)->instant(nullptr) == at);
  }
  if (const auto email = clean_email(text)) VERIFY(clean_email(*email) == email);
  if (const auto phone = clean_phone(text)) VERIFY(clean_phone(*phone) == phone);
  VERIFY(without_point_zero(text).size() <= text.size());
  ColumnProfile profile;
  profile.add({text, FieldKind::Text});
  VERIFY(profile.rows == 1 && profile.values <= 1);
  return 0;
}
