// Any bytes as what a stranger sends: the framing of requests passes the same whatever the pieces, and the small
// grammars of addresses, queries, credentials and compressed bodies take anything.
#include "core/base64.hpp"
#include "core/gzip.hpp"
#include "http/http_framing.hpp"
#include "ingest/discard.hpp"
#include "ingest/segment_spec_body.hpp"
#include "server/site.hpp"

namespace {

using namespace tessera;
using namespace tessera::http;
using namespace tessera::server;

struct Outcome {
  std::string passed;
  int status = 0;
};

Outcome frame(std::string text, size_t step) {
  static const FramingLimits kLimits = [] {
    FramingLimits limits = framing_limits();
    limits.may_send = [](const Sender& sender) {
      return !sender.target.starts_with("/api/") || sender.authorization.size() > 4;
    };
    return limits;
  }();
  Framing framing(kLimits);
  Outcome out;
  for (size_t at = 0; at < text.size();) {
    const size_t size = std::min(step, text.size() - at);
    const size_t passed = framing.take(text.data() + at, size);
    VERIFY(passed <= size);
    out.passed.append(text, at, passed);
    if (framing.refusal()) {
      VERIFY(framing.refusal()->status >= 400 && !framing.refusal()->why.empty());
      out.status = framing.refusal()->status;
      return out;
    }
    VERIFY(passed > 0);
    at += passed;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const Outcome whole = frame(text, text.size() + 1), pieces = frame(text, 1);
  VERIFY(whole.status == pieces.status && pieces.passed.starts_with(whole.passed));

  const std::string_view path = std::string_view(text).substr(0, text.find('?'));
  for (const Route& route : routes())
    if (const auto parts = match_path(route.pattern, path))
      VERIFY(parts->size() == static_cast<size_t>(std::count(route.pattern.begin(), route.pattern.end(), '{')));
  const Query query = Query::parse(text);
  VERIFY(parse_json(nested(query).dump()).has_value());
  if (const auto decoded = from_any_base64(text)) VERIFY(decoded->size() <= text.size());
  basic_user(text);
  bearer_token(text);
  std::string inflated;
  inflate(text, 10'000, inflated);
  VERIFY(inflated.size() <= 10'001);

  ingest::DiscardIntake intake;
  ingest::SegmentBody body(intake);
  body.read("fuzz", "track", text, Instant{1'772'000'000'000});
  VERIFY(intake.rows + body.findings().rejected() == body.findings().rows_read ||
         text.find("batch") != std::string::npos);
  return 0;
}
