// Decisions about customers on a server as it is run: marks, merges undone, consent at the door, a device that a
// thousand share.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/serving.hpp"
#include "core/json.hpp"
#include "profiles/doctor.hpp"
#include "store/record.hpp"

namespace tessera::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kDefinitions = R"(segment "Viewers" = did "Product Viewed")";

class RulingsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("tessera-rulings-{}", getpid());
    fs::create_directories(folder_);
    server_.emplace(folder_ / "r.db");
    server_->start();
    ASSERT_TRUE(server_->is_up()) << server_->errors();
    wait();
  }
  void TearDown() override {
    server_.reset();
    fs::remove_all(folder_);
  }

  // Everything sent before is applied when the definitions are.
  void wait() { ASSERT_EQ(server_->ask("PUT", "/api/v1/segments", kDefinitions).status, 200); }
  void send(std::string_view type, const std::string& body) {
    const auto answer = server_->ask("POST", fmt::format("/v1/{}?writeKey={}", type, server_->key()), body);
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  void view(const std::string& who, std::string_view agent = "Mozilla/5.0 Firefox/140.0") {
    send("track", fmt::format(R"({{{},"event":"Product Viewed","context":{{"userAgent":"{}"}}}})", who, agent));
  }
  Json get(std::string_view target) {
    const auto answer = server_->ask("GET", target);
    EXPECT_EQ(answer.status, 200) << target << answer.body;
    return parse_json(answer.body).value_or(Json());
  }
  std::vector<std::string> viewers() {
    wait();
    std::vector<std::string> out;
    const Json members = get("/api/v1/segments/viewers/members");
    for (const Json& each : *members.find("members")->as_array()) out.push_back(*each.as_text());
    return out;
  }
  Json status() { return *get("/api/v1/status").find("engine"); }
  size_t changes() { return get("/api/v1/changes?after=&limit=10000").find("changes")->as_array()->size(); }
  void rule(const std::string& ruling) {
    const auto answer = server_->ask("POST", "/api/v1/rulings", ruling);
    ASSERT_EQ(answer.status, 201) << answer.body;
  }

  fs::path folder_;
  std::optional<Serving> server_;
};

TEST_F(RulingsTest, ABotEntersNoSegmentUntilSomebodySaysItIsNone) {
  view(R"("userId":"ann")");
  view(R"("userId":"crawly")", "Mozilla/5.0 (compatible; Googlebot/2.1)");
  EXPECT_THAT(viewers(), ElementsAre("ann"));
  EXPECT_THAT(get("/api/v1/rulings?kind=mark").dump(), HasSubstr("the agent is Googlebot/"));
  rule(R"({"ruling":"unmark","who":"crawly","reason":"our own price check"})");
  EXPECT_THAT(viewers(), ElementsAre("ann", "crawly"));
  view(R"("userId":"crawly")", "Mozilla/5.0 (compatible; Googlebot/2.1)");
  EXPECT_THAT(viewers(), ElementsAre("ann", "crawly")) << "no detector says otherwise again";
  // As well after a restart.
  ASSERT_EQ(server_->stop(), 0) << server_->errors();
  server_->start();
  ASSERT_TRUE(server_->is_up()) << server_->errors();
  view(R"("userId":"crawly")", "Mozilla/5.0 (compatible; Googlebot/2.1)");
  EXPECT_THAT(viewers(), ElementsAre("ann", "crawly"));
  rule(R"({"ruling":"mark","who":{"user_id":"ann"},"as":"staff"})");
  EXPECT_THAT(viewers(), ElementsAre("crawly"));
}

TEST_F(RulingsTest, AMergeIsUndoneAndTheFeedSaysSo) {
  send("identify", R"({"userId":"ann","anonymousId":"phone-1","traits":{}})");
  view(R"("anonymousId":"phone-1")");
  EXPECT_THAT(viewers(), ElementsAre("ann"));
  const size_t before = changes();
  rule(R"({"ruling":"unlink","who":"ann","other":{"anonymous_id":"phone-1"},"reason":"sold the phone"})");
  const auto now = viewers();
  ASSERT_EQ(now.size(), 1u);
  EXPECT_TRUE(now[0].starts_with("c-")) << now[0];
  EXPECT_EQ(changes(), before + 2) << "one voided, one entered";
  EXPECT_THAT(get("/api/v1/rulings?kind=unlink").dump(), HasSubstr("sold the phone"));
  send("identify", R"({"userId":"ann","anonymousId":"phone-1","traits":{}})");
  EXPECT_EQ(viewers(), now) << "what a person said stands";
  ASSERT_EQ(server_->stop(), 0) << server_->errors();
  const SystemClock clock;
  const auto record = store::Record::open((folder_ / "r.db").string(), store::OpenMode::ReadOnly, clock);
  const auto findings = profiles::examine(**record);
  EXPECT_FALSE(profiles::has_problems(*findings)) << profiles::text_of(*findings);
}

TEST_F(RulingsTest, WhoRefusesToBeRecordedLeavesNoTrace) {
  const std::string email = "someone.who.refused@mailbox.org";
  send("identify",
       R"({"anonymousId":"x-1-secret","traits":{"email":")" + email + R"(","consent":{"collection":false}}})");
  view(R"("anonymousId":"x-1-secret")");
  send("batch", R"({"batch":[{"type":"track","anonymousId":"x-2-secret","event":"Product Viewed","timestamp":"never",
    "context":{"consent":{"categoryPreferences":{"Analytics":false}}}},{"type":"track","userId":"ann","event":
    "Product Viewed"},{"type":"nonsense","anonymousId":"x-2-secret"}]})");
  EXPECT_THAT(viewers(), ElementsAre("ann"));
  EXPECT_EQ(status().find("refused")->number_or(0), 4);
  // They change their mind.
  send("identify", R"({"anonymousId":"x-2-secret","traits":{"consent":{"collection":true}}})");
  ASSERT_EQ(server_->stop(), 0) << server_->errors();
  std::ifstream file(folder_ / "r.db", std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  EXPECT_GT(bytes.str().size(), 10'000u);
  EXPECT_EQ(bytes.str().find("someone.who.refused"), std::string::npos);
  EXPECT_EQ(bytes.str().find("x-1-secret"), std::string::npos);
  EXPECT_NE(bytes.str().find("x-2-secret"), std::string::npos) << "the search finds what is there";
  // Remembered by those who come next.
  server_->start();
  ASSERT_TRUE(server_->is_up()) << server_->errors();
  view(R"("anonymousId":"x-1-secret")");
  EXPECT_THAT(viewers(), ElementsAre("ann"));
}

TEST_F(RulingsTest, WhoRefusesProfilingIsKeptButInNoSegment) {
  view(R"("userId":"ann")");
  view(R"("userId":"bob")");
  send("identify", R"({"userId":"bob","traits":{"consent":{"profiling":false}}})");
  EXPECT_THAT(viewers(), ElementsAre("ann"));
  send("identify", R"({"userId":"bob","traits":{"consent":{"profiling":true}}})");
  EXPECT_THAT(viewers(), ElementsAre("ann", "bob"));
}

TEST_F(RulingsTest, NobodySendsSixHundredEventsAMinute) {
  view(R"("userId":"ann")");
  std::string batch;
  for (int i = 0; i < 700; ++i)
    batch += fmt::format(R"({}{{"type":"track","userId":"quick","event":"Product Viewed","properties":{{"n":{}}}}})",
                         batch.empty() ? "" : ",", i);
  send("batch", R"({"batch":[)" + batch + "]}");
  wait();  // the events, and then what was found
  EXPECT_THAT(viewers(), ElementsAre("ann"));
  EXPECT_THAT(get("/api/v1/rulings?kind=mark").dump(), HasSubstr("600 events within a minute"));
}

TEST_F(RulingsTest, ADeviceThatAThousandShareIsAStormAndStops) {
  for (int from = 0; from < 1'000; from += 250) {
    std::string batch;
    for (int i = from; i < from + 250; ++i)
      batch += fmt::format(R"({}{{"type":"track","userId":"u{}","anonymousId":"kiosk","event":"Product Viewed"}})",
                           batch.empty() ? "" : ",", i);
    send("batch", R"({"batch":[)" + batch + "]}");
  }
  EXPECT_EQ(viewers().size(), 1'000u);
  const Json now = status();
  ASSERT_EQ(now.find("storms")->as_array()->size(), 1u) << now.dump();
  EXPECT_THAT(now.find("storms")->dump(), HasSubstr("kiosk"));
  rule(R"({"ruling":"block","who":{"anonymous_id":"kiosk"},"reason":"in the shop"})");
  EXPECT_TRUE(status().find("storms")->as_array()->empty());
  ASSERT_EQ(server_->stop(), 0) << server_->errors();
  const SystemClock clock;
  const auto record = store::Record::open((folder_ / "r.db").string(), store::OpenMode::ReadOnly, clock);
  EXPECT_LE((*record)->connection().integer("SELECT count(*) FROM tessera.link")->value_or(0), 12);
}

}  // namespace
}  // namespace tessera::cli
