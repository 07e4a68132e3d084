// tessera letter: every figure of it asked of the record's own SQL, and of the commands that say who is a member.
#include <set>
#include <sstream>

#include "cli/program.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

namespace tessera::cli {
namespace {

constexpr const char* kDefinitions = R"(
event order = "Order Completed"
segment "Active" = at least 1 order in the last 60 days
segment "Lost" = exactly 0 order in the last 90 days and at least 1 order
)";
constexpr const char *kSince = "2026-02-01T00:00:00Z", *kUntil = "2026-02-15T00:00:00Z";

class ALetter : public testing::Test {
 protected:
  void SetUp() override {
    work.write("my.tsl", kDefinitions);
    const Ran made = work.sh(
        "tessera simulate --customers 400 --segments 3 --out co && tessera import co/events.jsonl --preset segment && "
        "tessera segments apply my.tsl");
    ASSERT_EQ(made.code, 0) << made.err;
  }
  Json letter(const std::string& more = "") const {
    const Ran ran = work.sh(fmt::format("tessera --format json letter --since {} --as-of {} {}", kSince, kUntil, more));
    EXPECT_EQ(ran.code, 0) << ran.err;
    const auto out = parse_json(ran.out);
    return out ? *out : Json();
  }
  std::vector<Json> sql(const std::string& query) const {
    const Ran ran = work.sh("tessera --format json sql \"" + query + "\"");
    EXPECT_EQ(ran.code, 0) << ran.err;
    const auto out = parse_json(ran.out);
    return out && out->as_array() ? *out->as_array() : std::vector<Json>{};
  }
  double number(const std::string& query) const {
    const auto rows = sql(query);
    if (rows.empty()) return -1;
    const Json& value = (*rows[0].as_object())[0].second;
    return value.as_text() ? std::stod(*value.as_text()) : value.number_or(0);
  }
  std::set<std::string> members(const std::string& segment, const char* at) const {
    std::istringstream in(work.sh(fmt::format("tessera segments members {} --as-of {}", segment, at)).out);
    std::set<std::string> out;
    for (std::string line; std::getline(in, line);) out.insert(line);
    return out;
  }
  // Orders less refunds in (from, to] of those of a set of customers; of all where it is empty.
  double net(const std::string& from, const std::string& to, const std::set<std::string>& of = {}) const {
    if (money_.empty())
      money_ = sql(
          "SELECT customer, strftime(time, '%Y-%m-%d %H:%M:%S.%g') AS at, revenue::DOUBLE AS money FROM "
          "v_order_completed UNION ALL SELECT customer, strftime(time, '%Y-%m-%d %H:%M:%S.%g'), -total::DOUBLE FROM "
          "v_order_refunded");
    const std::string after = from.substr(0, 10) + " 00:00:00.000", until = to.substr(0, 10) + " 00:00:00.000";
    double out = 0;
    for (const Json& row : money_) {
      const std::string at = row.find("at")->text_or("");
      if (at > after && at <= until && (of.empty() || of.contains(row.find("customer")->text_or(""))))
        out += row.find("money")->number_or(0);
    }
    return out;
  }
  mutable std::vector<Json> money_;
  Workplace work;
};

TEST_F(ALetter, SaysWhatSqlSays) {
  const Json said = letter();
  EXPECT_EQ(said.find("periods_before")->number_or(0), 12);
  const Json& value = *said.find("value");
  EXPECT_NEAR(value.find("now")->number_or(0), net(kSince, kUntil), 1e-6);
  const auto& before = *value.find("before")->as_array();
  EXPECT_NEAR(before[0].number_or(0), net("2026-01-18", kSince), 1e-6);
  EXPECT_NEAR(before[3].number_or(0), net("2025-12-07", "2025-12-21"), 1e-6);
  EXPECT_EQ(said.find("customers")->find("now")->number_or(0),
            number("SELECT count(DISTINCT customer) AS n FROM v_order_completed WHERE time > '2026-02-01' AND time <= "
                   "'2026-02-15'"));
  EXPECT_EQ(said.find("first_timers")->find("now")->number_or(-1),
            number("SELECT count(*) AS n FROM (SELECT min(time) AS first FROM v_order_completed GROUP BY customer) "
                   "WHERE first > '2026-02-01' AND first <= '2026-02-15'"));
  int moved = 0;
  for (const Json& segment : *said.find("segments")->as_array()) {
    const std::string id = segment.find("id")->text_or("");
    const auto then = members(id, kSince), now = members(id, kUntil), earlier = members(id, "2026-01-18");
    std::set<std::string> entered, left;
    std::ranges::set_difference(now, then, std::inserter(entered, entered.end()));
    std::ranges::set_difference(then, now, std::inserter(left, left.end()));
    const auto of = [&](const char* name) { return segment.find(name)->number_or(-1); };
    EXPECT_EQ(of("then"), static_cast<double>(then.size()));
    EXPECT_EQ(of("now"), static_cast<double>(now.size()));
    EXPECT_EQ(of("entered"), static_cast<double>(entered.size()));
    EXPECT_EQ(of("left"), static_cast<double>(left.size()));
    const Json& change = *segment.find("change");
    EXPECT_EQ((*change.find("before")->as_array())[0].number_or(-1e9),
              static_cast<double>(then.size()) - static_cast<double>(earlier.size()));
    EXPECT_NEAR(segment.find("money")->find("now")->number_or(0), net(kSince, kUntil, then), 1e-6) << id;
    EXPECT_NEAR((*segment.find("money")->find("before")->as_array())[0].number_or(0),
                net("2026-01-18", kSince, earlier), 1e-6);
    if (!left.empty()) {
      EXPECT_NEAR(of("left_money"), net("2025-02-01", kSince, left), 1e-6);
    }
    moved += static_cast<int>(entered.size() + left.size());
  }
  EXPECT_GT(moved, 0);
}

TEST_F(ALetter, ItsPseudonymsAreFoundAgain) {
  const Json said = letter();
  int found = 0;
  for (const Json& notable : *said.find("notables")->as_array()) {
    const std::string pseudonym = notable.find("pseudonym")->text_or("");
    const Ran ran = work.sh(fmt::format("tessera --format json customer {} --as-of {}", pseudonym, kUntil));
    ASSERT_EQ(ran.code, 0) << ran.err;
    const std::string customer = parse_json(ran.out)->find("customer")->text_or("");
    if (notable.find("kind")->text_or("") == "went silent") continue;
    const bool is_first = notable.find("kind")->text_or("") == "first big";
    EXPECT_NEAR(notable.find("now")->number_or(0), net(kSince, kUntil, {customer}), is_first ? 1e3 : 1e-6);
    ++found;
  }
  EXPECT_GT(found, 0);
  EXPECT_EQ(work.sh("tessera customer p-00000000").code, 1);
}

TEST_F(ALetter, IsThePageItPrintsAndTheSameTwice) {
  const std::string words =
      fmt::format("tessera letter --since '14 days' --as-of {} --zone Europe/Berlin --out ", kUntil);
  const Ran once = work.sh(words + "A"), twice = work.sh(words + "B");
  ASSERT_EQ(once.code, 0) << once.err;
  EXPECT_EQ(once.out, twice.out);
  EXPECT_EQ(work.read("A/letter.md"), once.out);
  const std::string html = work.read("A/letter.html");
  EXPECT_EQ(html, work.read("B/letter.html"));
  EXPECT_NE(html.find("Content-Security-Policy"), std::string::npos);
  for (const char* far : {"http://", "https://", "<script", "src="})
    EXPECT_EQ(html.find(far), std::string::npos) << far;
}

TEST_F(ALetter, TellsOfDiscoveriesOfItsTime) {
  ASSERT_EQ(work.sh("tessera discover --as-of 2026-01-15 --no-hiding --min-size 40").code, 0);
  ASSERT_EQ(work.sh("tessera discover --as-of 2026-02-10 --no-hiding --min-size 40").code, 0);
  const Json run = *letter().find("discovery");
  EXPECT_EQ(run.find("as_of")->text_or(""), "2026-02-10T00:00:00Z");
  ASSERT_TRUE(run.find("lineage")->as_object());
  const Ran text = work.sh(fmt::format("tessera letter --since {} --as-of {}", kSince, kUntil));
  EXPECT_NE(text.out.find("groups of run"), std::string::npos) << text.out;
}

TEST_F(ALetter, MistakesHaveARemedy) {
  EXPECT_EQ(work.sh("tessera letter").code, 2);
  const Ran soon = work.sh("tessera letter --since soon");
  EXPECT_EQ(soon.code, 2);
  EXPECT_NE(soon.err.find("--since '7 days'"), std::string::npos) << soon.err;
  EXPECT_EQ(work.sh("tessera letter --since '9000 years'").code, 2);
  EXPECT_EQ(work.sh("tessera letter --since 0001-01-01 --as-of 2026-03-01").code, 0);
  EXPECT_EQ(work.sh("tessera letter --since 2026-03-01 --as-of 2026-02-01").code, 2);
  EXPECT_EQ(work.sh("tessera --format csv letter --since '7 days'").code, 2);
}

}  // namespace
}  // namespace tessera::cli
