// What those ask who keep the server running: is it alive, is it ready, its counts, and the document of its routes.
#include "server/engine_json.hpp"
#include "server/metrics.hpp"
#include "server/site.hpp"

namespace tessera::server {

namespace {

http::HttpServer::Counts http_of(const Service& service) {
  return service.http ? service.http() : http::HttpServer::Counts{};
}

Json http_counts(const Service& service) {
  const http::HttpServer::Counts counts = http_of(service);
  return Json::object()
      .set("requests", counts.requests)
      .set("in_progress", counts.in_progress)
      .set("streams", counts.streams)
      .set("slow_readers", counts.slow_readers)
      .set("malformed", counts.refused);
}

Json tracking_counts(const Counters& counters) {
  return Json::object()
      .set("requests", counters.requests.load())
      .set("events", counters.events.load())
      .set("refused", counters.refused.load())
      .set("unknown_write_keys", counters.unknown_keys.load())
      .set("told_to_retry", counters.busy.load())
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

// Strict: also that Kafka's brokers answer, and that no source has fallen silent, as the engine's status lists them.
void give_readiness(Service& service, Call call, http::Responder responder) {
  if (!service.is_ready) return responder.send(json_response(Json::object().set("status", "stopping"), 503));
  if (call.query.get("strict")) {
    if (Json without = unheard(kafka_of(service)); !without.as_array()->empty())
      return responder.send(
          json_response(Json::object().set("status", "no Kafka").set("kafka", std::move(without)), 503));
    if (const auto silent = silent_sources(service.engine.status()); !silent.empty())
      return responder.send(
          json_response(Json::object().set("status", "silent sources").set("silent_sources", json_of(silent)), 503));
  }
  responder.send(json_response(Json::object().set("status", "ready")));
}

void give_metrics(Service& service, Call, http::Responder responder) {
  const Snapshot now{.engine = service.engine.status(),
                     .tracking = service.counters,
                     .http = http_of(service),
                     .kafka = kafka_of(service)};
  responder.send({.type = "text/plain; version=0.0.4", .body = metrics_text(now)});
}

void give_openapi(Service&, Call, http::Responder responder) {
  static const std::string kDocument = openapi().dump(2);
  responder.send({.body = kDocument});
}

constexpr Parameter kStrict[] = {
    {"strict", "query", "string", "Given: also 503 where a source has fallen silent or no broker of Kafka answers"}};

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
