// Hostile and broken files: a message with place and value, exit code 1, the record as it was, and a remedy that works
// when it is pasted as it stands.
#include "cli/program.hpp"

namespace tessera::cli {
namespace {

constexpr std::string_view kHeader = "customer,time,amount\n";
constexpr std::string_view kImport = "tessera --store r.duckdb import bad.csv --preset transactions --zone UTC";

struct Bad {
  const char* name;
  std::string text;
  std::vector<std::string> says;  // each must be in the message
  bool remedy_imports;            // pasting the remedy (and importing again) ends well
};

std::string wide_header() {
  std::string names = "nobody,nothing", values = "1,2";
  for (int i = 0; i < 10'000; ++i) {
    names += fmt::format(",c{}", i);
    values += ",3";
  }
  return names + "\n" + values + "\n";
}

std::vector<Bad> bad_files() {
  const std::string head(kHeader);
  return {
      {"empty", "", {"bad.csv", "empty (0 bytes)"}, false},
      {"header only", head, {"bad.csv", "3 columns", "no row"}, false},
      {"broken quotes",
       head + "a,2024-01-05,3\n\"b,2024-02-06,4\nc,2024-02-07,5\n",
       {"bad.csv:3:1", "never closes"},
       true},
      {"binary",
       std::string("\x7f"
                   "ELF\x02\x01\0\0\0\0\0\0\x01\0",
                   14) +
           std::string(200, '\0'),
       {"bad.csv", "not a CSV"},
       false},
      {"three forms of dates",
       head + "a,2024-01-05,3\nb,13/02/2024,4\nc,03 Mar 2024,5\n",
       {"bad.csv:1", "3 forms", "13/02/2024"},
       true},
      {"03/04 dates",
       head + "a,03/04/2024,3\nb,05/02/2024,4\n",
       {"bad.csv:1", "03/04/2024", "day or month first"},
       true},
      {"invalid UTF-8", head + "a\xe9,2024-01-05,3\n", {"bad.csv:2:2", "0xE9", "not UTF-8"}, true},
      {"10,000 columns that say no customer", wide_header(), {"bad.csv"}, false},
      {"no usable row", head + ",2024-01-05,3\n0,2024-01-05,3\n", {"bad.csv", "none of its 2 rows"}, false},
  };
}

// The last line that begins a command, without what stands behind '#'.
std::string remedy_of(const std::string& message) {
  std::string last;
  for (size_t at = 0; at < message.size();) {
    const size_t end = std::min(message.find('\n', at), message.size());
    const std::string line = message.substr(at, end - at);
    if (line.starts_with("  ")) last = line.substr(2);
    at = end + 1;
  }
  return last.substr(0, last.find("   #"));
}

class BadInput : public ::testing::Test {
 protected:
  void SetUp() override {
    work.write("good.csv", std::string(kHeader) + "x,2024-01-01,1\n");
    ASSERT_EQ(work.sh("tessera --store r.duckdb import good.csv --preset transactions --zone UTC").code, 0);
  }
  std::string events() const {
    return work.sh("tessera --store r.duckdb sql 'SELECT count(*) FROM tessera.entry' --format csv").out;
  }
  Workplace work;
};

TEST_F(BadInput, IsRefusedWithAPlaceAndARemedyThatWorks) {
  for (const Bad& bad : bad_files()) {
    SCOPED_TRACE(bad.name);
    work.write("bad.csv", bad.text);
    const std::string before = events();
    const Ran ran = work.sh(std::string(kImport));
    EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
    for (const std::string& said : bad.says)
      EXPECT_NE(ran.err.find(said), std::string::npos) << said << " in:\n" << ran.err;
    EXPECT_EQ(events(), before);
    const std::string remedy = remedy_of(ran.err);
    EXPECT_FALSE(remedy.empty()) << ran.err;
    if (!bad.remedy_imports) continue;
    const bool is_import = remedy.starts_with("tessera");
    const Ran pasted = work.sh(is_import ? remedy : remedy + "\n" + std::string(kImport));
    EXPECT_EQ(pasted.code, 0) << remedy << "\n" << pasted.err;
    EXPECT_NE(events(), before) << remedy;
  }
}

TEST_F(BadInput, AMissingFileAndAFolderAreRefused) {
  const std::string before = events();
  const Ran missing = work.sh("tessera --store r.duckdb import nowhere.csv");
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.err.find("nowhere.csv: no such file"), std::string::npos) << missing.err;
  const Ran folder = work.sh("mkdir d; tessera --store r.duckdb import d");
  EXPECT_EQ(folder.code, 1);
  EXPECT_NE(folder.err.find("is a folder"), std::string::npos) << folder.err;
  EXPECT_EQ(events(), before);
}

TEST_F(BadInput, AFullDiskLeavesTheRecordAsItWas) {
  std::string rows(kHeader);
  for (int i = 0; i < 200'000; ++i)
    rows += fmt::format("c{},2024-01-{:02}T10:00:{:02}Z,{}.25\n", i * 7919, 1 + i % 28, i % 60, i);
  work.write("bad.csv", rows);
  const std::string before = events();
  // A limit on the size of files stands for the full disk: writes fail in the same place.
  const Ran ran = work.sh("trap '' XFSZ; ulimit -f 3000; " + std::string(kImport));
  EXPECT_EQ(ran.code, 1) << ran.out;
  EXPECT_NE(ran.err.find("disk is full"), std::string::npos) << ran.err;
  EXPECT_EQ(events(), before);
  EXPECT_EQ(work.sh("tessera --store r.duckdb doctor").code, 0);
  EXPECT_EQ(work.sh(std::string(kImport)).code, 0);
}

// Odd but meaningful: kept, and shown with their first place; --strict refuses them.
TEST_F(BadInput, OddValuesAreKeptAndShownOrRefusedWhenAsked) {
  struct Odd {
    const char *row, *says;
  };
  for (const Odd& odd : {Odd{"0,2024-01-05,3\n", "blocked-id"}, Odd{"a,2124-01-05,3\n", "future-time"}}) {
    SCOPED_TRACE(odd.says);
    work.write("bad.csv", std::string(kHeader) + odd.row + "b,2024-02-06,4\n");
    const std::string before = events();
    const Ran strict = work.sh(std::string(kImport) + " --strict");
    EXPECT_EQ(strict.code, 1);
    EXPECT_NE(strict.err.find("bad.csv:2"), std::string::npos) << strict.err;
    EXPECT_EQ(events(), before);
    const Ran ran = work.sh(remedy_of(strict.err));
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find(odd.says), std::string::npos) << ran.out;
  }
}

TEST_F(BadInput, AFirstImportThatFailsLeavesNoRecord) {
  work.write("bad.csv", "");
  EXPECT_EQ(work.sh("tessera --store new.duckdb import bad.csv").code, 1);
  EXPECT_FALSE(std::filesystem::exists(work.path("new.duckdb")));
}

}  // namespace
}  // namespace tessera::cli
