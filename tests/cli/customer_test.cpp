// tessera customer as a marketer would ask it: what it says of the future is what the commands say then.
#include "cli/program.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

namespace tessera::cli {
namespace {

constexpr const char* kDefinitions = R"(
event order = "Order Completed"
segment "Regulars" = at least 2 order in the last 180 days
segment "Lost" = exactly 0 order in the last 90 days and at least 1 order
)";

class ACustomer : public testing::Test {
 protected:
  void SetUp() override {
    work.write("my.tsl", kDefinitions);
    const Ran made = work.sh(
        "tessera simulate --customers 120 --segments 3 --out co && tessera import co/events.jsonl --preset segment && "
        "tessera segments apply my.tsl");
    ASSERT_EQ(made.code, 0) << made.err;
  }
  Json json(const std::string& words) const {
    const Ran ran = work.sh("tessera --format json " + words);
    EXPECT_EQ(ran.code, 0) << ran.err;
    const auto out = parse_json(ran.out);
    return out ? *out : Json();
  }
  Workplace work;
};

TEST_F(ACustomer, OfTheFutureWhatTheCommandsSayThen) {
  // Nobody does anything any more after the simulated days: so the future is the record's own.
  const Json said = json("customer c0000002 --as-of 2026-03-05");
  EXPECT_EQ(said.find("customer")->text_or(""), "c0000002");
  EXPECT_EQ(said.find("later_facts")->number_or(9), 0);
  int changes = 0;
  for (const Json& segment : *said.find("segments")->as_array())
    for (const Json& change : *segment.find("changes")->as_array()) {
      const Instant at = *parse_instant(change.find("at")->text_or(""));
      const auto is_member = [&](Instant then) {
        const Ran members = work.sh(fmt::format("tessera segments members {} --as-of {} | grep -c '^c0000002$'",
                                                segment.find("id")->text_or(""), text_of(then)));
        return members.out == "1\n";
      };
      EXPECT_EQ(is_member(at), *change.find("is_member")->as_bool());
      EXPECT_NE(is_member(at - Duration{1}), *change.find("is_member")->as_bool());
      ++changes;
    }
  EXPECT_GT(changes, 0);
}

TEST_F(ACustomer, ByAnyIdentifierAndShownByNone) {
  const Ran by_mail = work.sh("tessera customer email:c0000002@mail.example --as-of 2026-03-05");
  ASSERT_EQ(by_mail.code, 0) << by_mail.err;
  EXPECT_EQ(by_mail.out, work.sh("tessera customer c0000002 --as-of 2026-03-05").out);
  EXPECT_EQ(by_mail.out.find("@mail.example"), std::string::npos) << by_mail.out;
  EXPECT_NE(by_mail.out.find("1 e-mail"), std::string::npos) << by_mail.out;
  const Ran shown = work.sh("tessera customer c0000002 --as-of 2026-03-05 --identified");
  EXPECT_NE(shown.out.find("email: c0000002@mail.example"), std::string::npos) << shown.out;
  const std::string logged =
      work.sh("tessera sql \"SELECT detail FROM tessera.audit WHERE action = 'customer --identified'\"").out;
  EXPECT_NE(logged.find("p-"), std::string::npos) << logged;
  EXPECT_EQ(logged.find("c0000002"), std::string::npos) << logged;
}

TEST_F(ACustomer, MistakesHaveARemedy) {
  const Ran nobody = work.sh("tessera customer c000002");
  EXPECT_EQ(nobody.code, 1);
  EXPECT_NE(nobody.err.find("did you mean 'c0000002'"), std::string::npos) << nobody.err;
  EXPECT_EQ(work.sh("tessera customer").code, 2);
  EXPECT_EQ(work.sh("tessera --format csv customer c0000002").code, 2);
  EXPECT_EQ(work.sh("tessera customer c0000002 --zone Europe/Berln").code, 1);
}

}  // namespace
}  // namespace tessera::cli
