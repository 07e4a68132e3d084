// The management API beside segments and customers: changes, rejects, rulings, sources and their keys. Handlers are
// thin: they read the address, ask the engine or the record, and write JSON. Errors are problem documents.
#include "core/text.hpp"
#include "feed/feed.hpp"
#include "profiles/rulings.hpp"
#include "server/call_values.hpp"
#include "server/engine_json.hpp"
#include "server/site.hpp"
#include "store/audit_log.hpp"

namespace tessera::server {

namespace {

// --- changes

constexpr Needs kFeed = Needs::Identified;

// A position that is given, be it before all changes: std::optional(position) would be the position itself.
std::optional<feed::Position> whole(const feed::Position& position) {
  return std::optional<feed::Position>(std::in_place, position);
}

void list_changes(Service& service, Call call, http::Responder responder) {
  const auto limit = limit_of(call);
  if (!limit) return responder.send(bad_limit());
  std::optional<std::string> after = call.query.get("after");
  if (const std::string_view last = call.request.header("last-event-id"); !last.empty()) after = std::string(last);
  const auto from = feed::parse_position(after.value_or(""));
  if (!from) return responder.send(problem_of(from.error(), 400));
  feed::Cursor cursor(service.engine, *from);
  const bool is_stream = accepts(call.request, "text/event-stream"), is_from_now = !after;
  const auto page = cursor.next(is_stream ? 1 : *limit);
  if (!page) return responder.send(problem_of(page.error(), 400));
  if (is_stream) {
    return responder.send(
        {.type = "text/event-stream",
         .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
         .stream = service.doors.while_let_in(kFeed, std::move(call.request),
                                              service.changes.open(is_from_now ? std::nullopt : whole(*from)))});
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
      "SELECT entry, source, line, reason, value, row, member FROM tessera.reject WHERE ? = '' OR reason = ? "
      "ORDER BY entry DESC, source, line LIMIT ? OFFSET ?",
      {std::string_view(reason), std::string_view(reason), static_cast<int64_t>(limit), static_cast<int64_t>(skip)}));
  Json items = Json::array();
  for (const auto& row : rows) {
    Json one = Json::object();
    one.set("entry", Json::Literal{row[0].value_or("0")}).set("source", row[1] ? Json(*row[1]) : Json());
    one.set("line", row[2] ? Json(Json::Literal{*row[2]}) : Json()).set("reason", row[3].value_or(""));
    one.set("value", row[4] ? Json(*row[4]) : Json()).set("row", row[5] ? Json(*row[5]) : Json());
    one.set("member", row[6] ? Json(*row[6]) : Json());
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
  (void)service.engine.record_now();  // where the record cannot be written now, what it has
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
  out.set("source", key.is_token() ? Json() : Json(key.source)).set("kind", key.is_token() ? "token" : "write key");
  out.set("key", key.key).set("created", text_of(key.created));
  out.set("revoked", key.revoked ? Json(text_of(*key.revoked)) : Json());
  if (!key.is_token()) return out;
  out.set("name", key.token.name).set("scopes", key.token.may.text());
  return out.set("expires", key.token.expires ? Json(text_of(*key.token.expires)) : Json());
}

// Those of `caller`'s sources; tokens are shown to those who may make some.
Result<Json> keys_json(Service& service, const privacy::Caller& caller, bool tokens_alone) {
  const auto record = TRY(service.record.another());
  Json items = Json::array();
  for (const Key& key : TRY(list_keys(*record))) {
    if (tokens_alone && !key.is_token()) continue;
    if (key.is_token() ? caller.may.covers(Needs::Admin) : caller.may.covers_source(key.source))
      items.add(key_json(key));
  }
  return items;
}

void list_sources(Service& service, Call call, http::Responder responder) {
  auto keys = keys_json(service, call.caller, false);
  if (!keys) return responder.send(problem_of(keys.error(), 500));
  responder.send(json_response(Json::object().set("keys", std::move(*keys))));
}

void list_tokens(Service& service, Call call, http::Responder responder) {
  auto tokens = keys_json(service, call.caller, true);
  if (!tokens) return responder.send(problem_of(tokens.error(), 500));
  responder.send(json_response(Json::object().set("tokens", std::move(*tokens))));
}

// Runs the change on a connection of its own and reads the keys again.
template <typename Change>
auto with_keys(Service& service, Change change) -> decltype(change(std::declval<store::Record&>())) {
  const auto record = TRY(service.record.another());
  auto out = change(*record);
  if (out) TRY(service.keys.load(*record));
  return out;
}

void add_source(Service& service, Call call, http::Responder responder) {
  const auto body = parse_json(call.request.body, "body");
  const Json* name = body ? body->find("name") : nullptr;
  if (!name || !name->as_text())
    return responder.send(problem(400, "the body is a JSON object with a name", R"({"name": "web-shop"})"));
  const std::string source = *name->as_text();
  if (!call.caller.may.covers_source(source)) {
    service.count(Barred::Scope);
    return responder.send(problem_of(lacks(call.caller, Needs::Admin)));
  }
  const auto key =
      with_keys(service, [&](store::Record& record) { return server::add_key(record, source, service.clock.now()); });
  if (!key) return responder.send(problem_of(key.error(), 500));
  responder.send(json_response(Json::object().set("source", source).set("key", *key), 201));
}

// An empty body is an admin token without an end.
Result<Token> token_in(const std::string& text, Instant now) {
  Token out{.name = {}, .expires = {}};
  if (trim(text).empty()) return out;
  constexpr std::string_view kExample = R"({"name": "dashboard", "scopes": "read,identified", "expires": "90 days"})";
  const auto body = parse_json(text, "body");
  if (!body || !body->find("scopes")) return usage("the body is a JSON object with scopes", kExample);
  for (const std::string_view member : {"name", "scopes", "expires"}) {
    const Json* const value = body->find(member);
    if (!value) continue;
    if (!value->as_text()) return usage(fmt::format("'{}' is a text", member), kExample);
    if (member == "name") out.name = *value->as_text();
    if (member == "scopes") out.may = TRY(privacy::Scopes::parse(*value->as_text()));
    if (member == "expires") out.expires = TRY(expiry_of(*value->as_text(), now));
  }
  return out;
}

Result<Json> add_token(Service& service, const std::string& body) {
  const Instant now = service.clock.now();
  const Token wanted = TRY(token_in(body, now));
  std::optional<Key> made;
  const std::string secret = TRY(with_keys(service, [&](store::Record& record) -> Result<std::string> {
    std::string token = TRY(server::add_token(record, wanted, now));
    made = TRY(key_in_force(record, token));
    return token;
  }));
  const Token& token = made->token;
  return Json::object()
      .set("token", secret)
      .set("name", token.name)
      .set("scopes", token.may.text())
      .set("expires", token.expires ? Json(text_of(*token.expires)) : Json());
}

void make_token(Service& service, Call call, http::Responder responder) {
  const auto made = add_token(service, call.request.body);
  responder.send(made ? json_response(*made, 201) : problem_of(made.error(), 500));
}

void remove_key(Service& service, Call call, http::Responder responder) {
  const auto record = service.record.another();
  if (!record) return responder.send(problem_of(record.error(), 500));
  const auto found = key_in_force(**record, call.parts[0]);
  const bool may = found && found->is_token() ? call.caller.may.covers(Needs::Admin)
                                              : !found || call.caller.may.covers_source(found->source);
  if (!may) {
    service.count(Barred::Scope);
    return responder.send(problem_of(lacks(call.caller, Needs::Admin)));
  }
  const auto removed =
      with_keys(service, [&](store::Record& own) { return revoke_key(own, call.parts[0], service.clock.now()); });
  if (!removed) return responder.send(problem_of(removed.error(), 404));
  responder.send(json_response(Json::object().set("revoked", call.parts[0])));
}

// --- the audit

Result<Json> audit_page(Service& service, size_t limit, size_t skip) {
  auto connection = TRY(service.record.connect());
  Json entries = Json::array();
  const auto text = [](const std::optional<std::string>& value) { return value ? Json(*value) : Json(); };
  for (const store::AuditEntry& entry : TRY(store::list_audit(connection, limit, skip)))
    entries.add(Json::object()
                    .set("number", entry.number ? Json(*entry.number) : Json())
                    .set("done", text_of(entry.done))
                    .set("who", entry.who)
                    .set("address", text(entry.address))
                    .set("action", entry.action)
                    .set("detail", text(entry.detail)));
  return Json::object().set("entries", std::move(entries));
}

void list_audit(Service& service, Call call, http::Responder responder) {
  const auto limit = limit_of(call), skip = number_in(call, "skip", 0, INT32_MAX, 0);
  if (!limit) return responder.send(bad_limit());
  if (!skip) return responder.send(problem(400, "'skip' is a whole number", "skip=1000"));
  const auto out = audit_page(service, *limit, *skip);
  responder.send(out ? json_response(*out) : problem_of(out.error(), 500));
}

// 409: it is not what was written.
void verify_audit(Service& service, Call call, http::Responder responder) {
  std::optional<store::AuditHead> earlier;
  if (const auto root = call.query.get("root")) {
    const auto size = number_in(call, "size", 0, SIZE_MAX, 0);
    if (!size) return responder.send(problem(400, "'size' is a whole number", "size=17&root=..."));
    earlier = store::AuditHead{*size, *root};
  }
  auto connection = service.record.connect();
  if (!connection) return responder.send(problem_of(connection.error(), 500));
  const auto head = store::verify_audit(*connection, earlier);
  if (!head) return responder.send(problem_of(head.error(), 409));
  responder.send(json_response(Json::object().set("size", head->size).set("root", head->root)));
}

// --- the table

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
constexpr Parameter kAudit[] = {{"limit", "query", "integer", "At most so many, 1 to 10000 (default 1000)"},
                                {"skip", "query", "integer", "Leave out so many, newest first"}};
constexpr Parameter kHead[] = {
    {"size", "query", "integer", "With root: as this said on an earlier day; were the entries of then changed?"},
    {"root", "query", "string", "See size"}};
constexpr Parameter kKey[] = {{"key", "path", "string", "A write key, a token, its name, or how the list shows it"}};

constexpr Route kRoutes[] = {
    {"GET", "/api/v1/changes", "Who entered and left which segment", kChanges, "",
     "{\"changes\": [...], \"next\": ...}, or server-sent events", kFeed, Runs::Worker, list_changes},
    {"GET", "/api/v1/rejects", "What could not be used, and why, newest first", kRejects, "",
     "{\"reasons\": {...}, \"rejects\": [...]}", Needs::Identified, Runs::Worker, list_rejects},
    {"GET", "/api/v1/rulings", "Who is marked, unmerged, blocked: why, since when, by whom; newest first", kRulings, "",
     "{\"rulings\": [...]}", Needs::Identified, Runs::Worker, list_rulings},
    {"POST",
     "/api/v1/rulings",
     "Decide about customers: one, two, a bot, consent, a value that identifies nobody",
     {},
     "{\"ruling\": \"unlink\", \"who\": {\"user_id\": \"u1\"}, \"other\": {\"email\": \"a@b.com\"}, \"reason\": ...}",
     "The ruling, when it was learnt, how many changes it made",
     Needs::Write,
     Runs::Worker,
     add_ruling},
    {"GET",
     "/api/v1/sources",
     "Sources with their write keys, and tokens",
     {},
     "",
     "{\"keys\": [...]}",
     Needs::Sources,
     Runs::Worker,
     list_sources},
    {"POST",
     "/api/v1/sources",
     "Make a write key for a source",
     {},
     "{\"name\": \"web-shop\"}",
     "{\"source\": ..., \"key\": ...}",
     Needs::Sources,
     Runs::Worker,
     add_source},
    {"GET",
     "/api/v1/tokens",
     "Tokens: their names, scopes and ends",
     {},
     "",
     "{\"tokens\": [...]}",
     Needs::Admin,
     Runs::Worker,
     list_tokens},
    {"POST",
     "/api/v1/tokens",
     "Make a token for this API; it is shown once",
     {},
     "{\"name\": \"dashboard\", \"scopes\": \"read,identified\", \"expires\": \"90 days\"}; empty: an admin token",
     "{\"token\": ..., \"name\": ..., \"scopes\": ..., \"expires\": ...}",
     Needs::Admin,
     Runs::Worker,
     make_token},
    {"DELETE", "/api/v1/keys/{key}", "Revoke a write key or a token", kKey, "", "{\"revoked\": ...}", Needs::Sources,
     Runs::Worker, remove_key},
    {"GET", "/api/v1/audit", "Who did and saw what, newest first", kAudit, "", "{\"entries\": [...]}", Needs::Admin,
     Runs::Worker, list_audit},
    {"GET", "/api/v1/audit/head", "Whether the audit is what was written, and its head to keep", kHead, "",
     "{\"size\": ..., \"root\": ...}; 409: it was changed", Needs::Admin, Runs::Worker, verify_audit},
};

}  // namespace

std::span<const Route> management_routes() {
  return kRoutes;
}

}  // namespace tessera::server
