#include "server/engine_json.hpp"

#include "profiles/people.hpp"

namespace tessera::server {

namespace {

Json text_or_null(const std::optional<Instant>& instant) {
  return instant ? Json(text_of(*instant)) : Json();
}

Json sources_json(const std::vector<live::SourceState>& sources) {
  Json out = Json::array();
  for (const live::SourceState& source : sources)
    out.add(Json::object()
                .set("source", source.name)
                .set("calls", source.calls)
                .set("newest", text_of(source.newest))
                .set("usual_gap_ms", source.usual_gap.ms)
                .set("is_silent", source.is_silent)
                .set("events", json_of(source.events))
                .set("further_names", source.further_names)
                .set("further_name", source.further_name));
  return out;
}

// Identifiers that too many customers share, with what to do about them.
Json storms_json(const std::vector<live::SharedIdentifier>& storms) {
  Json out = Json::array();
  for (const live::SharedIdentifier& storm : storms) {
    const Json who = profiles::json_of(storm.who);
    out.add(Json::object()
                .set("who", who)
                .set("refused_links", storm.refused_links)
                .set("block", Json::object().set("ruling", "block").set("who", who).dump())
                .set("allow", Json::object().set("ruling", "allow").set("who", who).dump()));
  }
  return out;
}

Json limits_json(const profiles::StitchLimits& limits) {
  Json out = Json::object();
  for (size_t kind = 1; kind < limits.most.size(); ++kind)
    out.set(std::string(profiles::name_of(static_cast<profiles::IdentifierKind>(kind))), uint64_t{limits.most[kind]});
  return out;
}

// null: it is followed.
Json clock_json(const std::optional<live::HeldClock>& held) {
  if (!held) return {};
  return Json::object()
      .set("clock", text_of(held->clock))
      .set("log", text_of(held->log))
      .set("jump_ms", held->jump.ms)
      .set("stood_ms", held->stood.ms)
      .set("taken_in_ms", held->taken_in ? Json(held->taken_in->ms) : Json());
}

}  // namespace

Json json_of(const live::HeldClock& held) {
  return clock_json(held);
}

Json json_of(const std::vector<std::string>& texts) {
  Json out = Json::array();
  for (const std::string& text : texts) out.add(text);
  return out;
}

Json json_of(const std::vector<live::SetAside>& aside) {
  Json out = Json::array();
  for (const live::SetAside& one : aside)
    out.add(Json::object().set("kind", one.kind).set("id", one.slug).set("name", one.name).set("why", one.why));
  return out;
}

Json json_of(const std::vector<live::OtherValues>& others) {
  Json out = Json::array();
  for (const live::OtherValues& one : others)
    out.add(Json::object().set("of", one.of).set("came_as", one.came_as).set("values", one.values));
  return out;
}

Json json_of(const fold::Value& value) {
  return std::visit(
      Match{[](std::monostate) { return Json(); }, [](bool truth) { return Json(truth); },
            [](Number number) { return Json(Json::Literal{number.text()}); },
            [](const std::string& text) { return Json(text); }, [](Instant instant) { return Json(text_of(instant)); },
            [](Duration duration) { return Json(text_of(duration)); }},
      value);
}

Json json_of(const live::SegmentState& segment) {
  return Json::object()
      .set("id", segment.slug)
      .set("name", segment.name)
      .set("version", uint64_t{segment.version})
      .set("since", text_of(segment.since))
      .set("members", segment.members)
      .set("stale_sources", json_of(segment.stale_sources))
      .set("definition", segment.definition)
      .set("set_aside", segment.set_aside.empty() ? Json() : Json(segment.set_aside))
      .set("other_values", json_of(segment.other_values));
}

Json json_of(const live::CustomerState& customer) {
  Json counts = Json::object(), segments = Json::array();
  for (const auto& [kind, count] : customer.identifiers) counts.set(std::string(profiles::name_of(kind)), count);
  for (const auto& [slug, name] : customer.segments) segments.add(Json::object().set("id", slug).set("name", name));
  Json traits = Json::object(), events = Json::object();
  for (const auto& [name, value] : customer.facts.traits) traits.set(name, json_of(value));
  for (const auto& [name, count] : customer.facts.events) events.set(name, count);
  return Json::object()
      .set("customer", customer.customer)
      .set("as_of", text_of(customer.as_of))
      .set("identifiers", std::move(counts))
      .set("first_fact", text_of(customer.first_fact))
      .set("facts_in_memory", customer.facts_in_memory)
      .set("traits", std::move(traits))
      .set("events", std::move(events))
      .set("segments", std::move(segments))
      .set("looked_at_again", text_or_null(customer.looked_at_again));
}

Json json_of(const live::Redefined& redefined) {
  return Json::object()
      .set("definitions", json_of(redefined.definitions))
      .set("entered", redefined.entered)
      .set("left", redefined.left)
      .set("in_force_since", text_of(redefined.in_force_since))
      .set("warnings", redefined.warnings);
}

Json json_of(const live::Ruled& ruled) {
  return profiles::json_of(ruled.ruling).set("learnt", text_of(ruled.learnt)).set("changes", ruled.changes);
}

Json json_of(const live::ImportCounts& counts) {
  return Json::object()
      .set("stored", counts.stored)
      .set("trait_facts", counts.trait_facts)
      .set("duplicates", counts.duplicates)
      .set("rejects", counts.rejects)
      .set("customers", counts.customers)
      .set("new_customers", counts.new_customers);
}

std::vector<std::string> silent_sources(const live::Status& status) {
  std::vector<std::string> out;
  for (const live::SourceState& source : status.sources)
    if (source.is_silent) out.push_back(source.name);
  return out;
}

Json json_of(const live::Status& status) {
  Json refused = Json::object(), out = Json::object();
  for (const auto& [source, count] : status.refused_by_source) refused.set(source, count);
  out.set("as_of", text_of(status.as_of)).set("clock_held_back", clock_json(status.held_clock));
  out.set("ahead_ms", status.ahead.ms).set("customers", status.customers).set("identifiers", status.identifiers);
  out.set("facts_in_memory", status.facts_in_memory).set("bytes_in_memory", status.bytes_in_memory);
  out.set("received", status.received).set("duplicates", status.duplicates).set("rejects", status.rejects);
  out.set("refused", status.refused).set("refused_identifiers", status.refused_identifiers);
  out.set("identifiers_a_customer", limits_json(status.limits)).set("storms", storms_json(status.storms));
  out.set("refused_by_source", std::move(refused));
  out.set("looks", status.looks).set("walks", status.walks).set("timers_fired", status.timers_fired);
  out.set("changes", status.changes).set("duplicates_known_since", text_or_null(status.duplicates_known_since));
  out.set("sources", sources_json(status.sources)).set("silent_sources", json_of(silent_sources(status)));
  out.set("next_timer", text_or_null(status.next_timer)).set("log_end", status.log_end);
  out.set("recorded_until", status.recorded_until).set("applied_until", status.applied_until);
  out.set("bytes_behind", status.bytes_behind).set("bytes_queued", status.bytes_queued);
  out.set("torn_bytes", status.torn_bytes).set("torn_entries", status.torn_entries);
  out.set("recording_stopped", status.recording_stopped.empty() ? Json() : Json(status.recording_stopped));
  out.set("record_trouble", status.record_trouble.empty() ? Json() : Json(status.record_trouble));
  out.set("definitions", status.definitions).set("set_aside", json_of(status.set_aside));
  return out.set("log_failures", status.log_failures).set("told_busy", status.told_busy);
}

Result<live::Ruled> rule(live::Engine& engine, const std::string& text) {
  Json json = TRY(parse_json(text, "ruling"));
  for (const char* name : {"who", "other"}) {
    const Json* id = json.find(name);
    const std::string customer = id && id->as_text() ? *id->as_text() : "";
    if (customer.empty()) continue;
    const auto found = engine.identifier_of(customer);
    if (!found)
      return fail(fmt::format("there is no customer '{}'", customer), {},
                  try_command("sql").argument("SELECT * FROM customers").note("lists the known ones"));
    json.set(name, profiles::json_of(*found));
  }
  return engine.rule(TRY(profiles::parse_ruling(json)));
}

}  // namespace tessera::server
