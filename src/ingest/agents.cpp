#include "ingest/agents.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tessera::ingest {

namespace {

// Anywhere in the agent, folded. Well-behaved robots say "bot", "crawler" or "spider" of themselves; the rest are known
// by name.
constexpr std::string_view kParts[] = {"googlebot",       "bingbot",
                                       "adsbot",          "mediapartners-google",
                                       "feedfetcher",     "google-inspection",
                                       "slurp",           "yandexbot",
                                       "baiduspider",     "duckduckbot",
                                       "applebot",        "facebookexternalhit",
                                       "facebookcatalog", "meta-externalagent",
                                       "whatsapp/",       "telegrambot",
                                       "skypeuripreview", "slackbot",
                                       "pingdom",         "uptimerobot",
                                       "statuscake",      "site24x7",
                                       "newrelicpinger",  "datadog/synthetics",
                                       "checkly",         "gtmetrix",
                                       "lighthouse",      "pagespeed",
                                       "headlesschrome",  "phantomjs",
                                       "slimerjs",        "electron/puppeteer",
                                       "puppeteer",       "playwright",
                                       "selenium",        "webdriver",
                                       "cypress/",        "prerender",
                                       "rendertron",      "archive.org_bot",
                                       "ia_archiver",     "heritrix",
                                       "screaming frog",  "ahrefs",
                                       "semrush",         "mj12bot",
                                       "dotbot",          "petalbot",
                                       "bytespider",      "gptbot",
                                       "ccbot",           "claudebot",
                                       "amazonbot",       "perplexitybot",
                                       "scrapy",          "httrack",
                                       "zgrab",           "masscan",
                                       "nikto",           "sqlmap",
                                       "crawler",         "spider"};

// As the agent begins: programs that fetch.
constexpr std::string_view kPrograms[] = {"curl/",
                                          "wget/",
                                          "python-requests/",
                                          "python-urllib/",
                                          "python/",
                                          "aiohttp/",
                                          "httpx/",
                                          "go-http-client/",
                                          "java/",
                                          "libwww-perl/",
                                          "ruby",
                                          "apache-httpclient/",
                                          "node-fetch/",
                                          "axios/",
                                          "postmanruntime/",
                                          "insomnia/",
                                          "httpie/",
                                          "k6/",
                                          "apachebench/",
                                          "jmeter",
                                          "php/",
                                          "guzzlehttp/"};

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

}  // namespace

std::optional<std::string_view> bot_of(std::string_view agent) {
  const std::string folded = fold_case(agent);
  for (const std::string_view part : kParts)
    if (folded.find(part) != std::string::npos) return part;
  for (const std::string_view program : kPrograms)
    if (folded.starts_with(program)) return program;
  // "bot" where a word ends: AnyBot/1.0, some-bot; not Cubot, a make of telephones.
  for (size_t at = folded.find("bot"); at != std::string::npos; at = folded.find("bot", at + 3)) {
    const bool ends = at + 3 == folded.size() || !is_letter(folded[at + 3]);
    const bool is_telephone = at >= 2 && folded.compare(at - 2, 2, "cu") == 0;
    if (ends && !is_telephone) return "bot";
  }
  return std::nullopt;
}

}  // namespace tessera::ingest
