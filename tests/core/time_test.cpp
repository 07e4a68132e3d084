#include "core/time.hpp"

#include <rapidcheck.h>

namespace tessera {
namespace {

TEST(Time, ReadsRfc3339) {
  EXPECT_EQ(text_of(*parse_instant("2026-03-01")), "2026-03-01T00:00:00Z");
  EXPECT_EQ(text_of(*parse_instant("2026-03-01T10:00:00.250+01:00")), "2026-03-01T09:00:00.250Z");
  EXPECT_EQ(text_of(*parse_instant("1969-12-31 23:59:59")), "1969-12-31T23:59:59Z");
  for (const char* text : {"", "2026", "2026-02-29", "2026-13-01", "2026-03-01T25:00:00Z", "2026-03-01T10:00:00Q"})
    EXPECT_FALSE(parse_instant(text)) << text;
}

TEST(Time, TextReadsBackTheSame) {
  EXPECT_TRUE(rc::check([] {
    const Instant instant{*rc::gen::inRange<int64_t>(kFirstDay.ms, kLastDay.ms)};
    RC_ASSERT(parse_instant(text_of(instant)) == instant);
  }));
}

TEST(Time, Durations) {
  EXPECT_EQ(parse_duration("90 minutes"), kMinute * 90);
  EXPECT_EQ(parse_duration("1 hour 30 minutes"), kMinute * 90);
  EXPECT_EQ(parse_duration("365d"), kDay * 365);
  EXPECT_FALSE(parse_duration("30 dasy"));
  EXPECT_EQ(text_of(kMinute * 90), "1 hour 30 minutes");
}

TEST(Zone, DaylightSavingGapsMoveOnAndDoublesAreTheEarlier) {
  const auto berlin = Zone::named("Europe/Berlin");
  ASSERT_TRUE(berlin) << berlin.error().text();
  EXPECT_EQ(text_of(berlin->to_utc({2026, 3, 29, 2, 30})), "2026-03-29T01:30:00Z");
  EXPECT_EQ(text_of(berlin->to_utc({2026, 10, 25, 2, 30})), "2026-10-25T00:30:00Z");
  EXPECT_EQ(berlin->to_local(*parse_instant("2026-07-01T12:00:00Z")).hour, 14);
}

TEST(Zone, TheVersionOfTheDatabaseIsKnown) {
  if (!std::filesystem::exists("/usr/share/zoneinfo/tzdata.zi")) GTEST_SKIP() << "no tzdata.zi here";
  const std::string version = zone_database_version();  // a year and a letter: "2024a"
  EXPECT_EQ(version.substr(0, 2), "20") << version;
  EXPECT_GE(version.size(), 5u) << version;
}

TEST(Zone, SuggestsTheNearest) {
  const auto zone = Zone::named("Europe/Berln");
  ASSERT_FALSE(zone);
  EXPECT_NE(zone.error().message.find("did you mean 'Europe/Berlin'?"), std::string::npos);
}

TEST(Time, IsSpokenByTheZonesClock) {
  const Instant at = *parse_instant("2026-03-05T23:02:00Z");
  EXPECT_EQ(spoken(at, Zone::utc()), "Thursday 2026-03-05 23:02");
  EXPECT_EQ(spoken(at, *Zone::named("Europe/Berlin")), "Friday 2026-03-06 00:02");
  EXPECT_EQ(spoken(at + Duration{1}, Zone::utc()), "Thursday 2026-03-05 23:02:00.001");
  EXPECT_EQ(spoken(at + kSecond, Zone::utc()), "Thursday 2026-03-05 23:02:01");
  EXPECT_EQ(spoken(kNever, Zone::utc()), "never");
}

}  // namespace
}  // namespace tessera
