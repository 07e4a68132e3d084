#include "channels/webhook.hpp"

#include "core/base64.hpp"
#include "core/hash.hpp"

namespace tessera::channels {

namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr size_t kLeastSecret = 24, kMostSecret = 64, kOurSecret = 32;

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace

Json json_of(const Webhook& webhook) {
  Json segments = Json::array();
  for (const std::string& segment : webhook.segments) segments.add(segment);
  Json out = Json::object();
  out.set("id", webhook.id).set("url", webhook.url).set("segments", std::move(segments));
  out.set("created", text_of(webhook.created)).set("position", text_or_null(text_of(webhook.position)));
  out.set("disabled", text_or_null(webhook.disabled));
  out.set("failed_attempts", uint64_t{webhook.attempts}).set("last_error", text_or_null(webhook.last_error));
  out.set("next_attempt", webhook.attempts > 0 ? Json(text_of(webhook.next_attempt)) : Json());
  return out;
}

Json json_of(const DeadLetter& letter) {
  Json out = Json::object();
  out.set("number", letter.number).set("webhook", letter.webhook).set("after", text_or_null(text_of(letter.after)));
  out.set("until", text_of(letter.until)).set("changes", letter.changes);
  out.set("died", text_of(letter.died)).set("error", letter.error);
  return out;
}

std::string new_webhook_secret() {
  return std::string(kSecretPrefix) + base64_of(secret_bytes(kOurSecret));
}

Result<std::string> webhook_signature(std::string_view secret, std::string_view id, Instant at,
                                      std::string_view payload) {
  const auto key = secret.starts_with(kSecretPrefix) ? from_base64(secret.substr(kSecretPrefix.size())) : std::nullopt;
  if (!key || key->size() < kLeastSecret || key->size() > kMostSecret)
    return fail(fmt::format("a webhook's secret is '{}' and {} to {} bytes in base64, this is not", kSecretPrefix,
                            kLeastSecret, kMostSecret));
  return "v1," + base64_of(hmac_sha256(*key, fmt::format("{}.{}.{}", id, at.ms / 1000, payload)));
}

}  // namespace tessera::channels
