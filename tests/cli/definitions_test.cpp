// Definitions on a server as it is run, against whatever strangers send: a definition that was accepted stays runnable
// and settled, before a restart and after, live as in batch, whichever type its names come in later; one that cannot be
// run is set aside and everything else goes on; what is written costs what it is long, however often a name is used.
#include "store/definitions.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "store/record.hpp"
#include "store/scratch.hpp"

namespace tessera::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A way to read a value, and whether one that is sent as so many types is such that the condition holds.
struct Read {
  std::string_view name, of_value;  // with the value as {}
  std::string_view members;         // of kSent, by name
};
struct Sent {
  std::string_view name, json;
};
constexpr Sent kSent[] = {{"truth", "true"},    {"number", "7"},    {"text", "\"yes\""},    {"time", "\"2021-05-05\""},
                          {"texts", "[\"a\"]"}, {"numbers", "[7]"}, {"object", "{\"a\":1}"}};
constexpr Read kReads[] = {{"truth", "{} is true", "truth"},        {"number", "{} > 3", "number"},
                           {"text", "{} = \"yes\"", "text"},        {"time", "{} > 2020-01-01", "time"},
                           {"texts", "{} includes \"a\"", "texts"}, {"numbers", "{} includes 7", "numbers"}};

// Each reads a name of its own, so that whatever comes is the first that comes under it.
struct Reading {
  std::string slug, definition;
  std::string trait, property, element;  // one of them
  std::string_view members;
};
std::vector<Reading> readings() {
  std::vector<Reading> out;
  for (const Read& read : kReads) {
    const std::string name(read.name);
    const auto value = [&](const std::string& of) { return fmt::format(fmt::runtime(read.of_value), of); };
    const auto segment = [&](const std::string& slug, const std::string& condition) {
      return fmt::format("segment \"{}\" = {}\n", slug, condition);
    };
    out.push_back(
        {"trait-" + name, segment("trait-" + name, value("trait t_" + name)), "t_" + name, "", "", read.members});
    out.push_back({"where-" + name, segment("where-" + name, "did \"Sent\" where " + value("w_" + name)), "",
                   "w_" + name, "", read.members});
    if (name != "texts" && name != "numbers") {
      // The elements of a list count one by one, here and in a sum.
      out.push_back({"last-" + name, segment("last-" + name, value("last(\"Sent\".l_" + name + ")")), "", "l_" + name,
                     "", name == "number" ? "number numbers" : read.members});
      out.push_back({"each-" + name,
                     segment("each-" + name, "count(each \"Sent\".parts where " + value("e_" + name) + ") > 0"), "", "",
                     "e_" + name, read.members});
    }
  }
  out.push_back({"sum", "segment \"sum\" = sum(\"Sent\".s) > 3\n", "", "s", "", "number numbers"});
  return out;
}

// Of elements that are lists or objects themselves it is only said that all agree.
bool is_said(const Reading& reading, const Sent& sent) {
  return reading.element.empty() || (sent.json.front() != '[' && sent.json.front() != '{');
}

bool is_member(const Reading& reading, const Sent& sent) {
  const auto all = split(reading.members, ' ');
  return std::ranges::find(all, sent.name) != all.end();
}

class DefinitionsTest : public testing::Test {
 protected:
  void start() {
    if (!server_) server_.emplace(work_.path("r.db"));
    server_->start();
    ASSERT_TRUE(server_->is_up()) << server_->errors();
  }
  void stop() {
    EXPECT_EQ(server_->stop(), 0) << server_->errors();  // it keeps its write key, which a server says once
  }
  http::Answer put(const std::string& definitions) { return server_->ask("PUT", "/api/v1/segments", definitions); }
  void apply(const std::string& definitions) {
    const auto answer = put(definitions);
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  void send(std::string_view type, const std::string& body) {
    const auto answer = server_->ask("POST", fmt::format("/v1/{}?writeKey={}", type, server_->key()), body);
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  // After everything that was sent.
  Json get(const std::string& target) {
    const auto answer = server_->ask("GET", target);
    EXPECT_EQ(answer.status, 200) << target << answer.body;
    return parse_json(answer.body).value_or(Json());
  }
  std::vector<std::string> members(const std::string& slug) {
    std::vector<std::string> out;
    const Json page = get("/api/v1/segments/" + slug + "/members");
    for (const Json& each : *page.find("members")->as_array()) out.push_back(*each.as_text());
    return out;
  }
  // A record to begin with.
  void make_record() {
    ASSERT_NO_FATAL_FAILURE(start());
    ASSERT_NO_FATAL_FAILURE(stop());
  }
  Ran run(const std::string& words) const { return work_.sh("tessera --store r.db " + words); }
  Ran ask(const std::string& words) const {
    return work_.sh(fmt::format("tessera --store http://127.0.0.1:{} {}", server_->port(), words));
  }
  // What the batch evaluator says, of a running server or of the record at rest.
  std::vector<std::string> batch(const std::string& slug, bool is_running) const {
    const Ran ran = is_running ? ask("segments members " + slug) : run("segments members " + slug);
    EXPECT_EQ(ran.code, 0) << ran.err;
    std::vector<std::string> out;
    for (const std::string_view line : split(ran.out, '\n'))
      if (!line.empty()) out.emplace_back(line);
    return out;
  }

  Workplace work_;
  std::optional<Serving> server_;
};

std::string traits_of(const std::vector<Reading>& all, const Sent& sent) {
  std::string out;
  for (const Reading& each : all)
    if (!each.trait.empty()) out += fmt::format("{}\"{}\":{}", out.empty() ? "" : ",", each.trait, sent.json);
  return out;
}
std::string properties_of(const std::vector<Reading>& all, const Sent& sent) {
  std::string out, element;
  for (const Reading& each : all) {
    if (!each.property.empty()) out += fmt::format("\"{}\":{},", each.property, sent.json);
    if (!each.element.empty())
      element += fmt::format("{}\"{}\":{}", element.empty() ? "" : ",", each.element, sent.json);
  }
  return out + "\"parts\":[{" + element + "}]";
}

// A store of its own for each type: the first value that ever comes under a name is of it.
class AnyType : public DefinitionsTest, public testing::WithParamInterface<Sent> {};

TEST_P(AnyType, LeavesEveryDefinitionAsItWasSettled) {
  const Sent& sent = GetParam();
  const auto all = readings();
  std::string definitions = "segment \"Fine\" = did \"Sent\"\n";
  for (const Reading& each : all) definitions += each.definition;
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(apply(definitions));
  send("identify", fmt::format(R"({{"userId":"ann","traits":{{{}}}}})", traits_of(all, sent)));
  send("track", fmt::format(R"({{"userId":"ann","event":"Sent","properties":{{{}}}}})", properties_of(all, sent)));
  const auto look = [&](bool is_running) {
    EXPECT_THAT(batch("fine", is_running), ElementsAre("ann"));
    for (const Reading& each : all) {
      const std::vector<std::string> expected(is_member(each, sent) ? 1 : 0, "ann"),
          found = batch(each.slug, is_running);
      if (is_running) {
        EXPECT_EQ(members(each.slug), found) << each.definition;
      }
      if (is_said(each, sent)) {
        EXPECT_EQ(found, expected) << each.definition;
      }
    }
  };
  ASSERT_EQ(ask("segments members fine").code, 0) << "everything sent is recorded";
  look(true);
  EXPECT_EQ(server_->ask("POST", "/api/v1/segments/preview", "did \"Sent\"").status, 200);
  EXPECT_EQ(put(definitions).status, 200) << "the same text again is the same";
  ASSERT_NO_FATAL_FAILURE(stop());
  look(false);
  EXPECT_EQ(run("doctor").code, 0);
  EXPECT_EQ(run("segments remove trait-truth").code, 0);
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(server_->ask("GET", "/readyz?strict").status, 200);
  EXPECT_THAT(server_->ask("GET", "/api/v1/segments/trait-truth").status, 404);
  for (const Reading& each : all)
    if (each.slug != "trait-truth" && is_said(each, sent)) {
      const std::vector<std::string> expected(is_member(each, sent) ? 1 : 0, "ann");
      EXPECT_EQ(members(each.slug), expected) << each.definition;
    }
}
INSTANTIATE_TEST_SUITE_P(Sent, AnyType, testing::ValuesIn(kSent),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(DefinitionsTest, ValuesOfAnotherTypeAreCountedWhereverTheSegmentIsShown) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(apply("segment \"Vip\" = trait vip is true"));
  send("identify", R"({"userId":"ann","traits":{"vip":"yes"}})");
  send("identify", R"({"userId":"bob","traits":{"vip":"no"}})");
  send("identify", R"({"userId":"cyd","traits":{"vip":true}})");
  ASSERT_EQ(ask("segments members vip").code, 0);
  EXPECT_THAT(members("vip"), ElementsAre("cyd"));
  EXPECT_THAT(get("/api/v1/segments/vip").find("other_values")->dump(),
              R"([{"of":"trait vip","came_as":"text","values":2}])");
  EXPECT_THAT(server_->ask("GET", "/metrics").body, HasSubstr("tessera_engine_values_of_other_types 2\n"));
  EXPECT_THAT(ask("doctor").out, HasSubstr("2 values came in another type"));
  EXPECT_THAT(ask("segments list").out, HasSubstr("2 values of trait vip came as text, and are unknown to it"));
  ASSERT_NO_FATAL_FAILURE(stop());
  EXPECT_THAT(run("segments list").out, HasSubstr("2 values of trait vip came as text, and are unknown to it"));
}

TEST_F(DefinitionsTest, AFileOfAnotherTypeLeavesThemAsTheyWere) {
  work_.write("vip.tsl", "segment \"Vip\" = trait vip is true\nsegment \"Big\" = sum(\"Paid\".amount) > 3\n");
  work_.write("rows.jsonl",
              R"({"type":"identify","userId":"ann","traits":{"vip":"yes"},"timestamp":"2026-01-01T00:00:00Z"}
{"type":"track","userId":"ann","event":"Paid","properties":{"amount":"much"},"timestamp":"2026-01-01T00:00:00Z"}
)");
  ASSERT_NO_FATAL_FAILURE(make_record());
  ASSERT_EQ(run("segments apply vip.tsl").code, 0) << run("segments apply vip.tsl").err;
  ASSERT_EQ(run("import --preset segment rows.jsonl").code, 0) << run("import --preset segment rows.jsonl").err;
  EXPECT_THAT(batch("vip", false), IsEmpty());
  EXPECT_THAT(batch("big", false), IsEmpty());
  EXPECT_THAT(run("segments apply vip.tsl").out, HasSubstr("same"));
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_THAT(members("vip"), IsEmpty());
  send("identify", R"({"userId":"bob","traits":{"vip":true}})");
  send("track", R"({"userId":"bob","event":"Paid","properties":{"amount":7}})");
  ASSERT_EQ(ask("segments members vip").code, 0);
  EXPECT_THAT(members("vip"), ElementsAre("bob"));
  EXPECT_THAT(members("big"), ElementsAre("bob"));
  EXPECT_THAT(batch("big", true), ElementsAre("bob"));
}

TEST_F(DefinitionsTest, AnEventThatIsNamedLaterKeepsWhatIsRightAndAnAliasIsNotTurnedAgainstWhatUsesIt) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(
      apply("event order = \"Ordered\"\nlet big = max(order.total)\n"
            "segment \"Big\" = big > 100\nsegment \"Any\" = did any event where price > 1\n"));
  send("track", R"({"userId":"ann","event":"Bought","properties":{"total":true,"price":"two"}})");
  // Turned to an event of which a total is only ever true or false: whoever turns it is told, and everything stays as it was.
  const auto turned = put("event order = \"Bought\"");
  EXPECT_EQ(turned.status, 422);
  EXPECT_THAT(turned.body, HasSubstr("'big' uses it and would no longer be right"));
  send("track", R"({"userId":"bob","event":"Ordered","properties":{"total":150,"price":2}})");
  ASSERT_EQ(ask("segments members big").code, 0);
  EXPECT_THAT(members("big"), ElementsAre("bob"));
  EXPECT_THAT(members("any"), ElementsAre("bob"));
  EXPECT_THAT(batch("big", true), ElementsAre("bob"));
  ASSERT_NO_FATAL_FAILURE(stop());
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_THAT(members("big"), ElementsAre("bob"));
}

// --- what cannot be run

// As another version, or another hand, may have left it in the record.
void plant(const std::filesystem::path& store, const std::string& slug, const std::string& text) {
  const SystemClock clock;
  auto record = MUST(store::Record::open(store.string(), store::OpenMode::MustExist, clock));
  MUST(store::apply_definitions(*record, {{4, slug, slug, text, "{}"}}, "planted", clock.now()));
}

TEST_F(DefinitionsTest, OneThatCannotBeRunIsSetAsideAndCanBeEditedOrRemoved) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(apply("segment \"Fine\" = did \"Sent\""));
  ASSERT_NO_FATAL_FAILURE(stop());
  plant(work_.path("r.db"), "regex", "segment \"regex\" = trait a matches \"(\"\n");
  plant(work_.path("r.db"), "words", "segment \"words\" = did something that no version knows\n");
  plant(work_.path("r.db"), "user", "segment \"user\" = in segment \"regex\" and did \"Sent\"\n");
  plant(work_.path("r.db"), "nobody", "segment \"nobody\" = gone > 1\n");
  const Ran doctor = run("doctor");
  EXPECT_EQ(doctor.code, 1);
  for (const char* slug : {"regex", "words", "user", "nobody"}) {
    EXPECT_THAT(doctor.out, HasSubstr(fmt::format("'{}'", slug)));
    EXPECT_THAT(run("segments list --format json").out, HasSubstr(slug));
  }
  EXPECT_THAT(run("segments list").out, HasSubstr("set aside, it cannot be run"));
  EXPECT_EQ(run("segments members fine").code, 0);
  EXPECT_EQ(run("segments members regex").code, 1);
  ASSERT_NO_FATAL_FAILURE(start());
  send("track", R"({"userId":"ann","event":"Sent"})");
  ASSERT_EQ(ask("segments members fine").code, 0);
  EXPECT_THAT(members("fine"), ElementsAre("ann"));
  EXPECT_EQ(server_->ask("GET", "/readyz").status, 200);
  const auto strict = server_->ask("GET", "/readyz?strict");
  EXPECT_EQ(strict.status, 503);
  EXPECT_THAT(strict.body, HasSubstr("definitions set aside"));
  EXPECT_FALSE(get("/api/v1/segments/regex").find("set_aside")->text_or("").empty());
  EXPECT_THAT(server_->ask("GET", "/metrics").body, HasSubstr("tessera_engine_definitions_set_aside 4\n"));
  EXPECT_EQ(server_->ask("POST", "/api/v1/segments/preview", "did \"Sent\"").status, 200);
  // Edited on the running server, with what uses it; removed there; removed on the stopped record.
  ASSERT_NO_FATAL_FAILURE(apply("segment \"regex\" = trait a matches \"x\" or did \"Sent\""));
  EXPECT_THAT(members("regex"), ElementsAre("ann"));
  EXPECT_THAT(members("user"), ElementsAre("ann")) << "what used it is right again";
  EXPECT_EQ(server_->ask("DELETE", "/api/v1/segments/words").status, 200);
  ASSERT_NO_FATAL_FAILURE(stop());
  EXPECT_EQ(run("segments remove nobody").code, 0);
  EXPECT_EQ(run("doctor").code, 0) << run("doctor").out;
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(server_->ask("GET", "/readyz?strict").status, 200);
  EXPECT_THAT(members("user"), ElementsAre("ann"));
}

TEST_F(DefinitionsTest, WhatCannotBeRunIsRefusedBeforeItIsKept) {
  work_.write("bad.tsl", "segment \"Bad\" = trait a matches \"(\"\n");
  ASSERT_NO_FATAL_FAILURE(make_record());
  const Ran applied = run("segments apply bad.tsl");
  EXPECT_EQ(applied.code, 1);
  EXPECT_THAT(applied.err, HasSubstr("no regular expression"));
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(put("segment \"Bad\" = trait a matches \"(\"").status, 422);
  EXPECT_EQ(server_->ask("GET", "/api/v1/segments/bad").status, 404);
  ASSERT_NO_FATAL_FAILURE(stop());
  ASSERT_NO_FATAL_FAILURE(start());
}

// --- what it costs

// A chain of names, each of which uses the one before it twice.
std::string doubling(std::string_view first, std::string_view join, int steps) {
  std::string out = fmt::format("let x0 = {}\n", first);
  for (int i = 1; i < steps; ++i) out += fmt::format("let x{0} = x{1} {2} x{1}\n", i, i - 1, join);
  return out;
}

class Doubling : public DefinitionsTest, public testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(Doubling, IsAsManyNodesAsItHasNames) {
  const auto [first, join] = GetParam();
  const bool is_condition = std::string_view(join) == "and" || std::string_view(join) == "xor";
  const std::string text = doubling(first, join, 60);
  ASSERT_NO_FATAL_FAILURE(start());
  const bool is_duration = std::string_view(first).starts_with("last_time");
  const std::string last = is_condition ? "x59" : is_duration ? "x59 > 0 days" : "x59 > 0";
  ASSERT_NO_FATAL_FAILURE(apply(text + "segment \"S\" = " + last + "\nsegment \"Fine\" = did \"E\"\n"));
  send("track", R"({"userId":"ann","event":"E","properties":{"n":1}})");
  ASSERT_EQ(ask("segments members fine").code, 0);
  EXPECT_THAT(members("fine"), ElementsAre("ann"));
  EXPECT_EQ(members("s"), batch("s", true));
  EXPECT_EQ(server_->ask("POST", "/api/v1/segments/preview", text + "segment \"T\" = not " + last).status, 200);
  EXPECT_EQ(server_->ask("POST", "/api/v1/segments/preview", last).status, 200);
  for (const char* of : {"segments", "outlook", "history"})
    EXPECT_EQ(server_->ask("GET", fmt::format("/api/v1/customers/ann/{}", of)).status, 200) << of;
  ASSERT_NO_FATAL_FAILURE(stop());
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_THAT(members("fine"), ElementsAre("ann"));
}
INSTANTIATE_TEST_SUITE_P(Names, Doubling,
                         testing::Values(std::pair("count(\"E\")", "+"), std::pair("did \"E\"", "and"),
                                         std::pair("trait a is true", "xor"),
                                         std::pair("last_time(\"E\") - first_time(\"E\")", "+")));

TEST_F(DefinitionsTest, AScoreThatIsAddedToItselfIsManyScores) {
  ASSERT_NO_FATAL_FAILURE(start());
  std::string text = "score s0 = \"E\" half-life 7 days\n";
  for (int i = 1; i < 60; ++i) text += fmt::format("let s{0} = s{1} + s{1}\n", i, i - 1);
  const auto answer = put(text + "segment \"S\" = s59 > 0\nsegment \"T\" = s59 > s58\n");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("two scores with a half-life"));
}

TEST_F(DefinitionsTest, AFewWordsThatStandForMuchAreRefusedWithTheLimit) {
  std::string where = "n = 0", uses = "did big";
  for (int i = 1; i < 3000; ++i) where += fmt::format(" or n = {}", i);
  for (int i = 1; i < 3000; ++i) uses += " or did big";
  ASSERT_NO_FATAL_FAILURE(start());
  const auto answer = put("event big = \"E\" where " + where + "\nsegment \"S\" = " + uses + "\n");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("more than 4000000 values, conditions and events together"));
  ASSERT_NO_FATAL_FAILURE(apply("segment \"Fine\" = did \"E\""));
}

}  // namespace
}  // namespace tessera::cli
