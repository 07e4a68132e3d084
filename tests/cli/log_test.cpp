// What a server says of itself while it is used: enough to see what it did, and nothing of those it is about.
#include <fstream>
#include <sstream>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

namespace tessera::cli {
namespace {

// Each is part of something that is sent, asked for or stored below.
constexpr std::string_view kPlanted[] = {"ann.marker",  "u-4711-marker", "+49170",         "SecretName",  "note-marker",
                                         "hook-marker", "query-marker",  "segment-marker", "agent-marker"};

class Log : public testing::Test {
 protected:
  void serve(const std::vector<std::string>& more) {
    server.start(more);
    ASSERT_TRUE(server.is_up()) << server.errors();
  }
  std::string track() const { return "/v1/track?writeKey=" + server.key(); }

  // Everything that could make a line, with what must not be in it.
  void use() {
    const std::string person = R"("userId":"u-4711-marker","context":{"userAgent":"agent-marker"},)";
    const std::string event = "{" + person + R"("event":"Order Completed","properties":{"note":"note-marker"}})";
    EXPECT_EQ(server.ask("PUT", "/api/v1/segments", R"(segment "segment-marker" = did "Order Completed")").status, 200);
    const std::string hook = R"({"url":"http://127.0.0.1:9/hook-marker?token=hook-marker"})";
    EXPECT_EQ(server.ask("POST", "/api/v1/webhooks", hook).status, 201);
    EXPECT_EQ(server.ask("POST", track(), event).status, 200);
    EXPECT_EQ(server
                  .ask("POST", "/v1/identify?writeKey=" + server.key(),
                       "{" + person + R"("traits":{"email":"ann.marker@example.com","phone":"+491701234567",)" +
                           R"("name":"SecretName"}})")
                  .status,
              200);
    EXPECT_EQ(server.ask("POST", track(), event.substr(0, event.size() - 1)).status, 400);
    EXPECT_EQ(server.ask("POST", "/v1/track?writeKey=wk_query-marker", event).status, 200);
    EXPECT_EQ(server.ask("PUT", "/api/v1/segments", R"(segment "Bad" = nonsense "ann.marker@example.com")").status,
              422);
    for (const std::string_view target :
         {"/api/v1/customers/u-4711-marker", "/api/v1/customers/u-4711-marker/outlook", "/query-marker?x=query-marker",
          "/api/v1/segments/segment-marker/members?after=query-marker"})
      server.ask("GET", target);
    EXPECT_EQ(server.ask("POST", "/api/v1/rulings",
                         R"({"ruling":"mark","who":"u-4711-marker","as":"test","note":"note-marker"})")
                      .status /
                  100,
              2);
    EXPECT_EQ(server.ask("POST", "/api/v1/discoveries", "{}").status, 202);
    while (server.ask("GET", "/api/v1/discoveries").body.find("\"ended\":null") != std::string::npos) {
    }
    while (server.ask("GET", "/api/v1/webhooks").body.find("\"failed_attempts\":0") != std::string::npos) {
    }
  }
  static void expect_nothing_planted(const std::string& text) {
    for (const std::string_view planted : kPlanted)
      EXPECT_EQ(text.find(planted), std::string::npos) << planted << " in " << text;
  }
  std::vector<std::string> events_of(const std::string& text) const {
    std::vector<std::string> out;
    for (const std::string_view line : split(text, '\n')) {
      if (line.empty()) continue;
      const auto json = parse_json(line);
      EXPECT_TRUE(json && json->find("time") && json->find("level") && json->find("event")) << line;
      if (json && json->find("event")) out.push_back(json->find("event")->text_or(""));
    }
    return out;
  }

  Workplace work;
  Serving server{work.path("s.db")};
};

TEST_F(Log, SaysWhatHappenedAndNothingOfCustomers) {
  const std::vector<std::string> json = {"--webhooks-inside", "--log-format", "json", "--log-level", "debug"};
  serve(json);
  use();
  server.kill();
  serve(json);
  EXPECT_EQ(server.stop(), 0) << server.errors();
  const std::string said = server.errors();
  expect_nothing_planted(said);
  const auto events = events_of(said);
  EXPECT_THAT(events, testing::IsSupersetOf({"log replayed", "started", "calls not taken", "definitions changed",
                                             "webhook fails", "discovery begun", "discovery done", "log replayed",
                                             "started", "stopping", "stopped"}));
  EXPECT_EQ(events.front(), "log replayed");
  EXPECT_EQ(events.back(), "stopped");
}

TEST_F(Log, IsAFileWhereThatIsWantedAndSilentWhereNothingIs) {
  const std::string file = work.path("server.log").string();
  serve({"--webhooks-inside", "--log-file", file});
  use();
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.errors(), "");
  const std::string said = work.read("server.log");
  expect_nothing_planted(said);
  EXPECT_THAT(said, testing::HasSubstr(" info    started version="));
  EXPECT_THAT(said, testing::HasSubstr(" info    stopped recorded_until="));
  serve({"--log-level", "off"});
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.errors(), "");
  const Ran wrong = work.sh("tessera --store s.db serve --log-level loud");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, testing::HasSubstr("'loud' is no level of the log"));
}

}  // namespace
}  // namespace tessera::cli
