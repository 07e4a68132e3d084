#include "ingest/agents.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace tessera::ingest {
namespace {

TEST(Agents, RobotsAreKnownAndPeopleAreNot) {
  for (const char* robot :
       {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36", "curl/8.5.0",
        "python-requests/2.31", "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "AnyBot/1.0",
        "facebookexternalhit/1.1", "my-crawler"})
    EXPECT_TRUE(bot_of(robot)) << robot;
  for (
      const char* person :
      {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
       "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/96.0 Mobile Safari/537.36",
       "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "okhttp/4.12.0",
       "Dalvik/2.1.0 (Linux; U; Android 13; SM-G991B Build/TP1A.220624.014)",
       "Shop/1.0 CFNetwork/1410.0.3 Darwin/22.6.0",
       "Mozilla/5.0 (Linux; Android 12; SM-A515F; wv) AppleWebKit/537.36 Chrome/116.0 Mobile [FB_IAB/FB4A;FBAV/430.0;]",
       "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram 300.0",
       "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Mobile Viber/20.6.1",
       "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 Silk/116.3.1 like Chrome/116 Safari/537.36",
       "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Notion/2.2.3 Chrome/116 Electron/26.2.1 Safari/537.36", ""})
    EXPECT_FALSE(bot_of(person)) << person << ": " << *bot_of(person);
}

// Every agent that the list gives as an example, but of three programs that people use too, and one that no text tells.
TEST(Agents, ThePublishedListIsKnown) {
  std::ifstream file(std::string(TESSERA_SOURCE_DIR) +
                     "/deps/node_modules/crawler-user-agents/crawler-user-agents.json");
  std::stringstream text;
  text << file.rdbuf();
  const auto list = parse_json(text.str());
  ASSERT_TRUE(list.has_value());
  size_t seen = 0;
  std::vector<std::string> missed;
  for (const Json& robot : *list->as_array())
    for (const Json& agent : *robot.find("instances")->as_array()) {
      ++seen;
      if (!bot_of(*agent.as_text())) missed.push_back(*agent.as_text());
    }
  EXPECT_GT(seen, 2000u);
  EXPECT_THAT(missed, testing::Each(testing::ContainsRegex("okhttp|Viber|Notion|RSS Reader")));
  EXPECT_EQ(missed.size(), 8u) << testing::PrintToString(missed);
}

}  // namespace
}  // namespace tessera::ingest
