// What those ask who keep the server running: is it alive, is it ready, its counts, and the document of its routes.
#include "server/engine_json.hpp"
#include "server/metrics.hpp"
#include "server/site.hpp"
#include "store/keystore.hpp"

namespace tessera::server {

namespace {

http::HttpServer::Counts http_of(const Service& service) {
  return service.http ? service.http() : http::HttpServer::Counts{};
}

Json http_counts(const Service& service) {
  const http::HttpServer::Counts counts = http_of(service);
  Json by = Json::object();
  for (size_t i = 0; i < http::kRefusals; ++i) by.set(std::string(http::kRefusedNames[i]), counts.refused_by[i]);
  return Json::object()
      .set("requests", counts.requests)
      .set("in_progress", counts.in_progress)
      .set("streams", counts.streams)
      .set("slow_readers", counts.slow_readers)
      .set("malformed", counts.refused)
      .set("not_taken", std::move(by));
}

Json tracking_counts(const Counters& counters) {
  return Json::object()
      .set("requests", counters.requests.load())
      .set("events", counters.events.load())
      .set("refused", counters.refused.load())
      .set("unknown_write_keys", counters.unknown_keys.load())
      .set("told_to_retry", counters.busy.load())
      .set("told_to_wait", counters.too_often.load())
      .set("not_written", counters.not_written.load());
}

Json kafka_of(const Service& service) {
  return service.kafka ? service.kafka() : Json::array();
}

Json status_of(Service& service) {
  return Json::object()
      .set("engine", json_of(service.engine.status()))
      .set("tracking", tracking_counts(service.counters))
      .set("kafka", kafka_of(service))
      .set("http", http_counts(service));
}

// Identifiers that join strangers are shown to those who may see identifiers.
void give_status(Service& service, Call call, http::Responder responder) {
  Json status = status_of(service);
  if (!call.caller.may.covers(Needs::Identified)) {
    Json engine = *status.find("engine");
    engine.set("storms", Json::array());
    status.set("engine", std::move(engine));
  }
  responder.send(json_response(status));
}

void give_health(Service&, Call, http::Responder responder) {
  responder.send(json_response(Json::object().set("status", "ok")));
}

// Those of Kafka's consumers that no broker answers, or that will not go on.
Json unheard(const Json& kafka) {
  Json out = Json::array();
  for (const Json& consumer : *kafka.as_array()) {
    const std::string state = consumer.find("state") ? consumer.find("state")->text_or("") : "";
    if (state != "reading" && state != "waiting for the log" && state != "no partitions") out.add(consumer);
  }
  return out;
}

// Strict: also that Kafka's brokers answer, that no definition is set aside, that the log follows the clock, and that no
// source has fallen silent, as the engine's status lists them.
void give_readiness(Service& service, Call call, http::Responder responder) {
  if (!service.is_ready) return responder.send(json_response(Json::object().set("status", "stopping"), 503));
  if (const store::Keystore& keystore = service.record.keystore(); keystore.is_lost())
    return responder.send(
        json_response(Json::object().set("status", "recording stopped").set("why", keystore.loss().message), 503));
  if (call.query.get("strict")) {
    if (Json without = unheard(kafka_of(service)); !without.as_array()->empty())
      return responder.send(
          json_response(Json::object().set("status", "no Kafka").set("kafka", std::move(without)), 503));
    const live::Status status = service.engine.status();
    if (!status.set_aside.empty())
      return responder.send(json_response(
          Json::object().set("status", "definitions set aside").set("set_aside", json_of(status.set_aside)), 503));
    if (status.held_clock)
      return responder.send(json_response(
          Json::object().set("status", "clock held back").set("clock_held_back", json_of(*status.held_clock)), 503));
    if (const auto silent = silent_sources(status); !silent.empty())
      return responder.send(
          json_response(Json::object().set("status", "silent sources").set("silent_sources", json_of(silent)), 503));
  }
  responder.send(json_response(Json::object().set("status", "ready")));
}

void accept_clock(Service& service, Call, http::Responder responder) {
  const auto now = service.engine.accept_clock();
  if (now)
    if (const auto record = service.record.another())
      (void)(*record)->audit(*now, "api", "clock accepted", text_of(*now));
  responder.send(now ? json_response(Json::object().set("now", text_of(*now))) : problem_of(now.error(), 409));
}

void give_metrics(Service& service, Call, http::Responder responder) {
  const Snapshot now{.engine = service.engine.status(),
                     .other_values = service.engine.other_values(),
                     .tracking = service.counters,
                     .http = http_of(service),
                     .kafka = kafka_of(service),
                     .memory = service.memory ? service.memory->counts() : MemoryBudget::Counts{},
                     .memory_budget = service.memory ? service.memory->bytes() : 0};
  responder.send({.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text(now)});
}

void give_openapi(Service&, Call, http::Responder responder) {
  static const std::string kDocument = openapi().dump(2);
  responder.send({.body = kDocument});
}

constexpr Parameter kStrict[] = {
    {"strict", "query", "string",
     "Given: also 503 where a source has fallen silent, a definition cannot be run, no broker of Kafka answers, or a jump "
     "of the clock is held back"}};

constexpr Route kRoutes[] = {
    {"GET",
     "/api/v1/status",
     "Counts, offsets, lag, freshness of the sources",
     {},
     "",
     "The status",
     Needs::Read,
     Runs::Worker,
     give_status},
    {"POST",
     "/api/v1/clock/accept",
     "Follow the clock over a jump that is held back",
     {},
     "",
     "{\"now\": ...}, the log's time",
     Needs::Admin,
     Runs::Worker,
     accept_clock},
    {"GET", "/api/v1/openapi.json", "This document", {}, "", "OpenAPI 3.1", Needs::Open, Runs::Here, give_openapi},
    {"GET", "/healthz", "Is the process alive", {}, "", "{\"status\": \"ok\"}", Needs::Open, Runs::Here, give_health},
    {"GET", "/readyz", "Does it take events; 503: not now", kStrict, "", "{\"status\": \"ready\"}", Needs::Open,
     Runs::Worker, give_readiness},
    {"GET", "/metrics", "Counts for Prometheus", {}, "", "Text", Needs::Read, Runs::Worker, give_metrics},
};

}  // namespace

std::span<const Route> running_routes() {
  return kRoutes;
}

}  // namespace tessera::server
