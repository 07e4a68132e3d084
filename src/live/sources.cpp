#include "live/sources.hpp"

#include <algorithm>

#include "core/json.hpp"

namespace tessera::live {

Sources::Source& Sources::called(std::string_view name, Instant at) {
  auto found = all_.find(name);
  if (found == all_.end()) found = all_.emplace(std::string(name), Source{}).first;
  Source& source = found->second;
  if (source.calls++ > 0) {
    const int64_t gap = (at - source.newest).ms;
    source.usual_gap.ms += (gap - source.usual_gap.ms) / static_cast<int64_t>(std::min<uint64_t>(source.calls - 1, 64));
  }
  source.first = std::min(source.first, at);
  source.newest = at;
  return source;
}

void Sources::note_event(Source& source, const std::string& event) {
  if (source.events.contains(event)) return;
  if (source.events.size() < kMostNames) {
    source.events.insert(event);
    return;
  }
  ++source.further_names;
  source.further_name = event;
}

void Sources::apply(AppliedEntry& entry) {
  if (entry.entry.kind != EntryKind::Events || entry.is_import()) return;
  const fold::Inflow& inflow = entry.fold->inflow();
  if (inflow.era() != era_)
    for (auto& [name, source] : all_) source.kinds.clear();
  era_ = inflow.era();
  for (size_t i = 0; i < entry.calls.size(); ++i) {
    const std::string_view name = entry.entry.calls[i].source;
    Source& source = called(name.substr(0, name.find('/')), entry.entry.learnt);
    source.refused += entry.calls[i].counts.refused;
    for (const profiles::Intake::Kind kind : entry.calls[i].kinds) {
      if (source.kinds.size() <= kind) source.kinds.resize(kind + 1);
      if (!source.kinds[kind]) note_event(source, inflow.event_of(kind));
      source.kinds[kind] = true;
    }
  }
}

WritePage Sources::page() {
  return [text = text()](store::Connection& record) -> Result<void> {
    TRY(record.run("DELETE FROM tessera.meta WHERE key = 'sources'"));
    TRY(record.run("INSERT INTO tessera.meta VALUES ('sources', ?)", {std::string_view(text)}));
    return {};
  };
}

Result<void> Sources::restore(store::Connection& record) {
  const auto rows = TRY(record.rows("SELECT value FROM tessera.meta WHERE key = 'sources'"));
  const std::string text = rows.empty() ? "" : rows[0][0].value_or("");
  *this = TRY(read(text));
  return {};
}

std::map<std::string, uint64_t> Sources::refused() const {
  std::map<std::string, uint64_t> out;
  for (const auto& [name, source] : all_)
    if (source.refused > 0) out.emplace(name, source.refused);
  return out;
}

bool Sources::is_silent(const Source& source, Instant now) {
  const Duration silence = now - source.newest;
  return silence > kMinute && silence.ms > 3 * source.usual_gap.ms;
}

std::vector<std::string> Sources::silent(Instant now) const {
  std::vector<std::string> out;
  for (const auto& [name, source] : all_)
    if (is_silent(source, now)) out.push_back(name);
  return out;
}

std::vector<std::string> Sources::silent(Instant now, const std::set<std::string>& events) const {
  std::vector<std::string> out;
  for (const auto& [name, source] : all_)
    if (is_silent(source, now) &&
        std::ranges::any_of(events, [&](const std::string& event) { return source.events.contains(event); }))
      out.push_back(name);
  return out;
}

std::vector<Sources::Heard> Sources::heard() const {
  std::vector<Heard> out;
  for (const auto& [name, source] : all_) out.push_back({name, source.newest, source.usual_gap});
  return out;
}

std::vector<SourceState> Sources::states(Instant now) const {
  std::vector<SourceState> out;
  for (const auto& [name, source] : all_)
    out.push_back({.name = name,
                   .calls = source.calls,
                   .newest = source.newest,
                   .usual_gap = source.usual_gap,
                   .is_silent = is_silent(source, now),
                   .events = {source.events.begin(), source.events.end()},
                   .further_names = source.further_names,
                   .further_name = source.further_name});
  return out;
}

std::string Sources::text() const {
  Json out = Json::object();
  for (const auto& [name, source] : all_) {
    Json events = Json::array();
    for (const std::string& event : source.events) events.add(event);
    out.set(name, Json::object()
                      .set("calls", source.calls)
                      .set("first", text_of(source.first))
                      .set("newest", text_of(source.newest))
                      .set("usual_gap_ms", source.usual_gap.ms)
                      .set("events", std::move(events))
                      .set("further_names", source.further_names)
                      .set("further_name", source.further_name));
  }
  return out.dump();
}

Result<Sources> Sources::read(std::string_view text) {
  Sources out;
  if (text.empty()) return out;
  const Json json = TRY(parse_json(text, "tessera.meta, sources"));
  if (!json.as_object()) return fail("what the record says of its sources is damaged", {}, try_command("doctor"));
  for (const auto& [name, kept] : *json.as_object()) {
    const auto at = [&](std::string_view member) {
      const Json* time = kept.find(member);
      return time ? parse_instant(time->text_or("")) : std::nullopt;
    };
    const auto number = [&](std::string_view member) {
      const Json* found = kept.find(member);
      return found ? static_cast<int64_t>(found->number_or(0)) : 0;
    };
    Source source{.calls = static_cast<uint64_t>(number("calls")),
                  .first = at("first").value_or(kNever),
                  .newest = at("newest").value_or(kEver),
                  .usual_gap = Duration{number("usual_gap_ms")},
                  .events = {},
                  .kinds = {},
                  .further_names = static_cast<uint64_t>(number("further_names")),
                  .further_name = {}};
    if (const Json* further = kept.find("further_name")) source.further_name = further->text_or("");
    if (const Json* events = kept.find("events"); events && events->as_array())
      for (const Json& event : *events->as_array()) note_event(source, event.text_or(""));
    out.all_.emplace(name, std::move(source));
  }
  return out;
}

}  // namespace tessera::live
