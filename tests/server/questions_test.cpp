// Questions about other times and other definitions, over what a live engine recorded: what they say is what was true
// in the engine then, and previews say what applying does.
#include "core/random.hpp"
#include "server/fake.hpp"

namespace tessera::server {
namespace {

using testing::HasSubstr;

class Questions : public Served {
 protected:
  Json json(const http::Answer& answer) { return MUST(parse_json(answer.body)); }
  void call(const std::string& type, const std::string& what, Instant at) {
    take(type, fmt::format(R"({{{},"timestamp":"{}","messageId":"m{}"}})", what, text_of(at), ++messages));
  }
  void track(const std::string& who, const std::string& event, Instant at) {
    call("track", fmt::format(R"("userId":"{}","event":"{}")", who, event), at);
  }
  std::vector<std::string> live_members(const std::string& slug) { return MUST(engine->members(slug, "", 1000)); }
  std::string past(const std::string& slug, const std::string& query) {
    const http::Answer answer = get(fmt::format("/api/v1/segments/{}/members?{}", slug, query));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.status == 200 ? json(answer).find("members")->dump() : answer.body;
  }

  int messages = 0;
};

TEST_F(Questions, ThePastIsToldAsKnownThenAndAsKnownNow) {
  const Instant start = clock.now();
  MUST(engine->apply_definitions("segment \"Buyers\" = at least 1 \"Order Completed\" in the last 10 days"));
  track("ann", "Order Completed", start);
  clock.ms += kDay.ms;
  const std::string then = text_of(clock.now());
  clock.ms += kDay.ms;
  track("bob", "Order Completed", start + kHour);  // late
  EXPECT_EQ(past("buyers", "as_of=" + then + "&known_at=" + then), R"(["ann"])");
  EXPECT_EQ(past("buyers", "known_at=" + then), R"(["ann"])");
  EXPECT_EQ(past("buyers", "as_of=" + then), R"(["ann","bob"])");
  EXPECT_EQ(past("buyers", "as_of=2026-03-01T12:30:00Z"), R"(["ann"])");
  EXPECT_EQ(past("buyers", "as_of=2026-03-15"), "[]");
  // Another definition: the past is looked at with the one of then, or with that of now.
  clock.ms += kDay.ms;
  MUST(engine->apply_definitions("segment \"Buyers\" = at least 2 \"Order Completed\" in the last 10 days"));
  EXPECT_EQ(past("buyers", "as_of=" + then + "&known_at=" + then), R"(["ann"])");
  EXPECT_EQ(past("buyers", "as_of=" + then), "[]");
  clock.ms += kDay.ms;
  MUST(engine->remove_definition("buyers"));
  EXPECT_EQ(get("/api/v1/segments/buyers/members?as_of=" + then).status, 404);
  EXPECT_EQ(past("buyers", "known_at=" + then), R"(["ann"])");
}

TEST_F(Questions, ThePastIsWhatTheEngineSaidThen) {
  MUST(
      engine->apply_definitions("segment \"Few\" = at most 2 \"A\" in the last 3 days and did \"B\"\n"
                                "segment \"Quiet\" = did \"A\" and no \"B\" in the last 2 days"));
  Rng rng(7);
  std::vector<std::tuple<std::string, std::string, std::vector<std::string>>> said;
  for (int step = 0; step < 120; ++step) {
    clock.ms += rng.between(1, kHour.ms * 12);
    const Instant late = clock.now() - Duration{rng.between(0, kDay.ms * 3)};
    const std::string known = fmt::format(R"("userId":"c{}")", rng.between(1, 6)),
                      browser = fmt::format(R"("anonymousId":"a{}")", rng.between(1, 9)),
                      event = fmt::format(R"(,"event":"{}")", rng.between(0, 1) == 0 ? "A" : "B");
    // Now and then a browser turns out to be somebody's.
    if (rng.between(0, 9) == 0)
      call("identify", known + "," + browser, late);
    else
      call("track", (rng.between(0, 1) == 0 ? known : browser) + event, late);
    if (step % 8 != 0) continue;
    for (const std::string slug : {"few", "quiet"}) said.emplace_back(slug, text_of(clock.now()), live_members(slug));
  }
  size_t members = 0;
  for (const auto& [slug, at, live] : said) {
    Json expected = Json::array();
    for (const std::string& member : live) expected.add(member);
    EXPECT_EQ(past(slug, fmt::format("as_of={0}&known_at={0}", at)), expected.dump()) << slug << " at " << at;
    members += live.size();
  }
  EXPECT_GT(members, 20u);
}

TEST_F(Questions, ThePastComesInPagesAndAsLines) {
  MUST(engine->apply_definitions("segment \"Buyers\" = did \"Order Completed\""));
  for (const std::string who : {"ann", "bob", "eve"}) track(who, "Order Completed", clock.now());
  const std::string place = "/api/v1/segments/buyers/members?as_of=2026-03-02";
  const Json page = json(get(place + "&limit=2"));
  EXPECT_EQ(page.find("members")->dump(), R"(["ann","bob"])");
  EXPECT_EQ(page.find("next")->text_or(""), "bob");
  EXPECT_EQ(page.find("count")->number_or(0), 3);
  EXPECT_EQ(page.find("as_of")->text_or(""), text_of(*parse_instant("2026-03-02")));
  EXPECT_THAT(page.find("definition")->text_or(""), HasSubstr("segment \"Buyers\""));
  const Json last = json(get(place + "&limit=2&after=bob"));
  EXPECT_EQ(last.find("members")->dump(), R"(["eve"])");
  EXPECT_FALSE(last.find("next")->as_text());
  EXPECT_EQ(get(place + "&format=csv").body, "customer\r\nann\r\nbob\r\neve\r\n");
  EXPECT_EQ(get(place + "&format=jsonl&after=bob").body, "{\"customer\":\"eve\"}\n");
  EXPECT_EQ(get("/api/v1/segments/none/members?as_of=2026-03-02").status, 404);
  for (const std::string bad : {"as_of=", "as_of=yesterday", "known_at=2026-02-30", "as_of=2026-03-01&known_at=x"})
    EXPECT_EQ(get("/api/v1/segments/buyers/members?" + bad).status, 400) << bad;
  // One at a time.
  const std::lock_guard other(service.question);
  EXPECT_EQ(get(place).status, 503);
  EXPECT_EQ(send("/api/v1/segments/preview", "did \"A\"").status, 503);
}

TEST_F(Questions, APreviewSaysWhatApplyingWouldDo) {
  MUST(
      engine->apply_definitions("segment \"Buyers\" = did \"Order Completed\"\n"
                                "segment \"Lookers\" = did \"Product Viewed\""));
  for (const std::string who : {"ann", "bob", "eve"}) track(who, "Order Completed", clock.now());
  for (const std::string who : {"eve", "max"}) track(who, "Product Viewed", clock.now());
  track("ann", "Order Completed", clock.now());

  const Json condition = json(send("/api/v1/segments/preview", "did \"Product Viewed\" and no \"Order Completed\""));
  const Json& one = condition.find("segments")->as_array()->front();
  EXPECT_EQ(one.find("count")->number_or(-1), 1);
  EXPECT_EQ(one.find("sample")->dump(), R"(["max"])");
  EXPECT_EQ(condition.find("customers")->number_or(0), 4);
  EXPECT_EQ(one.find("overlaps")->dump(), R"([{"id":"buyers","name":"Buyers","members":3,"both":0},)"
                                          R"({"id":"lookers","name":"Lookers","members":2,"both":1}])");

  const std::string text =
      "segment \"Buyers\" = at least 2 \"Order Completed\" or in segment \"Lookers\"\n"
      "segment \"All\" = in segment \"Buyers\" or in segment \"Lookers\"";
  const Json edit = json(send("/api/v1/segments/preview", text));
  ASSERT_TRUE(edit.find("segments")) << edit.dump();
  const auto& both = *edit.find("segments")->as_array();
  ASSERT_EQ(both.size(), 2u);
  for (const Json& segment : both) {
    if (segment.find("id")->text_or("") == "buyers") {
      EXPECT_EQ(segment.find("count")->number_or(-1), 3);  // ann, eve, max
      EXPECT_EQ(segment.find("would_enter")->number_or(-1), 1);
      EXPECT_EQ(segment.find("would_leave")->number_or(-1), 1);
    } else {
      EXPECT_EQ(segment.find("count")->number_or(-1), 3);
      EXPECT_FALSE(segment.find("would_enter"));
    }
  }
  // Nothing was applied; applying does what was said.
  EXPECT_EQ(live_members("buyers"), (std::vector<std::string>{"ann", "bob", "eve"}));
  MUST(engine->apply_definitions(text));
  EXPECT_EQ(live_members("buyers"), (std::vector<std::string>{"ann", "eve", "max"}));

  for (const std::string bad :
       {"", "did", "segment \"X\" =", "count(order)", "let x = 1", "at least 2 \"A\" in the last 3 dasy"})
    EXPECT_EQ(send("/api/v1/segments/preview", bad).status, 400) << bad;
  EXPECT_THAT(send("/api/v1/segments/preview", "at least 2 \"A\" in the last 3 dasy").body, HasSubstr("dasy"));
}

// A short text that takes a minute of compiling: asked by somebody who does not wait for it, it makes way for the next.
TEST_F(Questions, APreviewThatWasLeftMakesWay) {
  std::string text = "event many = \"A\" where x = 0";
  for (int i = 1; i < 250; ++i) text += fmt::format(" or x = {}", i);
  for (int s = 0; s < 200; ++s) {
    text += fmt::format("\nsegment \"S{}\" = did many", s);
    for (int i = 1; i < 25; ++i) text += fmt::format(" or count(many) = {}", s * 25 + i);
  }
  http::Request request{.method = "POST", .path = "/api/v1/segments/preview", .query = {}, .headers = {}, .body = text};
  request.headers.emplace_back("Authorization", "Bearer " + token);
  const auto asker = request.asker;
  std::promise<http::Response> said;
  site.handle(request, http::Responder([&](http::Response response) { said.set_value(std::move(response)); }));
  asker->leave();
  EXPECT_THAT(said.get_future().get().body, HasSubstr("nobody waits for it"));
  EXPECT_EQ(send("/api/v1/segments/preview", "did \"A\"").status, 200);
}

TEST_F(Questions, WhatBecomesOfACustomerIfNothingMoreComes) {
  MUST(engine->apply_definitions("segment \"Buyers\" = at least 1 \"Order Completed\" in the last 10 days"));
  const Instant ordered = clock.now();
  const std::string who = "u/1 ä", place = "/api/v1/customers/u%2F1%20%C3%A4/outlook";
  track(who, "Order Completed", ordered);
  clock.ms += kDay.ms;
  const auto outlook = [&](const std::string& query) { return json(get(place + query)); };
  const http::Answer first = get(place);
  ASSERT_EQ(first.status, 200) << first.body;
  const Json now = json(first);
  EXPECT_EQ(now.find("customer")->text_or(""), who);
  EXPECT_EQ(now.find("identifiers")->dump(), R"({"user id":1})");
  EXPECT_EQ(now.find("events")->dump(), R"({"Order Completed":1})");
  const Json& buyers = (*now.find("segments")->as_array())[0];
  EXPECT_EQ(buyers.find("since")->text_or(""), text_of(ordered));
  const Json& leaves = (*buyers.find("changes")->as_array())[0];
  EXPECT_EQ(leaves.find("at")->text_or(""), text_of(ordered + kDay * 10));
  // And so it comes.
  clock.ms = (ordered + kDay * 10).ms;
  track("bob", "Ping", clock.now());
  EXPECT_THAT(live_members("buyers"), testing::IsEmpty());
  EXPECT_EQ(outlook("?as_of=" + text_of(ordered + kDay)).find("segments")->dump(), now.find("segments")->dump());
  EXPECT_EQ(get("/api/v1/customers/nobody/outlook").status, 404);
  EXPECT_EQ(get(place + "?as_of=soon").status, 400);
  EXPECT_EQ(get(place + "?known_at=2020-01-01").status, 400);
}

}  // namespace
}  // namespace tessera::server
