#include "server/drawn_requests.hpp"

#include <algorithm>

#include "core/base64.hpp"
#include "core/gzip.hpp"
#include "core/text.hpp"
#include "http/query.hpp"
#include "server/imports.hpp"

namespace tessera::server {

namespace {

// --- words: the first of each is the sound one; '@' is something learnt

struct PartWords {
  std::string_view before, name;  // of the pattern: how it begins, and what is in the braces
  std::span<const std::string_view> words;
};
constexpr std::string_view kCalls[] = {"track", "identify", "batch", "page",   "screen", "group", "alias",
                                       "t",     "i",        "b",     "import", "bogus",  "p",     "g"};
constexpr std::string_view kKeys[] = {"@spare", "web", "shop", "@key", "test", "sha256:", "tsk_none", "Read", "read"};
constexpr std::string_view kSlugs[] = {"buyers", "of-late", "by-trait", "all-of-them",
                                       "none",   "Buyers",  "buyers ",  "ä"};
constexpr std::string_view kCustomers[] = {"ann", "bob",   "ann@shop.example", "+15551234567",
                                           "a-1", "u/1 ä", "nobody",           "null"};
constexpr std::string_view kWebhooks[] = {"@webhook", "wh_0000000000000000", "wh_", "x"};
constexpr std::string_view kDead[] = {"@dead", "@webhook", "wh_0000000000000000", "x"};
constexpr std::string_view kLetters[] = {"@letter", "0", "18446744073709551615", "-1", "x"};
constexpr std::string_view kDiscoveries[] = {"@discovery", "0", "1772366400000", "../etc", "x"};
constexpr std::string_view kImports[] = {"i-1", "i-2", "a b", "ä",
                                         "0123456789012345678901234567890123456789012345678901234567890123"};
constexpr std::string_view kWriteKeys[] = {"@key", "@spare", "none"};
constexpr PartWords kParts[] = {
    {"/v1/projects/", "writeKey", kWriteKeys},    {"/api/v1/segments/", "slug", kSlugs},
    {"/api/v1/customers/", "id", kCustomers},     {"/api/v1/keys/", "key", kKeys},
    {"/api/v1/webhooks/", "number", kLetters},    {"/api/v1/webhooks/{id}/dead-letters", "id", kDead},
    {"/api/v1/webhooks/", "id", kWebhooks},       {"/api/v1/imports/", "id", kImports},
    {"/api/v1/discoveries/", "id", kDiscoveries}, {"/", "call", kCalls}};

// What somebody sends.
struct Sample {
  std::string_view method, pattern, query, headers, body;
};
constexpr std::string_view kTrack =
    R"({"type":"track","userId":"ann","anonymousId":"a-1","event":"Order Completed","messageId":"m-1","timestamp":"2026-03-01T11:00:00Z","properties":{"total":12.5,"first":true,"tags":["a","b"],"products":[{"sku":"pen","price":2}],"address":{"zip":"10115"}}})";
constexpr std::string_view kIdentify =
    R"({"type":"identify","userId":"bob","traits":{"email":"bob@shop.example","phone":"+1 555 123 4567","vip":true,"age":41,"plan":"free","tags":["x"],"addr":{"city":"Bonn"},"consent":{"profiling":false}},"context":{"userAgent":"Mozilla/5.0","consent":{"categoryPreferences":{"C0002":true}}}})";
constexpr std::string_view kBatch =
    R"({"writeKey":"none","sentAt":"2026-03-01T12:00:00Z","batch":[{"type":"track","userId":"ann","event":"Paid","properties":{"$value":1e400}},{"type":"alias","previousId":"a-1","userId":"ann"},{"type":"group","groupId":"g","userId":"ann","traits":{"size":3}},{"type":"page","anonymousId":"a-2","name":"Home"}]})";
constexpr std::string_view kDefinitions =
    "segment \"Buyers\" = did \"Order Completed\"\nsegment \"Of late\" = at least 1 \"Order Completed\" in the last 10 days";
constexpr std::string_view kMoreDefinitions =
    "event orders = \"Order Completed\" where total > 0\nlet spent = sum(orders.total)\nscore worth = 2 * orders half-life 3 days\n"
    "segment \"All of them\" = spent >= 0 or trait vip is true\nsegment \"By trait\" = trait plan = \"free\" and in segment "
    "\"All of them\"";
constexpr std::string_view kCsv =
    "order_id,customer_id,order_date,total,sku\n1,ann,2026-02-01,19.90,pen\n2,=1+1,2026-02-02,5.00,ink\n";
constexpr std::string_view kLines =
    R"({"type":"track","userId":"ann","event":"Order Completed","messageId":"i-1","timestamp":"2026-02-01T10:00:00Z","properties":{"total":3}})"
    "\n"
    R"({"type":"identify","userId":"eve","traits":{"plan":"pro"},"messageId":"i-2","timestamp":"2026-02-02T10:00:00Z"})"
    "\n";
constexpr std::string_view kPiece = "@piece";

constexpr Sample kSamples[] = {
    {"POST", "/v1/{call}", "", "", kTrack},
    {"POST", "/rudder/v1/{call}", "", "", kTrack},
    {"POST", "/rudder/beacon/v1/batch", "writeKey=@key", "", kBatch},
    {"POST", "/beacon/v1/batch", "writeKey=@key", "", kBatch},
    {"GET", "/v1/pixel/{call}", "writeKey=@key&userId=ann&event=Opened&properties.subject=Hello", "", ""},
    {"GET", "/rudder/pixel/v1/{call}", "writeKey=@key&userId=ann&event=Opened", "", ""},
    {"GET", "/pixel/v1/{call}", "writeKey=@key&data=eyJ1c2VySWQiOiJhbm4iLCJldmVudCI6IngifQ==", "", ""},
    {"PUT", "/api/v1/segments", "", "", kDefinitions},
    {"POST", "/api/v1/segments", "", "", kMoreDefinitions},
    {"POST", "/api/v1/segments/preview", "", "", "did \"Order Completed\" in the last 7 days"},
    {"POST", "/api/v1/segments/preview", "", "", kMoreDefinitions},
    {"POST", "/api/v1/rulings", "", "", R"({"ruling":"mark","who":"ann","as":"test","reason":"a try","by":"me"})"},
    {"POST", "/api/v1/rulings", "", "",
     R"({"ruling":"link","who":{"user_id":"ann"},"other":{"email":"bob@shop.example"}})"},
    {"POST", "/api/v1/rulings", "", "", R"({"ruling":"unlink","who":"ann","other":"bob","reason":"no"})"},
    {"POST", "/api/v1/rulings", "", "", R"({"ruling":"consent","who":"bob","collection":false,"profiling":true})"},
    {"POST", "/api/v1/rulings", "", "", R"({"ruling":"consent category","value":"C0009","purpose":"profiling"})"},
    {"POST", "/api/v1/rulings", "", "", R"({"ruling":"block","who":{"email":"info@shop.example"}})"},
    {"POST", "/api/v1/sources", "", "", R"({"name":"web"})"},
    {"POST", "/api/v1/tokens", "", "", ""},
    {"POST", "/api/v1/tokens", "", "", R"({"name":"for a day","scopes":"read,source:web","expires":"1 day"})"},
    {"POST", "/api/v1/webhooks", "", "", R"({"url":"https://example.org/changes"})"},
    {"POST", "/api/v1/webhooks", "", "", R"({"url":"http://[::1]:8/x","segments":["buyers"],"after":"1-1"})"},
    {"POST", "/api/v1/imports", "preset=segment", "", kLines},
    {"POST", "/api/v1/imports", "preset=transactions&zone=UTC&yes", "", kCsv},
    {"POST", "/api/v1/imports", "id=i-1", "Content-Type: application/vnd.tessera.rows", kPiece},
    {"POST", "/api/v1/imports/{id}/orders", "", "", R"({"orders":[{"id":"7","who":[[1,"ann"]],"lines":true}]})"},
    {"POST", "/api/v1/imports/{id}/orders", "", "",
     R"({"versions":[{"id":"7","kind":1,"who":"ann","updated":0,"seen":1767225600000}]})"},
    {"POST", "/api/v1/imports/{id}/end", "", "", R"({"source":"import of orders.csv","notes":{"rows":1}})"},
    {"POST", "/api/v1/discoveries", "", "", R"({"min_size":50})"},
    {"POST", "/api/v1/discoveries", "", "",
     R"x({"no_keep":true,"features":"let x = count(\"Paid\")","as_of":"2026-03-01","allow":["plan"]})x"},
    {"POST", "/api/v1/commands", "", "", R"({"words":["segments","list"]})"},
    {"POST", "/api/v1/commands", "", "", R"({"words":["sql","SELECT * FROM customers"],"store":"http://x"})"},
    {"POST", "/api/v1/commands", "", "",
     R"({"words":["segments","count","-f","a.tsl","Buyers"],"files":[{"path":"a.tsl","text":"segment \"B\" = did \"x\""},{"path":"b","error":{"message":"gone"}}]})"},
    {"POST", "/api/v1/commands", "", "", R"({"words":["customer","ann","--identified","--format","json"]})"},
    {"POST", "/api/v1/commands", "", "", R"({"words":["tokens","make","--name","n","--scopes","admin"]})"},
    {"POST", "/api/v1/commands", "", "", R"({"words":["doctor"]})"},
    {"POST", "/api/v1/commands", "", "", R"({"words":["export","Buyers","--out","x.csv"]})"},
};

constexpr std::string_view kMethods[] = {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "X"};
constexpr std::string_view kOddPaths[] = {"/",       "//",        "/api/", "/api/v1/segments/", "/api/v1/%73egments",
                                          "/v1/%00", "/v1/%ff/x", "/x"};
constexpr std::string_view kValues[] = {"1",
                                        "0",
                                        "-1",
                                        "10000",
                                        "10001",
                                        "18446744073709551616",
                                        "2026-03-01",
                                        "2026-02-28T23:59:59Z",
                                        "csv",
                                        "jsonl",
                                        "json",
                                        "html",
                                        "tsl",
                                        "",
                                        "x",
                                        "%00",
                                        "%",
                                        "1-1",
                                        "9999-9",
                                        "buyers",
                                        "i-1",
                                        "9999-12-31T23:59:59Z",
                                        "0001-01-01",
                                        "segment",
                                        "ga4",
                                        "dmy",
                                        "UTC",
                                        "Europe/Bonn",
                                        "mark",
                                        "@key",
                                        "%F0%9F%98%80",
                                        "1e3",
                                        "@root",
                                        "future",
                                        "all",
                                        "track",
                                        "bob",
                                        "a,b,c",
                                        "no-user",
                                        "17"};
constexpr std::string_view kNames[] = {"limit",  "after",    "skip", "as_of",  "known_at", "format",
                                       "raw",    "writeKey", "id",   "preset", "zone",     "keep",
                                       "reject", "dates",    "map",  "yes",    "strict",   "x"};
constexpr std::string_view kHeaders[] = {"Accept: text/event-stream",
                                         "Accept: text/csv",
                                         "Accept: application/x-ndjson",
                                         "Last-Event-ID: 1-1",
                                         "Last-Event-ID: x",
                                         "X-Strict-Mode: 1",
                                         "Content-Type: application/vnd.tessera.rows",
                                         "Content-Encoding: br",
                                         "Content-Encoding: gzip",
                                         "Content-Encoding: deflate",
                                         "Sec-Fetch-Site: cross-site",
                                         "Origin: https://evil.example",
                                         "X-Forwarded-For: 1.2.3.4",
                                         "X-Forwarded-Proto: https",
                                         "Host: evil.example\"<>",
                                         "Access-Control-Request-Headers: content-type,x-a",
                                         "Access-Control-Request-Headers: a\xff"};
// What texts and JSON are made of here, to be put anywhere.
constexpr std::string_view kWords[] = {"\"",
                                       "\\",
                                       "{",
                                       "}",
                                       "[",
                                       "]",
                                       ",",
                                       ":",
                                       "null",
                                       "true",
                                       "-",
                                       "1e999",
                                       "0x",
                                       "\n",
                                       "\r\n",
                                       "\t",
                                       "\xff",
                                       "\xed\xa0\x80",
                                       "\xef\xbb\xbf",
                                       "\\u0000",
                                       "\\ud800",
                                       "'",
                                       ";",
                                       "=",
                                       "<script>",
                                       "--",
                                       "/*",
                                       "(",
                                       ")",
                                       "segment \"",
                                       "let x = ",
                                       "score s = ",
                                       "event e = ",
                                       "did \"",
                                       "count(",
                                       "sum(",
                                       "trait ",
                                       " and ",
                                       " or ",
                                       "not ",
                                       " where ",
                                       "at least 2 ",
                                       "in the last 10 days",
                                       " since ",
                                       "matches regex \"(\"",
                                       "is blank",
                                       "in segment \"",
                                       "x + x",
                                       "products.price",
                                       "2026-03-01",
                                       "99999999999999999999",
                                       "null,",
                                       "\"userId\":",
                                       "\"type\":",
                                       "\"batch\":[",
                                       "SELECT ",
                                       " FROM ",
                                       "customers",
                                       "tessera.",
                                       "repeat('x', 9999)",
                                       "range(100000)",
                                       "$",
                                       "extra",
                                       "@",
                                       "%s"};
// A value in the place of another.
constexpr std::string_view kOdd[] = {"null",
                                     "true",
                                     "false",
                                     "0",
                                     "-1",
                                     "1.5",
                                     "1e308",
                                     "-9223372036854775808",
                                     "18446744073709551616",
                                     "\"\"",
                                     "\"x\"",
                                     "\"ann\"",
                                     "\"2026-03-01\"",
                                     "\"9999-12-31T23:59:59.999Z\"",
                                     "\"0001-01-01T00:00:00Z\"",
                                     "[]",
                                     "[1,\"a\",null,true]",
                                     "{}",
                                     "{\"a\":{\"b\":[{\"c\":1}]}}",
                                     "\"\\u0000\"",
                                     "\"\\ud83d\\ude00\"",
                                     "\"=cmd|calc\"",
                                     "\"$identify\"",
                                     "[[[[[[[[1]]]]]]]]",
                                     "\"a@b.example\"",
                                     "\"undefined\"",
                                     "\"mark\"",
                                     "\"admin\"",
                                     "[\"sql\",\"SELECT 1\"]",
                                     "[\"segments\"]"};

std::string known(std::string_view word, const Learnt& learnt) {
  const std::pair<std::string_view, const std::string*> all[] = {
      {"@key", &learnt.write_key}, {"@spare", &learnt.spare_key}, {"@webhook", &learnt.webhook},
      {"@dead", &learnt.dead},     {"@letter", &learnt.letter},   {"@discovery", &learnt.discovery},
      {"@piece", &learnt.piece}};
  std::string out(word);
  for (const auto& [name, value] : all)
    if (const size_t at = out.find(name); at != std::string::npos) out.replace(at, name.size(), *value);
  return out;
}

// --- the path

std::string path_of(const Route& route, Draws& draws, const Learnt& learnt, bool is_changed) {
  if (is_changed && draws.below(8) == 7) return std::string(draws.of(kOddPaths));
  std::string out;
  std::string_view pattern = route.pattern;
  for (size_t open; (open = pattern.find('{')) != std::string_view::npos;) {
    const size_t close = pattern.find('}');
    const std::string_view name = pattern.substr(open + 1, close - open - 1);
    const auto part = std::ranges::find_if(
        kParts, [&](const PartWords& each) { return each.name == name && route.pattern.starts_with(each.before); });
    VERIFY(part != std::end(kParts));  // a new parameter of a path: say here what it may be
    const size_t which = is_changed ? draws.below(part->words.size() + 1) : 0;
    out += pattern.substr(0, open);
    out += http::percent_encoded(which < part->words.size() ? known(part->words[which], learnt) : draws.bytes());
    pattern.remove_prefix(close + 1);
  }
  return out.append(pattern);
}

// --- the query

std::string more_query(const Route& route, Draws& draws, const Learnt& learnt, std::string query) {
  for (size_t more = 1 + draws.below(3); more > 0; --more) {
    const size_t which = draws.below(route.parameters.size() + std::size(kNames));
    const std::string_view name =
        which < route.parameters.size() ? route.parameters[which].name : kNames[which - route.parameters.size()];
    const size_t value = draws.below(std::size(kValues) + 1);
    query += (query.empty() ? "" : "&") + http::percent_encoded(name) + "=";
    query += value < std::size(kValues) ? known(kValues[value], learnt) : http::percent_encoded(draws.bytes());
  }
  return query;
}

// --- the body

// Every value that is below this one.
void values_of(Json& json, std::vector<Json*>& out) {
  out.push_back(&json);
  if (Json::Array* const items = json.as_array())
    for (Json& item : *items) values_of(item, out);
  if (Json::Object* const members = json.as_object())
    for (auto& [name, value] : *members) values_of(value, out);
}

void change_member(Json& json, Draws& draws) {
  Json::Object& members = *json.as_object();
  if (members.empty()) return;
  const size_t which = draws.below(members.size());
  switch (draws.below(4)) {
    case 0:
      members.erase(members.begin() + static_cast<ptrdiff_t>(which));
      return;
    case 1:
      members.push_back(members[which]);  // twice
      return;
    case 2:
      members[which].first = repair_utf8(draws.bytes());
      return;
    default:
      members.emplace_back(draws.of(kNames), Json());
      members.back().second = *parse_json(draws.of(kOdd));
  }
}

std::string changed_json(const Json& whole, Draws& draws) {
  Json json = whole;
  for (size_t times = 1 + draws.below(4); times > 0; --times) {
    std::vector<Json*> all;
    values_of(json, all);
    Json& chosen = *all[draws.below(std::min<size_t>(256, all.size()))];
    if (chosen.as_object() && draws.below(2) == 0) {
      change_member(chosen, draws);
      continue;
    }
    const size_t odd = draws.below(std::size(kOdd) + 1);
    chosen = odd < std::size(kOdd) ? *parse_json(kOdd[odd]) : Json(repair_utf8(draws.bytes()));
  }
  return json.dump();
}

std::string spliced(std::string text, Draws& draws) {
  for (size_t times = 1 + draws.below(4); times > 0; --times) {
    const size_t high = text.empty() ? 0 : draws.byte(), low = text.empty() ? 0 : draws.byte();
    const size_t at = (high << 8 | low) % (text.size() + 1);
    switch (draws.below(4)) {
      case 0:
        text.insert(at, draws.of(kWords));
        break;
      case 1:
        text.insert(at, draws.bytes());
        break;
      case 2:
        text.erase(at, 1 + draws.below(64));
        break;
      default:
        text.resize(at);  // cut short
    }
  }
  return text;
}

// Of a place in the text the piece up to its end, many times.
std::string repeated(const std::string& text, Draws& draws) {
  constexpr size_t kLargest = 256 << 10;
  const size_t times = size_t{1} << draws.below(12);
  std::string out;
  for (size_t i = 0; i < times && out.size() < kLargest; ++i) out += text;
  return out;
}

std::string changed_body(std::string body, Draws& draws, const Learnt& learnt) {
  switch (draws.below(6)) {
    case 0: {
      const auto json = parse_json(body);
      return json ? changed_json(*json, draws) : spliced(std::move(body), draws);
    }
    case 1:
      return spliced(std::move(body), draws);
    case 2:
      return repeated(body, draws);
    case 3:
      return draws.bytes();
    case 4:
      return known(draws.of(kSamples).body, learnt);  // what is meant for somebody else
    default:
      return {};
  }
}

// --- who asks

void put_header(http::Request& request, std::string_view line) {
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return;
  request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
}

std::string credentials(const Drawn& drawn, const Learnt& learnt) {
  if (drawn.asks == Asks::Nobody) return {};
  if (drawn.route->needs == Needs::Open && drawn.asks == Asks::Fitting)
    return "Basic " + base64_of(learnt.write_key + ":");
  const Asks asks = drawn.asks == Asks::Fitting ? fitting(drawn.route->needs) : drawn.asks;
  return "Bearer " + learnt.tokens[static_cast<size_t>(asks)];
}

const Sample* sample_of(const Route& route, size_t number) {
  std::vector<const Sample*> all;
  for (const Sample& each : kSamples)
    if (each.method == route.method && each.pattern == route.pattern) all.push_back(&each);
  return all.empty() ? nullptr : all[number % all.size()];
}

}  // namespace

uint8_t Draws::byte() {
  if (left_.empty()) return 0;
  const uint8_t out = left_.front();
  left_ = left_.subspan(1);
  return out;
}

std::string Draws::bytes() {
  const size_t wanted = byte() % 32, size = std::min(wanted, left_.size());
  std::string out(reinterpret_cast<const char*>(left_.data()), size);
  left_ = left_.subspan(size);
  return out;
}

Asks fitting(Needs needs) {
  switch (needs) {
    case Needs::Open:
      return Asks::Nobody;
    case Needs::Any:
    case Needs::Read:
      return Asks::Read;
    case Needs::Write:
      return Asks::Write;
    case Needs::Identified:
      return Asks::Identified;
    case Needs::Sources:
      return Asks::Source;
    case Needs::Admin:
      break;
  }
  return Asks::Admin;
}

Drawn draw_request(const Route& route, Draws& draws, const Learnt& learnt) {
  const uint8_t changes = draws.byte();
  size_t bit = 0;
  const auto is_changed = [&] { return (changes >> bit++ & 1) != 0; };
  Drawn out{.route = &route, .request = {}};
  http::Request& request = out.request;
  request.method = is_changed() ? draws.of(kMethods) : route.method;
  request.path = path_of(route, draws, learnt, is_changed());
  const bool other_query = is_changed(), other_headers = is_changed(), other_asker = is_changed(),
             other_body = is_changed();
  const Sample* const sample = sample_of(route, other_body ? draws.byte() : 0);
  request.query = sample ? known(sample->query, learnt) : std::string();
  if (other_query) request.query = more_query(route, draws, learnt, std::move(request.query));
  if (sample) put_header(request, sample->headers);
  for (size_t more = other_headers ? 1 + draws.below(3) : 0; more > 0; --more) put_header(request, draws.of(kHeaders));
  out.asks = other_asker ? static_cast<Asks>(draws.below(kAsking)) : Asks::Fitting;
  if (std::string said = credentials(out, learnt); !said.empty())
    request.headers.emplace_back("Authorization", std::move(said));
  request.body = sample ? known(sample->body, learnt) : std::string();
  if (other_body) request.body = changed_body(std::move(request.body), draws, learnt);
  if (is_changed()) {
    request.body = gzipped(request.body);
    if (draws.below(8) == 7) request.body.resize(request.body.size() / 2);
    request.headers.emplace_back("Content-Encoding", "gzip");
  }
  out.leaves = is_changed();
  if (!request.has_header("host")) request.headers.emplace_back("Host", "localhost");
  request.peer = "203.0.113.7";
  return out;
}

}  // namespace tessera::server
