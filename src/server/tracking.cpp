// The tracking API: Segment's HTTP API, and RudderStack's where it differs, so that the SDKs of both work unchanged.
//
//                             Segment: /v1/            RudderStack: /rudder/..., /beacon/v1/, /pixel/v1/
//   a body, inflated          at most 500 KB, else 400  at most 4 MB, else 413
//   an event                  at most 32 KB, else 400   the same, 413; one of a batch is a reject
//   unknown write key         200, counted, not stored  401
//   everything else           200 {"success": true}     the same
//
// With X-Strict-Mode: 1 both say 401 and 400 where they would drop something in silence. 429 with Retry-After: the
// queue is full; 503: the disk is. 200 means that it is on disk.
//
// A body that is no JSON is told 400 and kept as a reject; in a batch what is no JSON costs the event it is in.
// What happens here is only what cannot wait: is it JSON, whose is it, is it small enough. The text then goes to the
// log, and from there to the events (ingest/segment_spec_body.hpp). Events without a messageId are given one, as
// Segment does, so that the same event sent twice is two and a replay of the log is one.
#include "core/base64.hpp"
#include "core/gzip.hpp"
#include "core/text.hpp"
#include "formats/json_document.hpp"
#include "ingest/discard.hpp"
#include "ingest/segment_spec_body.hpp"
#include "server/site.hpp"

namespace tessera::server {

namespace {

using formats::JsonDocument;
using formats::JsonKind;
using live::Submission;

struct Dialect {
  std::string_view prefix;
  size_t body_bytes;
  int oversize, unknown_key;
};
constexpr Dialect kSegment{"/v1/", 500 << 10, 400, 200};
constexpr Dialect kRudder{"/", 4 << 20, 413, 401};

const Dialect& dialect_of(std::string_view path) {
  return path.starts_with(kSegment.prefix) ? kSegment : kRudder;
}

struct CallName {
  std::string_view name, type;
};
constexpr CallName kCalls[] = {{"identify", "identify"}, {"track", "track"}, {"page", "page"},   {"screen", "screen"},
                               {"group", "group"},       {"alias", "alias"}, {"batch", "batch"}, {"import", "batch"},
                               {"i", "identify"},        {"t", "track"},     {"p", "page"},      {"s", "screen"},
                               {"g", "group"},           {"a", "alias"},     {"b", "batch"}};

std::optional<std::string_view> type_of(std::string_view name) {
  for (const CallName& call : kCalls)
    if (call.name == name) return call.type;
  return std::nullopt;
}

constexpr size_t kLargeBody = 16 << 10;  // bytes: read by a worker, so that others need not wait for it
constexpr int kRetrySeconds = 1;
constexpr size_t kKeptUnreadable = 4 << 10;  // bytes of a body that is no JSON: as much as a reject keeps of a row

http::Response answer(int status, std::string_view message = {}) {
  Json body = Json::object().set("success", status == 200);
  if (!message.empty()) body.set("message", repair_utf8(message));
  return {.status = status, .headers = {{"Access-Control-Allow-Origin", "*"}}, .body = body.dump()};
}

// --- reading a body

struct Parsed {
  std::unique_ptr<formats::JsonParser> parser = std::make_unique<formats::JsonParser>();
  JsonDocument document;
  std::string text;  // the body, with the padding the parser needs
  std::string_view body() const { return std::string_view(text).substr(0, text.size() - formats::kJsonPadding); }

  bool parse(std::string_view body, std::string& problem) {
    text.assign(body);
    text.append(formats::kJsonPadding, ' ');
    if (parser->parse(this->body(), document, problem)) return true;
    // A parser remembers the names it has seen, up to a limit that anyone may exhaust: a new one has seen none.
    parser = std::make_unique<formats::JsonParser>();
    return parser->parse(this->body(), document, problem) || parser->parse_batch(this->body(), document);
  }
  std::string_view text_at(uint32_t object, std::string_view name) const {
    const uint32_t at = document.is(object, JsonKind::Object) ? document.find(object, name) : 0;
    return at != 0 && document.is(at, JsonKind::Text) ? document.at(at).text : std::string_view();
  }
  // The nodes of its events.
  std::vector<uint32_t> calls() const {
    const uint32_t batch = document.is(0, JsonKind::Object) ? document.find(0, "batch") : 0;
    if (batch == 0 || !document.is(batch, JsonKind::Array)) return {0};
    std::vector<uint32_t> out;
    for (uint32_t at = batch + 1; at < document.at(batch).next; at = document.at(at).next) out.push_back(at);
    return out;
  }
};

Parsed& parsed_here() {
  thread_local Parsed parsed;
  return parsed;
}

// The body with a messageId in each event that has none.
std::string with_message_ids(const Parsed& parsed, const std::vector<uint32_t>& calls, MessageIds& ids) {
  const JsonDocument& document = parsed.document;
  const std::string_view body = parsed.body();
  std::string out;
  size_t copied = 0;
  for (const uint32_t call : calls) {
    if (!document.is(call, JsonKind::Object)) continue;
    if (!trim(parsed.text_at(call, "messageId")).empty() || !trim(parsed.text_at(call, "message_id")).empty()) continue;
    const std::string_view text = document.at(call).text;
    const auto end = static_cast<size_t>(text.data() + text.size() - 1 - body.data());  // at its brace
    const bool has_members = document.at(call).next > call + 1;
    out.append(body.substr(copied, end - copied));
    out += fmt::format("{}\"messageId\":\"{}\"", has_members ? "," : "", ids.next());
    copied = end;
  }
  out.append(body.substr(copied));
  return out;
}

// What of it could not be used, in words; empty: nothing.
std::string flaws(std::string_view type, std::string_view body, Instant now) {
  ingest::DiscardIntake intake;
  ingest::SegmentBody reader(intake);
  reader.read("strict", type, body, now);
  std::string out;
  for (const auto& [reason, tally] : reader.findings().rejects)
    out +=
        fmt::format("{}{} of {} events: {}", out.empty() ? "" : ", ", tally.count, reader.findings().rows_read, reason);
  return out;
}

// --- what is not taken, by kind: numbers of the status, and a line a minute of the log

void tally(Service& service, std::atomic<uint64_t>& counter, LogWord kind) {
  ++counter;
  service.refusals.count(service.logger, kind, service.clock.now());
}

// --- what the log said

http::Response cannot_write(const Error& error) {
  http::Response out = answer(503, "the server cannot write: " + error.message);
  out.headers.emplace_back("Retry-After", "10");
  return out;
}

void count_and_answer(Service& service, size_t events, const Result<uint64_t>& logged,
                      const http::Responder& responder) {
  if (!logged) {
    tally(service, service.counters.not_written, "not_written");
    return responder.send(cannot_write(logged.error()));
  }
  ++service.counters.requests;
  service.counters.events += events;
  responder.send(answer(200));
}

http::Response busy(Service& service) {
  tally(service, service.counters.busy, "queue_full");
  http::Response out = answer(429, "more comes in than can be written; send it again later");
  out.headers.emplace_back("Retry-After", std::to_string(kRetrySeconds));
  out.headers.emplace_back("X-RateLimit-Reset", std::to_string(service.clock.now().ms / 1000 + kRetrySeconds + 1));
  return out;
}

// Whoever sends more than is meant for one key or one address; SDKs send it again when they may.
http::Response too_often(Service& service, Duration wait, LogWord kind) {
  tally(service, service.counters.too_often, kind);
  http::Response out = answer(429, "more was sent than may be sent at once; send it again later");
  put_wait(out, wait, service.clock.now());
  return out;
}

std::optional<http::Response> beyond_address(Service& service, const http::Request& request, size_t events) {
  if (!service.rates) return std::nullopt;
  const auto wait = service.rates->of_address(request.network, request.is_peer_local, events, service.clock.now());
  return wait ? std::optional(too_often(service, *wait, "rate_of_address")) : std::nullopt;
}
std::optional<http::Response> beyond_key(Service& service, std::string_view key, size_t events) {
  if (!service.rates) return std::nullopt;
  const auto wait = service.rates->of_key(key, events, service.clock.now());
  return wait ? std::optional(too_often(service, *wait, "rate_of_key")) : std::nullopt;
}

http::Response refuse(Service& service, int status, LogWord kind, std::string_view message) {
  tally(service, service.counters.refused, kind);
  return answer(status, message);
}

// --- POST

// In the request's headers or its address (navigator.sendBeacon can set no headers).
std::string key_beside_body(const Call& call) {
  if (auto user = http::basic_user(call.request.header("authorization")); user && !user->empty()) return *user;
  return call.query.get("writeKey").value_or("");
}
// Or in its body, before its address.
std::string write_key_of(const Call& call, const Parsed& parsed) {
  if (auto user = http::basic_user(call.request.header("authorization")); user && !user->empty()) return *user;
  if (const std::string_view key = parsed.text_at(0, "writeKey"); !key.empty()) return std::string(key);
  return key_beside_body(call);
}

// A body that says nothing that could be an event.
struct Unreadable {
  LogWord kind;
  std::string_view reason;  // of the reject
  std::string problem, message;
};
Unreadable unreadable(const std::string& problem) {
  return {"no_json", formats::reason_of_problem(problem), problem, "the body is no JSON: " + problem};
}
const Unreadable kNoObject{"no_json_object", "not-an-object", "", "the body is no JSON object"};
Submission rejected(const std::string& source, const Unreadable& what, std::string_view body) {
  return {source, ingest::type_of_unreadable(what.reason, what.problem), std::string(body.substr(0, kKeptUnreadable))};
}

std::optional<http::Response> inflate_body(Service& service, http::Request& request, const Dialect& dialect) {
  const std::string coding = fold_case(trim(request.header("content-encoding")));
  if (coding.empty() || coding == "identity") return std::nullopt;
  if (coding != "gzip" && coding != "x-gzip" && coding != "deflate")
    return refuse(service, 415, "unknown_coding", "the only Content-Encoding understood is gzip");
  std::string body;
  // What it may unpack to is held beside what it is, until it is logged.
  auto memory = std::make_shared<MemoryBudget::Share>(service.memory, MemoryBudget::Rank::Sender);
  if (!memory->grow_to(dialect.body_bytes)) {
    tally(service, service.counters.busy, "no_memory");
    return http::no_memory();
  }
  switch (inflate(request.body, dialect.body_bytes, body)) {
    case Inflated::TooLarge:
      return refuse(service, dialect.oversize, "body_too_large",
                    fmt::format("the body is larger than {} bytes", dialect.body_bytes));
    case Inflated::Damaged:
      return refuse(service, 400, "no_gzip", "the body is no gzip");
    case Inflated::Whole:
      request.body = std::move(body);
      request.memory = std::move(memory);
  }
  return std::nullopt;
}

// A body of which nothing can be read: its beginning is kept as a reject of the source whose key stands beside it, and the
// sender is told. In strict mode nothing is kept, as of any other call that is told 400.
void refuse_unreadable(Service& service, const Call& call, const Unreadable& what, const http::Responder& responder) {
  const std::string key = key_beside_body(call);
  const auto source = service.keys.source_of(key);
  const bool is_kept = source && !call.request.body.empty() && call.request.header("x-strict-mode") != "1";
  if (is_kept) {
    if (auto refused = beyond_address(service, call.request, 1)) return responder.send(std::move(*refused));
    if (auto refused = beyond_key(service, key, 1)) return responder.send(std::move(*refused));
  }
  http::Response told = refuse(service, 400, what.kind, what.message);
  if (!is_kept) return responder.send(std::move(told));
  const auto taken = service.door.submit(rejected(*source, what, call.request.body),
                                         [&service, responder, told = std::move(told)](const Result<uint64_t>& logged) {
                                           if (!logged) tally(service, service.counters.not_written, "not_written");
                                           responder.send(logged ? told : cannot_write(logged.error()));
                                         });
  if (taken == live::Taken::Busy) responder.send(busy(service));
}

// Where some of a batch are, they are rejects (SegmentBody) and the others are taken.
bool are_all_too_large(const Parsed& parsed, const std::vector<uint32_t>& calls) {
  return !calls.empty() && std::ranges::all_of(calls, [&](uint32_t call) {
    return parsed.document.at(call).text.size() > ingest::kLongestCall;
  });
}

void take(Service& service, Call call, std::string_view type, const http::Responder& responder) {
  const Dialect& dialect = dialect_of(call.request.path);
  if (auto refused = inflate_body(service, call.request, dialect)) return responder.send(std::move(*refused));
  Parsed& parsed = parsed_here();
  std::string wrong;
  if (!parsed.parse(call.request.body, wrong)) return refuse_unreadable(service, call, unreadable(wrong), responder);
  if (!parsed.document.is(0, JsonKind::Object)) return refuse_unreadable(service, call, kNoObject, responder);
  const auto calls = parsed.calls();
  if (are_all_too_large(parsed, calls))
    return responder.send(refuse(service, dialect.oversize, "event_too_large",
                                 fmt::format("event 1 is larger than {} bytes", ingest::kLongestCall)));
  const bool is_strict = call.request.header("x-strict-mode") == "1";
  if (auto refused = beyond_address(service, call.request, calls.size())) return responder.send(std::move(*refused));
  const std::string key = write_key_of(call, parsed);
  const auto source = service.keys.source_of(key);
  if (!source) {
    tally(service, service.counters.unknown_keys, "unknown_write_key");
    const int status = is_strict ? 401 : dialect.unknown_key;
    http::Response out = answer(status, status == 200 ? "" : "this write key is not in force");
    out.headers.emplace_back("X-Tessera-Warning", "unknown write key, nothing was stored");
    return responder.send(std::move(out));
  }
  if (auto refused = beyond_key(service, key, calls.size())) return responder.send(std::move(*refused));
  if (is_strict)
    if (const std::string said = flaws(type, parsed.body(), service.clock.now()); !said.empty())
      return responder.send(refuse(service, 400, "flawed_in_strict_mode", said));
  const size_t events = calls.size();
  Submission submission{*source, std::string(type), with_message_ids(parsed, calls, service.message_ids)};
  const auto taken = service.door.submit(std::move(submission), [&service, events, responder](Result<uint64_t> said) {
    count_and_answer(service, events, said, responder);
  });
  if (taken == live::Taken::Busy) responder.send(busy(service));
}

void take_call(Service& service, Call call, http::Responder responder) {
  const auto type = call.parts.empty() ? std::optional<std::string_view>("batch") : type_of(call.parts[0]);
  if (!type) {
    http::Response out = answer(404, "the calls are identify, track, page, screen, group, alias and batch");
    return responder.send(std::move(out));
  }
  const bool is_large = call.request.body.size() > kLargeBody || call.request.has_header("content-encoding");
  if (!is_large) return take(service, std::move(call), *type, responder);
  service.workers.post([&service, call = std::move(call), type = *type, responder]() mutable {
    take(service, std::move(call), type, responder);
  });
}

// --- the pixel

constexpr unsigned char kGif[] = {'G', 'I',  'F',  '8',  '9',  'a',  1, 0, 1, 0,    0x80, 0, 0,    0, 0,
                                  0,   0xFF, 0xFF, 0xFF, 0x21, 0xF9, 4, 1, 0, 0,    0,    0, 0x2C, 0, 0,
                                  0,   0,    1,    0,    1,    0,    0, 2, 2, 0x44, 1,    0, 0x3B};

http::Response pixel() {
  return {.type = "image/gif",
          .headers = {{"Access-Control-Allow-Origin", "*"}, {"Cache-Control", "no-store"}},
          .body = std::string(reinterpret_cast<const char*>(kGif), sizeof kGif)};
}

// The event as JSON: the data, or what the address says member by member.
std::string pixel_body(const http::Query& query) {
  if (auto data = query.get("data")) {
    std::replace(data->begin(), data->end(), ' ', '+');  // a '+' that was not percent-encoded
    return from_any_base64(*data).value_or("");
  }
  return http::nested(query).dump();
}

void submit_pixel(Service& service, Submission submission, size_t events, const http::Responder& responder) {
  const auto taken = service.door.submit(std::move(submission), [&service, events, responder](Result<uint64_t> logged) {
    if (logged)
      ++service.counters.requests, service.counters.events += events;
    else
      tally(service, service.counters.not_written, "not_written");
    responder.send(pixel());
  });
  if (taken == live::Taken::Yes) return;
  tally(service, service.counters.busy, "queue_full");
  responder.send(pixel());
}

// Whatever is wrong, the picture is shown: it stands in an e-mail.
void take_pixel(Service& service, Call call, http::Responder responder) {
  const auto type = type_of(call.parts[0]);
  Parsed& parsed = parsed_here();
  const std::string body = pixel_body(call.query);
  std::string wrong;
  const bool is_call = type && *type != "batch";
  const bool is_read = is_call && parsed.parse(body, wrong) && parsed.document.is(0, JsonKind::Object);
  if (!is_read) tally(service, service.counters.refused, "no_pixel");
  if (!is_call || beyond_address(service, call.request, 1)) return responder.send(pixel());
  const std::string key = is_read ? write_key_of(call, parsed) : key_beside_body(call);
  const auto source = service.keys.source_of(key);
  if (!source) {
    tally(service, service.counters.unknown_keys, "unknown_write_key");
    return responder.send(pixel());
  }
  if (beyond_key(service, key, 1)) return responder.send(pixel());
  if (!is_read) {
    const Unreadable what = wrong.empty() ? kNoObject : unreadable(wrong);
    return submit_pixel(service, rejected(*source, what, call.query.get("data").value_or(body)), 0, responder);
  }
  submit_pixel(service, {*source, std::string(*type), with_message_ids(parsed, {0}, service.message_ids)}, 1,
               responder);
}

// --- what analytics.js asks for before it starts

Json settings_of(const Call& call) {
  const std::string_view host = call.request.header("host");
  const std::string_view forwarded = call.request.header("x-forwarded-proto");
  const bool is_https = call.request.is_encrypted || forwarded == "https";
  Json destination = Json::object();
  destination.set("apiKey", call.parts[0])
      .set("unbundledIntegrations", Json::array())
      .set("addBundledMetadata", true)
      .set("maybeBundledConfigIds", Json::object())
      .set("versionSettings",
           Json::object().set("version", "4.4.7").set("componentTypes", Json::array().add("browser")))
      .set("apiHost", fmt::format("{}/v1", repair_utf8(host)))
      .set("protocol", is_https ? "https" : "http");
  const auto enabled = [] {
    return Json::object().set("__default", Json::object().set("enabled", true).set("integrations", Json::object()));
  };
  Json plan = Json::object();
  plan.set("track", enabled()).set("identify", enabled()).set("group", enabled());
  return Json::object()
      .set("integrations", Json::object().set("Segment.io", std::move(destination)))
      .set("plan", std::move(plan))
      .set("edgeFunction", Json::object())
      .set("analyticsNextEnabled", true)
      .set("middlewareSettings", Json::object())
      .set("enabledMiddleware", Json::object())
      .set("metrics", Json::object().set("sampleRate", 0))
      .set("legacyVideoPluginsEnabled", false)
      .set("remotePlugins", Json::array());
}

void give_settings(Service&, Call call, http::Responder responder) {
  http::Response out = json_response(settings_of(call));
  out.headers = {{"Access-Control-Allow-Origin", "*"}, {"Cache-Control", "public, max-age=60"}, {"Vary", "Host"}};
  responder.send(std::move(out));
}

// --- the table

constexpr Parameter kCallParameters[] = {
    {"call", "path", "string", "identify, track, page, screen, group, alias, batch; or i, t, p, s, g, a, b"},
    {"Authorization", "header", "string", "Basic base64(WRITE_KEY:); or writeKey in the body or the address"},
    {"X-Strict-Mode", "header", "integer", "1: say 400 and 401 where something would be dropped"}};
constexpr Parameter kBatchParameters[] = {{"writeKey", "query", "string", "The write key"}};
constexpr Parameter kPixelParameters[] = {
    {"call", "path", "string", "identify, track, page, screen, group, alias"},
    {"data", "query", "string", "The event as JSON in Base64; or its members: properties.subject=...&writeKey=..."}};
constexpr Parameter kSettingsParameters[] = {{"writeKey", "path", "string", "The write key"}};
constexpr std::string_view kLogged = "It is on disk: {\"success\": true}. A picture of one point: for the pixel.";

constexpr http::BodyLimit kOfSegment{kSegment.body_bytes, kSegment.oversize},
    kOfRudder{kRudder.body_bytes, kRudder.oversize};

constexpr Route kRoutes[] = {
    {"POST", "/v1/{call}", "Take an event, or a batch of them (Segment's HTTP API)", kCallParameters,
     "A call of Segment's spec", kLogged, Needs::Open, Runs::Here, take_call, kOfSegment},
    {"GET", "/v1/pixel/{call}", "Take an event from a picture's address", kPixelParameters, "", kLogged, Needs::Open,
     Runs::Here, take_pixel},
    {"GET", "/v1/projects/{writeKey}/settings", "What analytics.js asks for when it starts", kSettingsParameters, "",
     "Settings that send everything here", Needs::Open, Runs::Here, give_settings},
    {"POST", "/rudder/v1/{call}", "The same with RudderStack's limits (data plane URL: .../rudder)", kCallParameters,
     "A call of RudderStack's spec", kLogged, Needs::Open, Runs::Here, take_call, kOfRudder},
    {"POST", "/rudder/beacon/v1/batch", "RudderStack's beacon, as their browser SDK makes its address",
     kBatchParameters, "A batch", kLogged, Needs::Open, Runs::Here, take_call, kOfRudder},
    {"GET", "/rudder/pixel/v1/{call}", "RudderStack's pixel, below the data plane's URL", kPixelParameters, "", kLogged,
     Needs::Open, Runs::Here, take_pixel},
    {"POST", "/beacon/v1/batch", "RudderStack's beacon", kBatchParameters, "A batch", kLogged, Needs::Open, Runs::Here,
     take_call, kOfRudder},
    {"GET", "/pixel/v1/{call}", "RudderStack's pixel", kPixelParameters, "", kLogged, Needs::Open, Runs::Here,
     take_pixel},
};

}  // namespace

std::span<const Route> tracking_routes() {
  return kRoutes;
}

}  // namespace tessera::server
