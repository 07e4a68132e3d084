#include "channels/deliveries.hpp"

#include "core/hash.hpp"
#include "core/logging.hpp"

namespace tessera::channels {

namespace {

constexpr int kMostPages = 8;                  // read at a time for one webhook that asked for few of the changes
constexpr Duration kLongestWait = kHour * 30;  // longer than any wait with its jitter: the clock was set back

std::string what_went_wrong(const Result<HttpAnswer>& answer) {
  if (!answer) return answer.error().message;
  const bool redirects = answer->status >= 300 && answer->status < 400;
  return fmt::format("answered {}{}", answer->status, redirects ? "; redirects are not followed" : "");
}

bool is_reached(Instant at, Instant now, Duration longest) {
  return now >= at || at - now > longest;
}

// Changes without a segment are about the customer and concern everyone.
bool asks_for(const Webhook& webhook, const feed::Change& change) {
  return webhook.segments.empty() || change.segment.empty() ||
         std::find(webhook.segments.begin(), webhook.segments.end(), change.segment) != webhook.segments.end();
}

std::string payload_of(const std::string& changes, Instant timestamp) {
  return fmt::format(R"({{"type":"segment.changes","timestamp":"{}","data":[{}]}})", text_of(timestamp), changes);
}

std::unexpected<Error> no_such(const std::string& id) {
  return usage(fmt::format("there is no webhook '{}'", id), try_get("/api/v1/webhooks").note("lists them"));
}

// By the id that we gave it: its address may hold a secret.
void note(const Logger* logger, LogLevel level, LogWord event, const Webhook& webhook, int status) {
  say(logger, level, event,
      {{"webhook", LogWord::known(webhook.id)}, {"attempts", webhook.attempts}, {"status", status}});
}

}  // namespace

Result<Deliveries> Deliveries::open(feed::Feed& feed, WebhookStore& store, const DeliverySettings& settings) {
  Deliveries deliveries(feed, store, settings);
  for (Webhook& webhook : TRY(store.webhooks())) {
    const std::string id = webhook.id;
    deliveries.endpoints_.emplace(id, Endpoint{.kept = std::move(webhook)});
  }
  for (DeadLetter& letter : TRY(store.dead_letters())) {
    deliveries.last_letter_ = std::max(deliveries.last_letter_, letter.number);
    deliveries.letters_.emplace(letter.number, std::move(letter));
  }
  return deliveries;
}

// --- managing

Result<Webhook> Deliveries::add(const std::string& url, std::vector<std::string> segments,
                                const feed::Position& position, Instant now) {
  if (endpoints_.size() >= settings_.most_webhooks)
    return usage(fmt::format("there are {} webhooks already, the most there may be", endpoints_.size()),
                 "remove one that is not needed");
  if (auto checked = check_url(url, settings_.rules); !checked) {
    checked.error().blame = Blame::Usage;
    return std::unexpected(checked.error());
  }
  std::sort(segments.begin(), segments.end());
  segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
  const Webhook webhook{.id = "wh_" + hex_of(secret_bytes(8)),
                        .url = url,
                        .segments = std::move(segments),
                        .secret = new_webhook_secret(),
                        .created = now,
                        .position = position};
  TRY(store_->save(webhook));
  endpoints_.emplace(webhook.id, Endpoint{.kept = webhook});
  return webhook;
}

Result<Deliveries::Endpoint*> Deliveries::endpoint(const std::string& id) {
  const auto found = endpoints_.find(id);
  if (found == endpoints_.end()) return no_such(id);
  return &found->second;
}

Result<void> Deliveries::change(const std::string& id, const std::function<void(Webhook&)>& edit) {
  Endpoint& endpoint = *TRY(this->endpoint(id));
  Webhook edited = endpoint.kept;
  edit(edited);
  TRY(store_->save(edited));
  endpoint.kept = std::move(edited);
  endpoint.changed = endpoint.up_to_date = false;
  endpoint.read_again = kEver;
  return {};
}

Result<void> Deliveries::remove(const std::string& id) {
  TRY(endpoint(id));
  TRY(store_->remove(id));
  endpoints_.erase(id);
  std::erase_if(letters_, [&](const auto& letter) { return letter.second.webhook == id; });
  return {};
}

Result<void> Deliveries::disable(const std::string& id, const std::string& why) {
  return change(id, [&](Webhook& webhook) { webhook.disabled = why.empty() ? "disabled" : why; });
}

Result<void> Deliveries::enable(const std::string& id) {
  return change(id, [](Webhook& webhook) {
    webhook.disabled.clear();
    webhook.attempts = 0;
    webhook.next_attempt = kEver;
  });
}

Result<std::string> Deliveries::rotate(const std::string& id, Instant now) {
  const std::string secret = new_webhook_secret();
  TRY(change(id, [&](Webhook& webhook) {
    webhook.old_secret = std::exchange(webhook.secret, secret);
    webhook.rotated = now;
  }));
  return secret;
}

std::vector<Webhook> Deliveries::list() const {
  std::vector<Webhook> all;
  for (const auto& [id, endpoint] : endpoints_) all.push_back(endpoint.kept);
  return all;
}

std::optional<Webhook> Deliveries::find(const std::string& id) const {
  const auto found = endpoints_.find(id);
  if (found == endpoints_.end()) return std::nullopt;
  return found->second.kept;
}

std::vector<DeadLetter> Deliveries::dead_letters(const std::string& id) const {
  std::vector<DeadLetter> of_it;
  for (const auto& [number, letter] : letters_)
    if (letter.webhook == id) of_it.push_back(letter);
  return of_it;
}

Result<void> Deliveries::replay(uint64_t number) {
  const auto letter = letters_.find(number);
  if (letter == letters_.end()) return usage(fmt::format("there is no dead letter {}", number));
  Endpoint& endpoint = *TRY(this->endpoint(letter->second.webhook));
  if (!endpoint.kept.disabled.empty())
    return usage(fmt::format("the webhook is disabled: {}", endpoint.kept.disabled), "enable it first");
  const bool waits = std::find(endpoint.replays.begin(), endpoint.replays.end(), number) != endpoint.replays.end();
  if (!waits && !(endpoint.flight && endpoint.flight->letter == number)) endpoint.replays.push_back(number);
  return {};
}

// --- driving

void Deliveries::changes_came() {
  for (auto& [id, endpoint] : endpoints_) endpoint.up_to_date = false;
}

bool Deliveries::is_due(const Endpoint& endpoint, Instant now) const {
  if (!endpoint.kept.disabled.empty() || endpoint.flight) return false;
  if (!is_reached(endpoint.read_again, now, settings_.read_again_after)) return false;
  if (!endpoint.replays.empty()) return true;
  return !endpoint.up_to_date && is_reached(endpoint.kept.next_attempt, now, kLongestWait);
}

std::optional<Instant> Deliveries::next() const {
  std::optional<Instant> next = save_at_;
  for (const auto& [id, endpoint] : endpoints_) {
    if (!endpoint.kept.disabled.empty() || endpoint.flight) continue;
    if (endpoint.replays.empty() && endpoint.up_to_date) continue;
    const Instant attempt = endpoint.replays.empty() ? endpoint.kept.next_attempt : kEver;
    const Instant at = std::max(attempt, endpoint.read_again);
    next = std::min(next.value_or(at), at);
  }
  return next;
}

std::vector<Delivery> Deliveries::due(Instant now) {
  std::vector<Delivery> deliveries;
  for (auto& [id, endpoint] : endpoints_) {
    if (!is_due(endpoint, now)) continue;
    auto delivery = start(endpoint, now);
    if (!delivery) {
      endpoint.kept.last_error = delivery.error().text();
      endpoint.read_again = now + settings_.read_again_after;
    } else if (*delivery) {
      deliveries.push_back(std::move(**delivery));
    }
  }
  return deliveries;
}

// `last` nullopt: as much as a batch takes. Otherwise exactly the changes up to there: they were a batch before.
Result<Deliveries::Batch> Deliveries::read_batch(const Webhook& webhook, const feed::Position& after,
                                                 const feed::Position& last) const {
  Batch batch{.after = after};
  feed::Position read_to = after, first;
  std::string changes;
  Instant newest = kEver;
  bool is_full = false;
  for (int page = 0; !is_full && !batch.at_end && (last || page < kMostPages); ++page) {
    const auto read = TRY(feed_->changes_after(read_to, settings_.most_changes));
    batch.at_end = read.size() < settings_.most_changes;
    for (const feed::Change& change : read) {
      is_full = last && change.id > *last;
      if (is_full) break;
      if (asks_for(webhook, change)) {
        const std::string text = json_of(change).dump();
        is_full = !last && batch.changes > 0 &&
                  (batch.changes == settings_.most_changes || changes.size() + text.size() > settings_.most_bytes);
        if (is_full) break;
        changes += (batch.changes++ > 0 ? "," : "") + text;
        newest = change.learnt;
        batch.until = change.id;
        if (!first) first = change.id;
      }
      read_to = change.id;
    }
    is_full |= !last && batch.changes == settings_.most_changes;
  }
  batch.at_end &= !is_full;
  if (batch.changes == 0) {
    batch.until = read_to;
    return batch;
  }
  batch.payload = payload_of(changes, newest);
  batch.id = fmt::format("msg_{}_{}_{}", webhook.id, text_of(first), text_of(batch.until));
  return batch;
}

Result<std::optional<Delivery>> Deliveries::start(Endpoint& endpoint, Instant now) {
  if (!endpoint.replays.empty()) return start_replay(endpoint, now);
  Webhook& kept = endpoint.kept;
  Batch batch = TRY(read_batch(kept, kept.position, kept.batch_until));
  if (batch.changes > 0) return TRY(send(endpoint, std::move(batch), std::nullopt, now));
  endpoint.up_to_date = batch.at_end;
  go_on_behind(endpoint, batch.until, now);
  return std::nullopt;
}

Result<std::optional<Delivery>> Deliveries::start_replay(Endpoint& endpoint, Instant now) {
  const uint64_t number = endpoint.replays.front();
  const auto letter = letters_.find(number);
  if (letter != letters_.end()) {
    Batch batch = TRY(read_batch(endpoint.kept, letter->second.after, letter->second.until));
    if (batch.changes > 0) {
      const Delivery delivery = TRY(send(endpoint, std::move(batch), number, now));
      endpoint.replays.pop_front();
      return delivery;
    }
    letter->second.error = "its changes are not kept any more";
  }
  endpoint.replays.pop_front();
  return std::nullopt;
}

Result<Delivery> Deliveries::send(Endpoint& endpoint, Batch batch, std::optional<uint64_t> letter, Instant now) {
  const Webhook& kept = endpoint.kept;
  std::string signatures = TRY(webhook_signature(kept.secret, batch.id, now, batch.payload));
  if (!kept.old_secret.empty() && now - kept.rotated < kOldSecretSigns)
    signatures += " " + TRY(webhook_signature(kept.old_secret, batch.id, now, batch.payload));
  endpoint.flight = Flight{
      .ticket = ++tickets_, .after = batch.after, .until = batch.until, .changes = batch.changes, .letter = letter};
  return Delivery{.ticket = tickets_,
                  .request = {.url = kept.url,
                              .body = std::move(batch.payload),
                              .headers = {{"content-type", "application/json"},
                                          {"webhook-id", std::move(batch.id)},
                                          {"webhook-timestamp", std::to_string(now.ms / 1000)},
                                          {"webhook-signature", std::move(signatures)}},
                              .timeout = settings_.timeout}};
}

void Deliveries::finished(uint64_t ticket, const Result<HttpAnswer>& answer, Instant now) {
  const auto found = std::find_if(endpoints_.begin(), endpoints_.end(), [&](const auto& entry) {
    return entry.second.flight && entry.second.flight->ticket == ticket;
  });
  if (found == endpoints_.end()) return;  // the webhook was removed meanwhile
  Endpoint& endpoint = found->second;
  const Flight flight = *std::exchange(endpoint.flight, std::nullopt);
  const int status = answer ? answer->status : 0;
  if (status >= 200 && status < 300) {
    delivered(endpoint, flight, now);
  } else if (status == 410) {
    endpoint.kept.disabled = "the subscriber answered 410: it wants no more";
    note(settings_.logger, LogLevel::Warning, "webhook wants no more", endpoint.kept, status);
    save_now(endpoint, now);
  } else if (flight.letter) {
    DeadLetter& letter = letters_.at(*flight.letter);
    letter.error = what_went_wrong(answer);
    (void)store_->bury(endpoint.kept, letter);  // only its error is newer
  } else {
    failed(endpoint, flight, answer, now);
  }
}

void Deliveries::go_on_behind(Endpoint& endpoint, const feed::Position& position, Instant now) {
  Webhook& kept = endpoint.kept;
  endpoint.changed |= kept.position != position || kept.attempts > 0;
  kept.position = position;
  kept.batch_until.reset();
  kept.attempts = 0;
  kept.next_attempt = kEver;
  kept.last_error.clear();
  if (endpoint.changed && !save_at_) save_at_ = now + settings_.save_after;
}

void Deliveries::delivered(Endpoint& endpoint, const Flight& flight, Instant now) {
  if (!flight.letter && endpoint.kept.attempts > 0)
    note(settings_.logger, LogLevel::Info, "webhook answers again", endpoint.kept, 200);
  if (!flight.letter) return go_on_behind(endpoint, flight.until, now);
  letters_.erase(*flight.letter);
  (void)store_->remove_letter(*flight.letter);  // at worst it is there again after a restart, and replayed once more
}

void Deliveries::failed(Endpoint& endpoint, const Flight& flight, const Result<HttpAnswer>& answer, Instant now) {
  Webhook& kept = endpoint.kept;
  kept.batch_until = flight.until;
  kept.last_error = what_went_wrong(answer);
  ++kept.attempts;
  const int status = answer ? answer->status : 0;  // 0: no answer
  if (kept.attempts == 1) note(settings_.logger, LogLevel::Warning, "webhook fails", kept, status);
  if (kept.attempts >= kMostAttempts) {
    note(settings_.logger, LogLevel::Error, "webhook batch given up: a dead letter", kept, status);
    return give_up(endpoint, flight, now);
  }
  kept.next_attempt = now + wait_before(kept, answer ? &*answer : nullptr);
  save_now(endpoint, now);
}

void Deliveries::give_up(Endpoint& endpoint, const Flight& flight, Instant now) {
  DeadLetter letter{.number = last_letter_ + 1,
                    .webhook = endpoint.kept.id,
                    .after = flight.after,
                    .until = flight.until,
                    .changes = flight.changes,
                    .died = now,
                    .error = endpoint.kept.last_error};
  const Webhook before = endpoint.kept;
  go_on_behind(endpoint, flight.until, now);
  endpoint.kept.last_error = letter.error;
  if (!store_->bury(endpoint.kept, letter)) {
    // Nothing may be given up without a trace: it is tried once more instead.
    endpoint.kept = before;
    endpoint.kept.attempts = kMostAttempts - 1;
    endpoint.kept.next_attempt = now + settings_.read_again_after;
    return;
  }
  endpoint.changed = false;
  letters_.emplace(++last_letter_, std::move(letter));
}

// REQUIRES: 0 < attempts < kMostAttempts.
Duration Deliveries::wait_before(const Webhook& webhook, const HttpAnswer* answer) const {
  const Duration wait = kWaits[webhook.attempts];
  Rng rng(settings_.seed ^ hash64(webhook.id + text_of(webhook.batch_until), webhook.attempts));
  const Duration with_jitter{wait.ms + rng.between(0, wait.ms / 5)};
  const bool is_told = answer && (answer->status == 429 || answer->status == 503) && answer->retry_after;
  return is_told ? std::max(with_jitter, std::min(*answer->retry_after, kDay)) : with_jitter;
}

// --- saving

void Deliveries::save_now(Endpoint& endpoint, Instant now) {
  endpoint.changed = !store_->save(endpoint.kept);
  if (endpoint.changed && !save_at_) save_at_ = now + settings_.save_after;
}

Result<void> Deliveries::save(Instant now) {
  if (!save_at_ || !is_reached(*save_at_, now, settings_.save_after)) return {};
  save_at_.reset();
  auto saved = save_all();
  if (!saved) save_at_ = now + settings_.save_after;
  return saved;
}

Result<void> Deliveries::save_all() {
  Result<void> saved;
  for (auto& [id, endpoint] : endpoints_) {
    if (!endpoint.changed) continue;
    if (auto done = store_->save(endpoint.kept); done) {
      endpoint.changed = false;
    } else {
      saved = std::move(done);
    }
  }
  return saved;
}

}  // namespace tessera::channels
