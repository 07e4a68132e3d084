// What the engine says of itself: changes and who hears of them, segments, members, customers, status.
#include <algorithm>

#include "language/needs.hpp"
#include "language/print.hpp"
#include "live/engine.hpp"
#include "live/engine_state.hpp"
#include "profiles/people.hpp"

namespace tessera::live {

using profiles::IdentifierKind;

// --- changes

std::string Known::public_id(profiles::Profile profile, const std::string& key) const {
  const fold::Identities& identities = fold.fold().identities();
  if (identities.kind(profile) == IdentifierKind::UserId) return std::string(identities.value(profile));
  return profiles::pseudonym_of(key, identities.kind(profile), identities.value(profile));
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

std::vector<SegmentState> Engine::segments() {
  const auto now = state_->known->read();
  const fold::Fold& fold = now->fold.fold();
  const auto& texts = now->fold.in_force().all();
  std::vector<SegmentState> list;
  for (size_t i = 0; i < fold.plan().segments.size(); ++i) {
    const std::string& slug = fold.plan().outputs[fold.plan().segments[i]].slug;
    const auto version = std::ranges::find(fold.definitions().segments, slug, &fold::SegmentVersion::slug);
    const auto text = std::ranges::find_if(texts, [&](const language::Definition& each) {
      return each.kind == language::DefinitionKind::Segment && each.slug == slug;
    });
    list.push_back({.slug = slug,
                    .name = version->name,
                    .version = version->version,
                    .since = version->since,
                    .members = fold.members(i).size(),
                    .stale_sources = now->stale_sources(slug, state_->clock.now()),
                    .definition = text == texts.end() ? "" : language::print(*text)});
  }
  return list;
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
  out.record_trouble = s.record_writer->trouble();
  out.log_failures = s.log_failures;
  out.told_busy = s.busy;
  return out;
}

}  // namespace tessera::live
