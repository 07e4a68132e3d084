#include "core/logging.hpp"

#include <fstream>
#include <sstream>

#include "core/captured_log.hpp"
#include "core/json.hpp"

using namespace tessera;
using tessera::testing_support::CapturedLog;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

constexpr std::string_view kStart = "2026-03-01T12:00:00Z";

TEST(Logging, ALineOfTextIsTheTimeTheLevelWhatHappenedAndHowMuch) {
  FixedClock clock(*parse_instant(kStart));
  CapturedLog log(clock);
  say(log.logger(), LogLevel::Info, "log replayed", {{"entries", uint64_t{12}}, {"late", true}, {"by", -3}});
  clock.set(clock.now() + Duration{1'500});
  say(log.logger(), LogLevel::Warning, "slow request",
      {{"route", "/api/v1/customers/{id}"}, {"said", "not now"}, {"share", 0.25}});
  EXPECT_THAT(log.lines(), ElementsAre("2026-03-01T12:00:00Z info    log replayed entries=12 late=true by=-3",
                                       "2026-03-01T12:00:01.500Z warning slow request route=/api/v1/customers/{id} "
                                       "said=\"not now\" share=0.250"));
}

// Whatever an operator's word has in it, a line is one line and JSON is JSON.
TEST(Logging, WordsCannotBreakALine) {
  const FixedClock clock(*parse_instant(kStart));
  const std::string path = "/a b=\"c\"\n{\\";
  CapturedLog text(clock), json(clock, LogFormat::Json);
  for (CapturedLog* log : {&text, &json})
    say(log->logger(), LogLevel::Error, "started", {{"path", LogWord::known(path)}});
  EXPECT_THAT(text.lines(), ElementsAre(R"(2026-03-01T12:00:00Z error   started path="/a b=\"c\"\n{\\")"));
  const auto lines = json.lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].find('\n'), std::string::npos);
  const Json line = parse_json(lines[0]).value_or(Json());
  EXPECT_EQ(line.find("time")->text_or(""), kStart);
  EXPECT_EQ(line.find("level")->text_or(""), "error");
  EXPECT_EQ(line.find("event")->text_or(""), "started");
  EXPECT_EQ(line.find("path")->text_or(""), path);
}

TEST(Logging, WhatIsBelowTheLevelIsNotSaid) {
  const FixedClock clock(*parse_instant(kStart));
  for (const LogLevel least : {LogLevel::Debug, LogLevel::Warning, LogLevel::Off}) {
    size_t lines = 0;
    const auto logger = logger_into({.level = least}, clock, [&](std::string_view) { ++lines; });
    for (const LogLevel level : {LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error})
      say(logger.get(), level, "x");
    EXPECT_EQ(lines, least == LogLevel::Debug ? 4u : least == LogLevel::Warning ? 2u : 0u);
  }
  say(nullptr, LogLevel::Error, "nobody listens");
}

TEST(Logging, LevelsAndFormatsAreReadByTheirNames) {
  EXPECT_EQ(parse_log_level("warning"), LogLevel::Warning);
  EXPECT_EQ(parse_log_level("off"), LogLevel::Off);
  EXPECT_EQ(parse_log_format("json"), LogFormat::Json);
  for (const std::string_view bad : {"", "Warning", "warn", "xml"}) {
    EXPECT_FALSE(parse_log_level(bad)) << bad;
    EXPECT_FALSE(parse_log_format(bad)) << bad;
  }
}

TEST(Logging, AFileIsRotatedBySizeAndOnlySoManyAreKept) {
  const FixedClock clock(*parse_instant(kStart));
  const auto folder = std::filesystem::path(testing::TempDir()) / "tessera_logging";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  const std::string path = (folder / "server.log").string();
  {
    const auto logger = open_logger({.file = path, .file_bytes = 300, .files = 2}, clock);
    ASSERT_TRUE(logger.has_value()) << logger.error().text();
    for (int i = 0; i < 50; ++i) say(logger->get(), LogLevel::Info, "line", {{"number", i}});
  }
  size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    ++files;
    EXPECT_LE(file.file_size(), 300u) << file.path();
  }
  EXPECT_EQ(files, 3u);
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_THAT(text.str(), testing::EndsWith("info    line number=49\n"));
  const auto nowhere = open_logger({.file = (folder / "server.log" / "x").string()}, clock);
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_THAT(nowhere.error().text(), testing::HasSubstr("the log cannot be written"));
}

TEST(LogTally, SaysTheFirstAtOnceAndThenALineAMinute) {
  FixedClock clock(*parse_instant(kStart));
  CapturedLog log(clock);
  LogTally tally(LogLevel::Warning, "calls not taken");
  for (int i = 0; i < 1'000; ++i)
    tally.count(log.logger(), i % 4 == 0 ? LogWord("no_gzip") : LogWord("no_json"), clock.now());
  EXPECT_THAT(log.lines(), ElementsAre("2026-03-01T12:00:00Z warning calls not taken no_gzip=1"));
  clock.set(clock.now() + kMinute);
  tally.count(log.logger(), "no_json", clock.now());
  EXPECT_THAT(log.lines(), ElementsAre("2026-03-01T12:01:00Z warning calls not taken no_gzip=249 no_json=751"));
  tally.say_rest(log.logger());
  EXPECT_THAT(log.lines(), IsEmpty());
  tally.count(log.logger(), "no_json", clock.now());
  // A clock that was set back does not silence it.
  tally.count(log.logger(), "no_json", clock.now() - kDay);
  EXPECT_THAT(log.lines(), ElementsAre("2026-03-01T12:01:00Z warning calls not taken no_json=2"));
  tally.count(log.logger(), "no_gzip", clock.now() - kDay);
  tally.say_rest(log.logger());
  EXPECT_THAT(log.lines(), ElementsAre("2026-03-01T12:01:00Z warning calls not taken no_gzip=1"));
}

}  // namespace
