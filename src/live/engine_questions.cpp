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
  if (flips.empty()) return;
  const std::lock_guard lock(listeners_mutex);
  last_told = flips.back().id;
  std::erase_if(listeners, [](const auto& each) { return each.expired(); });
  if (listeners.empty()) return;
  std::vector<feed::Change> changes;
  {
    const std::shared_lock reading(fold_mutex);
    for (const Flip& flip : flips) changes.push_back(change_of(flip));
  }
  for (const auto& each : listeners)
    if (const auto subscription = each.lock()) subscription->listener(changes);
}

std::pair<std::shared_ptr<Engine::Subscription>, std::string> Engine::subscribe(Listener listener) {
  auto subscription = std::make_shared<Subscription>(Subscription{std::move(listener)});
  const std::lock_guard lock(state_->listeners_mutex);
  state_->listeners.push_back(subscription);
  return {subscription, text_of(state_->last_told)};
}

Result<std::vector<feed::Change>> Engine::changes_after(std::string_view id, size_t limit) {
  State& s = *state_;
  std::optional<feed::ChangeId> after;
  if (!id.empty()) {
    after = feed::parse_change_id(id);
    if (!after)
      return usage(fmt::format("'{}' is no id of a change", id), "they look like 4711-3; without one: from the oldest");
  }
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

Json Engine::State::stale_sources(const std::string& slug) const {
  const auto& program = fold->definitions().program.definitions;
  const auto definition = std::ranges::find_if(program, [&](const language::Definition& each) {
    return each.kind == language::DefinitionKind::Segment && each.slug == slug;
  });
  const auto events =
      language::events_looked_at(fold->definitions().program, static_cast<size_t>(definition - program.begin()));
  Json out = Json::array();
  for (std::string& name : events ? sources.silent(clock.now(), *events) : sources.silent(clock.now()))
    out.add(std::move(name));
  return out;
}

Json Engine::segments() {
  State& s = *state_;
  const std::shared_lock lock(s.fold_mutex);
  Json list = Json::array();
  const auto& outputs = s.fold->plan().outputs;
  for (size_t i = 0; i < s.fold->plan().segments.size(); ++i) {
    const std::string& slug = outputs[s.fold->plan().segments[i]].slug;
    const auto version = std::ranges::find(s.fold->definitions().segments, slug, &SegmentVersion::slug);
    const auto text = std::ranges::find_if(s.in_force.all(), [&](const language::Definition& each) {
      return each.kind == language::DefinitionKind::Segment && each.slug == slug;
    });
    list.add(Json::object()
                 .set("id", slug)
                 .set("name", version->name)
                 .set("version", uint64_t{version->version})
                 .set("since", text_of(version->since))
                 .set("members", uint64_t{s.fold->members(i).size()})
                 .set("stale_sources", s.stale_sources(slug))
                 .set("definition", text == s.in_force.all().end() ? "" : language::print(*text)));
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
      return fail(fmt::format("there is no segment '{}'", segment), {}, "see which there are: GET /api/v1/segments");
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

std::optional<Json> Engine::customer(std::string_view id) {
  State& s = *state_;
  const std::shared_lock lock(s.fold_mutex);
  const Identities& identities = s.fold->identities();
  const auto found = s.find_customer(id);
  if (!found) return std::nullopt;
  const Profile leader = identities.leader(*found);
  std::vector<Profile> members;
  identities.members(leader, members);
  std::map<IdentifierKind, uint64_t> kinds;
  uint64_t facts = 0;
  for (const Profile profile : members) {
    ++kinds[identities.kind(profile)];
    facts += s.fold->memory().histories.rows(profile);
  }
  Json counts = Json::object(), segments = Json::array();
  for (const auto& [kind, count] : kinds) counts.set(std::string(profiles::name_of(kind)), count);
  for (size_t i = 0; i < s.fold->plan().segments.size(); ++i)
    if (s.fold->is_member(leader, i)) {
      const auto& output = s.fold->plan().outputs[s.fold->plan().segments[i]];
      segments.add(Json::object().set("id", output.slug).set("name", output.name));
    }
  Json out = Json::object();
  out.set("customer", s.public_id(leader))
      .set("as_of", text_of(s.fold->learnt()))
      .set("identifiers", std::move(counts));
  out.set("first_fact", text_of(s.fold->begin_of(leader))).set("facts_in_memory", facts);
  out.set("segments", std::move(segments));
  const Instant next = s.fold->next_look(leader);
  out.set("looked_at_again", next == kNever ? Json() : Json(text_of(next)));
  return out;
}

Json Engine::import_of(std::string_view import) {
  catch_up();
  State& s = *state_;
  const std::shared_lock lock(s.fold_mutex);
  const auto found = std::ranges::find(s.imports, import, &ImportTally::import);
  const ImportTally none{}, &tally = found == s.imports.end() ? none : *found;
  std::unordered_set<Profile> customers;
  for (const Profile profile : tally.who) customers.insert(s.fold->identities().leader(profile));
  return Json::object()
      .set("stored", tally.stored)
      .set("trait_facts", tally.trait_facts)
      .set("duplicates", tally.duplicates)
      .set("rejects", tally.rejects)
      .set("customers", uint64_t{customers.size()})
      .set("new_customers", tally.new_customers);
}

// Identifiers that too many customers share, with what to do about them.
Json Engine::State::storms() const {
  Json out = Json::array();
  const Identities& identities = fold->identities();
  for (const profiles::Storm& storm : identities.storms()) {
    const Json who = profiles::json_of(
        profiles::NamedIdentifier{identities.kind(storm.profile), std::string(identities.value(storm.profile))});
    out.add(Json::object()
                .set("who", who)
                .set("refused_links", uint64_t{storm.refused})
                .set("block", Json::object().set("ruling", "block").set("who", who).dump())
                .set("allow", Json::object().set("ruling", "allow").set("who", who).dump()));
  }
  return out;
}

Json Engine::status() {
  State& s = *state_;
  Json out = Json::object();
  {
    const std::shared_lock lock(s.fold_mutex);
    const auto& inflow = s.fold->inflow().counts();
    const auto& counts = s.fold->counts();
    out.set("as_of", text_of(s.fold->learnt())).set("customers", uint64_t{s.fold->identities().customers()});
    out.set("identifiers", uint64_t{s.fold->identities().size()});
    out.set("facts_in_memory", s.fold->memory().histories.rows()).set("bytes_in_memory", uint64_t{s.fold->bytes()});
    out.set("received", inflow.rows).set("duplicates", inflow.duplicates).set("rejects", inflow.rejects);
    out.set("refused", inflow.refused).set("refused_identifiers", uint64_t{s.fold->rulings().refused()});
    const auto& most = s.settings.stitch.most;
    Json limits = Json::object();
    for (size_t kind = 1; kind < most.size(); ++kind)
      limits.set(std::string(profiles::name_of(static_cast<IdentifierKind>(kind))), uint64_t{most[kind]});
    out.set("identifiers_a_customer", std::move(limits)).set("storms", s.storms());
    Json refused = Json::object();
    for (const auto& [source, count] : s.refused_by_source) refused.set(source, count);
    out.set("refused_by_source", std::move(refused));
    out.set("looks", counts.looks).set("walks", counts.walks).set("timers_fired", counts.timers);
    out.set("changes", counts.flips);
    out.set("duplicates_known_since",
            s.fold->recent().horizon() == kEver ? Json() : Json(text_of(s.fold->recent().horizon())));
    const Instant now = s.clock.now();
    Json silent = Json::array();
    for (std::string& name : s.sources.silent(now)) silent.add(std::move(name));
    out.set("sources", s.sources.json(now)).set("silent_sources", std::move(silent));
  }
  const int64_t due = s.next_due;
  out.set("next_timer", due >= kNever.ms ? Json() : Json(text_of(Instant{due})));
  out.set("log_end", s.log->end()).set("recorded_until", s.recorded_until.load());
  {
    const std::lock_guard lock(s.behind_mutex);
    out.set("applied_until", s.applied_until).set("bytes_behind", s.behind_bytes);
  }
  {
    const std::lock_guard lock(s.queue_mutex);
    out.set("bytes_queued", s.queue_bytes);
  }
  {
    const std::lock_guard lock(s.pages_mutex);
    out.set("record_trouble", s.trouble.empty() ? Json() : Json(s.trouble));
  }
  out.set("log_failures", s.log_failures.load()).set("told_busy", s.busy.load());
  return out;
}

}  // namespace tessera::live
