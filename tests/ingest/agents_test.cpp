#include "ingest/agents.hpp"

#include <gtest/gtest.h>

namespace tessera::ingest {
namespace {

TEST(Agents, RobotsAreKnownAndPeopleAreNot) {
  for (const char* robot :
       {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36", "curl/8.5.0",
        "python-requests/2.31", "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "AnyBot/1.0",
        "facebookexternalhit/1.1", "my-crawler"})
    EXPECT_TRUE(bot_of(robot)) << robot;
  for (const char* person :
       {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/96.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "okhttp/4.12.0", ""})
    EXPECT_FALSE(bot_of(person)) << person;
}

}  // namespace
}  // namespace tessera::ingest
