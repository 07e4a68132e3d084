// The engine: decisions about customers, by people and by the detector of inhuman rates.
#include "live/engine_state.hpp"
#include "profiles/rulings.hpp"

namespace tessera::live {

// Events of the past, which may come by the thousand, say nothing about who sends them.
void Engine::State::watch_rates(Instant learnt) {
  if (rates.since == kEver || learnt - rates.since >= Rates::kWindow) {
    rates.since = learnt;
    rates.events.clear();
  }
  const Identities& identities = fold->identities();
  for (const Touched::Row& row : fold->rows()) {
    if (row.time < learnt - Rates::kWindow * 2) continue;
    const Profile leader = identities.leader(row.profile);
    auto found = rates.events.find(leader);
    if (found == rates.events.end()) {
      if (rates.events.size() >= Rates::kCustomers) continue;
      found = rates.events.emplace(leader, 0).first;
    }
    if (++found->second != Rates::kMost) continue;
    profiles::Ruling ruling{.kind = profiles::RulingKind::Mark};
    ruling.who = {identities.kind(leader), std::string(identities.value(leader))};
    ruling.mark = profiles::Mark::Bot;
    ruling.reason = fmt::format("{} events within a minute", Rates::kMost);
    ruling.by = profiles::kByRate;
    (void)enqueue_ruling(ruling, nullptr);
  }
}

bool Engine::State::enqueue_ruling(const profiles::Ruling& ruling, Awaited applied) {
  {
    const std::lock_guard lock(queue_mutex);
    if (is_stopping) return false;
    queue.push_back({EntryKind::Ruling,
                     {.source = {}, .type = {}, .body = profiles::json_of(ruling).dump()},
                     {},
                     std::move(applied)});
  }
  queue_news.notify_one();
  return true;
}

Result<Ruled> Engine::State::rule(const LogEntry& entry, const Logged& logged) {
  Result<profiles::Ruling> ruling = usage("not read");
  Result<void> ruled;
  std::vector<Flip> fresh;
  {
    const std::unique_lock lock(fold_mutex);
    fold->begin(logged.offset, entry.learnt);
    if (const auto json = parse_json(entry.text)) ruling = profiles::parse_ruling(*json);
    if (ruling) ruled = fold->inflow().rule(*ruling);
    fold->finish(logged.next);
    fresh = fold->fresh();
  }
  tell(fresh);
  if (!ruling) return std::unexpected(ruling.error());
  if (!ruled) return std::unexpected(ruled.error());
  return Ruled{.ruling = *ruling, .learnt = entry.learnt, .changes = fresh.size()};
}

Outcome Engine::State::put(const LogEntry& entry, const Logged& logged) {
  const auto facts = profiles::parse_facts(entry.text);
  Result<void> put;
  std::vector<Flip> fresh;
  {
    const std::unique_lock lock(fold_mutex);
    fold->begin(logged.offset, entry.learnt);
    if (facts) put = fold->inflow().put(*facts);
    fold->finish(logged.next);
    fresh = fold->fresh();
  }
  tell(fresh);
  if (!facts) return std::unexpected(facts.error());
  if (!put) return std::unexpected(put.error());
  return Applied();
}

Result<void> Engine::put(std::span<const profiles::SystemFact> facts) {
  State& s = *state_;
  auto applied = std::make_shared<std::promise<Outcome>>();
  auto answer = applied->get_future();
  {
    const std::lock_guard lock(s.queue_mutex);
    if (s.is_stopping) return fail("the server is stopping");
    s.queue.push_back(
        {EntryKind::Facts, {.source = {}, .type = {}, .body = profiles::text_of(facts)}, {}, std::move(applied)});
  }
  s.queue_news.notify_one();
  TRY(answer.get());
  return {};
}

Result<Ruled> Engine::rule(const profiles::Ruling& ruling) {
  auto applied = std::make_shared<std::promise<Outcome>>();
  auto answer = applied->get_future();
  if (!state_->enqueue_ruling(ruling, std::move(applied))) return fail("the server is stopping");
  return std::get<Ruled>(TRY(answer.get()));
}

}  // namespace tessera::live
