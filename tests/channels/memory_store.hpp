// Webhooks kept in memory, as a record would keep them; it can be told to fail as a full disk does.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "channels/webhook.hpp"

namespace tessera::channels {

class MemoryStore final : public WebhookStore {
 public:
  bool fails = false;
  std::map<std::string, Webhook> kept;
  std::map<uint64_t, DeadLetter> letters;

  Result<std::vector<Webhook>> webhooks() override {
    std::vector<Webhook> all;
    for (const auto& [id, webhook] : kept) all.push_back(webhook);
    return all;
  }
  Result<std::vector<DeadLetter>> dead_letters() override {
    std::vector<DeadLetter> all;
    for (const auto& [number, letter] : letters) all.push_back(letter);
    return all;
  }
  Result<void> save(const Webhook& webhook) override {
    if (fails) return fail("disk full");
    kept[webhook.id] = webhook;
    return {};
  }
  Result<void> remove(const std::string& webhook) override {
    kept.erase(webhook);
    std::erase_if(letters, [&](const auto& letter) { return letter.second.webhook == webhook; });
    return {};
  }
  Result<void> bury(const Webhook& webhook, const DeadLetter& letter) override {
    if (fails) return fail("disk full");
    kept[webhook.id] = webhook;
    letters[letter.number] = letter;
    return {};
  }
  Result<void> remove_letter(uint64_t number) override {
    letters.erase(number);
    return {};
  }
};

}  // namespace tessera::channels
