// Every field of every call, wrong in every way, through the real server. What becomes of each is written down in
// hostile.txt: the answer, and in brackets the reason why it is a reject; fields that answer alike stand together.
// TESSERA_BLESS=1 writes the file anew.
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

using http::Answer;
using http::Raw;

struct Value {
  std::string name, text;  // as it is shown, as it is sent
};

std::string nested(int deep, std::string_view open, std::string_view close) {
  std::string out;
  for (int i = 0; i < deep; ++i) out += open;
  out += "1";
  for (int i = 0; i < deep; ++i) out += close;
  return out;
}
std::string members(int count) {
  std::string out = "{";
  for (int i = 0; i < count; ++i) out += fmt::format("{}\"k{}\":{}", i ? "," : "", i, i);
  return out + "}";
}
std::string text(std::string_view inside) {
  return fmt::format("\"{}\"", inside);
}

std::vector<Value> values() {
  std::vector<Value> out;
  // As they stand.
  for (const char* const plain :
       {"null", "true", "0", "-1", "1.5", "-0.0", "1e400", "-1e400", "1e-400", "1E+2", "9223372036854775808",
        "123456789012345678901234567890", "0.1234567890123", "\"\"", "\"   \"", "\"x\"", "\"null\"", "\"0\"", "[]",
        "{}", "[1]", "[null]", "[[]]", "{\"a\":1}", "{\"\":1}", "{\"a\":1,\"a\":\"2\"}", "{\"a.b\":1,\"a\":{\"b\":2}}",
        "\"1900-01-01T00:00:00Z\"", "\"3000-01-01T00:00:00Z\"", "\"0000-00-00T00:00:00Z\"", "\"2026-02-30T00:00:00Z\"",
        "\"10000-01-01T00:00:00Z\"", "\"-0001-01-01T00:00:00Z\"", "\"2026-03-01T25:61:61Z\"", "\"2026-03-01\"",
        "\"2026-03-01T00:00:00+99:99\"", "-62135596800001", "253402300800000", "1e18", "99999999999999999999",
        // No JSON:
        "NaN", "Infinity", "-Infinity", "undefined", "'x'", "01", "1.", ".5", "+1", "0x10", "1e", "\"\\x\"",
        "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "{\"a\"}", "[1,]", "{\"a\":1,}", "tru", "\"x", ""})
    out.push_back({*plain ? plain : "nothing", plain});
  // Described.
  out.push_back({"a NUL", text("a\\u0000b")});
  out.push_back({"a raw NUL", text(std::string_view("a\0b", 3))});
  out.push_back({"a raw line break", text("a\nb")});
  out.push_back({"no UTF-8", text("a\xff\xfe")});
  out.push_back({"overlong UTF-8", text("\xc0\xaf")});
  out.push_back({"a surrogate as UTF-8", text("\xed\xa0\x80")});
  out.push_back({"a non-character", text("\xef\xbf\xbf")});
  out.push_back({"right-to-left override", text("a\xe2\x80\xae"
                                                "b")});
  out.push_back({"only a zero-width space", text("\xe2\x80\x8b")});
  out.push_back({"201 letters", text(std::string(201, 'x'))});
  out.push_back({"501 letters", text(std::string(501, 'x'))});
  out.push_back({"20,000 letters", text(std::string(20'000, 'x'))});
  out.push_back({"40,000 letters", text(std::string(40'000, 'x'))});
  out.push_back({"a key of 20,000", fmt::format("{{\"{}\":1}}", std::string(20'000, 'k'))});
  out.push_back({"200 members", members(200)});
  out.push_back({"a list of 10,000", "[1" + [] {
                   std::string more;
                   for (int i = 1; i < 10'000; ++i) more += ",1";
                   return more;
                 }() + "]"});
  out.push_back({"lists 50 deep", nested(50, "[", "]")});
  out.push_back({"lists 1,000 deep", nested(1'000, "[", "]")});
  out.push_back({"objects 50 deep", nested(50, "{\"a\":", "}")});
  out.push_back({"objects 1,000 deep", nested(1'000, "{\"a\":", "}")});
  return out;
}

// A good call, as members; the field under test is set to the value, wherever it stands.
using Members = std::vector<std::pair<std::string, std::string>>;

struct Call {
  std::string type;
  Members good;
  std::vector<std::string> fields;  // "context.traits.email": within objects of their own
};

std::vector<Call> calls() {
  const std::vector<std::string> common = {"userId",     "anonymousId",       "timestamp",   "sentAt",
                                           "receivedAt", "originalTimestamp", "messageId",   "type",
                                           "context",    "context.userAgent", "integrations"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), common.begin(), common.end());
    return more;
  };
  const std::string who = "\"$\"";  // a customer for each field
  return {
      {"track",
       {{"userId", who}, {"event", "\"Order Completed\""}},
       with({"event", "properties", "properties.price", "properties.products", "properties.order_id"})},
      {"identify", {{"userId", who}}, with({"traits", "traits.email", "traits.age"})},
      {"page", {{"userId", who}}, {"name", "category", "properties", "properties.url", "context.page"}},
      {"screen", {{"userId", who}}, {"name", "properties"}},
      {"group", {{"userId", who}, {"groupId", "\"g\""}}, {"groupId", "traits", "traits.name"}},
      {"alias", {{"userId", who}, {"previousId", "\"p\""}}, {"userId", "previousId", "anonymousId"}},
      {"batch", {{"batch", "[]"}}, {"batch", "sentAt", "context", "writeKey"}},
  };
}

std::string body_of(const Call& call, const std::string& field, const std::string& value) {
  // The value in objects of the field's path.
  std::string inner = value, name = field;
  for (size_t dot; (dot = name.rfind('.')) != std::string::npos; name.resize(dot))
    inner = fmt::format("{{\"{}\":{}}}", name.substr(dot + 1), inner);
  std::string out = "{";
  for (const auto& [member, good] : call.good)
    if (member != name) out += fmt::format("\"{}\":{},", member, good);
  return out + fmt::format("\"{}\":{}}}", name, inner);
}

class Sender {
 public:
  explicit Sender(const Serving& server) : server_(server), raw_(std::in_place, server.port()) {}
  Answer post(const std::string& type, const std::string& body, std::string_view headers) {
    const std::string whole = request("POST", "/v1/" + type + "?writeKey=" + server_.key(), body, headers);
    for (int attempt = 0; attempt < 2; ++attempt) {
      if (!raw_->send(whole)) {
        raw_.emplace(server_.port());
        continue;
      }
      Answer answer = raw_->answer();
      if (answer.has("Connection: close") || answer.status == 0) raw_.emplace(server_.port());
      if (answer.status != 0) return answer;
    }
    return {};
  }

 private:
  const Serving& server_;
  std::optional<Raw> raw_;
};

std::string outcome(const Answer& plain, const Answer& strict) {
  const auto message = [](const Answer& answer) {
    const auto json = parse_json(answer.body);
    const Json* text = json ? json->find("message") : nullptr;
    return text ? text->text_or("") : std::string();
  };
  if (plain.status != 200) return fmt::format("{}", plain.status);
  if (strict.status == 200) return "200";
  // "1 of 1 events: no-user"
  const std::string why = message(strict);
  return fmt::format("200 ({})", why.substr(why.rfind(": ") == std::string::npos ? 0 : why.rfind(": ") + 2));
}

TEST(Hostile, EveryFieldOfEveryCallWrongInEveryWay) {
  Workplace work;
  Serving server(work.path("s.db"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  // Somebody looks at all of it.
  ASSERT_EQ(
      server
          .ask("PUT", "/api/v1/segments",
               "segment \"Any\" = at least 1 any event\nsegment \"Paid\" = sum(\"Order Completed\".price, last 30 "
               "days) > 1\nsegment \"Old\" = trait age > 30\nsegment \"Away\" = no any event in the last 7 days\n")
          .status,
      200);
  Sender sender(server);
  size_t cases = 0, taken = 0;
  std::vector<std::pair<std::string, std::string>> tables;  // fields that answer alike, and how
  for (const Call& call : calls())
    for (const std::string& field : call.fields) {
      std::map<std::string, std::string> by_outcome;
      const std::string customer = fmt::format("{}-{}", call.type, field);
      for (const Value& value : values()) {
        std::string body = body_of(call, field, value.text);
        if (const size_t at = body.find("\"$\""); at != std::string::npos) body.replace(at + 1, 1, customer);
        const Answer strict = sender.post(call.type, body, "X-Strict-Mode: 1\r\n");
        const Answer plain = sender.post(call.type, body, "");
        EXPECT_TRUE(plain.status == 200 || plain.status == 400) << plain.status << " " << field << " " << value.name;
        EXPECT_TRUE(strict.status == 200 || strict.status == 400 || strict.status == 401) << field << " " << value.name;
        by_outcome[outcome(plain, strict)] += "  " + value.name;
        ++cases;
        if (plain.status == 200 && !plain.has("X-Tessera-Warning")) ++taken;
      }
      std::string table;
      for (const auto& [what, names] : by_outcome) table += fmt::format("    {}:{}\n", what, names);
      const auto same = std::ranges::find(tables, table, [](const auto& each) { return each.second; });
      if (same != tables.end())
        same->first += fmt::format(", {} {}", call.type, field);
      else
        tables.emplace_back(fmt::format("{} {}", call.type, field), table);
    }
  std::string found;
  for (const auto& [fields, table] : tables) found += fields + "\n" + table;
  fmt::print("{} requests, each twice; {} were answered with 200\n", cases, taken);
  const std::string file = TESSERA_SOURCE_DIR "/tests/cli/hostile.txt";
  if (std::getenv("TESSERA_BLESS")) std::ofstream(file) << found;
  std::ifstream golden(file);
  std::ostringstream expected;
  expected << golden.rdbuf();
  EXPECT_EQ(expected.str(), found) << "to accept what is now: TESSERA_BLESS=1 test_cli --gtest_filter='Hostile*'";
  // It goes on, and the record is whole.
  EXPECT_EQ(sender.post("track", R"({"userId":"good","event":"Order Completed","properties":{"price":5}})", "").status,
            200);
  const Answer members = server.ask("GET", "/api/v1/segments/paid/members");
  EXPECT_EQ(members.status, 200) << members.body;
  EXPECT_THAT(server.ask("GET", "/api/v1/status").body, testing::HasSubstr("\"record_trouble\":null"));
  EXPECT_EQ(server.stop(), 0) << server.errors();
  const Ran doctor = work.sh("tessera --store s.db doctor");
  EXPECT_EQ(doctor.code, 0) << doctor.out << doctor.err;
  // What live says is what batch finds in the record.
  const Ran batch = work.sh("tessera --store s.db segments count any");
  EXPECT_EQ(batch.code, 0) << batch.err;
}

}  // namespace
}  // namespace tessera::cli
