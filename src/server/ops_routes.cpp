// What those ask who keep the server running: is it alive, is it ready, its counts, and the document of its routes.
#include "core/text.hpp"
#include "server/engine_json.hpp"
#include "server/site.hpp"

namespace tessera::server {

namespace {

Json http_counts(const Service& service) {
  const http::HttpServer::Counts counts = service.http ? service.http() : http::HttpServer::Counts{};
  return Json::object()
      .set("requests", counts.requests)
      .set("in_progress", counts.in_progress)
      .set("streams", counts.streams)
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

void give_status(Service& service, Call, http::Responder responder) {
  responder.send(json_response(status_of(service)));
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

// Every number of the status is a metric: {"engine": {"lag": 5}} is tessera_engine_lag 5.
void put_metrics(const Json& value, std::string name, std::string& out) {
  if (const Json::Object* members = value.as_object()) {
    for (const auto& [member, inner] : *members) {
      std::string part = slug_of(member);
      std::replace(part.begin(), part.end(), '-', '_');
      put_metrics(inner, fmt::format("{}_{}", name, part), out);
    }
  } else if (const Json::Literal* number = value.as_literal()) {
    out += fmt::format("# TYPE {0} gauge\n{0} {1}\n", name, number->text);
  } else if (const bool* truth = value.as_bool()) {
    out += fmt::format("# TYPE {0} gauge\n{0} {1}\n", name, *truth ? 1 : 0);
  }
}

// How far each partition is, by consumer group: tessera_kafka_lag{group="tessera",topic="orders",partition="0"} 12.
void put_kafka_metrics(const Json& kafka, std::string& out) {
  constexpr std::string_view kOfConsumer[] = {"brokers_up", "messages",      "in_flight",
                                              "told_later", "fetched_again", "commits"};
  constexpr std::string_view kOfPartition[] = {"lag", "committed", "end"};
  const auto text = [](const Json& object, std::string_view name) {
    const Json* found = object.find(name);
    const Json::Literal* number = found ? found->as_literal() : nullptr;
    return number ? number->text : found ? found->text_or("") : std::string();
  };
  for (const std::string_view name : kOfConsumer) {
    out += fmt::format("# TYPE tessera_kafka_{} gauge\n", name);
    for (const Json& consumer : *kafka.as_array())
      out += fmt::format("tessera_kafka_{}{{brokers={},group={}}} {}\n", name, quoted_json(text(consumer, "brokers")),
                         quoted_json(text(consumer, "group")), text(consumer, name));
  }
  for (const std::string_view name : kOfPartition) {
    out += fmt::format("# TYPE tessera_kafka_{} gauge\n", name);
    for (const Json& consumer : *kafka.as_array())
      for (const Json& partition : *consumer.find("partitions")->as_array())
        if (const std::string value = text(partition, name); !value.empty())
          out += fmt::format("tessera_kafka_{}{{group={},topic=\"{}\",partition=\"{}\"}} {}\n", name,
                             quoted_json(text(consumer, "group")), text(partition, "topic"),
                             text(partition, "partition"), value);
  }
}

void give_metrics(Service& service, Call, http::Responder responder) {
  std::string out;
  const Json status = status_of(service);
  put_metrics(status, "tessera", out);
  if (const Json* kafka = status.find("kafka"); !kafka->as_array()->empty()) put_kafka_metrics(*kafka, out);
  responder.send({.type = "text/plain; version=0.0.4", .body = std::move(out)});
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
     Access::Manage,
     Runs::Worker,
     give_status},
    {"GET", "/api/v1/openapi.json", "This document", {}, "", "OpenAPI 3.1", Access::Open, Runs::Here, give_openapi},
    {"GET", "/healthz", "Is the process alive", {}, "", "{\"status\": \"ok\"}", Access::Open, Runs::Here, give_health},
    {"GET", "/readyz", "Does it take events; 503: not now", kStrict, "", "{\"status\": \"ready\"}", Access::Open,
     Runs::Worker, give_readiness},
    {"GET", "/metrics", "Counts for Prometheus", {}, "", "Text", Access::Manage, Runs::Worker, give_metrics},
};

}  // namespace

std::span<const Route> running_routes() {
  return kRoutes;
}

}  // namespace tessera::server
