// The management API beside segments and customers: changes, rejects, rulings, sources and their keys. Handlers are
// thin: they read the address, ask the engine or the record, and write JSON. Errors are problem documents.
#include "core/text.hpp"
#include "feed/feed.hpp"
#include "profiles/rulings.hpp"
#include "server/call_values.hpp"
#include "server/engine_json.hpp"
#include "server/site.hpp"

namespace tessera::server {

namespace {

// --- changes

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
    return responder.send({.type = "text/event-stream",
                           .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
                           .stream = service.changes.open(is_from_now ? std::nullopt : whole(*from))});
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

constexpr Route kRoutes[] = {
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
