// The routes of webhooks: who is told of changes, with which secret, what could not be delivered. Thin: Deliveries
// (channels/deliveries.hpp) does it, under the lock of Webhooks.
#include "channels/webhooks.hpp"
#include "core/text.hpp"
#include "server/site.hpp"

namespace tessera::server {

namespace {

using channels::Deliveries;
using channels::Webhook;

constexpr std::string_view kBody =
    R"({"url": "https://example.org/changes", "segments": ["big-spenders"], "after": "4711-3"})";

http::Response no_webhook(const std::string& id) {
  return problem(404, fmt::format("there is no webhook '{}'", id), try_get("/api/v1/webhooks").note("lists them"));
}

// use(Deliveries&) where the address names a webhook.
template <typename Use>
void with_webhook(Service& service, const Call& call, http::Responder& responder, Use use) {
  responder.send(service.webhooks.with([&](Deliveries& all) -> http::Response {
    if (!all.find(call.parts[0])) return no_webhook(call.parts[0]);
    return use(all);
  }));
}

void list_webhooks(Service& service, Call, http::Responder responder) {
  Json items = Json::array();
  for (const Webhook& webhook : service.webhooks.with([](Deliveries& all) { return all.list(); }))
    items.add(channels::json_of(webhook));
  responder.send(json_response(Json::object().set("webhooks", std::move(items))));
}

void get_webhook(Service& service, Call call, http::Responder responder) {
  with_webhook(service, call, responder,
               [&](Deliveries& all) { return json_response(channels::json_of(*all.find(call.parts[0]))); });
}

struct Asked {
  std::string url;
  std::vector<std::string> segments{};
  std::optional<std::string> after{};
};

// A name that is not in force would never be told of, which looks like a webhook that does not work.
Result<void> check_segments(const std::vector<std::string>& asked, const std::vector<live::SegmentState>& in_force) {
  std::vector<std::string> known;
  for (const live::SegmentState& segment : in_force) known.push_back(segment.slug);
  for (const std::string& slug : asked) {
    if (std::find(known.begin(), known.end(), slug) != known.end()) continue;
    const auto near = nearest_name(slug, known);
    return usage(fmt::format("there is no segment '{}'", slug), near ? Remedy(fmt::format("did you mean '{}'?", *near))
                                                                     : try_command("segments list").note("lists them"));
  }
  return {};
}

Result<Asked> asked_in(const std::string& body) {
  const auto wrong = [](std::string_view what) { return usage(std::string(what), std::string(kBody)); };
  const auto parsed = parse_json(body, "body");
  if (!parsed || !parsed->as_object()) return wrong("the body is a JSON object with a url");
  Asked asked;
  for (const auto& [name, value] : *parsed->as_object()) {
    if (name == "url" && value.as_text()) {
      asked.url = *value.as_text();
    } else if (name == "after" && value.as_text()) {
      asked.after = *value.as_text();
    } else if (name == "segments" && value.as_array()) {
      for (const Json& segment : *value.as_array()) {
        if (!segment.as_text()) return wrong("'segments' is a list of ids of segments");
        asked.segments.push_back(*segment.as_text());
      }
    } else {
      return wrong(fmt::format("'{}' is not known here, or is of another type", name));
    }
  }
  if (asked.url.empty()) return wrong("the body is a JSON object with a url");
  return asked;
}

void add_webhook(Service& service, Call call, http::Responder responder) {
  const auto added = [&]() -> Result<Webhook> {
    Asked asked = TRY(asked_in(call.request.body));
    TRY(check_segments(asked.segments, service.engine.segments()));
    // From now on, where nothing else is said.
    const feed::Position after =
        asked.after ? TRY(feed::parse_position(*asked.after)) : service.engine.listen([] {}).newest;
    return service.webhooks.with(
        [&](Deliveries& all) { return all.add(asked.url, std::move(asked.segments), after, service.clock.now()); });
  }();
  if (!added) return responder.send(problem_of(added.error(), 500));
  responder.send(json_response(channels::json_of(*added).set("secret", added->secret), 201));
}

void remove_webhook(Service& service, Call call, http::Responder responder) {
  with_webhook(service, call, responder, [&](Deliveries& all) {
    const auto removed = all.remove(call.parts[0]);
    return removed ? json_response(Json::object().set("removed", call.parts[0])) : problem_of(removed.error(), 500);
  });
}

void rotate_secret(Service& service, Call call, http::Responder responder) {
  with_webhook(service, call, responder, [&](Deliveries& all) {
    const auto secret = all.rotate(call.parts[0], service.clock.now());
    if (!secret) return problem_of(secret.error(), 500);
    return json_response(channels::json_of(*all.find(call.parts[0])).set("secret", *secret));
  });
}

void switch_webhook(Service& service, Call& call, http::Responder& responder, bool on) {
  with_webhook(service, call, responder, [&](Deliveries& all) {
    const auto done = on ? all.enable(call.parts[0]) : all.disable(call.parts[0], "disabled by hand");
    return done ? json_response(channels::json_of(*all.find(call.parts[0]))) : problem_of(done.error(), 500);
  });
}
void enable_webhook(Service& service, Call call, http::Responder responder) {
  switch_webhook(service, call, responder, true);
}
void disable_webhook(Service& service, Call call, http::Responder responder) {
  switch_webhook(service, call, responder, false);
}

void list_dead_letters(Service& service, Call call, http::Responder responder) {
  with_webhook(service, call, responder, [&](Deliveries& all) {
    Json letters = Json::array();
    for (const channels::DeadLetter& letter : all.dead_letters(call.parts[0])) letters.add(channels::json_of(letter));
    return json_response(Json::object().set("dead_letters", std::move(letters)));
  });
}

void replay_dead_letter(Service& service, Call call, http::Responder responder) {
  with_webhook(service, call, responder, [&](Deliveries& all) {
    for (const channels::DeadLetter& letter : all.dead_letters(call.parts[0])) {
      if (std::to_string(letter.number) != call.parts[1]) continue;
      const auto replayed = all.replay(letter.number);
      return replayed ? json_response(channels::json_of(letter), 202) : problem_of(replayed.error());
    }
    return problem(404, fmt::format("this webhook has no dead letter {}", call.parts[1]),
                   try_get(fmt::format("/api/v1/webhooks/{}/dead-letters", call.parts[0])).note("lists them"));
  });
}

constexpr Parameter kId[] = {{"id", "path", "string", "The webhook's id"}};
constexpr Parameter kLetter[] = {{"id", "path", "string", "The webhook's id"},
                                 {"number", "path", "integer", "The dead letter's number"}};

constexpr Route kRoutes[] = {
    {"GET",
     "/api/v1/webhooks",
     "Who is told of changes, and how far they have come",
     {},
     "",
     "{\"webhooks\": [...]}",
     Needs::Admin,
     Runs::Worker,
     list_webhooks},
    {"POST",
     "/api/v1/webhooks",
     "Tell a URL of changes; the secret is shown once",
     {},
     kBody,
     "The webhook, with its secret",
     Needs::Admin,
     Runs::Worker,
     add_webhook},
    {"GET", "/api/v1/webhooks/{id}", "One webhook", kId, "", "As in the list", Needs::Admin, Runs::Worker, get_webhook},
    {"DELETE", "/api/v1/webhooks/{id}", "Remove a webhook and its dead letters", kId, "", "{\"removed\": ...}",
     Needs::Admin, Runs::Worker, remove_webhook},
    {"POST", "/api/v1/webhooks/{id}/rotate", "A new secret; the old one signs too for a day", kId, "",
     "The webhook, with its new secret", Needs::Admin, Runs::Worker, rotate_secret},
    {"POST", "/api/v1/webhooks/{id}/disable", "Send nothing until it is enabled", kId, "", "The webhook", Needs::Admin,
     Runs::Worker, disable_webhook},
    {"POST", "/api/v1/webhooks/{id}/enable", "Go on where it stopped, at once", kId, "", "The webhook", Needs::Admin,
     Runs::Worker, enable_webhook},
    {"GET", "/api/v1/webhooks/{id}/dead-letters", "What was given up", kId, "", "{\"dead_letters\": [...]}",
     Needs::Admin, Runs::Worker, list_dead_letters},
    {"POST", "/api/v1/webhooks/{id}/dead-letters/{number}/replay", "Send a dead letter once more", kLetter, "",
     "202: the letter, which is removed when it is delivered", Needs::Admin, Runs::Worker, replay_dead_letter},
};

}  // namespace

std::span<const Route> webhook_routes() {
  return kRoutes;
}

}  // namespace tessera::server
