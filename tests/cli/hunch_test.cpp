// tessera hunch as a marketer would ask it.
#include "cli/program.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

class AHunch : public ::testing::Test {
 protected:
  void SetUp() override {
    const Ran made = work.sh(
        "tessera simulate --customers 1500 --segments 4 --out co && tessera import co/events.jsonl --preset segment");
    ASSERT_EQ(made.code, 0) << made.err;
  }
  Ran ask(const std::string& condition, const std::string& outcome, const std::string& more = "") const {
    return work.sh(fmt::format("tessera --as-of 2026-03-01 {} hunch '{}' then '{}'", more, condition, outcome));
  }
  Workplace work;
};

constexpr const char* kBack = R"(did "Order Completed" in the last 90 days)";

TEST_F(AHunch, SaysWhatTheCountsSay) {
  const Ran ran = ask(R"(did "Coupon Applied")", kBack, "--format json");
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Json said = *parse_json(ran.out);
  const auto count = [&](const std::string& condition, const char* at) {
    return std::stod(work.sh(fmt::format("tessera segments count --as-of {} -e '{}'", at, condition)).out);
  };
  // Bots and tests are left out by discovery's own eye, which no condition can say: so nearly.
  EXPECT_NEAR(said.find("meet")->find("customers")->number_or(0), count(R"(did "Coupon Applied")", "2025-12-01"), 20);
  EXPECT_EQ(said.find("cut_off")->text_or(""), "2025-12-01T00:00:00Z");
  const Json* matched = said.find("matched");
  ASSERT_TRUE(matched && matched->as_object());
  const auto& interval = *matched->find("interval")->as_array();
  EXPECT_LT(interval[0].number_or(9), matched->find("difference")->number_or(9));
  EXPECT_GT(interval[1].number_or(-9), matched->find("difference")->number_or(9));
  EXPECT_EQ(matched->find("balance")->as_array()->size(), 4u);
  EXPECT_GT(said.find("experiment")->find("per_arm")->number_or(0), 0);
  for (const char* key : {"if", "then", "as_of", "horizon", "as_known_then", "customers", "left_out", "if_unknown",
                          "outcome_settled", "told", "answer", "others", "difference", "interval", "notes"})
    EXPECT_TRUE(said.find(key)) << key;
  const Ran text = ask(R"(did "Coupon Applied")", kBack);
  EXPECT_NE(text.out.find("Observed, not caused"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("80 % power at 5 %"), std::string::npos) << text.out;
}

TEST_F(AHunch, MistakesHaveTheirPlace) {
  const Ran typo = ask("at least 1 any event in the last 3 dasy", kBack);
  EXPECT_EQ(typo.code, 1);
  EXPECT_NE(typo.err.find("IF:1:36"), std::string::npos) << typo.err;
  EXPECT_NE(typo.err.find("did you mean 'days'"), std::string::npos) << typo.err;
  const Ran horizon =
      work.sh("tessera --as-of 2026-03-01 hunch 'did \"Coupon Applied\"' then 'no any event' --horizon '9000 days'");
  EXPECT_EQ(horizon.code, 1);
  EXPECT_NE(horizon.err.find("before the record"), std::string::npos) << horizon.err;
  const Ran word = work.sh("tessera hunch 'did \"Coupon Applied\"' so 'no any event'");
  EXPECT_EQ(word.code, 2);
  EXPECT_NE(word.err.find("the word then"), std::string::npos) << word.err;
  EXPECT_EQ(work.sh("tessera hunch 'did \"Coupon Applied\"'").code, 2);
  EXPECT_EQ(work.sh("tessera hunch 'no any event' then 'no any event' --horizon 0d").code, 2);
  EXPECT_EQ(work.sh("tessera --format csv hunch 'no any event' then 'no any event'").code, 2);
}

}  // namespace
}  // namespace tessera::cli
