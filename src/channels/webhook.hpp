// A webhook: a subscriber's URL to which membership changes are posted, signed after Standard Webhooks 1.0.0, in the
// order of their ids. All that is kept of one is how far it has come (the id of a change); the changes themselves are
// read behind that from the feed, so that a subscriber that is down costs nothing but a later delivery.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "feed/feed.hpp"
#include "store/database.hpp"

namespace tessera::store {
class Keystore;
class Record;
}  // namespace tessera::store

namespace tessera::channels {

struct Webhook {
  std::string id;  // "wh_" and 16 hexadecimal digits
  std::string url;
  std::vector<std::string> segments{};  // slugs; empty: all
  std::string secret, old_secret{};     // "whsec_..."; the old one signs too for a day after `rotated`
  Instant created, rotated = kEver;
  feed::Position position{};  // all changes up to it are delivered, dead or not asked for
  std::string disabled{};     // why nothing is sent; empty: it is
  // The batch that failed: up to which change, how often, and when it is tried next.
  feed::Position batch_until{};
  uint8_t attempts = 0;
  Instant next_attempt = kEver;
  std::string last_error{};
  bool operator==(const Webhook&) const = default;
};

// Changes behind `after` up to `until` that were given up.
struct DeadLetter {
  uint64_t number = 0;  // of all webhooks'; ascending
  std::string webhook;  // id
  feed::Position after, until;
  uint64_t changes = 0;
  Instant died;
  std::string error;
  bool operator==(const DeadLetter&) const = default;
};

// For showing: without the secrets.
Json json_of(const Webhook& webhook);
Json json_of(const DeadLetter& letter);

inline constexpr Duration kOldSecretSigns = kDay;

std::string new_webhook_secret();  // "whsec_" and 32 random bytes in base64
// "v1,..." of the message `id` sent at `at` (to the second). Error: the secret is not "whsec_" and 24 to 64 bytes.
Result<std::string> webhook_signature(std::string_view secret, std::string_view id, Instant at,
                                      std::string_view payload);

// Where webhooks are kept. One thread at a time. A call does all or nothing.
class WebhookStore {
 public:
  virtual ~WebhookStore() = default;
  virtual Result<std::vector<Webhook>> webhooks() = 0;          // by id
  virtual Result<std::vector<DeadLetter>> dead_letters() = 0;   // by number
  virtual Result<void> save(const Webhook& webhook) = 0;        // makes or replaces
  virtual Result<void> remove(const std::string& webhook) = 0;  // and its dead letters
  // Makes or replaces the letter, and saves the webhook that has gone on behind it.
  virtual Result<void> bury(const Webhook& webhook, const DeadLetter& letter) = 0;
  virtual Result<void> remove_letter(uint64_t number) = 0;
};

// In tessera.webhook and tessera.webhook_dead, on a connection of its own; secrets in the record's keystore, under names
// that this file's .cpp knows. A webhook whose secret is not there (it was restored without) is disabled and says why.
class RecordWebhookStore final : public WebhookStore {
 public:
  static Result<RecordWebhookStore> open(store::Record& record);
  Result<std::vector<Webhook>> webhooks() override;
  Result<std::vector<DeadLetter>> dead_letters() override;
  Result<void> save(const Webhook& webhook) override;
  Result<void> remove(const std::string& webhook) override;
  Result<void> bury(const Webhook& webhook, const DeadLetter& letter) override;
  Result<void> remove_letter(uint64_t number) override;

 private:
  RecordWebhookStore(store::Connection connection, store::Keystore& keystore)
      : connection_(std::move(connection)), keystore_(&keystore) {}
  Result<void> put(const Webhook& webhook);
  store::Connection connection_;
  store::Keystore* keystore_;  // the record's
};

}  // namespace tessera::channels
