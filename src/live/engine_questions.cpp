// What the engine says of itself: changes and who hears of them, segments, members, customers, status.
#include <algorithm>

#include "language/needs.hpp"
#include "language/print.hpp"
#include "live/engine_state.hpp"
#include "profiles/people.hpp"

namespace tessera::live {

using profiles::IdentifierKind;

// --- changes

std::string Engine::State::public_id(Profile profile) const {
  const Identities& identities = fold->identities();
  if (identities.kind(profile) == IdentifierKind::UserId) return std::string(identities.value(profile));
  return profiles::pseudonym_of(record.pseudonym_key(), identities.kind(profile), identities.value(profile));
}

feed::Change Engine::State::change_of(const Flip& flip) const {
  feed::Change change{.id = flip.id,
                      .profile = flip.profile,
                      .customer = public_id(flip.profile),
                      .segment = {},
                      .version = 0,
                      .kind = flip.kind,
                      .cause = flip.cause,
                      .at = flip.at,
                      .learnt = flip.learnt,
                      .correction_of = flip.correction_of,
                      .into = flip.into ? public_id(*flip.into) : std::string()};
  if (flip.kind != feed::ChangeKind::Merged) {
    change.segment = fold->version_of(flip).slug;
    change.version = fold->version_of(flip).version;
  }
  return change;
}

void Engine::State::tell(std::span<const Flip> flips) {
  if (!flips.empty()) bells.ring(flips.back().id);
}

feed::Subscription Engine::listen(std::function<void()> bell) {
  return state_->bells.listen(std::move(bell));
}

Result<std::vector<feed::Change>> Engine::changes_after(const feed::Position& position, size_t limit) {
  State& s = *state_;
  feed::Position after = position;
  const auto is_behind = [&](const Flip& flip) { return !after || flip.id > *after; };
  std::vector<feed::Change> out;
  const auto from_memory = [&](bool from_its_oldest) {
    const std::shared_lock lock(s.fold_mutex);
    const auto& flips = s.fold->flips();
    if (!from_its_oldest && (flips.empty() || is_behind(flips.front()))) return false;
    for (auto at = std::ranges::partition_point(flips, [&](const Flip& flip) { return !is_behind(flip); });
         at != flips.end() && out.size() < limit; ++at)
      out.push_back(s.change_of(*at));
    return true;
  };
  if (from_memory(false)) return out;
  {
    const std::lock_guard lock(s.lookup_mutex);
    out = TRY(s.lookup->changes_after(after, limit));
  }
  if (out.size() == limit) return out;
  // What is not recorded yet is in memory.
  if (!out.empty()) after = out.back().id;
  from_memory(true);
  return out;
}

// --- questions

std::vector<std::string> Engine::State::stale_sources(const std::string& slug) const {
  const auto& program = fold->definitions().program.definitions;
  const auto definition = std::ranges::find_if(program, [&](const language::Definition& each) {
    return each.kind == language::DefinitionKind::Segment && each.slug == slug;
  });
  const auto events =
      language::events_looked_at(fold->definitions().program, static_cast<size_t>(definition - program.begin()));
  return events ? sources.silent(clock.now(), *events) : sources.silent(clock.now());
}

std::vector<SegmentState> Engine::segments() {
  State& s = *state_;
  const std::shared_lock lock(s.fold_mutex);
  std::vector<SegmentState> list;
  const auto& outputs = s.fold->plan().outputs;
  for (size_t i = 0; i < s.fold->plan().segments.size(); ++i) {
    const std::string& slug = outputs[s.fold->plan().segments[i]].slug;
    const auto version = std::ranges::find(s.fold->definitions().segments, slug, &SegmentVersion::slug);
    const auto text = std::ranges::find_if(s.in_force.all(), [&](const language::Definition& each) {
      return each.kind == language::DefinitionKind::Segment && each.slug == slug;
    });
    list.push_back({.slug = slug,
                    .name = version->name,
                    .version = version->version,
                    .since = version->since,
                    .members = s.fold->members(i).size(),
                    .stale_sources = s.stale_sources(slug),
                    .definition = text == s.in_force.all().end() ? "" : language::print(*text)});
  }
  return list;
}

Result<std::vector<std::string>> Engine::members(std::string_view segment, std::string_view after, size_t limit) {
  State& s = *state_;
  std::vector<std::string> ids;
  {
    const std::shared_lock lock(s.fold_mutex);
    const auto index = s.fold->find_segment(segment);
    if (!index)
      return fail(fmt::format("there is no segment '{}'", segment), {},
                  try_command("segments list").note("lists them"));
    for (const Profile profile : s.fold->members(*index).all()) ids.push_back(s.public_id(profile));
  }
  std::erase_if(ids, [&](const std::string& id) { return id <= after && !after.empty(); });
  if (ids.size() > limit) {
    std::ranges::nth_element(ids, ids.begin() + static_cast<ptrdiff_t>(limit));
    ids.resize(limit);
  }
  std::ranges::sort(ids);
  return ids;
}

// By public id or any identifier. REQUIRES: fold_mutex is held.
std::optional<Profile> Engine::State::find_customer(std::string_view id) {
  const Identities& identities = fold->identities();
  std::optional<Profile> found;
  for (const auto kind :
       {IdentifierKind::UserId, IdentifierKind::Email, IdentifierKind::Phone, IdentifierKind::AnonymousId})
    if (!found) found = identities.find(kind, id);
  if (!found && id.starts_with("c-")) {
    const std::lock_guard looking(lookup_mutex);
    const auto profile =
        lookup->connection().integer("SELECT profile FROM tessera.identity WHERE pseudonym = ? LIMIT 1", {id});
    if (profile && *profile && static_cast<uint64_t>(**profile) < identities.size())
      found = static_cast<Profile>(**profile);
  }
  return found;
}

std::optional<CustomerState> Engine::customer(std::string_view id) {
  State& s = *state_;
  const std::shared_lock lock(s.fold_mutex);
  const Identities& identities = s.fold->identities();
  const auto found = s.find_customer(id);
  if (!found) return std::nullopt;
  const Profile leader = identities.leader(*found);
  CustomerState out{.customer = s.public_id(leader),
                    .as_of = s.fold->learnt(),
                    .identifiers = {},
                    .first_fact = s.fold->begin_of(leader),
                    .segments = {}};
  std::vector<Profile> members;
  identities.members(leader, members);
  for (const Profile profile : members) {
    ++out.identifiers[identities.kind(profile)];
    out.facts_in_memory += s.fold->memory().histories.rows(profile);
  }
  for (size_t i = 0; i < s.fold->plan().segments.size(); ++i)
    if (s.fold->is_member(leader, i)) {
      const auto& output = s.fold->plan().outputs[s.fold->plan().segments[i]];
      out.segments.push_back({output.slug, output.name});
    }
  if (const Instant next = s.fold->next_look(leader); next != kNever) out.looked_at_again = next;
  return out;
}

std::optional<profiles::NamedIdentifier> Engine::identifier_of(std::string_view id) {
  State& s = *state_;
  const std::shared_lock lock(s.fold_mutex);
  const Identities& identities = s.fold->identities();
  const auto found = s.find_customer(id);
  if (!found) return std::nullopt;
  return profiles::NamedIdentifier{identities.kind(*found), std::string(identities.value(*found))};
}

ImportCounts Engine::import_of(std::string_view import) {
  catch_up();
  State& s = *state_;
  const std::shared_lock lock(s.fold_mutex);
  const auto found = std::ranges::find(s.imports, import, &ImportTally::import);
  const ImportTally none{}, &tally = found == s.imports.end() ? none : *found;
  std::unordered_set<Profile> customers;
  for (const Profile profile : tally.who) customers.insert(s.fold->identities().leader(profile));
  return {.stored = tally.stored,
          .trait_facts = tally.trait_facts,
          .duplicates = tally.duplicates,
          .rejects = tally.rejects,
          .customers = customers.size(),
          .new_customers = tally.new_customers};
}

std::vector<SharedIdentifier> Engine::State::storms() const {
  std::vector<SharedIdentifier> out;
  const Identities& identities = fold->identities();
  for (const profiles::Storm& storm : identities.storms())
    out.push_back({{identities.kind(storm.profile), std::string(identities.value(storm.profile))}, storm.refused});
  return out;
}

Status Engine::status() {
  State& s = *state_;
  Status out;
  {
    const std::shared_lock lock(s.fold_mutex);
    const auto& inflow = s.fold->inflow().counts();
    const auto& counts = s.fold->counts();
    out.as_of = s.fold->learnt();
    out.customers = s.fold->identities().customers();
    out.identifiers = s.fold->identities().size();
    out.facts_in_memory = s.fold->memory().histories.rows();
    out.bytes_in_memory = s.fold->bytes();
    out.received = inflow.rows;
    out.duplicates = inflow.duplicates;
    out.rejects = inflow.rejects;
    out.refused = inflow.refused;
    out.refused_identifiers = s.fold->rulings().refused();
    out.limits = s.settings.stitch;
    out.storms = s.storms();
    out.refused_by_source = s.refused_by_source;
    out.looks = counts.looks;
    out.walks = counts.walks;
    out.timers_fired = counts.timers;
    out.changes = counts.flips;
    if (s.fold->recent().horizon() != kEver) out.duplicates_known_since = s.fold->recent().horizon();
    out.sources = s.sources.states(s.clock.now());
  }
  if (const int64_t due = s.next_due; due < kNever.ms) out.next_timer = Instant{due};
  out.log_end = s.log->end();
  out.recorded_until = s.recorded_until;
  {
    const std::lock_guard lock(s.behind_mutex);
    out.applied_until = s.applied_until;
    out.bytes_behind = s.behind_bytes;
  }
  {
    const std::lock_guard lock(s.queue_mutex);
    out.bytes_queued = s.queue_bytes;
  }
  {
    const std::lock_guard lock(s.pages_mutex);
    out.record_trouble = s.trouble;
  }
  out.log_failures = s.log_failures;
  out.told_busy = s.busy;
  return out;
}

}  // namespace tessera::live
