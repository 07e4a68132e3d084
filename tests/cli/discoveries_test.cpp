// Discoveries that a running server makes in the background: the same as the command's, stopped when nobody wants them,
// beside events that go on being taken.
#include <chrono>
#include <functional>
#include <thread>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "workspace/discovery_options.hpp"

namespace tessera::cli {
namespace {

constexpr const char* kDiscoveries = "/api/v1/discoveries";

class Background : public testing::Test {
 protected:
  void begin(int customers) {
    const Ran made = work.sh(fmt::format(
        "tessera simulate --customers {} --segments 4 --out co && "
        "tessera --store r.duckdb import co/events.jsonl --preset segment && cp r.duckdb file.duckdb && cp r.duckdb.keys file.duckdb.keys",
        customers));
    ASSERT_EQ(made.code, 0) << made.err;
    server.start();
    ASSERT_TRUE(server.is_up()) << server.errors();
  }
  Json json(const std::string& text) {
    auto out = parse_json(text);
    EXPECT_TRUE(out) << text;
    return out ? *out : Json();
  }
  std::string ask_for(const std::string& options) {
    const auto made = server.ask("POST", kDiscoveries, options);
    EXPECT_EQ(made.status, 202) << made.body;
    return json(made.body).find("id")->text_or("");
  }
  Json look(const std::string& id) { return json(server.ask("GET", fmt::format("{}/{}", kDiscoveries, id)).body); }
  std::string status(const std::string& id) { return look(id).find("status")->text_or(""); }
  void wait_until(const std::string& id, const std::function<bool(const Json&)>& is_so) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!is_so(look(id))) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << look(id).dump();
      std::this_thread::yield();
    }
  }
  static bool is_over(const Json& it) {
    const std::string status = it.find("status")->text_or("");
    return status == "done" || status == "failed";
  }
  static bool is_clustering(const Json& it) {
    const Json* what = it.find("progress")->find("what");
    return what && what->text_or("") == "clustering";
  }
  Workplace work;
  Serving server{work.path("r.duckdb")};
};

TEST_F(Background, OneSaysWhatTheCommandSaysAndOutlivesTheServer) {
  begin(600);
  const std::string id = ask_for(R"({"min_size": 20, "segments": 3, "as_of": "2026-03-01", "seed": 7})");
  wait_until(id, is_over);
  ASSERT_EQ(status(id), "done") << look(id).dump();
  const Ran there =
      work.sh("tessera --store file.duckdb --as-of 2026-03-01 --seed 7 discover --segments 3 --min-size 20 --out OUT");
  ASSERT_EQ(there.code, 0) << there.err;
  const auto file = [&](const char* format) {
    return server.ask("GET", fmt::format("{}/{}?format={}", kDiscoveries, id, format)).body;
  };
  EXPECT_GE(look(id).find("result")->find("segments")->as_array()->size(), 3u);
  EXPECT_EQ(*look(id).find("result"), json(work.read("OUT/discovery.json")));
  EXPECT_EQ(file("html"), work.read("OUT/report.html"));
  EXPECT_EQ(file("tsl"), work.read("OUT/segments.tsl"));
  // What was found is applied as it is.
  EXPECT_EQ(server.ask("PUT", "/api/v1/segments", file("tsl")).status, 200);
  // Every option there is reaches the discovery.
  const std::string all = ask_for(
      R"x({"min_size": 20, "segments": "auto", "features": "event order = \"Order Completed\"\nlet orders = count(order)\nlet n = count(any event)",
      "active": "90d", "goal": "repeat", "horizon": "60d", "no_hiding": true, "anew": true, "no_keep": true, "zone": "Europe/Berlin", "allow": ["age"], "keep_unwanted": true, "as_of": "2026-03-01",
      "known_at": "2100-01-01", "seed": 1})x");
  EXPECT_EQ(look(all).find("options")->as_object()->size(), workspace::discovery_options().size());
  wait_until(all, is_over);
  EXPECT_EQ(status(all), "done") << look(all).dump();
  const std::string wrong = ask_for(R"x({"as_of": "1990-01-01"})x");
  wait_until(wrong, is_over);
  EXPECT_EQ(status(wrong), "failed");
  EXPECT_FALSE(look(wrong).find("error")->text_or("").empty()) << look(wrong).dump();
  const Json before = look(id);
  server.kill();
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_EQ(look(id), before);
}

TEST_F(Background, OneThatRunsDelaysNeitherEventsNorTheStop) {
  begin(8'000);
  const std::string first = ask_for("{}");
  wait_until(first, is_clustering);
  for (int i = 0; i < 20; ++i) {
    const auto sent = server.ask("POST", fmt::format("/v1/track?writeKey={}", server.key()),
                                 fmt::format(R"({{"userId": "u{}", "event": "Sent Meanwhile"}})", i));
    ASSERT_EQ(sent.status, 200) << sent.body;
  }
  EXPECT_EQ(status(first), "running");
  // Removed: the next one's turn comes.
  const std::string second = ask_for("{}");
  EXPECT_EQ(server.ask("DELETE", fmt::format("{}/{}", kDiscoveries, first)).status, 200);
  wait_until(second, is_clustering);
  // Killed: it says so.
  server.kill();
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_EQ(status(second), "failed");
  EXPECT_NE(look(second).find("error")->text_or("").find("the server ended while it ran"), std::string::npos);
  EXPECT_EQ(server.ask("GET", fmt::format("{}/{}", kDiscoveries, first)).status, 404);
  // Stopped: one that takes long is not waited for, one that waits is kept.
  const std::string third = ask_for("{}"), fourth = ask_for(R"({"segments": 2})");
  wait_until(third, is_clustering);
  EXPECT_EQ(server.stop(), 0) << server.errors();
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_EQ(status(third), "failed");
  EXPECT_NE(look(third).find("error")->text_or("").find("the server was stopped"), std::string::npos);
  wait_until(fourth, is_over);
  EXPECT_EQ(status(fourth), "done") << look(fourth).dump();
}

}  // namespace
}  // namespace tessera::cli
