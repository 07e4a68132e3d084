#include "ingest/agents.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include <robot_agents.hpp>

#include "core/result.hpp"
#include "core/text.hpp"

namespace tessera::ingest {

namespace {

using bought::Agent;

// In the list for what a server of theirs sends, but also what a person's own telephone or screen says.
constexpr std::string_view kPeoples[] = {"okhttp", "Viber", "Notion/"};

// What the list has not: anywhere in the agent, folded. Well-behaved robots say "bot", "crawler" or "spider" of
// themselves.
constexpr std::string_view kParts[] = {"crawler",        "spider",    "adsbot",     "feed-fetcher",
                                       "newrelicpinger", "prerender", "rendertron", "slimerjs",
                                       "headlesschrome", "webdriver", "cypress/",   "datadog/synthetics"};

// As the agent begins, folded: programs that fetch.
constexpr std::string_view kPrograms[] = {"python/", "java/",        "ruby",   "php/",      "guzzlehttp/",
                                          "k6/",     "apachebench/", "jmeter", "insomnia/", "postmanruntime/"};

// The list by the first bytes of each text: an agent is gone through once, however long the list is.
class Listed {
 public:
  Listed() {
    for (const Agent& agent : bought::kAgents) {
      VERIFY(agent.text.size() >= kFirst);
      if (std::find(std::begin(kPeoples), std::end(kPeoples), agent.text) == std::end(kPeoples))
        by_first_[key_at(agent.text, 0)].push_back(&agent);
    }
  }

  std::optional<std::string_view> in(std::string_view agent) const {
    for (size_t at = 0; at + kFirst <= agent.size(); ++at) {
      const auto found = by_first_.find(key_at(agent, at));
      if (found == by_first_.end()) continue;
      for (const Agent* each : found->second)
        if (is_at(*each, agent, at)) return each->text;
    }
    return std::nullopt;
  }

 private:
  static constexpr size_t kFirst = 3;
  static uint32_t key_at(std::string_view text, size_t at) {
    uint32_t key = 0;
    for (size_t i = 0; i < kFirst; ++i) key = key << 8 | static_cast<uint8_t>(text[at + i]);
    return key;
  }
  static bool is_at(const Agent& each, std::string_view agent, size_t at) {
    return agent.substr(at).starts_with(each.text) && (!each.begins || at == 0) &&
           (!each.ends || at + each.text.size() == agent.size());
  }

  std::unordered_map<uint32_t, std::vector<const Agent*>> by_first_;
};

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

// "bot" where a word ends: AnyBot/1.0, some-bot; not Cubot, a make of telephones.
bool says_bot(std::string_view folded) {
  for (size_t at = folded.find("bot"); at != std::string_view::npos; at = folded.find("bot", at + 3)) {
    const bool ends = at + 3 == folded.size() || !is_letter(folded[at + 3]);
    const bool is_telephone = at >= 2 && folded.compare(at - 2, 2, "cu") == 0;
    if (ends && !is_telephone) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string_view> bot_of(std::string_view agent) {
  static const Listed kListed;
  if (const auto listed = kListed.in(agent)) return listed;
  const std::string folded = fold_case(agent);
  for (const std::string_view part : kParts)
    if (folded.find(part) != std::string::npos) return part;
  for (const std::string_view program : kPrograms)
    if (folded.starts_with(program)) return program;
  return says_bot(folded) ? std::optional<std::string_view>("bot") : std::nullopt;
}

}  // namespace tessera::ingest
