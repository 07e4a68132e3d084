// Segments at the command line: files beside those in force, another name, what would change; a record that is served.
#include <gmock/gmock.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"

namespace tessera::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kOrders =
    "printf 'id,at,what\\na,2026-01-01,Paid\\nb,2026-01-02,Seen\\n' > o.csv; tessera --store shop.db import o.csv --map "
    "customer=id,time=at,event=what 2>&1 > log";

TEST(Segments, AnOptionTakesNoMoreThanItsValue) {
  const Workplace work;
  work.sh(std::string(kOrders));
  work.sh(
      "printf 'segment \"Payers\" = did \"Paid\"\\n' > a.tsl; printf 'segment \"Seers\" = did \"Seen\"\\n' > b.tsl");
  const std::string count = "tessera --store shop.db segments count ";
  EXPECT_EQ(work.sh(count + "-f a.tsl Payers").out, "1\n");
  EXPECT_EQ(work.sh(count + "Payers -f a.tsl").out, "1\n");
  EXPECT_EQ(work.sh(count + "--file=a.tsl -f b.tsl Seers").out, "1\n");
  EXPECT_EQ(work.sh(count + "-f a.tsl -f b.tsl -- Seers").out, "1\n");
  EXPECT_EQ(work.sh("tessera segments members -f a.tsl --store shop.db Payers").out, "a\n");
  EXPECT_EQ(work.sh("tessera export -f a.tsl Payers --store shop.db").code, 0);
}

TEST(Segments, ARecordThatAServerHoldsIsAskedThere) {
  const Workplace work;
  Serving server(work.path("shop.db"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const Ran ran = work.sh("tessera --store shop.db segments list");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr(fmt::format("tessera --store http://127.0.0.1:{} segments list", server.port())));
  EXPECT_THAT(ran.err, Not(HasSubstr("kill")));
}

TEST(Segments, ASegmentIsRenamedAndWhatUsesItSaysSo) {
  const Workplace work;
  work.sh(std::string(kOrders));
  work.sh("printf 'segment \"Payers\" = did \"Paid\"\\nsegment \"Others\" = not in segment \"Payers\"\\n' > a.tsl");
  const std::string segments = "tessera --store shop.db segments ";
  const Ran dry = work.sh(segments + "apply a.tsl --dry-run");
  EXPECT_THAT(dry.out, HasSubstr("Payers"));
  EXPECT_EQ(work.sh(segments + "list").out, "");
  ASSERT_EQ(work.sh(segments + "apply a.tsl").code, 0);
  const Ran ran = work.sh(segments + "rename payers 'Who paid'");
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "renamed  segment  Payers -> Who paid\nchanged           Others, which uses it\n");
  EXPECT_EQ(work.sh(segments + "members 'Who paid'").out, "a\n");
  EXPECT_EQ(work.sh(segments + "members payers").out, "a\n");
  EXPECT_EQ(work.sh(segments + "members Others").out, "b\n");
  EXPECT_THAT(work.sh(segments + "list --text").out, HasSubstr("in segment \"Who paid\""));
  const Ran taken = work.sh(segments + "rename 'Who paid' others");
  EXPECT_EQ(taken.code, 1);
  EXPECT_THAT(taken.err, HasSubstr("there is a segment 'Others' already"));
  EXPECT_EQ(work.sh(segments + "rename nobody x").code, 1);
}

}  // namespace
}  // namespace tessera::cli
