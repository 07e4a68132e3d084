// One customer: who, what they did, in which segments and why, and what becomes of that.
#include "segment/explain.hpp"
#include "server/call_values.hpp"
#include "server/engine_json.hpp"
#include "server/questions.hpp"
#include "workspace/ask.hpp"
#include "workspace/facts.hpp"

namespace tessera::server {

namespace {

using workspace::Workspace;

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

Result<Json> outlook_of(Service& service, const Call& call, std::string_view customer, const workspace::Look& look) {
  return answered(service, call, look, [&](Workspace& workspace) -> Result<Json> {
    const auto found = TRY(workspace::look_at(workspace, customer));
    if (!found) return usage(fmt::format("there was no customer '{}' then", customer), "leave out known_at");
    return workspace::to_json(*found, false);
  });
}

void get_outlook(Service& service, Call call, http::Responder responder) {
  const auto look = look_in(call);
  if (!look) return responder.send(problem_of(look.error(), 400));
  const auto customer = customer_of(service, call, responder);
  if (!customer) return;
  const auto out = outlook_of(service, call, *customer, *look);
  responder.send(out ? json_response(*out) : problem_of(out.error(), 503));
}

Result<Json> history_of(Service& service, std::string_view customer, workspace::FactsWish wish,
                        const std::optional<workspace::LookFrom>& from) {
  TRY(service.engine.record_now());
  LentRecord lent(service);
  const auto record = TRY(lent.open_record(store::OpenMode::ReadOnly));
  if (from) {
    const auto moment =
        TRY(workspace::moment_of(lent, service.clock, std::nullopt, *from, wish.known_at, record->connection()));
    wish.as_of = moment.at;
  }
  const workspace::FactsPage page = TRY(workspace::facts_of(record->connection(), customer, wish));
  Json facts = Json::array();
  for (const workspace::Fact& fact : page.facts)
    facts.add(Json::object()
                  .set("event", fact.event)
                  .set("time", fact.time ? Json(text_of(*fact.time)) : Json())
                  .set("properties", fact.properties));
  return Json::object()
      .set("customer", customer)
      .set("facts", std::move(facts))
      .set("next", page.next ? Json(*page.next) : Json());
}

void get_history(Service& service, Call call, http::Responder responder) {
  const auto limit = limit_of(call);
  if (!limit) return responder.send(bad_limit());
  workspace::FactsWish wish{.before = call.query.get("before").value_or(""), .limit = *limit};
  const auto look = look_in(call);
  if (!look) return responder.send(problem_of(look.error(), 400));
  wish.as_of = look->as_of.value_or(kNever);
  wish.known_at = look->known_at.value_or(kNever);
  const auto customer = customer_of(service, call, responder);
  if (!customer) return;
  const bool is_word = call.query.get("as_of") && !look->as_of;
  const auto out = history_of(service, *customer, wish, is_word ? std::optional(look->from) : std::nullopt);
  responder.send(out ? json_response(*out) : problem_of(out.error(), 503));
}

Result<Json> explain_customer(Service& service, const Call& call, std::string_view customer, std::string_view segment) {
  const Instant now = service.clock.now();
  return answered(service, call, {.as_of = now}, [&](Workspace& workspace) -> Result<Json> {
    Json segments = Json::array();
    for (const workspace::Why& each : TRY(workspace::explain_all(workspace, customer, segment)))
      segments.add(Json::object()
                       .set("id", each.slug)
                       .set("name", each.name)
                       .set("is_member", each.explanation.holds.value_or(false))
                       .set("explanation", segment::to_json(each.explanation))
                       .set("text", segment::text_of(each.explanation)));
    return Json::object().set("customer", customer).set("as_of", text_of(now)).set("segments", std::move(segments));
  });
}

void get_customer_segments(Service& service, Call call, http::Responder responder) {
  const auto customer = customer_of(service, call, responder);
  if (!customer) return;
  const auto out = explain_customer(service, call, *customer, call.query.get("segment").value_or(""));
  responder.send(out ? json_response(*out) : problem_of(out.error(), 503));
}

// --- the table

constexpr Parameter kCustomer[] = {{"id", "path", "string", "Public id, user id, e-mail, phone or anonymous id"}};
constexpr Parameter kHistory[] = {{"id", "path", "string", "Public id, user id, e-mail, phone or anonymous id"},
                                  {"limit", "query", "integer", "At most so many, 1 to 10000 (default 1000)"},
                                  {"before", "query", "string", "The next page: what the one before said as next"},
                                  {"as_of", "query", "string", "Only what had happened by then: a time, now or newest"},
                                  {"known_at", "query", "string", "Only what had been learnt by then"}};
constexpr Parameter kOutlook[] = {
    {"id", "path", "string", "Public id, user id, e-mail, phone or anonymous id"},
    {"as_of", "query", "string", "Looked at from then: a time, now or newest (default: now)"},
    {"known_at", "query", "string", "As known then (default: as known now)"},
    {"zone", "query", "string", "Zone of $hour, $weekday, $month and $day (default: the record's, else UTC)"},
    {"currency", "query", "string", "In which amounts are read, such as EUR (default: the record's)"}};
constexpr Parameter kWhy[] = {{"id", "path", "string", "Public id, user id, e-mail, phone or anonymous id"},
                              {"segment", "query", "string", "This segment's id alone"}};

constexpr Route kRoutes[] = {
    {"GET", "/api/v1/customers/{id}", "One customer: traits, segments, events seen", kCustomer, "", "The customer",
     Needs::Identified, Runs::Worker, get_customer},
    {"GET", "/api/v1/customers/{id}/history", "A customer's facts, newest first", kHistory, "",
     "{\"facts\": [...], \"next\": ...}", Needs::Identified, Runs::Worker, get_history},
    {"GET", "/api/v1/customers/{id}/segments", "Why a customer is in each segment, or not", kWhy, "",
     "{\"segments\": [{\"explanation\": ...}]}", Needs::Identified, Runs::Worker, get_customer_segments},
    {"GET", "/api/v1/customers/{id}/outlook", "Segments, since when, and when time alone changes that", kOutlook, "",
     "{\"segments\": [{\"since\": ..., \"changes\": [...], \"unless\": [...]}]}", Needs::Identified, Runs::Worker,
     get_outlook},
};

}  // namespace

std::span<const Route> customer_routes() {
  return kRoutes;
}

}  // namespace tessera::server
