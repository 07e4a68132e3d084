// A log is the one that was asked for, or it is refused: missing, another one, without its last file.
#include "store/log_identity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/log_support.hpp"

namespace tessera::store {
namespace {

using testing::HasSubstr;
using testing_support::Scratch;

class LogIdentityTest : public testing::Test {
 protected:
  // Three segments; its id.
  std::string make(const std::string& folder) {
    const auto log = MUST(Log::open(folder, {.segment_bytes = 100}));
    for (int i = 0; i < 3; ++i) MUST(append(*log, {std::string(100, 'x')}));
    return log->identity();
  }
  std::string error_of(const std::string& id = {}) { return text_of_error(Log::open(folder, {.identity = id})); }

  Scratch scratch;
  std::string folder = scratch.file("log");
};

TEST_F(LogIdentityTest, StaysAndIsAskedFor) {
  const std::string id = make(folder);
  EXPECT_EQ(id.size(), 32u);
  EXPECT_EQ(MUST(Log::open(folder))->identity(), id);
  EXPECT_EQ(error_of(id), "no error");
  EXPECT_NE(make(scratch.file("other")), id);
}

TEST_F(LogIdentityTest, OneThatIsMissingIsRefusedAndNotMade) {
  EXPECT_THAT(error_of("0123"), testing::AllOf(HasSubstr("is missing"), HasSubstr("serve --new-log")));
  EXPECT_TRUE(segments_in(folder).empty());
  EXPECT_EQ(error_of(), "no error") << "where nobody asks for a certain one";
}

TEST_F(LogIdentityTest, AnotherOneIsRefused) {
  make(folder);
  EXPECT_THAT(error_of("0123"), testing::AllOf(HasSubstr("is another log"), HasSubstr("mv " + folder)));
  std::filesystem::remove(folder + "/identity");
  EXPECT_THAT(error_of("0123"), HasSubstr("is another log"));
}

TEST_F(LogIdentityTest, AMissingLastFileIsNamed) {
  const std::string id = make(folder);
  auto segments = segments_in(folder);
  const std::string last = segments.back().filename().string();
  std::filesystem::remove(segments.back());
  EXPECT_THAT(error_of(id), HasSubstr("the last file of the log, " + last + ", is missing"));
  EXPECT_THAT(error_of(), HasSubstr(last)) << "also where no record asks";
  for (const auto& each : segments) std::filesystem::remove(each);
  EXPECT_THAT(error_of(id), HasSubstr("the files of the log are missing"));
}

TEST_F(LogIdentityTest, ALogOfBeforeIsGivenOne) {
  make(folder);
  std::filesystem::remove(folder + "/identity");
  std::filesystem::remove(folder + "/newest");
  const std::string id = MUST(Log::open(folder))->identity();
  EXPECT_EQ(MUST(Log::open(folder, {.identity = id}))->identity(), id);
  std::filesystem::remove(segments_in(folder).back());
  EXPECT_THAT(error_of(id), HasSubstr("the last file of the log"));
}

TEST_F(LogIdentityTest, WhatIsNoIdentityIsSaid) {
  make(folder);
  write_bytes(folder + "/identity", "tessera-log 12\n");
  EXPECT_THAT(error_of(), HasSubstr(folder + "/identity: does not say which log this is"));
}

TEST_F(LogIdentityTest, WhoGivesUpWhatIsDamagedFollowsTheRemedy) {
  const std::string id = make(folder);
  const auto segments = segments_in(folder);
  std::string bytes = bytes_of(segments[1]);
  bytes[50] ^= 4;
  write_bytes(segments[1], bytes);
  std::string remedy;
  {
    const auto log = MUST(Log::open(folder, {.identity = id}));
    auto reader = MUST(log->read_from(0));
    MUST(reader.next());
    const auto damage = reader.next();
    ASSERT_FALSE(damage.has_value());
    remedy = damage.error().remedy.line();
  }
  ASSERT_EQ(std::system(remedy.c_str()), 0) << remedy;
  EXPECT_EQ(error_of(id), "no error") << remedy;
}

TEST_F(LogIdentityTest, WhatHadBegunInATornTailIsCounted) {
  std::string whole;
  {
    const auto log = MUST(Log::open(folder));
    MUST(append(*log, {"first"}));
    MUST(append(*log, {"one", "two", "three"}));
    whole = bytes_of(segments_in(folder)[0]);
  }
  write_bytes(segments_in(folder)[0], whole.substr(0, whole.size() - 2));
  const auto log = MUST(Log::open(folder));
  EXPECT_EQ(log->torn_entries(), 3u);
  EXPECT_EQ(log->torn_bytes(), 16u + 3 * 8 + 11 - 2);
  EXPECT_EQ(MUST(texts_from(*log, 0)), Texts{"first"});
}

}  // namespace
}  // namespace tessera::store
