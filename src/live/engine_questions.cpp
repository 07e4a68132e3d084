// What the engine says of itself: changes and who hears of them, segments, members, customers, status.
#include <algorithm>
#include <map>

#include "language/needs.hpp"
#include "language/other_types.hpp"
#include "language/print.hpp"
#include "language/uses.hpp"
#include "live/engine.hpp"
#include "live/engine_state.hpp"
#include "profiles/identifier_rules.hpp"
#include "profiles/people.hpp"

namespace tessera::live {

using profiles::IdentifierKind;

// --- changes

std::string Known::public_id(profiles::Profile profile, const std::string& key) const {
  const fold::Identities& identities = fold.fold().identities();
  const profiles::Identifier identifier{identities.kind(profile), identities.value(profile)};
  if (profiles::is_shown_itself(identifier)) return std::string(identifier.value);
  return profiles::pseudonym_of(key, identifier.kind, identifier.value);
}

feed::Change Known::change_of(const fold::Flip& flip, const std::string& key) const {
  feed::Change change{.id = flip.id,
                      .profile = flip.profile,
                      .customer = public_id(flip.profile, key),
                      .segment = {},
                      .version = 0,
                      .kind = flip.kind,
                      .cause = flip.cause,
                      .is_member = flip.is_member,
                      .at = flip.at,
                      .learnt = flip.learnt,
                      .correction_of = flip.correction_of,
                      .into = flip.into ? public_id(*flip.into, key) : std::string()};
  if (flip.kind != feed::ChangeKind::Merged) {
    change.segment = fold.fold().version_of(flip).slug;
    change.version = fold.fold().version_of(flip).version;
  }
  return change;
}

feed::Subscription Engine::listen(std::function<void()> bell) {
  return state_->bells.listen(std::move(bell));
}

Result<std::vector<feed::Change>> Engine::changes_after(const feed::Position& position, size_t limit) {
  EngineState& s = *state_;
  feed::Position after = position;
  const auto is_behind = [&](const fold::Flip& flip) { return !after || flip.id > *after; };
  std::vector<feed::Change> out;
  const auto from_memory = [&](bool from_its_oldest) {
    const auto now = s.known->read();
    const auto& flips = now->fold.fold().flips();
    if (!from_its_oldest && (flips.empty() || is_behind(flips.front()))) return false;
    for (auto at = std::ranges::partition_point(flips, [&](const fold::Flip& flip) { return !is_behind(flip); });
         at != flips.end() && out.size() < limit; ++at)
      out.push_back(now->change_of(*at, s.record.pseudonym_key()));
    return true;
  };
  if (from_memory(false)) return out;
  out = TRY((*s.lookup->lock())->changes_after(after, limit));
  if (out.size() == limit) return out;
  // What is not recorded yet is in memory.
  if (!out.empty()) after = out.back().id;
  from_memory(true);
  return out;
}

// --- questions

std::vector<std::string> Known::stale_sources(const std::string& slug, Instant now) const {
  const auto& program = fold.fold().definitions().program.definitions;
  const auto definition = std::ranges::find_if(program, [&](const language::Definition& each) {
    return each.kind == language::DefinitionKind::Segment && each.slug == slug;
  });
  const auto events =
      language::events_looked_at(fold.fold().definitions().program, static_cast<size_t>(definition - program.begin()));
  return events ? sources.silent(now, *events) : sources.silent(now);
}

std::vector<SegmentState> Known::segments(Instant at) const {
  const fold::Fold& of = fold.fold();
  std::map<std::string_view, const language::Definition*> texts;
  for (const language::Definition& each : fold.in_force().all())
    if (each.kind == language::DefinitionKind::Segment) texts.emplace(each.slug, &each);
  std::map<std::string_view, const fold::SegmentVersion*> versions;
  for (const fold::SegmentVersion& each : of.definitions().segments) versions.emplace(each.slug, &each);
  std::vector<SegmentState> list;
  for (size_t i = 0; i < of.plan().segments.size(); ++i) {
    const std::string& slug = of.plan().outputs[of.plan().segments[i]].slug;
    const fold::SegmentVersion& version = *versions.at(slug);
    const auto text = texts.find(slug);
    list.push_back({.slug = slug,
                    .name = version.name,
                    .version = version.version,
                    .since = version.since,
                    .members = of.members(i).size(),
                    .stale_sources = stale_sources(slug, at),
                    .definition = text == texts.end() ? "" : language::print(*text->second),
                    .set_aside = {},
                    .other_values = {}});
  }
  for (const fold::Aside& one : fold.in_force().aside())
    if (one.kind == language::DefinitionKind::Segment)
      list.push_back({.slug = one.slug,
                      .name = one.name,
                      .version = one.version,
                      .since = one.since,
                      .stale_sources = {},
                      .definition = one.text,
                      .set_aside = one.why,
                      .other_values = {}});
  return list;
}

// What the definitions in force do not see, by the segments' ids; each kind of value is counted once.
std::map<std::string, std::vector<OtherValues>> EngineState::other_values() {
  const auto in_force = known->read()->fold.definitions();
  const language::Program& program = in_force->definitions().program;
  std::map<std::string, std::vector<OtherValues>> out;
  const auto questions = lookup->lock();
  const auto schema = (*questions)->schema();
  if (!schema) return out;  // it cannot be read now
  const auto types = language::other_types(program, *schema);
  for (size_t i = 0; i < types.size(); ++i) {
    if (program.definitions[i].kind != language::DefinitionKind::Segment) continue;
    for (const language::OtherType& type : types[i]) {
      const auto count = (*questions)->count(type, record_writer->recorded_until());
      if (count && *count > 0)
        out[program.definitions[i].slug].push_back(
            {language::text_of(type), std::string(language::came_as(type)), *count});
    }
  }
  return out;
}

std::vector<SegmentState> Engine::segments() {
  std::vector<SegmentState> out = state_->known->read()->segments(state_->clock.now());
  auto others = state_->other_values();
  for (SegmentState& segment : out)
    if (const auto found = others.find(segment.slug); found != others.end())
      segment.other_values = std::move(found->second);
  return out;
}

uint64_t Engine::other_values() {
  std::map<std::pair<std::string, std::string>, uint64_t> all;
  for (const auto& [slug, values] : state_->other_values())
    for (const OtherValues& one : values) all[{one.of, one.came_as}] = one.values;
  uint64_t out = 0;
  for (const auto& [of, count] : all) out += count;
  return out;
}

Result<std::vector<std::string>> Engine::members(std::string_view segment, std::string_view after, size_t limit) {
  std::vector<std::string> ids;
  {
    const auto now = state_->known->read();
    const fold::Fold& fold = now->fold.fold();
    const auto index = fold.find_segment(segment);
    if (!index)
      return fail(fmt::format("there is no segment '{}'", segment), {},
                  try_command("segments list").note("lists them"));
    for (const profiles::Profile profile : fold.members(*index).all())
      ids.push_back(now->public_id(profile, state_->record.pseudonym_key()));
  }
  std::erase_if(ids, [&](const std::string& id) { return id <= after && !after.empty(); });
  if (ids.size() > limit) {
    std::ranges::nth_element(ids, ids.begin() + static_cast<ptrdiff_t>(limit));
    ids.resize(limit);
  }
  std::ranges::sort(ids);
  return ids;
}

// By public id or any identifier.
std::optional<profiles::Profile> EngineState::find_customer(const Known& now, std::string_view id) {
  const fold::Identities& identities = now.fold.fold().identities();
  std::optional<profiles::Profile> found;
  for (const auto kind :
       {IdentifierKind::UserId, IdentifierKind::Email, IdentifierKind::Phone, IdentifierKind::AnonymousId})
    if (!found) found = identities.find(kind, id);
  if (!found && id.starts_with("c-")) {
    const auto questions = lookup->lock();
    const auto profile =
        (*questions)->connection().integer("SELECT profile FROM tessera.identity WHERE pseudonym = ? LIMIT 1", {id});
    if (profile && *profile && static_cast<uint64_t>(**profile) < identities.size())
      found = static_cast<profiles::Profile>(**profile);
  }
  return found;
}

std::optional<CustomerState> Engine::customer(std::string_view id) {
  EngineState& s = *state_;
  const auto now = s.known->read();
  const fold::Fold& fold = now->fold.fold();
  const fold::Identities& identities = fold.identities();
  const auto found = s.find_customer(*now, id);
  if (!found) return std::nullopt;
  const profiles::Profile leader = identities.leader(*found);
  CustomerState out{.customer = now->public_id(leader, s.record.pseudonym_key()),
                    .as_of = fold.learnt(),
                    .identifiers = {},
                    .first_fact = fold.begin_of(leader),
                    .facts = fold::facts_of(fold, leader),
                    .segments = {}};
  std::vector<profiles::Profile> members;
  identities.members(leader, members);
  for (const profiles::Profile profile : members) {
    ++out.identifiers[identities.kind(profile)];
    out.facts_in_memory += fold.memory().histories.rows(profile);
  }
  for (size_t i = 0; i < fold.plan().segments.size(); ++i)
    if (fold.is_member(leader, i)) {
      const auto& output = fold.plan().outputs[fold.plan().segments[i]];
      out.segments.push_back({output.slug, output.name});
    }
  if (const Instant next = fold.next_look(leader); next != kNever) out.looked_at_again = next;
  return out;
}

Result<fold::CustomerValues> Engine::values(std::string_view id, const fold::AskedValues& asked) {
  const auto now = state_->known->read();
  const fold::Fold& fold = now->fold.fold();
  const auto found = state_->find_customer(*now, id);
  if (!found) return fail(fmt::format("there is no customer '{}'", id));
  const profiles::Profile leader = fold.identities().leader(*found);
  auto values = TRY(fold::values_of(fold, {&leader, 1}, asked));
  return std::move(values[0]);
}

std::optional<profiles::NamedIdentifier> Engine::identifier_of(std::string_view id) {
  const auto now = state_->known->read();
  const fold::Identities& identities = now->fold.fold().identities();
  const auto found = state_->find_customer(*now, id);
  if (!found) return std::nullopt;
  return profiles::NamedIdentifier{identities.kind(*found), std::string(identities.value(*found))};
}

ImportCounts Engine::import_of(std::string_view import) {
  catch_up();
  const auto now = state_->known->read();
  return now->imports.of(import, now->fold.fold().identities());
}

std::vector<SetAside> Known::set_aside() const {
  std::vector<SetAside> out;
  for (const fold::Aside& one : fold.in_force().aside())
    out.push_back({std::string(language::word_of(one.kind)), one.slug, one.name, one.why});
  return out;
}

std::vector<SharedIdentifier> Known::storms() const {
  std::vector<SharedIdentifier> out;
  const fold::Identities& identities = fold.fold().identities();
  for (const profiles::Storm& storm : identities.storms())
    out.push_back({{identities.kind(storm.profile), std::string(identities.value(storm.profile))}, storm.refused});
  return out;
}

Status Engine::status() {
  EngineState& s = *state_;
  Status out;
  {
    const auto now = s.known->read();
    const fold::Fold& fold = now->fold.fold();
    const auto& inflow = fold.inflow().counts();
    const auto& counts = fold.counts();
    out.as_of = fold.learnt();
    out.customers = fold.identities().customers();
    out.identifiers = fold.identities().size();
    out.facts_in_memory = fold.memory().histories.rows();
    out.bytes_in_memory = fold.bytes();
    out.received = inflow.rows;
    out.duplicates = inflow.duplicates;
    out.rejects = inflow.rejects;
    out.refused = inflow.refused;
    out.refused_identifiers = fold.rulings().refused();
    out.limits = s.settings.stitch;
    out.storms = now->storms();
    out.refused_by_source = now->sources.refused();
    out.looks = counts.looks;
    out.walks = counts.walks;
    out.timers_fired = counts.timers;
    out.changes = counts.flips;
    if (fold.recent().horizon() != kEver) out.duplicates_known_since = fold.recent().horizon();
    out.sources = now->sources.states(s.clock.now());
    out.definitions = now->fold.in_force().all().size();
    out.set_aside = now->set_aside();
  }
  out.held_clock = s.clock.held();
  out.ahead = s.clock.ahead();
  if (const Instant due = s.queue.due(); due < kNever) out.next_timer = due;
  out.torn_bytes = s.log->torn_bytes();
  out.torn_entries = s.log->torn_entries();
  out.log_end = s.log->end();
  out.recorded_until = s.record_writer->recorded_until();
  out.applied_until = s.backlog.applied_until();
  out.bytes_behind = s.backlog.bytes();
  out.bytes_queued = s.queue.bytes();
  if (s.settings.recording_stopped) out.recording_stopped = s.settings.recording_stopped->message;
  out.record_trouble = s.record_writer->trouble();
  out.log_failures = s.log_failures;
  out.told_busy = s.busy;
  return out;
}

}  // namespace tessera::live
