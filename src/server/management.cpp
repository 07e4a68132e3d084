// The management API: segments and their members, customers, changes, rejects, sources and their keys, status. Handlers
// are thin: they read the address, ask the engine or the record, and write JSON. Errors are problem documents.
#include <charconv>

#include "core/csv.hpp"
#include "core/guarded.hpp"
#include "core/text.hpp"
#include "feed/feed.hpp"
#include "profiles/rulings.hpp"
#include "server/engine_json.hpp"
#include "server/questions.hpp"
#include "server/site.hpp"

namespace tessera::server {

namespace {

constexpr size_t kPage = 1'000, kLargestPage = 10'000;

// The number in the query; nullopt where it is none in [1, most].
std::optional<size_t> number_in(const Call& call, std::string_view name, size_t otherwise, size_t most,
                                size_t least = 1) {
  const auto text = call.query.get(name);
  if (!text) return otherwise;
  size_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (text->empty() || error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}
std::optional<size_t> limit_of(const Call& call) {
  return number_in(call, "limit", kPage, kLargestPage);
}
http::Response bad_limit() {
  return problem(400, fmt::format("'limit' is a whole number from 1 to {}", kLargestPage), "limit=1000");
}

bool accepts(const http::Request& request, std::string_view type) {
  return request.header("accept").find(type) != std::string_view::npos;
}

// --- segments

void list_segments(Service& service, Call, http::Responder responder) {
  Json list = Json::array();
  for (const live::SegmentState& segment : service.engine.segments()) list.add(json_of(segment));
  responder.send(json_response(Json::object().set("segments", std::move(list))));
}

void get_segment(Service& service, Call call, http::Responder responder) {
  for (const live::SegmentState& segment : service.engine.segments())
    if (segment.slug == call.parts[0]) return responder.send(json_response(json_of(segment)));
  responder.send(problem(404, fmt::format("there is no segment '{}'", call.parts[0]), try_command("segments list")));
}

void apply_segments(Service& service, Call call, http::Responder responder) {
  const auto applied = service.engine.apply_definitions(call.request.body);
  responder.send(applied ? json_response(json_of(*applied)) : problem_of(applied.error()));
}

void remove_segment(Service& service, Call call, http::Responder responder) {
  const auto removed = service.engine.remove_definition(call.parts[0]);
  responder.send(removed ? json_response(json_of(*removed)) : problem_of(removed.error(), 404));
}

// --- members

constexpr std::string_view kCsvHead = "customer\r\n";
std::string member_line(const std::string& member, bool is_csv) {
  return is_csv ? csv_field(member) + "\r\n" : fmt::format("{{\"customer\":{}}}\n", quoted_json(member));
}

// Page after page, so that a segment of a million needs no more memory than one of ten.
class MemberStream final : public http::Stream {
 public:
  MemberStream(live::Engine& engine, std::string segment, std::string after, bool is_csv)
      : engine_(engine), segment_(std::move(segment)), after_(std::move(after)), is_csv_(is_csv) {}

  Piece next() override {
    Piece out{.text = {}, .then = Then::More};
    if (is_csv_ && std::exchange(is_first_, false)) out.text = kCsvHead;
    const auto page = engine_.members(segment_, after_, kPage);
    // Removed while it was read: the reader sees where it ends.
    if (!page || page->size() < kPage) out.then = Then::End;
    if (!page || page->empty()) return out;
    for (const std::string& member : *page) out.text += member_line(member, is_csv_);
    after_ = page->back();
    return out;
  }

 private:
  live::Engine& engine_;
  std::string segment_, after_;
  bool is_csv_, is_first_ = true;
};

std::string type_of_lines(bool is_csv) {
  return is_csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
}

struct Wish {
  std::string after;
  size_t limit;
  bool is_csv, is_lines;
};

// An instant in the query; nullopt where there is none. Error: it is no instant.
Result<std::optional<Instant>> instant_in(const Call& call, std::string_view name) {
  const auto text = call.query.get(name);
  if (!text) return std::nullopt;
  const auto read = parse_instant(*text);
  if (!read) return usage(fmt::format("'{}' is a date or a time", name), fmt::format("{}=2026-03-03T12:00:00Z", name));
  return read;
}

// Who was in it, evaluated again over the record.
void list_past_members(Service& service, const Call& call, const Wish& wish, http::Responder& responder) {
  const auto past = [&]() -> Result<PastMembers> {
    const auto known_at = TRY(instant_in(call, "known_at")), as_of = TRY(instant_in(call, "as_of"));
    return members_at(service, call.parts[0], as_of, known_at);
  }();
  if (!past) return responder.send(problem_of(past.error(), 503));
  if (!past->is_known)
    return responder.send(problem(404, fmt::format("there was no segment '{}' in force then", call.parts[0]),
                                  "leave out known_at: the definition of today, looked at from as_of"));
  const auto from = std::upper_bound(past->members.begin(), past->members.end(), wish.after);
  if (wish.is_csv || wish.is_lines) {
    std::string body(wish.is_csv ? kCsvHead : "");
    for (auto at = from; at != past->members.end(); ++at) body += member_line(*at, wish.is_csv);
    return responder.send({.type = type_of_lines(wish.is_csv), .body = std::move(body)});
  }
  Json members = Json::array();
  auto at = from;
  for (; at != past->members.end() && static_cast<size_t>(at - from) < wish.limit; ++at) members.add(*at);
  Json out = Json::object();
  out.set("as_of", text_of(past->as_of)).set("known_at", text_of(past->known_at)).set("count", past->members.size());
  out.set("definition", past->definition).set("members", std::move(members));
  out.set("next", at == past->members.end() ? Json() : Json(*std::prev(at)));
  responder.send(json_response(out));
}

void list_members(Service& service, Call call, http::Responder responder) {
  const auto limit = limit_of(call);
  if (!limit) return responder.send(bad_limit());
  const std::string after = call.query.get("after").value_or(""), format = call.query.get("format").value_or("");
  const bool is_csv = format == "csv" || (format.empty() && accepts(call.request, "text/csv"));
  const bool is_lines = format == "jsonl" || (format.empty() && accepts(call.request, "application/x-ndjson"));
  if (!format.empty() && !is_csv && !is_lines && format != "json")
    return responder.send(problem(400, fmt::format("there is no format '{}'", format), "format=json, csv or jsonl"));
  if (call.query.get("as_of") || call.query.get("known_at"))
    return list_past_members(service, call, {after, *limit, is_csv, is_lines}, responder);
  const auto page = service.engine.members(call.parts[0], after, is_csv || is_lines ? 1 : *limit);
  if (!page) return responder.send(problem_of(page.error(), 404));
  if (is_csv || is_lines) {
    auto stream = std::make_shared<MemberStream>(service.engine, call.parts[0], after, is_csv);
    return responder.send({.type = type_of_lines(is_csv), .stream = std::move(stream)});
  }
  Json stale = Json::array();
  for (const live::SegmentState& segment : service.engine.segments())
    if (segment.slug == call.parts[0] || segment.name == call.parts[0]) stale = json_of(segment.stale_sources);
  Json out = Json::object().set("members", json_of(*page));
  out.set("next", page->size() == *limit ? Json(page->back()) : Json()).set("stale_sources", std::move(stale));
  responder.send(json_response(out));
}

void get_customer(Service& service, Call call, http::Responder responder) {
  const auto customer = service.engine.customer(call.parts[0]);
  if (customer) return responder.send(json_response(json_of(*customer)));
  responder.send(problem(404, fmt::format("there is no customer '{}'", call.parts[0]),
                         "give a public id, or a user id, e-mail, phone or anonymous id"));
}

// The public id of whoever is known by this identifier.
std::optional<std::string> customer_of(Service& service, const Call& call, http::Responder& responder) {
  if (const auto customer = service.engine.customer(call.parts[0])) return customer->customer;
  get_customer(service, call, responder);  // says that there is none
  return std::nullopt;
}

void get_outlook(Service& service, Call call, http::Responder responder) {
  const auto as_of = instant_in(call, "as_of"), known_at = instant_in(call, "known_at");
  for (const auto* each : {&as_of, &known_at})
    if (!*each) return responder.send(problem_of(each->error(), 400));
  const auto customer = customer_of(service, call, responder);
  if (!customer) return;
  const auto out = outlook_of(service, *customer, *as_of, *known_at);
  responder.send(out ? json_response(*out) : problem_of(out.error(), 503));
}

void get_history(Service& service, Call call, http::Responder responder) {
  const auto limit = limit_of(call);
  if (!limit) return responder.send(bad_limit());
  workspace::FactsWish wish{.before = call.query.get("before").value_or(""), .limit = *limit};
  for (auto [name, instant] : {std::pair{"as_of", &wish.as_of}, std::pair{"known_at", &wish.known_at}}) {
    const auto read = instant_in(call, name);
    if (!read) return responder.send(problem_of(read.error(), 400));
    *instant = read->value_or(kNever);
  }
  const auto customer = customer_of(service, call, responder);
  if (!customer) return;
  const auto out = history_of(service, *customer, wish);
  responder.send(out ? json_response(*out) : problem_of(out.error(), 503));
}

void get_customer_segments(Service& service, Call call, http::Responder responder) {
  const auto customer = customer_of(service, call, responder);
  if (!customer) return;
  const auto out = explain_customer(service, *customer, call.query.get("segment").value_or(""));
  responder.send(out ? json_response(*out) : problem_of(out.error(), 503));
}

void preview_segments(Service& service, Call call, http::Responder responder) {
  const auto out = preview(service, call.request.body);
  responder.send(out ? json_response(*out) : problem_of(out.error(), 503));
}

// --- changes

// Server-sent events: what changed behind an id, then what changes, as it does. The reader's speed is the stream's:
// what it has not read yet is read from the engine when it asks.
class ChangeStream final : public http::Stream {
 public:
  // `after`: nullopt from now on.
  ChangeStream(feed::Feed& feed, const std::optional<feed::Position>& after)
      : heard_(feed.listen([bell = bell_] { bell->ring(); })), cursor_(feed, after.value_or(heard_.newest)) {}
  ~ChangeStream() override { bell_->answer_to(nullptr); }

  Piece next() override {
    Piece out{.text = {}, .then = Then::Wait};
    if (std::exchange(is_first_, false)) out.text = "retry: 2000\n\n";
    const auto changes = cursor_.next(kChanges);
    if (!changes) return {.text = "event: error\ndata: " + quoted_json(changes.error().message) + "\n\n"};
    for (const feed::Change& change : *changes)
      out.text +=
          fmt::format("id: {}\nevent: change\ndata: {}\n\n", feed::text_of(change.id), feed::json_of(change).dump());
    if (changes->size() == kChanges) out.then = Then::More;
    return out;
  }
  void on_wake(std::function<void()> wake) override { bell_->answer_to(std::move(wake)); }
  std::string idle() const override { return ":\n\n"; }

 private:
  static constexpr size_t kChanges = 500;
  // Outlives the stream where a listener is being called.
  struct Bell {
    void answer_to(std::function<void()> who) { *wake.lock() = std::move(who); }
    void ring() {
      if (const auto who = wake.with([](const auto& each) { return each; })) who();
    }
    Guarded<std::function<void()>> wake;
  };

  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  feed::Subscription heard_;
  feed::Cursor cursor_;
  bool is_first_ = true;
};

void list_changes(Service& service, Call call, http::Responder responder) {
  const auto limit = limit_of(call);
  if (!limit) return responder.send(bad_limit());
  std::optional<std::string> after = call.query.get("after");
  if (const std::string_view last = call.request.header("last-event-id"); !last.empty()) after = std::string(last);
  const auto from = feed::parse_position(after.value_or(""));
  if (!from) return responder.send(problem_of(from.error(), 400));
  feed::Cursor cursor(service.engine, *from);
  const bool is_stream = accepts(call.request, "text/event-stream");
  const auto page = cursor.next(is_stream ? 1 : *limit);
  if (!page) return responder.send(problem_of(page.error(), 400));
  if (is_stream) {
    return responder.send(
        {.type = "text/event-stream",
         .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
         .stream = std::make_shared<ChangeStream>(service.engine, after ? std::optional(*from) : std::nullopt)});
  }
  Json changes = Json::array();
  for (const feed::Change& change : *page) changes.add(feed::json_of(change));
  Json out = Json::object().set("changes", std::move(changes));
  out.set("next", feed::text_of(cursor.position()));
  responder.send(json_response(out));
}

// --- rejects

Result<Json> rejects(Service& service, const std::string& reason, size_t limit, size_t skip) {
  auto connection = TRY(service.record.connect());
  const auto rows = TRY(connection.rows(
      "SELECT entry, source, line, reason, value, row FROM tessera.reject WHERE ? = '' OR reason = ? ORDER BY entry "
      "DESC, "
      "source, line LIMIT ? OFFSET ?",
      {std::string_view(reason), std::string_view(reason), static_cast<int64_t>(limit), static_cast<int64_t>(skip)}));
  Json items = Json::array();
  for (const auto& row : rows) {
    Json one = Json::object();
    one.set("entry", Json::Literal{row[0].value_or("0")}).set("source", row[1] ? Json(*row[1]) : Json());
    one.set("line", row[2] ? Json(Json::Literal{*row[2]}) : Json()).set("reason", row[3].value_or(""));
    one.set("value", row[4] ? Json(*row[4]) : Json()).set("row", row[5] ? Json(*row[5]) : Json());
    items.add(std::move(one));
  }
  const auto counts = TRY(connection.rows("SELECT reason, count(*) FROM tessera.reject GROUP BY ALL ORDER BY ALL"));
  Json reasons = Json::object();
  for (const auto& row : counts) reasons.set(row[0].value_or(""), Json::Literal{row[1].value_or("0")});
  return Json::object().set("reasons", std::move(reasons)).set("rejects", std::move(items));
}

void list_rejects(Service& service, Call call, http::Responder responder) {
  const auto limit = limit_of(call), skip = number_in(call, "skip", 0, INT32_MAX, 0);
  if (!limit) return responder.send(bad_limit());
  if (!skip) return responder.send(problem(400, "'skip' is a whole number", "skip=1000"));
  const auto out = rejects(service, call.query.get("reason").value_or(""), *limit, *skip);
  responder.send(out ? json_response(*out) : problem_of(out.error(), 500));
}

// --- rulings

void add_ruling(Service& service, Call call, http::Responder responder) {
  const auto ruled = rule(service.engine, call.request.body);
  responder.send(ruled ? json_response(json_of(*ruled), 201) : problem_of(ruled.error()));
}

void list_rulings(Service& service, Call call, http::Responder responder) {
  const auto limit = limit_of(call), skip = number_in(call, "skip", 0, INT32_MAX, 0);
  if (!limit) return responder.send(bad_limit());
  if (!skip) return responder.send(problem(400, "'skip' is a whole number", "skip=1000"));
  const auto name = call.query.get("kind");
  const auto kind = name ? profiles::ruling_named(*name) : std::nullopt;
  if (name && !kind) return responder.send(problem(400, fmt::format("there is no ruling '{}'", *name), "kind=mark"));
  const auto out = [&]() -> Result<Json> {
    TRY(service.engine.record_now());
    auto connection = TRY(service.record.connect());
    return profiles::list_rulings(connection, kind, *limit, *skip);
  }();
  responder.send(out ? json_response(*out) : problem_of(out.error(), 503));
}

// --- sources and keys

Json key_json(const Key& key) {
  Json out = Json::object();
  out.set("source", key.is_admin() ? Json() : Json(key.source)).set("kind", key.is_admin() ? "token" : "write key");
  out.set("key", key.key).set("created", text_of(key.created));
  return out.set("revoked", key.revoked ? Json(text_of(*key.revoked)) : Json());
}

void list_sources(Service& service, Call, http::Responder responder) {
  auto connection = service.record.connect();
  if (!connection) return responder.send(problem_of(connection.error(), 500));
  const auto keys = list_keys(*connection);
  if (!keys) return responder.send(problem_of(keys.error(), 500));
  Json items = Json::array();
  for (const Key& key : *keys) items.add(key_json(key));
  responder.send(json_response(Json::object().set("keys", std::move(items))));
}

// Runs the change on a connection of its own and reads the keys again.
template <typename Change>
auto with_keys(Service& service, Change change) -> decltype(change(std::declval<store::Connection&>())) {
  auto connection = TRY(service.record.connect());
  auto out = change(connection);
  if (out) TRY(service.keys.load(connection));
  return out;
}

void add_source(Service& service, Call call, http::Responder responder) {
  const auto body = parse_json(call.request.body, "body");
  const Json* name = body ? body->find("name") : nullptr;
  if (!name || !name->as_text())
    return responder.send(problem(400, "the body is a JSON object with a name", R"({"name": "web-shop"})"));
  const std::string source = *name->as_text();
  const auto key = with_keys(
      service, [&](store::Connection& connection) { return server::add_key(connection, source, service.clock.now()); });
  if (!key) return responder.send(problem_of(key.error(), 500));
  responder.send(json_response(Json::object().set("source", source).set("key", *key), 201));
}

void add_token(Service& service, Call, http::Responder responder) {
  const auto token = with_keys(
      service, [&](store::Connection& connection) { return add_admin_token(connection, service.clock.now()); });
  if (!token) return responder.send(problem_of(token.error(), 500));
  responder.send(json_response(Json::object().set("token", *token), 201));
}

void remove_key(Service& service, Call call, http::Responder responder) {
  const auto removed = with_keys(service, [&](store::Connection& connection) {
    return revoke_key(connection, call.parts[0], service.clock.now());
  });
  if (!removed) return responder.send(problem_of(removed.error(), 404));
  responder.send(json_response(Json::object().set("revoked", call.parts[0])));
}

// --- the table

constexpr Parameter kSlug[] = {{"slug", "path", "string", "The segment's id"}};
constexpr Parameter kMembers[] = {
    {"slug", "path", "string", "The segment's id"},
    {"after", "query", "string", "Those behind this customer, in the order of ids"},
    {"limit", "query", "integer", "At most so many, 1 to 10000 (default 1000); json only"},
    {"as_of", "query", "string", "Who was in it then: a date or a time; with the definition in force at known_at"},
    {"known_at", "query", "string", "As known then (default: as known now); alone it is as_of too"},
    {"format", "query", "string", "json (a page), csv or jsonl (all of them, streamed); or as Accept says"}};
constexpr Parameter kCustomer[] = {{"id", "path", "string", "Public id, user id, e-mail, phone or anonymous id"}};
constexpr Parameter kHistory[] = {{"id", "path", "string", "Public id, user id, e-mail, phone or anonymous id"},
                                  {"limit", "query", "integer", "At most so many, 1 to 10000 (default 1000)"},
                                  {"before", "query", "string", "The next page: what the one before said as next"},
                                  {"as_of", "query", "string", "Only what had happened by then"},
                                  {"known_at", "query", "string", "Only what had been learnt by then"}};
constexpr Parameter kOutlook[] = {{"id", "path", "string", "Public id, user id, e-mail, phone or anonymous id"},
                                  {"as_of", "query", "string", "Looked at from then (default: now)"},
                                  {"known_at", "query", "string", "As known then (default: as known now)"}};
constexpr Parameter kWhy[] = {{"id", "path", "string", "Public id, user id, e-mail, phone or anonymous id"},
                              {"segment", "query", "string", "This segment's id alone"}};
constexpr Parameter kChanges[] = {
    {"after", "query", "string", "Those behind this change's id; empty: from the oldest"},
    {"Last-Event-ID", "header", "string", "The same, as browsers send it when they connect again"},
    {"Accept", "header", "string", "text/event-stream: a stream, from now on where no id is given"},
    {"limit", "query", "integer", "At most so many, 1 to 10000 (default 1000); json only"}};
constexpr Parameter kRejects[] = {{"reason", "query", "string", "Only those of this reason"},
                                  {"limit", "query", "integer", "At most so many, 1 to 10000 (default 1000)"},
                                  {"skip", "query", "integer", "Leave out so many, newest first"}};
constexpr Parameter kRulings[] = {
    {"kind", "query", "string", "Only those: mark, unmark, link, unlink, consent, block, unblock, allow, ..."},
    {"limit", "query", "integer", "At most so many, 1 to 10000 (default 1000)"},
    {"skip", "query", "integer", "Leave out so many, newest first"}};
constexpr Parameter kKey[] = {{"key", "path", "string", "A write key, or a token as the list shows it"}};

constexpr http::BodyLimit kDefinitionsBody{4 << 20, 413};

constexpr Route kRoutes[] = {
    {"GET",
     "/api/v1/segments",
     "The segments in force",
     {},
     "",
     "{\"segments\": [...]}",
     Access::Manage,
     Runs::Worker,
     list_segments},
    {"PUT",
     "/api/v1/segments",
     "Apply definitions: added, changed or the same as before",
     {},
     "text in the segment language",
     "What changed, when it is in force",
     Access::Manage,
     Runs::Worker,
     apply_segments,
     kDefinitionsBody},
    {"POST",
     "/api/v1/segments",
     "The same as PUT",
     {},
     "text in the segment language",
     "What changed, when it is in force",
     Access::Manage,
     Runs::Worker,
     apply_segments,
     kDefinitionsBody},
    {"GET", "/api/v1/segments/{slug}", "One segment", kSlug, "", "As in the list", Access::Manage, Runs::Worker,
     get_segment},
    {"DELETE", "/api/v1/segments/{slug}", "Remove a segment; its members leave it", kSlug, "", "What changed",
     Access::Manage, Runs::Worker, remove_segment},
    {"GET", "/api/v1/segments/{slug}/members", "Who is in it, or was", kMembers, "",
     "{\"members\": [...], \"next\": ...}", Access::Manage, Runs::Worker, list_members},
    {"POST",
     "/api/v1/segments/preview",
     "Who would be in it: count, sample, overlap; nothing is applied",
     {},
     "text: definitions, or one condition, in the segment language",
     "{\"segments\": [...]}",
     Access::Manage,
     Runs::Worker,
     preview_segments,
     kDefinitionsBody},
    {"GET", "/api/v1/customers/{id}", "One customer: traits, segments, events seen", kCustomer, "", "The customer",
     Access::Manage, Runs::Worker, get_customer},
    {"GET", "/api/v1/customers/{id}/history", "A customer's facts, newest first", kHistory, "",
     "{\"facts\": [...], \"next\": ...}", Access::Manage, Runs::Worker, get_history},
    {"GET", "/api/v1/customers/{id}/segments", "Why a customer is in each segment, or not", kWhy, "",
     "{\"segments\": [{\"explanation\": ...}]}", Access::Manage, Runs::Worker, get_customer_segments},
    {"GET", "/api/v1/customers/{id}/outlook", "Segments, since when, and when time alone changes that", kOutlook, "",
     "{\"segments\": [{\"since\": ..., \"changes\": [...], \"unless\": [...]}]}", Access::Manage, Runs::Worker,
     get_outlook},
    {"GET", "/api/v1/changes", "Who entered and left which segment", kChanges, "",
     "{\"changes\": [...], \"next\": ...}, or server-sent events", Access::Manage, Runs::Worker, list_changes},
    {"GET", "/api/v1/rejects", "What could not be used, and why, newest first", kRejects, "",
     "{\"reasons\": {...}, \"rejects\": [...]}", Access::Manage, Runs::Worker, list_rejects},
    {"GET", "/api/v1/rulings", "Who is marked, unmerged, blocked: why, since when, by whom; newest first", kRulings, "",
     "{\"rulings\": [...]}", Access::Manage, Runs::Worker, list_rulings},
    {"POST",
     "/api/v1/rulings",
     "Decide about customers: one, two, a bot, consent, a value that identifies nobody",
     {},
     "{\"ruling\": \"unlink\", \"who\": {\"user_id\": \"u1\"}, \"other\": {\"email\": \"a@b.com\"}, \"reason\": ...}",
     "The ruling, when it was learnt, how many changes it made",
     Access::Manage,
     Runs::Worker,
     add_ruling},
    {"GET",
     "/api/v1/sources",
     "Sources with their write keys, and tokens",
     {},
     "",
     "{\"keys\": [...]}",
     Access::Manage,
     Runs::Worker,
     list_sources},
    {"POST",
     "/api/v1/sources",
     "Make a write key for a source",
     {},
     "{\"name\": \"web-shop\"}",
     "{\"source\": ..., \"key\": ...}",
     Access::Manage,
     Runs::Worker,
     add_source},
    {"POST",
     "/api/v1/tokens",
     "Make a token for this API; it is shown once",
     {},
     "",
     "{\"token\": ...}",
     Access::Manage,
     Runs::Worker,
     add_token},
    {"DELETE", "/api/v1/keys/{key}", "Revoke a write key or a token", kKey, "", "{\"revoked\": ...}", Access::Manage,
     Runs::Worker, remove_key},
};

}  // namespace

std::span<const Route> management_routes() {
  return kRoutes;
}

}  // namespace tessera::server
