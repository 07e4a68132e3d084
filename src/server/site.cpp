#include "server/site.hpp"

#include <new>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "profiles/people.hpp"
#include "server/remedies.hpp"

namespace tessera::server {

namespace {

// What a browser may ask before it sends, for the paths that pages of other sites post to.
http::Response preflight(const http::Request& request) {
  http::Response out{.type = "text/plain"};
  out.headers = {{"Access-Control-Allow-Origin", "*"},
                 {"Access-Control-Allow-Methods", "GET, POST, OPTIONS"},
                 {"Access-Control-Max-Age", "86400"}};
  const std::string_view wanted = request.header("access-control-request-headers");
  const bool is_plain = std::all_of(wanted.begin(), wanted.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == ',' ||
           c == ' ' || c == '_';
  });
  if (!wanted.empty() && is_plain) out.headers.emplace_back("Access-Control-Allow-Headers", wanted);
  return out;
}

// Who has tried so many tokens that it is no mistake.
std::optional<http::Response> too_often(const Service& service, const http::Request& request) {
  const Instant now = service.clock.now();
  const auto wait = service.rates ? service.rates->wrong_token(request.network, now) : std::nullopt;
  if (!wait) return std::nullopt;
  http::Response out = problem(429, "too many tokens were tried from this address; wait");
  put_wait(out, *wait, now);
  return out;
}

// Names the route, whose pattern is ours: the path may name a customer.
http::Responder timed(Service& service, const Route& route, http::Responder responder) {
  if (!service.logger) return responder;
  return http::Responder(
      [&service, &route, responder = std::move(responder), began = service.clock.now()](http::Response response) {
        const Duration took = service.clock.now() - began;
        if (took > kSlow)
          say(service.logger, LogLevel::Warning, "slow request",
              {{"method", LogWord::known(route.method)},
               {"route", LogWord::known(route.pattern)},
               {"status", response.status},
               {"ms", took.ms}});
        responder.send(std::move(response));
      });
}

// What the address speaks of: a customer by pseudonym, a key by its hash, anything else by its name.
std::string subject_of(Service& service, const Route& route, const Call& call) {
  if (call.parts.empty()) return {};
  const std::string& part = call.parts[0];
  if (route.pattern.starts_with("/api/v1/customers/")) return service.pseudonym_of(part);
  if (route.pattern.starts_with("/api/v1/keys/")) return "sha256:" + sha256_hex(part).substr(0, 8);
  return part;
}

// Before it is done: what cannot be noted is not done.
Result<void> note_in_audit(Service& service, const Route& route, const Call& call) {
  if (!privacy::is_audited(route.needs)) return {};
  return service.record.audit(service.clock.now(), call.caller.who, fmt::format("{} {}", route.method, route.pattern),
                              subject_of(service, route, call), call.caller.address);
}

void run(Service& service, const Route& route, Call call, http::Responder responder) {
  responder = timed(service, route, std::move(responder));
  if (route.runs == Runs::Here) return route.handle(service, std::move(call), std::move(responder));
  service.workers.post([&service, &route, call = std::move(call), responder]() mutable {
    if (const auto noted = note_in_audit(service, route, call); !noted)
      return responder.send(problem_of(noted.error(), 503));
    try {
      route.handle(service, std::move(call), responder);
    } catch (const std::bad_alloc&) {
      say(service.logger, LogLevel::Error, "no memory for a request", {{"route", LogWord::known(route.pattern)}});
      responder.send(http::no_memory());
    }
  });
}

http::Response not_found(const std::string& path) {
  std::vector<std::string> known;
  for (const Route& route : routes()) known.emplace_back(route.pattern);
  const auto near = nearest_name(path, known);
  return problem(404, fmt::format("there is nothing at {}", path),
                 near ? Remedy(fmt::format("did you mean {}?", *near))
                      : try_get("/api/v1/openapi.json").note("lists all there is"));
}

}  // namespace

std::string Service::pseudonym_of(std::string_view id) const {
  const auto customer = engine.customer(id);
  return profiles::report_pseudonym(record.pseudonym_key(), customer ? customer->customer : std::string(id));
}

void Service::count(Barred why) {
  const auto which = static_cast<size_t>(why);
  ++counters.barred[which];
  barred.count(logger, LogWord::known(kBarredNames[which]), clock.now());
}

void Service::say_rest() {
  refusals.say_rest(logger);
  barred.say_rest(logger);
}

MessageIds::MessageIds() : prefix_(hex_of(secret_bytes(8))) {}

std::string MessageIds::next() {
  return fmt::format("tessera-{}-{}", prefix_, ++count_);
}

const std::vector<Route>& routes() {
  static const std::vector<Route> kAll = [] {
    std::vector<Route> all;
    for (const auto part : {tracking_routes(), segment_routes(), customer_routes(), management_routes(),
                            webhook_routes(), import_routes(), discovery_routes(), command_routes(), running_routes()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return kAll;
}

void put_wait(http::Response& response, Duration wait, Instant now) {
  const int64_t seconds = std::max<int64_t>(1, wait.ms / 1000);
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  response.headers.emplace_back("X-RateLimit-Reset", std::to_string(now.ms / 1000 + seconds + 1));
}

constexpr std::string_view kManagement = "/api/";  // all of it, whether there is something or not

void Site::handle(http::Request request, http::Responder responder) {
  // A page of another site has a browser here ask: it cannot read the answer, but would cost the work.
  if (request.path.starts_with(kManagement) && request.header("sec-fetch-site") == "cross-site") {
    service_.count(Barred::OtherSite);
    return responder.send(problem(403, "pages of other sites may not ask this"));
  }
  std::string allowed;
  for (const Route& route : routes()) {
    auto parts = http::match_path(route.pattern, request.path);
    if (!parts) continue;
    if (route.method != request.method && !(route.method == "GET" && request.method == "HEAD")) {
      allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", route.method);
      continue;
    }
    auto caller = service_.doors.let_in(route.needs, request);
    if (!caller) {
      const bool is_wrong = caller.error().status == 401 && request.has_header("authorization");
      auto often = is_wrong ? too_often(service_, request) : std::nullopt;
      service_.count(often ? Barred::TooOften : caller.error().why);
      return responder.send(often ? std::move(*often) : problem_of(caller.error()));
    }
    http::Query query = http::Query::parse(request.query);
    return run(service_, route, {std::move(request), std::move(*parts), std::move(query), std::move(*caller)},
               std::move(responder));
  }
  if (allowed.empty()) return responder.send(not_found(request.path));
  if (request.method == "OPTIONS" && !request.path.starts_with("/api/")) return responder.send(preflight(request));
  http::Response out = problem(405, fmt::format("{} takes {}", request.path, allowed));
  out.headers.emplace_back("Allow", allowed);
  responder.send(std::move(out));
}

// --- what may be sent, before it is

namespace {

// The row for a target as written; where no row has the method, one of another method. Null: there is nothing.
const Route* route_of(std::string_view method, std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  const Route* other = nullptr;
  for (const Route& route : routes()) {
    if (!http::match_path(route.pattern, path)) continue;
    if (method.empty() || route.method == method) return &route;
    if (!other) other = &route;
  }
  return other;
}

// What is answered also where no connection is left: whether it is well, and what its keeper does about it.
bool is_for_keepers(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  return path.starts_with(kManagement) || path == "/healthz" || path == "/readyz" || path == "/metrics";
}

// The write key, where it is said before the body.
std::string key_in(const http::Sender& sender) {
  if (auto user = http::basic_user(sender.authorization); user && !user->empty()) return *user;
  const size_t query = sender.target.find('?');
  if (query == std::string_view::npos) return {};
  return http::Query::parse(sender.target.substr(query + 1)).get("writeKey").value_or("");
}

MemoryBudget::Rank rank_of(const Keys& keys, const http::Sender& sender) {
  using enum MemoryBudget::Rank;
  if (sender.target.starts_with(kManagement)) return Manager;  // whoever may not is refused before
  return keys.source_of(key_in(sender)) ? Sender : Stranger;
}

http::BodyLimit limit_of(std::string_view method, std::string_view target) {
  const Route* const route = route_of(method, target);
  return route ? route->limit : kSmallBody;
}

}  // namespace

http::FramingLimits framing_limits() {
  return {.modern_only = kManagement, .body = limit_of, .may_send = {}, .is_for_keepers = is_for_keepers};
}

http::FramingLimits framing_limits(const Service& service) {
  http::FramingLimits limits = framing_limits();
  limits.rank = [&service](const http::Sender& sender) { return rank_of(service.keys, sender); };
  limits.tries_too_often = [&service](const http::Sender& sender) {
    return service.rates && !sender.authorization.empty() &&
           service.rates->wrong_token(sender.network, service.clock.now()).has_value();
  };
  limits.may_send = [&service](const http::Sender& sender) {
    const Route* const route = route_of(sender.method, sender.target);
    const bool is_open = !route && !sender.target.starts_with(kManagement);
    return is_open || service.doors.may_send(route ? route->needs : Needs::Any, sender);
  };
  return limits;
}

http::Response json_response(const Json& value, int status) {
  return {.status = status, .body = value.dump()};
}

http::Response problem(int status, std::string_view detail, const Remedy& remedy) {
  Json body = Json::object();
  body.set("type", "about:blank")
      .set("title", http::reason_of(status))
      .set("status", status)
      .set("detail", repair_utf8(detail));
  put_advice(body, remedy);
  return {.status = status, .type = "application/problem+json", .body = body.dump()};
}

http::Response problem_of(const Error& error, int status) {
  const std::string detail = error.place.empty() ? error.message : fmt::format("{}: {}", error.place, error.message);
  return problem(error.blame == Blame::Usage ? 400 : status, detail, error.remedy);
}

http::Response problem_of(const NotLetIn& refused) {
  http::Response out = problem(refused.status, refused.detail, refused.remedy);
  if (refused.status == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

// --- the OpenAPI document

namespace {

Json response_of(std::string_view text) {
  return Json::object().set("description", text);
}

Json operation_of(const Route& route) {
  Json parameters = Json::array();
  for (const Parameter& parameter : route.parameters) {
    Json one = Json::object();
    one.set("name", parameter.name).set("in", parameter.where).set("required", parameter.where == "path");
    one.set("description", parameter.help).set("schema", Json::object().set("type", parameter.type));
    parameters.add(std::move(one));
  }
  Json out = Json::object();
  out.set("summary", route.summary).set("parameters", std::move(parameters));
  if (!route.body.empty()) {
    const std::string_view type = route.body.starts_with("text") ? "text/plain" : "application/json";
    Json content = Json::object();
    if (route.schema) content.set("schema", route.schema());
    out.set("requestBody", Json::object()
                               .set("description", route.body)
                               .set("content", Json::object().set(std::string(type), std::move(content))));
  }
  Json responses = Json::object();
  responses.set("200", response_of(route.answer));
  if (route.needs != Needs::Open) {
    const std::string_view scope = privacy::name_of(route.needs);
    responses.set("401", response_of("a token is needed"));
    responses.set("403", response_of(fmt::format("a token with the scope '{}' is needed", scope)));
    responses.set("default", response_of("a problem document (RFC 9457): type, title, status, detail, remedy, action"));
    out.set("security", Json::array().add(Json::object().set("token", Json::array().add(Json(scope)))));
  }
  return out.set("responses", std::move(responses));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

}  // namespace

Json openapi() {
  Json paths = Json::object();
  for (const Route& route : routes()) {
    const Json* known = paths.find(route.pattern);
    Json path = known ? *known : Json::object();
    path.set(lower(route.method), operation_of(route));
    paths.set(std::string(route.pattern), std::move(path));
  }
  Json info = Json::object().set("title", "Tessera").set("version", "1");
  Json token = Json::object().set("type", "http").set("scheme", "bearer");
  Json components = Json::object().set("securitySchemes", Json::object().set("token", std::move(token)));
  return Json::object()
      .set("openapi", "3.1.0")
      .set("info", std::move(info))
      .set("paths", std::move(paths))
      .set("components", std::move(components));
}

}  // namespace tessera::server
