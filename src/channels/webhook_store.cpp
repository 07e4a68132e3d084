#include "channels/webhook.hpp"
#include "store/keystore.hpp"
#include "store/record.hpp"

namespace tessera::channels {

namespace {

using Row = std::vector<std::optional<std::string>>;

// Times are asked for as milliseconds; what is before every event is null.
constexpr const char* kWebhooks =
    "SELECT id, url, segments, NULL, NULL, epoch_ms(created), epoch_ms(rotated), position, disabled, "
    "batch_until, attempts, epoch_ms(next_attempt), last_error FROM tessera.webhook ORDER BY id";
constexpr const char* kLetters =
    "SELECT number, webhook, after_id, until_id, changes, epoch_ms(died), error FROM tessera.webhook_dead "
    "ORDER BY number";

Instant instant_in(const std::optional<std::string>& cell) {
  return cell ? Instant{std::atoll(cell->c_str())} : kEver;
}

store::Value value_of(Instant instant) {
  if (instant == kEver) return nullptr;
  return instant;
}

uint64_t count_in(const std::optional<std::string>& cell) {
  return cell ? std::strtoull(cell->c_str(), nullptr, 10) : 0;
}

std::string name_of(std::string_view kind, const std::string& id) {
  return std::string(kind) + id;
}

Result<Webhook> webhook_of(const Row& row, const store::Keystore& keystore) {
  Webhook webhook{.id = *row[0],
                  .url = *row[1],
                  .secret = keystore.get(name_of(store::kWebhook, *row[0])).value_or(""),
                  .old_secret = keystore.get(name_of(store::kOldWebhook, *row[0])).value_or("")};
  const Json segments = TRY(parse_json(row[2].value_or("[]"), "segments of " + webhook.id));
  if (const auto* items = segments.as_array())
    for (const Json& item : *items) webhook.segments.push_back(item.text_or(""));
  webhook.created = instant_in(row[5]);
  webhook.rotated = instant_in(row[6]);
  webhook.position = feed::parse_change_id(row[7].value_or(""));
  webhook.disabled = row[8].value_or("");
  webhook.batch_until = feed::parse_change_id(row[9].value_or(""));
  webhook.attempts = static_cast<uint8_t>(count_in(row[10]));
  webhook.next_attempt = instant_in(row[11]);
  webhook.last_error = row[12].value_or("");
  if (webhook.secret.empty() && webhook.disabled.empty())
    webhook.disabled = "its secret is not in the keystore: rotate it";
  return webhook;
}

}  // namespace

Result<RecordWebhookStore> RecordWebhookStore::open(store::Record& record) {
  return RecordWebhookStore(TRY(record.connect()), record.keystore());
}

Result<std::vector<Webhook>> RecordWebhookStore::webhooks() {
  std::vector<Webhook> found;
  for (const Row& row : TRY(connection_.rows(kWebhooks))) found.push_back(TRY(webhook_of(row, *keystore_)));
  return found;
}

Result<std::vector<DeadLetter>> RecordWebhookStore::dead_letters() {
  std::vector<DeadLetter> found;
  for (const Row& row : TRY(connection_.rows(kLetters)))
    found.push_back({.number = count_in(row[0]),
                     .webhook = row[1].value_or(""),
                     .after = feed::parse_change_id(row[2].value_or("")),
                     .until = feed::parse_change_id(row[3].value_or("")),
                     .changes = count_in(row[4]),
                     .died = instant_in(row[5]),
                     .error = row[6].value_or("")});
  return found;
}

Result<void> RecordWebhookStore::put(const Webhook& webhook) {
  Json segments = Json::array();
  for (const std::string& segment : webhook.segments) segments.add(segment);
  const std::string list = segments.dump(), position = text_of(webhook.position),
                    batch_until = text_of(webhook.batch_until);
  const auto kept = [](const std::string& secret) { return secret.empty() ? std::nullopt : std::optional(secret); };
  TRY(keystore_->change({{name_of(store::kWebhook, webhook.id), kept(webhook.secret)},
                         {name_of(store::kOldWebhook, webhook.id), kept(webhook.old_secret)}}));
  TRY(connection_.run("DELETE FROM tessera.webhook WHERE id = ?", {std::string_view(webhook.id)}));
  TRY(connection_.run(
      "INSERT INTO tessera.webhook(id, url, segments, secret, old_secret, created, rotated, position, disabled, "
      "batch_until, attempts, next_attempt, last_error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {std::string_view(webhook.id), std::string_view(webhook.url), std::string_view(list), std::string_view(),
       std::string_view(), value_of(webhook.created), value_of(webhook.rotated), std::string_view(position),
       std::string_view(webhook.disabled), std::string_view(batch_until), uint64_t{webhook.attempts},
       value_of(webhook.next_attempt), std::string_view(webhook.last_error)}));
  return {};
}

Result<void> RecordWebhookStore::save(const Webhook& webhook) {
  auto transaction = TRY(store::Transaction::begin(connection_));
  TRY(put(webhook));
  return transaction.commit();
}

Result<void> RecordWebhookStore::remove(const std::string& webhook) {
  auto transaction = TRY(store::Transaction::begin(connection_));
  TRY(connection_.run("DELETE FROM tessera.webhook WHERE id = ?", {std::string_view(webhook)}));
  TRY(connection_.run("DELETE FROM tessera.webhook_dead WHERE webhook = ?", {std::string_view(webhook)}));
  TRY(transaction.commit());
  return keystore_->change(
      {{name_of(store::kWebhook, webhook), std::nullopt}, {name_of(store::kOldWebhook, webhook), std::nullopt}});
}

Result<void> RecordWebhookStore::bury(const Webhook& webhook, const DeadLetter& letter) {
  auto transaction = TRY(store::Transaction::begin(connection_));
  TRY(put(webhook));
  TRY(connection_.run("DELETE FROM tessera.webhook_dead WHERE number = ?", {letter.number}));
  const std::string after = text_of(letter.after), until = text_of(letter.until);
  TRY(
      connection_.run("INSERT INTO tessera.webhook_dead(number, webhook, after_id, until_id, changes, died, error) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?)",
                      {letter.number, std::string_view(letter.webhook), std::string_view(after),
                       std::string_view(until), letter.changes, letter.died, std::string_view(letter.error)}));
  return transaction.commit();
}

Result<void> RecordWebhookStore::remove_letter(uint64_t number) {
  TRY(connection_.run("DELETE FROM tessera.webhook_dead WHERE number = ?", {number}));
  return {};
}

}  // namespace tessera::channels
