// Hostile and broken files: a message with place and value, exit code 1, the record as it was, and a remedy that works
// when it is pasted as it stands.
#include "cli/program.hpp"

namespace tessera::cli {
namespace {

const std::string kHeader = "customer,time,amount\n";
const std::string kImport = "tessera --store r.duckdb import bad.csv --preset transactions --zone UTC";

enum class Remedy { Imports, Shows };  // what pasting it does, perhaps in a second step

struct Bad {
  const char* name;
  std::string text;
  std::vector<std::string> says;  // each must be in the message
  Remedy remedy;
  std::string import = kImport;
};

std::string wide(std::string_view first_names, std::string_view first_values) {
  std::string names(first_names), values(first_values);
  for (int i = 0; i < 10'000; ++i) {
    names += fmt::format(",c{}", i);
    values += ",3";
  }
  return names + "\n" + values + "\n";
}

std::string program() {
  std::string bytes = "\x7f";
  bytes += "ELF\x02\x01";
  bytes.append(200, '\0');
  return bytes;
}

std::vector<Bad> bad_files() {
  const auto table = [](std::string_view rows) { return fmt::format("{}{}", kHeader, rows); };
  return {
      {"empty", "", {"bad.csv", "empty (0 bytes)"}, Remedy::Shows},
      {"header only", table(""), {"bad.csv", "3 columns", "no row"}, Remedy::Shows},
      {"wrong delimiter",
       "customer;time;amount\na;2024-01-05;3\n",
       {"bad.csv:1", "one column only", "customer;time;amount"},
       Remedy::Imports,
       "tessera --store r.duckdb import bad.csv --preset transactions --zone UTC --delimiter ,"},
      {"unknown delimiter",
       "customer:time:amount\nd:2024-01-09:3\n",
       {"bad.csv:1", "one column only", "customer:time:amount"},
       Remedy::Imports},
      {"broken quotes",
       table("a,2024-01-05,3\n\"b,2024-02-06,4\nc,2024-02-07,5\n"),
       {"bad.csv:3:1", "never closes"},
       Remedy::Imports},
      {"a program", program(), {"bad.csv", "not a CSV"}, Remedy::Shows},
      {"binary", std::string("\x01\x02\x00\x03", 4), {"bad.csv", "binary file (byte 0x00 at offset 2)"}, Remedy::Shows},
      {"three forms of dates",
       table("a,2024-01-05,3\nb,13/02/2024,4\nc,03 Mar 2024,5\n"),
       {"bad.csv:1", "3 forms", "13/02/2024"},
       Remedy::Imports},
      {"03/04 dates",
       table("a,03/04/2024,3\nb,05/02/2024,4\n"),
       {"bad.csv:1", "03/04/2024", "day or month first"},
       Remedy::Imports},
      {"a negative price",
       "customer,time,item,price\na,2024-01-05,pen,3\na,2024-01-06,pen,-4\n",
       {"bad.csv:3", "negative-price", "'-4'"},
       Remedy::Imports},
      {"a price of zero",
       "customer,time,item,price\na,2024-01-05,pen,0.00\na,2024-01-06,pen,4\nb,2024-01-06,pen,0\n",
       {"bad.csv:2", "2  zero-price", "'0.00'"},
       Remedy::Imports},
      {"an amount of zero where there is no price",
       table("a,2024-01-05,0\n"),
       {"bad.csv:2", "zero-price"},
       Remedy::Imports},
      {"a customer id that is 0",
       table("b,2024-01-06,4\n0,2024-01-05,3\n"),
       {"bad.csv:3", "blocked-id", "'0'"},
       Remedy::Imports},
      {"a time to come",
       table("b,2024-01-06,4\na,2124-01-05,3\n"),
       {"bad.csv:3", "future-time", "'2124-01-05'"},
       Remedy::Imports},
      {"all of them at once",
       table("0,2024-01-06,4\na,2024-01-06,-4\na,2024-01-07,0\na,2124-01-05,3\n"),
       {"bad.csv:2", "bad.csv:3: '-4'", "bad.csv:4: '0'", "bad.csv:5: '2124-01-05'"},
       Remedy::Imports},
      {"10,000 columns",
       wide("customer,time", "a,2024-01-05"),
       {"bad.csv:1", "10002 columns"},
       Remedy::Imports,
       "tessera --store r.duckdb import bad.csv --yes"},
      {"10,000 columns that say no customer", wide("nobody,nothing", "1,2"), {"bad.csv:1"}, Remedy::Shows},
      {"invalid UTF-8", table("a\xe9,2024-01-05,3\n"), {"bad.csv:2:2", "0xE9", "not UTF-8"}, Remedy::Imports},
      {"no usable row", table(",2024-01-05,3\n0,2024-01-05,3\n"), {"bad.csv:3", "none of its 2 rows"}, Remedy::Shows},
      {"no customer", "shop,time,amount\nx,2024-01-05,3\n", {"bad.csv:1", "says who"}, Remedy::Shows},
      {"a column that is not there",
       table("a,2024-01-05,3\n"),
       {"bad.csv:1", "no column 'custmer'"},
       Remedy::Imports,
       "tessera --store r.duckdb import bad.csv --map \"customer=custmer,time=time,event='Seen'\""},
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
    work.write("good.csv", kHeader + "x,2024-01-01,1\n");
    ASSERT_EQ(work.sh("tessera --store r.duckdb import good.csv --preset transactions --zone UTC").code, 0);
  }
  std::string events() const {
    return work.sh("tessera --store r.duckdb sql 'SELECT count(*) FROM tessera.entry' --format csv").out;
  }
  Workplace work;
};

TEST_F(BadInput, IsRefusedWithAPlaceAndARemedyThatWorks) {
  std::string before = events();
  for (const Bad& bad : bad_files()) {
    SCOPED_TRACE(bad.name);
    work.write("bad.csv", bad.text);
    Ran ran = work.sh(bad.import);
    EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
    for (const std::string& said : bad.says)
      EXPECT_NE(ran.err.find(said), std::string::npos) << said << " in:\n" << ran.err;
    EXPECT_EQ(events(), before);
    for (int step = 0; step < 3 && ran.code != 0; ++step) {
      const std::string remedy = remedy_of(ran.err);
      ASSERT_FALSE(remedy.empty()) << ran.err;
      const bool mends = remedy.starts_with("sed ");
      ran = work.sh(mends ? remedy + "\n" + bad.import : remedy);
      EXPECT_TRUE(ran.code == 0 || remedy.starts_with("tessera")) << remedy << "\n" << ran.err;
    }
    EXPECT_EQ(ran.code, 0) << ran.err;
    const std::string after = events();
    EXPECT_EQ(after != before, bad.remedy == Remedy::Imports) << ran.out;
    before = after;
  }
}

TEST_F(BadInput, AMissingFileAndAFolderAreRefused) {
  const std::string before = events();
  for (const std::string path : {"nowhere.csv", "no/where.csv"}) {
    const Ran missing = work.sh("tessera --store r.duckdb import " + path);
    EXPECT_EQ(missing.code, 1);
    EXPECT_NE(missing.err.find(path + ": no such file"), std::string::npos) << missing.err;
    EXPECT_NE(work.sh(remedy_of(missing.err)).out.find("good.csv"), std::string::npos) << missing.err;
  }
  const Ran empty = work.sh("mkdir d; tessera --store r.duckdb import d");
  EXPECT_EQ(empty.code, 1);
  EXPECT_NE(empty.err.find("is a folder"), std::string::npos) << empty.err;
  EXPECT_EQ(work.sh(remedy_of(empty.err)).code, 0) << empty.err;
  EXPECT_EQ(events(), before);
  work.write("d/one.csv", kHeader + "y,2024-01-02,5\n");
  const Ran folder = work.sh("tessera --store r.duckdb import d --preset transactions --zone UTC");
  EXPECT_EQ(folder.code, 1);
  EXPECT_EQ(work.sh(remedy_of(folder.err)).code, 0) << folder.err;
  EXPECT_NE(events(), before);
}

TEST_F(BadInput, AFullDiskLeavesTheRecordAsItWas) {
  std::string rows = kHeader;
  for (int i = 0; i < 200'000; ++i)
    rows += fmt::format("c{},2024-01-{:02}T10:00:{:02}Z,{}.25\n", i * 7919, 1 + i % 28, i % 60, i);
  work.write("bad.csv", rows);
  const std::string before = events();
  // A limit on the size of files stands for the full disk: writes fail in the same place.
  const Ran ran = work.sh("trap '' XFSZ; ulimit -f 3000; " + kImport);
  EXPECT_EQ(ran.code, 1) << ran.out;
  EXPECT_NE(ran.err.find("disk is full"), std::string::npos) << ran.err;
  EXPECT_EQ(events(), before);
  EXPECT_EQ(work.sh(remedy_of(ran.err)).code, 0) << ran.err;
  EXPECT_EQ(work.sh("tessera --store r.duckdb doctor").code, 0);
  EXPECT_EQ(work.sh(kImport).code, 0);
}

// Whoever takes refunds does not take times to come with them.
TEST_F(BadInput, OddValuesAreKeptOrLeftOutByKind) {
  work.write("bad.csv", kHeader + "a,2024-01-05,-3\nb,2124-01-05,3\nc,2024-01-06,4\n");
  const std::string before = events();
  const Ran refused = work.sh(kImport + " --keep negative-price");
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("bad.csv:3: not imported"), std::string::npos) << refused.err;
  EXPECT_EQ(refused.err.find("1  negative-price"), std::string::npos) << refused.err;
  EXPECT_EQ(events(), before);
  const Ran left_out = work.sh(kImport + " --keep negative-price --reject future-time --format json");
  EXPECT_EQ(left_out.code, 0) << left_out.err;
  EXPECT_NE(left_out.out.find("\"rows_rejected\": 1"), std::string::npos) << left_out.out;
  EXPECT_NE(left_out.out.find("\"events_stored\": 2"), std::string::npos) << left_out.out;
  const Ran unknown = work.sh(kImport + " --keep negative-prices");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("--keep negative-price"), std::string::npos) << unknown.err;
  EXPECT_EQ(work.sh(kImport + " --keep all --reject zero-price").code, 2);
}

TEST_F(BadInput, AFirstImportThatFailsLeavesNoRecord) {
  work.write("bad.csv", "");
  EXPECT_EQ(work.sh("tessera --store new.duckdb import bad.csv").code, 1);
  EXPECT_FALSE(std::filesystem::exists(work.path("new.duckdb")));
}

}  // namespace
}  // namespace tessera::cli
