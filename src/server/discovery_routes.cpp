// Discoveries over HTTP: asked for, looked at, read, removed.
#include <charconv>

#include "server/discoveries.hpp"
#include "server/site.hpp"

namespace tessera::server {

namespace {

constexpr size_t kPage = 100;
http::Response no_such(const Call& call) {
  return problem(404, fmt::format("there is no discovery '{}'", call.parts[0]),
                 try_get("/api/v1/discoveries").note("lists those there are; the oldest make room for new ones"));
}

// Runs for a server that makes discoveries.
void with(Service& service, const http::Responder& responder,
          const std::function<http::Response(Discoveries&)>& answer) {
  responder.send(service.discoveries ? answer(*service.discoveries) : problem(501, "this server makes no discoveries"));
}

void ask(Service& service, Call call, http::Responder responder) {
  with(service, responder, [&](Discoveries& all) {
    const std::string& body = call.request.body;
    const auto options = body.empty() ? Result<Json>(Json::object()) : parse_json(body, "body");
    if (!options)
      return problem(400, fmt::format("{}: {}", options.error().place, options.error().message),
                     R"({"min_size": 100})");
    const auto made = all.add(*options);
    if (!made) return problem_of(made.error(), 503);
    if (!*made) {
      http::Response busy = problem(503, "as many discoveries as may wait are waiting already", "ask again later");
      busy.headers.emplace_back("Retry-After", "60");
      return busy;
    }
    http::Response out = json_response(**made, 202);
    out.headers.emplace_back("Location", "/api/v1/discoveries/" + (*made)->find("id")->text_or(""));
    return out;
  });
}

void list(Service& service, Call call, http::Responder responder) {
  with(service, responder, [&](Discoveries& all) {
    size_t limit = kPage;
    if (const auto text = call.query.get("limit")) {
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
      if (error != std::errc() || end != text->data() + text->size() || limit < 1 || limit > kPage)
        return problem(400, fmt::format("'limit' is a whole number from 1 to {}", kPage), "limit=20");
    }
    const auto page = all.list(call.query.get("before").value_or(""), limit);
    return page ? json_response(*page) : problem_of(page.error());
  });
}

void get(Service& service, Call call, http::Responder responder) {
  with(service, responder, [&](Discoveries& all) {
    const std::string format = call.query.get("format").value_or("json");
    if (format == "json") {
      const auto found = all.get(call.parts[0]);
      return found ? json_response(*found) : no_such(call);
    }
    if (format != "html" && format != "tsl") return problem(400, "'format' is json, html or tsl", "format=html");
    const auto file = all.file(call.parts[0], format);
    if (!file) return no_such(call);
    if (!*file) return problem_of(file->error(), 409);
    http::Response out{.type = format == "html" ? "text/html; charset=utf-8" : "text/plain; charset=utf-8",
                       .body = **file};
    // A page made of what customers sent has no say at this address.
    out.headers.emplace_back("Content-Security-Policy",
                             "sandbox allow-scripts; frame-ancestors 'none'");  // what else may not, it says itself
    out.headers.emplace_back("X-Content-Type-Options", "nosniff");
    return out;
  });
}

void remove(Service& service, Call call, http::Responder responder) {
  with(service, responder, [&](Discoveries& all) {
    if (!all.remove(call.parts[0])) return no_such(call);
    return json_response(Json::object().set("removed", call.parts[0]));
  });
}

constexpr Parameter kList[] = {{"limit", "query", "integer", "At most so many, 1 to 100 (default 100)"},
                               {"before", "query", "string", "The next page: what the one before said as next"}};
constexpr Parameter kOne[] = {{"id", "path", "string", "The discovery"},
                              {"format", "query", "string", "json (default), html: the report, tsl: its segments"}};
constexpr Parameter kId[] = {{"id", "path", "string", "The discovery"}};

constexpr Route kRoutes[] = {
    {"GET", "/api/v1/discoveries", "Discoveries, newest first", kList, "", "{\"discoveries\": [...], \"next\": ...}",
     Needs::Read, Runs::Worker, list},
    {"POST",
     "/api/v1/discoveries",
     "Find the natural micro-segments, in the background",
     {},
     "the options of the verb discover as members, all of which may be left out",
     "202 and its Location: {\"id\": ..., \"status\": \"queued\", ...}",
     Needs::Write,
     Runs::Worker,
     ask,
     {512 << 10, 413},
     workspace::discovery_schema},
    {"GET", "/api/v1/discoveries/{id}", "One discovery: its status, how far it is, its result", kOne, "",
     "{\"id\": ..., \"status\": \"queued, running, done or failed\", \"progress\": ..., \"error\": ..., \"result\": "
     "...}",
     Needs::Read, Runs::Worker, get},
    {"DELETE", "/api/v1/discoveries/{id}", "Remove a discovery; one that runs is stopped", kId, "",
     "{\"removed\": ...}", Needs::Write, Runs::Worker, remove},
};

}  // namespace

std::span<const Route> discovery_routes() {
  return kRoutes;
}

}  // namespace tessera::server
