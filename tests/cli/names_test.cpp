// Anybody with a write key, which stands in a web page, can send any names. A thousand names of properties, of traits or
// of events later everything that comes means what it would have meant: live, asked of the record, and after a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "profiles/tables.hpp"

namespace tessera::cli {
namespace {

using testing::HasSubstr;

constexpr size_t kMembersOfACall = 100;  // of 32 KB

class Names : public testing::Test {
 protected:
  void SetUp() override { start(); }
  void start(const std::vector<std::string>& more = {}) {
    server.start(more);
    ASSERT_TRUE(server.is_up()) << server.errors();
  }
  void restart() {
    EXPECT_EQ(server.stop(), 0) << server.errors();
    start();
  }
  void send(const std::string& calls) {
    const auto answer = server.ask("POST", "/v1/batch?writeKey=" + server.key(), "{\"batch\":[" + calls + "]}");
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  void apply(const std::string& text) {
    const auto answer = server.ask("PUT", "/api/v1/segments", text);
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  static std::string texts_of(const Json* list) {
    std::vector<std::string> out;
    if (list && list->as_array())
      for (const Json& each : *list->as_array()) out.push_back(each.text_or("?"));
    std::ranges::sort(out);
    return join(out, " ");
  }
  std::string members(const std::string& slug) const {
    server.catch_up();
    const auto answer = parse_json(server.ask("GET", "/api/v1/segments/" + slug + "/members").body);
    return answer ? texts_of(answer->find("members")) : answer.error().text();
  }
  // Of a condition, by the record.
  std::string asked(const std::string& condition) const {
    server.catch_up();
    const auto answer = server.ask("POST", "/api/v1/segments/preview", condition);
    const auto json = parse_json(answer.body);
    const Json* segments = json ? json->find("segments") : nullptr;
    return segments ? texts_of((*segments->as_array())[0].find("sample")) : answer.body;
  }
  std::string ran(const std::string& line) const {
    const Ran ran = work.sh("tessera --store s.db " + line);
    EXPECT_EQ(ran.code, 0) << line << "\n" << ran.err;
    return ran.out + ran.err;
  }
  // "NAME is/are what": each condition's members live are `expected`, and those of the record.
  void expect(const std::vector<std::pair<std::string, std::string>>& conditions, const std::string& when) const {
    for (size_t s = 0; s < conditions.size(); ++s) {
      EXPECT_EQ(members(fmt::format("s{}", s)), conditions[s].second) << when << ", live: " << conditions[s].first;
      EXPECT_EQ(asked(conditions[s].first), conditions[s].second) << when << ", asked: " << conditions[s].first;
    }
  }
  static std::string segments_of(const std::vector<std::pair<std::string, std::string>>& conditions) {
    std::string text;
    for (size_t s = 0; s < conditions.size(); ++s)
      text += fmt::format("segment \"S{0}\" id \"s{0}\" = {1}\n", s, conditions[s].first);
    return text;
  }
  // So many new names of properties, in calls of one kind.
  void pour(const std::string& call, const std::string& member, size_t names) {
    for (size_t from = 0; from < names; from += kMembersOfACall) {
      std::string values;
      for (size_t n = from; n < std::min(names, from + kMembersOfACall); ++n)
        values += fmt::format(R"({}"junk {}":{})", n == from ? "" : ",", n, n);
      send(fmt::format(R"({{{},"userId":"mallory","{}":{{{}}}}})", call, member, values));
    }
  }

  Workplace work;
  Serving server{work.path("s.db")};
};

TEST_F(Names, PropertiesBeyondTheColumnsMeanWhatTheyMean) {
  send(R"({"type":"track","userId":"bob","event":"Order Completed","properties":{"total":5}})");
  pour(R"("type":"track","event":"Order Completed")", "properties", profiles::kMaxColumns + 50);
  const std::vector<std::pair<std::string, std::string>> conditions = {
      {R"(did "Order Completed" where coupon = "X")", "ann"},
      {R"(sum("Order Completed".rebate) = 999999999999.000001)", "ann"},
      {R"(did "Order Completed" where gift is true)", "ann"},
      {R"(did "Order Completed" where labels includes "new")", "ann"},
      {R"(did "Order Completed" where any products where (sku = "a" and cost > 1))", "ann"},
      {R"(did "Order Completed" where any products where (sku = "b" and cost > 1))", ""},
      {R"(count(each "Order Completed".products) = 3)", "ann"},
      {R"(did "Order Completed" where ref = 7)", "carl"},
      {R"(did "Order Completed" where coupon is unknown)", "bob carl mallory"},
      {R"(trait plan is unknown and did "Order Completed")", "ann bob carl mallory"},
  };
  const std::string order =
      R"({"type":"track","userId":"ann","event":"Order Completed","properties":{"coupon":"X","rebate":999999999999.000001,)"
      R"("gift":true,"labels":["new","big"],"products":[{"sku":"a","cost":2},{"sku":"b"},{}]}})";
  apply(segments_of(conditions));
  send(order);
  send(R"({"type":"track","userId":"carl","event":"Order Completed","properties":{"ref":7,"coupon":null}})");
  expect(conditions, "as it came");
  const std::string feed = server.ask("GET", "/api/v1/changes?limit=1000").body;
  restart();
  expect(conditions, "after a restart");
  EXPECT_EQ(server.ask("GET", "/api/v1/changes?limit=1000").body, feed);
  // Definitions that come later read the record.
  apply(segments_of(conditions) + "segment \"Late\" = did \"Order Completed\" where labels includes \"big\"\n");
  EXPECT_EQ(members("late"), "ann");
  EXPECT_EQ(server.stop(), 0);
  for (const auto& [condition, who] : conditions) {
    std::string lines = work.sh("tessera --store s.db segments members -e '" + condition + "'").out;
    std::ranges::replace(lines, '\n', ' ');
    EXPECT_EQ(trim(lines), who) << condition;
  }
  EXPECT_THAT(ran("--format csv sql \"SELECT extra->>'coupon' FROM order_completed WHERE extra->>'gift' = 'true'\""),
              HasSubstr("X"));
  EXPECT_THAT(ran("doctor"), testing::Not(HasSubstr("problem ")));
}

TEST_F(Names, TraitsBeyondTheColumnsMeanWhatTheyMean) {
  pour(R"("type":"identify")", "traits", profiles::kMaxColumns + 50);
  const std::vector<std::pair<std::string, std::string>> conditions = {
      {R"(trait plan = "pro")", "ann dora"},     {R"(trait age >= 40)", "ann"},
      {R"(trait tags includes "golf")", "bob"},  {R"(size(trait tags) = 0)", "ann dora mallory"},
      {R"(trait address.city = "Bonn")", "bob"}, {R"(trait vip is true)", "dora"},
  };
  apply(segments_of(conditions));
  send(
      R"({"type":"identify","userId":"ann","traits":{"plan":"free","age":39,"tags":["golf"],"address":{"city":"Bonn"}}})");
  send(R"({"type":"identify","userId":"bob","traits":{"plan":"pro","tags":["golf"],"address":{"city":"Bonn"}}})");
  send(R"({"type":"identify","userId":"dora","traits":{"vip":true,"plan":"pro"}})");
  send(R"({"type":"identify","userId":"ann","traits":{"plan":"pro","age":40,"tags":[],"address":{"zip":"1"}}})");
  send(R"({"type":"identify","userId":"bob","traits":{"plan":null}})");
  send(R"({"type":"identify","userId":"dora","traits":{"plan":7}})");  // of another type: as if it had not been sent
  expect(conditions, "as it came");
  restart();
  expect(conditions, "after a restart");
  // What comes after the restart is what came before it.
  send(R"({"type":"identify","userId":"bob","traits":{"age":40,"tags":["opera"]}})");
  const std::vector<std::pair<std::string, std::string>> then = {
      {R"(trait plan = "pro")", "ann dora"},     {R"(trait age >= 40)", "ann bob"},
      {R"(trait tags includes "golf")", ""},     {R"(size(trait tags) = 0)", "ann dora mallory"},
      {R"(trait address.city = "Bonn")", "bob"}, {R"(trait vip is true)", "dora"}};
  expect(then, "after more");
  restart();
  expect(then, "after more and a restart");
}

// Columns cost memory while they are written: those of a table, and in one transaction those of all that it touches. So
// they are fewer where there is little, and what comes beyond is rare.
TEST_F(Names, AServerOfLittleMemoryTakesAnyNames) {
  EXPECT_EQ(server.stop(), 0) << server.errors();
  start({"--memory", "64M"});
  const auto text = [](size_t names, size_t from) {
    std::string out;
    for (size_t n = from; n < from + names; ++n)
      out += fmt::format(R"({}"junk {}":"text {}")", n == from ? "" : ",", n, n);
    return out;
  };
  // One table of many columns, then many of some in one entry, of each type.
  for (size_t from = 0; from < 1'000; from += 100)
    send(fmt::format(R"({{"type":"track","userId":"mallory","event":"Order Completed","properties":{{{}}}}})",
                     text(100, from)));
  std::string calls;
  for (size_t event = 0; event < 40; ++event)
    calls +=
        fmt::format(R"({}{{"type":"track","userId":"mallory","event":"Event {}","properties":{{{},"l{}":[1,2]}}}})",
                    event == 0 ? "" : ",", event, text(100, 0), event);
  send(calls);
  send(R"({"type":"track","userId":"ann","event":"Order Completed","properties":{"coupon":"X","junk 999":"y"}},)"
       R"({"type":"track","userId":"bob","event":"Event 39","properties":{"l39":[7]}})");
  const std::vector<std::pair<std::string, std::string>> conditions = {
      {R"(did "Order Completed" where coupon = "X")", "ann"},
      {R"(did "Order Completed" where property "junk 999" = "y")", "ann"},
      {R"(did "Order Completed" where property "junk 3" = "text 3")", "mallory"},
      {R"(did "Event 39" where l39 includes 7)", "bob"},
      {R"(did "Event 39" where property "junk 99" = "text 99")", "mallory"},
  };
  apply(segments_of(conditions));
  expect(conditions, "as it came");
  const auto status = parse_json(server.ask("GET", "/api/v1/status").body);
  EXPECT_TRUE(status->find("engine")->find("record_trouble")->is_null()) << status->dump();
  EXPECT_EQ(server.stop(), 0) << server.errors();
  start({"--memory", "64M"});
  expect(conditions, "after a restart");
}

// Imported with more memory than it is served with.
TEST_F(Names, ARecordOfManyTablesStartsWithLittleMemory) {
  EXPECT_EQ(server.stop(), 0) << server.errors();
  std::string lines;
  for (int event = 0; event < 250; ++event)
    lines += fmt::format(
        R"({{"type":"track","userId":"ann","event":"Event {0}","messageId":"m{0}","timestamp":"2026-02-01T10:00:00Z"}})"
        "\n",
        event);
  work.write("events.jsonl", lines);
  ran("import events.jsonl --yes");
  start({"--memory", "64M"});
  apply("segment \"S0\" = did \"Event 249\"");
  EXPECT_EQ(members("s0"), "ann");
}

// A thousand tables are made: ./run soak rare-names. Intake.EventNamesBeyondTheTablesAreRareAndKept is its sample.
TEST_F(Names, EventsBeyondTheTablesAreKeptUnderTheirNames) {
  if (!std::getenv("TESSERA_SOAK")) GTEST_SKIP() << "./run soak rare-names";
  const size_t junk = profiles::kMaxEvents + 100;
  for (size_t from = 0; from < junk; from += 400) {
    std::string calls;
    for (size_t n = from; n < std::min(junk, from + 400); ++n)
      // Each by another customer: who sends so many is a bot, and in no segment.
      calls +=
          fmt::format(R"({0}{{"type":"track","userId":"mallory{1}","event":"Junk {1}"}})", n == from ? "" : ",", n);
    send(calls);
  }
  const std::vector<std::pair<std::string, std::string>> conditions = {
      {R"(did "Order Completed" where total > 5)", "ann"},
      {R"(exactly 2 "Order Completed")", "ann"},
      {R"(did "Page Viewed")", "bob"},
      {R"(trait plan = "pro")", "ann"},
      {R"(at least 3 any event)", "ann"},
      {fmt::format(R"(did "Junk {}")", junk - 1), fmt::format("mallory{}", junk - 1)},
      {R"(exactly 1 any event where total = 9)", "ann"},
  };
  apply(segments_of(conditions));
  send(R"({"type":"identify","userId":"ann","traits":{"plan":"pro"}},)"
       R"({"type":"page","userId":"bob","name":"Home"},)"
       R"({"type":"group","userId":"bob","groupId":"acme"},)"
       R"({"type":"track","userId":"ann","event":"Order Completed","messageId":"m1","properties":{"total":9}},)"
       R"({"type":"track","userId":"ann","event":"Order Completed","messageId":"m2","properties":{"total":2}},)"
       R"({"type":"track","userId":"ann","event":"Rarer Still"})");
  expect(conditions, "as it came");
  EXPECT_EQ(server.ask("GET", "/api/v1/rejects").body.find("too-many"), std::string::npos);
  restart();
  expect(conditions, "after a restart");
  send(R"({"type":"track","userId":"ann","event":"Order Completed","messageId":"m1","properties":{"total":9}})");
  expect(conditions, "after what was known came again");
  EXPECT_THAT(server.ask("GET", "/api/v1/customers/ann/history").body, HasSubstr("Rarer Still"));

  // Who pours is named.
  const std::string status = server.ask("GET", "/api/v1/status").body;
  EXPECT_THAT(status, HasSubstr("\"further_names\":106,\"further_name\":"));
  EXPECT_THAT(server.ask("GET", "/metrics").body, HasSubstr("tessera_engine_event_names_by_source{source="));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_THAT(ran("doctor"), HasSubstr("events have tables of their own"));

  // And what was poured in is seen, and goes; what a definition looks at does not.
  EXPECT_THAT(ran("events list --rare --limit 5000"), HasSubstr("Rarer Still"));
  const Ran refused = work.sh("tessera --store s.db events drop --rare --yes");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("looks at"));
  ran("segments remove s4");
  ran("segments remove s6");
  ran(fmt::format("segments remove s5"));
  std::string names;
  for (size_t n = 0; n < junk; ++n) names += fmt::format(" 'Junk {}'", n);
  EXPECT_THAT(ran("events drop" + names), HasSubstr("nothing was changed"));
  EXPECT_THAT(ran("events drop --yes" + names), HasSubstr(fmt::format("{} events are gone, with {} rows", junk, junk)));
  EXPECT_THAT(ran("doctor"), testing::Not(HasSubstr("problem ")));

  // There is a place again: the event that was rare has a table, with its old rows.
  start();
  send(R"({"type":"track","userId":"bob","event":"Order Completed","messageId":"m3","properties":{"total":8}})");
  EXPECT_EQ(members("s0"), "ann bob");
  restart();
  EXPECT_EQ(members("s0"), "ann bob");
  EXPECT_EQ(asked(conditions[1].first), "ann");
  EXPECT_EQ(server.stop(), 0);
  EXPECT_THAT(ran("--format csv sql \"SELECT count(*), sum(total) FROM order_completed\""), HasSubstr("3,8.000000"));
  fmt::print("figure: {} names of events, {} of them in tables of their own\n", junk + 4, profiles::kMaxEvents);
}

}  // namespace
}  // namespace tessera::cli
