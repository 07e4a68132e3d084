#include "core/gzip.hpp"

#include <fstream>

#include <rapidcheck/gtest.h>

using namespace tessera;

namespace {

RC_GTEST_PROP(Gzip, WhatWasPackedIsUnpackedUpToTheLimit, (const std::string& text)) {
  std::string out;
  RC_ASSERT(inflate(gzipped(text), text.size(), out) == Inflated::Whole);
  RC_ASSERT(out == text);
  if (!text.empty()) RC_ASSERT(inflate(gzipped(text), text.size() - 1, out) == Inflated::TooLarge);
}

RC_GTEST_PROP(Gzip, AnyBytesAreReadOrRefused, (const std::string& bytes)) {
  std::string out;
  inflate(bytes, 1000, out);
  RC_ASSERT(out.size() <= 1001);
}

std::string written(const std::string& name, const std::string& bytes) {
  const std::string path = (std::filesystem::path(testing::TempDir()) / name).string();
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(GzipFile, PlainAndPackedFilesReadAlike) {
  const std::string text = "a,b\n1,2\n3,4\n";
  // Two members one after the other are one file, as `cat a.gz b.gz` makes it.
  for (const auto& [bytes, is_gzip] : std::vector<std::pair<std::string, bool>>{
           {text, false}, {gzipped(text), true}, {gzipped(text.substr(0, 5)) + gzipped(text.substr(5)), true}}) {
    const std::string path = written("tessera_gzip_file", bytes);
    auto file = GzipFile::open(path);
    ASSERT_TRUE(file.has_value());
    std::string out = "before:";
    for (;;) {
      const auto more = file->read(out, 4);
      ASSERT_TRUE(more.has_value()) << more.error().text();
      if (!*more) break;
    }
    EXPECT_EQ(out, "before:" + text);
    EXPECT_EQ(file->is_gzip(), is_gzip);
    EXPECT_EQ(file->consumed(), bytes.size());
  }
}

TEST(GzipFile, WhatIsCutShortIsSaidWithWhatCouldBeRead) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(i * i) + "\n";
  const std::string whole = gzipped(text), path = written("tessera_gzip_cut", whole.substr(0, whole.size() / 2));
  auto file = GzipFile::open(path);
  ASSERT_TRUE(file.has_value());
  std::string out;
  const auto more = file->read(out, 1 << 20);
  ASSERT_FALSE(more.has_value());
  EXPECT_EQ(more.error().place, path);
  EXPECT_FALSE(out.empty());
  EXPECT_TRUE(text.starts_with(out));
  EXPECT_FALSE(GzipFile::open(path + ".not-there").has_value());
}

}  // namespace
