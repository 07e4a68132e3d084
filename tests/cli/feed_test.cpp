// The reader of docs/feed.md, as it stands there, beside a real server: through late events, corrections, voids, merges,
// people who undo them, definitions that change, a restart and a kill, its sets are the members.
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/running.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "core/time.hpp"

namespace tessera::cli {
namespace {

using Sets = std::map<std::string, std::set<std::string>>;

constexpr const char* kDefinitions = R"(
segment "Buyers" = did "Order Completed" in the last 10 days
segment "Spenders" = sum("Order Completed".total, last 30 days) > 50
segment "Quiet" = no "Product Viewed" in the last 20 days
segment "Germans" = trait country = "DE"
segment "Looked only" = did "Product Viewed" in the last 15 days and no "Order Completed" in the last 15 days
)";

// The text between the marks of a here-document, without the four blanks of a page's block.
std::string consumer_of_page() {
  std::ifstream file(TESSERA_SOURCE_DIR "/docs/feed.md");
  std::string out;
  bool is_in = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "    END") break;
    if (is_in) out += (line.size() > 4 ? line.substr(4) : "") + "\n";
    is_in |= line == "    cat > consumer.py <<'END'";
  }
  EXPECT_NE(out, "");
  return out;
}

class Feed : public testing::Test {
 protected:
  void serve() {
    server.start();
    ASSERT_TRUE(server.is_up()) << server.errors();
  }
  // A batch of random facts; most of them late, of few customers under several identifiers each.
  void send(Rng& rng, size_t events) {
    std::string batch;
    const Instant past = *parse_instant("2020-06-01T00:00:00Z");
    for (size_t i = 0; i < events; ++i) {
      const uint64_t who = rng.below(8);
      const std::string user = fmt::format("\"userId\":\"u{}\"", who),
                        device = fmt::format("\"anonymousId\":\"a{}-{}\"", who, rng.below(3));
      const std::string id = rng.chance(0.15) ? user + "," + device : rng.chance(0.5) ? user : device;
      // Half of them are of now, so that there are members; the windows of the others have long passed.
      const std::string at =
          rng.chance(0.5) ? "" : fmt::format("\"timestamp\":\"{}\",", text_of(past + kHour * rng.between(0, 24 * 90)));
      const std::string head = fmt::format("{{{},\"messageId\":\"m{}\",{}", id, sent++, at);
      if (!batch.empty()) batch += ",";
      if (rng.chance(0.15))
        batch += head + fmt::format("\"type\":\"identify\",\"traits\":{{\"country\":\"{}\"}}}}",
                                    rng.chance(0.5) ? "DE" : "AT");
      else
        batch += head + fmt::format("\"type\":\"track\",\"event\":\"{}\",\"properties\":{{\"total\":{}}}}}",
                                    rng.chance(0.5) ? "Order Completed" : "Product Viewed", rng.below(40));
    }
    EXPECT_EQ(server.ask("POST", "/v1/batch?writeKey=" + key, "{\"batch\":[" + batch + "]}").status, 200);
  }
  void rule(Rng& rng) {
    const uint64_t who = rng.below(8);
    const std::string text =
        rng.chance(0.7)
            ? fmt::format(R"({{"ruling":"{}","who":{{"user_id":"u{}"}},"other":{{"anonymous_id":"a{}-{}"}}}})",
                          rng.chance(0.7) ? "unlink" : "link", who, who, rng.below(3))
            : fmt::format(R"({{"ruling":"{}","who":{{"user_id":"u{}"}}{}}})", rng.chance(0.5) ? "mark" : "unmark", who,
                          R"(,"as":"test")");
    server.ask("POST", "/api/v1/rulings", text);  // of somebody unknown it is refused
  }
  Sets members() const {
    Sets out;
    const auto segments = read_json(server.ask("GET", "/api/v1/segments").body);
    for (const Json& segment : *segments.find("segments")->as_array()) {
      const std::string id = segment.find("id")->text_or("");
      const auto page = read_json(server.ask("GET", "/api/v1/segments/" + id + "/members?limit=10000").body);
      for (const Json& member : *page.find("members")->as_array()) out[id].insert(member.text_or(""));
    }
    return out;
  }
  static Json read_json(const std::string& text) {
    auto json = parse_json(text);
    EXPECT_TRUE(json.has_value()) << text;
    return json ? *json : Json::object();
  }
  std::string newest() const {
    std::string after;
    for (;;) {
      const auto page = read_json(server.ask("GET", "/api/v1/changes?limit=10000&after=" + after).body);
      if (page.find("changes")->as_array()->empty()) return after;
      after = page.find("next")->text_or("");
    }
  }

  Workplace work;
  Serving server{work.path("s.db")};
  std::string key;
  size_t sent = 0;
};

// What the consumer printed last of each segment.
Sets printed_sets(const std::string& printed) {
  constexpr std::string_view kBegins = "members of ";
  Sets out;
  for (const std::string_view line : split(printed, '\n')) {
    if (!line.starts_with(kBegins)) continue;
    const size_t colon = line.find(':');
    auto& set = out[std::string(line.substr(kBegins.size(), colon - kBegins.size()))];
    set.clear();
    for (const std::string_view id : split(line.substr(colon + 1), ' '))
      if (!id.empty()) set.insert(std::string(id));
  }
  std::erase_if(out, [](const auto& each) { return each.second.empty(); });
  return out;
}

TEST_F(Feed, TheReaderOfThePageHasTheMembersAtEveryCheckpoint) {
  serve();
  key = server.key();
  ASSERT_EQ(server.ask("PUT", "/api/v1/segments", kDefinitions).status, 200);
  std::string text = consumer_of_page();
  // The same page behind a file of the address, which is another after a restart; and it says where it is.
  const size_t at = text.find("'http://127.0.0.1:8080/api/v1/changes'");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string_view("'http://127.0.0.1:8080/api/v1/changes'").size(),
               "'http://127.0.0.1:' + sys.argv[1] + '/api/v1/changes'");
  text.replace(text.find("json, os,"), 9, "json, os, sys,");
  const size_t place = text.find("after = change['id']");
  text.insert(place + std::string_view("after = change['id']").size(), "; print('at', after, flush=True)");
  work.write("consumer.py", text);
  Rng rng(3);
  std::string printed;
  for (int part = 0; part < 3; ++part) {
    // From the oldest each time: who was away arrives at the same.
    Running consumer(work.path("").string(), fmt::format("python3 -u consumer.py {}", server.port()));
    for (int step = 0; step < 12; ++step) {
      send(rng, 1 + rng.below(25));
      if (rng.chance(0.4)) rule(rng);
      if (step == 6)
        server.ask("PUT", "/api/v1/segments",
                   fmt::format("segment \"Buyers\" = at least {} \"Order Completed\" in the last 10 days", 2 + part));
      if (step % 4 != 3) continue;
      const std::string last = "at " + newest();
      ASSERT_TRUE(consumer.says([&](std::string_view line) { return line == last; })) << last;
      EXPECT_EQ(printed_sets(consumer.printed()), members()) << "part " << part << ", step " << step;
    }
    if (part == 0) {
      EXPECT_EQ(server.stop(), 0);
    }
    if (part == 1) server.kill();
    if (part < 2) serve();
  }
  // The feed had all that makes a set hard to keep.
  const std::string all = server.ask("GET", "/api/v1/changes?limit=10000&after=").body;
  for (const char* word : {"\"voided\"", "\"merged\"", "\"correction_of\"", "\"entered\",\"is_member\":false"})
    EXPECT_NE(all.find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace tessera::cli
