// Segment's spec: its own examples, and the rules that the examples leave open.
#include <fstream>

#include "core/json.hpp"
#include "ingest/document_normalisers.hpp"
#include "ingest/fed.hpp"

namespace tessera::ingest {
namespace {

Fed feed_segment(std::string_view lines) {
  return feed(lines, {.preset = "segment"}, "calls.jsonl");
}

TEST(Segment, EveryExampleOfTheSpecIsTakenOrRefusedForTheRightReason) {
  const std::string path = TESSERA_SOURCE_DIR "/../shared/data/segment-spec-examples.jsonl";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  std::ifstream file(path);
  std::map<std::string, int> outcomes;
  for (std::string line; std::getline(file, line);) {
    const auto example = parse_json(line);
    ASSERT_TRUE(example);
    const Json& call = *example->find("payload");
    // What the spec demands: somebody, a known type, a name for track, a time for what happens.
    const auto has = [&call](std::string_view name) { return call.find(name) != nullptr; };
    const Json* said = has("type") ? call.find("type") : call.find("action");
    const std::string type = said ? said->text_or("") : "";
    // The spec's own placeholder, "userId": "userId", names nobody.
    const auto names_one = [&](std::string_view name) { return has(name) && call.find(name)->text_or("") != name; };
    const bool has_user = names_one("userId") || names_one("anonymousId") || names_one("user_id");
    const bool is_fact = type == "identify" || type == "group" || type == "alias";
    const std::string expected = !has_user ? "no-user" : !is_fact && !has("timestamp") ? "no-time" : "taken";
    const Fed fed = feed_segment(line + "\n");
    ASSERT_FALSE(fed.error) << fed.error->text();
    ASSERT_EQ(fed.findings().rows_read, 1u);
    const std::string actual = fed.findings().rejects.empty() ? "taken" : fed.findings().rejects.begin()->first;
    EXPECT_EQ(actual, expected) << line;
    EXPECT_EQ(fed.intake.rows.size(), expected == "taken" ? 1u : 0u) << line;
    ++outcomes[actual];
  }
  int all = 0;
  for (const auto& [outcome, count] : outcomes) {
    fmt::print("  {:>3} {}\n", count, outcome);
    all += count;
  }
  EXPECT_EQ(all, 75);
}

TEST(Segment, WithTheTimeOfArrivalEveryEventOfTheSpecIsTaken) {
  RecordingIntake intake;
  Findings findings;
  NormaliserContext context{.intake = intake, .findings = findings, .file = "api"};
  const auto normaliser = make_segment_normaliser(context, parse_instant("2026-03-01"));
  formats::JsonParser parser;
  formats::JsonDocument document;
  std::string problem;
  std::string text = R"({"userId":"019mr8mf4r","action":"track","event":"Completed Order","properties":{"orderId":"o1",
    "revenue":25.0,"coupon":"hasbros","products":[{"id":"507f","name":"Monopoly","price":19.0,"quantity":2},
    {"product_id":"505b","id":"x","name":"Shipping","price":3}]}})";
  text += std::string(formats::kJsonPadding, '\0');
  ASSERT_TRUE(parser.parse(std::string_view(text).substr(0, text.size() - formats::kJsonPadding), document, problem))
      << problem;
  ASSERT_TRUE(normaliser->add(document, 1, text));
  ASSERT_EQ(intake.rows.size(), 1u);
  const RecordedRow& row = intake.rows[0];
  EXPECT_EQ(row.event, "Order Completed");
  EXPECT_EQ(text_of(row.time), "2026-03-01T00:00:00Z");
  EXPECT_EQ(row.get("order_id"), "'o1'");
  EXPECT_EQ(row.get("revenue"), "25");
  EXPECT_EQ(row.list("products.product_id"), "'507f' '505b'");
  EXPECT_EQ(row.list("products.id"), "_ 'x'");
  EXPECT_EQ(row.list("products.amount"), "38 3");
  EXPECT_EQ(row.list("products.service"), "false true");
}

TEST(Segment, IdentifiersTraitsAndContext) {
  const Fed fed = feed_segment(
      R"({"type":"identify","userId":"u1","anonymousId":"a1","traits":{"email":" Jo@Example.COM ","age":31,"vip":true,"left":null,"address":{"city":"Ulm"}},"timestamp":"2026-01-02T03:04:05.678Z"}
{"type":"page","anonymousId":"a1","name":"Home","properties":{"title":"T"},"messageId":"m1","sentAt":"2026-01-02T03:00:00Z","context":{"userAgent":"Mozilla/5.0 (iPhone; CPU iPhone OS 16) Mobile","campaign":{"source":"news"},"page":{"path":"/"},"ip":"8.8.8.8"},"channel":"browser"}
{"type":"alias","previousId":"a1","userId":"u1"}
{"type":"group","userId":"u1","groupId":"g1","traits":{"industry":"Toys"}}
{"type":"track","event":"Seen","userId":12345,"timestamp":1767323045678,"properties":{"n":19.990,"deep":{"a":{"b":{"c":{"d":{"e":1}}}}},"tags":["x","y"],"mixed":[1,{"a":2}],"big":123456789012345678901234567890,"channel":"own"},"context":{"channel":"other"}}
)");
  ASSERT_FALSE(fed.error) << fed.error->text();
  ASSERT_EQ(fed.intake.rows.size(), 5u);
  const RecordedRow& identify = fed.intake.rows[0];
  EXPECT_EQ(identify.event, "$identify");
  EXPECT_EQ(identify.who, (std::vector<std::string>{"user u1", "email jo@example.com", "anonymous a1"}));
  EXPECT_EQ(text_of(identify.time), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(identify.get("age"), "31");
  EXPECT_EQ(identify.get("vip"), "true");
  EXPECT_EQ(identify.get("left"), "null");
  EXPECT_EQ(identify.get("address.city"), "'Ulm'");

  const RecordedRow& page = fed.intake.rows[1];
  EXPECT_EQ(page.event, "Page Viewed");
  EXPECT_EQ(page.get("name"), "'Home'");
  EXPECT_EQ(page.get("device"), "'mobile'");
  EXPECT_EQ(page.get("channel"), "'browser'");
  EXPECT_EQ(page.get("campaign.source"), "'news'");
  EXPECT_EQ(page.get("page.path"), "'/'");
  EXPECT_EQ(text_of(page.time), "2026-01-02T03:00:00Z");

  EXPECT_EQ(fed.intake.rows[2].who, (std::vector<std::string>{"user u1", "anonymous a1"}));
  EXPECT_EQ(fed.intake.rows[2].time, kEver);
  EXPECT_EQ(fed.intake.rows[3].event, "$group");
  EXPECT_EQ(fed.intake.rows[3].get("group_id"), "'g1'");
  EXPECT_EQ(fed.intake.rows[3].get("industry"), "'Toys'");

  const RecordedRow& seen = fed.intake.rows[4];
  EXPECT_EQ(seen.who, std::vector<std::string>{"user 12345"});
  EXPECT_EQ(seen.get("n"), "19.99");
  EXPECT_EQ(seen.get("deep.a.b.c.d"), R"(<{"e":1}>)");
  EXPECT_EQ(seen.list("tags"), "'x' 'y'");
  EXPECT_EQ(seen.get("mixed"), R"(<[1,{"a":2}]>)");
  EXPECT_EQ(seen.get("big"), "<123456789012345678901234567890>");
  EXPECT_EQ(seen.get("channel"), "'own'");
}

TEST(Segment, SkewOfTheClientsClockIsTakenOut) {
  const Fed fed = feed_segment(
      R"({"type":"track","event":"E","userId":"u","originalTimestamp":"2026-01-01T10:00:00Z","sentAt":"2026-01-01T10:00:05Z","receivedAt":"2026-01-01T12:00:05Z"})");
  ASSERT_EQ(fed.intake.rows.size(), 1u);
  EXPECT_EQ(text_of(fed.intake.rows[0].time), "2026-01-01T12:00:00Z");
}

TEST(Segment, BatchesShareTheirContext) {
  const Fed fed = feed_segment(
      R"({"batch":[{"type":"track","event":"A","userId":"u","timestamp":"2026-01-01"},{"type":"track","event":"B","userId":"u","timestamp":"2026-01-01","context":{"locale":"de"}},7],"context":{"locale":"en"}})");
  EXPECT_EQ(fed.findings().rows_read, 3u);
  ASSERT_EQ(fed.intake.rows.size(), 2u);
  EXPECT_EQ(fed.intake.rows[0].get("locale"), "'en'");
  EXPECT_EQ(fed.intake.rows[1].get("locale"), "'de'");
  EXPECT_EQ(fed.rejects("not-an-object"), 1u);
}

TEST(Segment, RejectsHaveTheirReasonAndLine) {
  const Fed fed =
      feed_segment(R"({"type":"track","event":"A","userId":"u","timestamp":"2026-01-01"}

{"type":"track","userId":"u","timestamp":"2026-01-01"}
{"type":"trakc","event":"A","userId":"u","timestamp":"2026-01-01"}
{"type":"track","event":"A","userId":"u","timestamp":"yesterday"}
{"type":"track","event":"A","userId":"","timestamp":"2026-01-01"}
{"type":"track","event":"A","userId":"0","timestamp":"2026-01-01"}
{"type":"track","event":"A","userId":"u",
{"type":"track","event":"A","userId":"u","timestamp":"2026-01-01"} x
)"
                   "{\"type\":\"track\",\"event\":\"\xC3\x28\",\"userId\":\"u\",\"timestamp\":\"2026-01-01\"}\n[1]\n");
  ASSERT_FALSE(fed.error) << fed.error->text();
  EXPECT_EQ(fed.findings().rows_read, 10u);
  EXPECT_EQ(fed.intake.rows.size(), 1u);
  std::map<std::string, uint64_t> lines;
  for (const auto& [reason, tally] : fed.findings().rejects) lines[reason] = tally.line;
  EXPECT_EQ(lines, (std::map<std::string, uint64_t>{{"no-event-name", 3},
                                                    {"unknown-type", 4},
                                                    {"bad-time", 5},
                                                    {"no-user", 6},
                                                    {"invalid-json", 8},
                                                    {"invalid-utf8", 10},
                                                    {"not-an-object", 11}}));
  EXPECT_EQ(fed.rejects("no-user"), 2u);
  EXPECT_EQ(fed.rejects("invalid-json"), 2u);
  EXPECT_EQ(fed.odd("blocked-id"), 1u);
  EXPECT_EQ(fed.intake.rejects.size(), 9u);
}

TEST(Segment, IdentityIsTheMessageIdElseContentAndOccurrence) {
  const std::string plain = R"({"type":"track","event":"A","userId":"u","timestamp":"2026-01-01"})";
  const std::string named = R"({"type":"track","event":"A","userId":"u","timestamp":"2026-01-01","messageId":"m"})";
  const Fed once = feed_segment(plain + "\n" + plain + "\n" + named + "\n" + named + "\n");
  ASSERT_EQ(once.intake.rows.size(), 4u);
  EXPECT_EQ(once.intake.fingerprints().size(), 3u);  // two plain calls, one message
  const Fed longer = feed_segment(plain + "\n" + named + "\n" + plain + "\n" + plain + "\n");
  EXPECT_EQ(longer.intake.fingerprints().size(), 4u);
  for (const uint64_t fingerprint : once.intake.fingerprints()) {
    EXPECT_TRUE(longer.intake.fingerprints().contains(fingerprint));
  }
}

TEST(Segment, ArraysAndPrettyPrintedFilesAreReadToo) {
  const Fed array = feed_segment(
      "[\n  {\"type\":\"track\",\"event\":\"A\",\"userId\":\"u\",\n \"timestamp\":\"2026-01-01\"},\n"
      "{\"type\":\"track\",\"event\":\"B]\\\"\",\"userId\":\"\",\"timestamp\":\"2026-01-01\"} ]");
  ASSERT_FALSE(array.error) << array.error->text();
  EXPECT_EQ(array.intake.rows.size(), 1u);
  EXPECT_EQ(array.findings().rejects.at("no-user").line, 4u);
  const Fed pretty =
      feed_segment("{\n\"type\":\"track\",\"event\":\"A\",\"userId\":\"u\",\"timestamp\":\"2026-01-01\"\n}\n");
  EXPECT_EQ(pretty.intake.rows.size(), 1u);
  const Fed cut =
      feed_segment("[{\"type\":\"track\",\"event\":\"A\",\"userId\":\"u\",\"timestamp\":\"2026-01-01\"},\n{\"type\":");
  ASSERT_TRUE(cut.error);
  EXPECT_TRUE(cut.error->place.ends_with("calls.jsonl:2")) << cut.error->place;
}

}  // namespace
}  // namespace tessera::ingest
