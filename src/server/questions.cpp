#include "server/questions.hpp"

#include "server/lent_record.hpp"
#include "workspace/workspace.hpp"

namespace tessera::server {

namespace {

using workspace::Look;
using workspace::Workspace;

// Sources that have fallen silent and ever sent what the segment looks at.
Json stale_sources(const std::vector<live::SourceState>& sources, const std::optional<std::set<std::string>>& events) {
  const auto is_looked_at = [&](const std::string& event) { return events->contains(event); };
  Json out = Json::array();
  for (const live::SourceState& source : sources)
    if (source.is_silent && (!events || std::ranges::any_of(source.events, is_looked_at))) out.add(source.name);
  return out;
}

// The record with everything in it that came before, for one question at a time.
template <typename Answer>
auto answered(Service& service, const Look& look, Answer answer) -> decltype(answer(std::declval<Workspace&>())) {
  const std::unique_lock turn(service.question, std::try_to_lock);
  if (!turn.owns_lock())
    return fail("another question of this kind is being answered, and they are answered one at a time", {},
                "ask again in a moment");
  TRY(service.engine.record_now());
  LentRecord lent(service);
  Workspace workspace = TRY(workspace::open(lent, service.clock, look));
  return answer(workspace);
}

Json json_of(const workspace::SegmentPreview& segment) {
  const bool has_name = !segment.slug.empty();
  Json sample = Json::array(), overlaps = Json::array();
  for (const std::string& customer : segment.sample) sample.add(customer);
  for (const workspace::Overlap& other : segment.overlaps)
    overlaps.add(Json::object()
                     .set("id", other.slug)
                     .set("name", other.name)
                     .set("members", other.members)
                     .set("both", other.both));
  Json out = Json::object();
  out.set("id", has_name ? Json(segment.slug) : Json()).set("name", has_name ? Json(segment.name) : Json());
  out.set("count", segment.count).set("sample", std::move(sample));
  if (segment.is_in_force) out.set("would_enter", segment.enter).set("would_leave", segment.leave);
  return out.set("overlaps", std::move(overlaps));
}

}  // namespace

Result<PastMembers> members_at(Service& service, std::string_view slug, std::optional<Instant> as_of,
                               std::optional<Instant> known_at) {
  const Instant known = known_at.value_or(service.clock.now()), at = as_of.value_or(known);
  return answered(service, {at, known}, [&](Workspace& workspace) -> Result<PastMembers> {
    auto found = TRY(workspace::members_then(workspace, slug));
    if (!found) return PastMembers{.is_known = false, .as_of = at, .known_at = known, .definition = {}};
    return PastMembers{true, at, known, std::move(found->definition), std::move(found->members)};
  });
}

Result<Json> preview(Service& service, const std::string& text) {
  return answered(service, {}, [&](Workspace& workspace) -> Result<Json> {
    const workspace::Preview found = TRY(workspace::preview(workspace, text));
    const live::Status status = service.engine.status();
    Json segments = Json::array();
    for (const workspace::SegmentPreview& each : found.segments)
      segments.add(json_of(each).set("stale_sources", stale_sources(status.sources, each.events)));
    return Json::object()
        .set("as_of", text_of(found.as_of))
        .set("customers", found.customers)
        .set("segments", std::move(segments))
        .set("warnings", found.warnings);
  });
}

Result<Json> explain_customer(Service& service, std::string_view customer, std::string_view segment) {
  const Instant now = service.clock.now();
  return answered(service, {.as_of = now}, [&](Workspace& workspace) -> Result<Json> {
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

Result<Json> outlook_of(Service& service, std::string_view customer, std::optional<Instant> as_of,
                        std::optional<Instant> known_at) {
  return answered(service, {as_of, known_at}, [&](Workspace& workspace) -> Result<Json> {
    const auto found = TRY(workspace::look_at(workspace, customer));
    if (!found) return usage(fmt::format("there was no customer '{}' then", customer), "leave out known_at");
    return workspace::to_json(*found, false);
  });
}

Result<Json> history_of(Service& service, std::string_view customer, const workspace::FactsWish& wish) {
  TRY(service.engine.record_now());
  LentRecord lent(service);
  const auto record = TRY(lent.open_record(store::OpenMode::ReadOnly));
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

}  // namespace tessera::server
