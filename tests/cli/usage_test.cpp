// What the command line promises whatever the command: exit codes, hints, one golden list of commands and options.
#include <fstream>
#include <sstream>

#include "cli/command.hpp"
#include "cli/program.hpp"

namespace tessera::cli {
namespace {

TEST(Usage, WrongUsageIsTwoWithAHint) {
  const Workplace work;
  const Ran ran = work.sh("tessera improt x.csv");
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("did you mean 'import'?"), std::string::npos) << ran.err;
  EXPECT_EQ(work.sh("tessera --store r.db").code, 2);
  EXPECT_NE(work.sh("tessera segments count --exprssion x").err.find("did you mean '--expression'?"),
            std::string::npos);
  EXPECT_EQ(work.sh("tessera segments count").code, 2);
  EXPECT_EQ(work.sh("tessera --as-of yesterday segments count -e 'did \"x\"'").code, 2);
}

TEST(Usage, AMissingRecordSaysHowToMakeOne) {
  const Workplace work;
  const Ran ran = work.sh("tessera segments count -e 'did \"x\"'");
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("tessera.duckdb"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("import"), std::string::npos) << ran.err;
}

TEST(Usage, HelpGoesToStandardOutput) {
  const Workplace work;
  const Ran ran = work.sh("tessera --help");
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.out.find("discover"), std::string::npos);
  EXPECT_EQ(work.sh("tessera discover --help").code, 0);
}

// Set TESSERA_BLESS=1 to rewrite docs/cli.md after a change that is meant.
TEST(Usage, TheManualListsEveryCommandAndOption) {
  const std::string path = TESSERA_SOURCE_DIR "/docs/cli.md";
  const std::string expected = manual();
  if (std::getenv("TESSERA_BLESS")) std::ofstream(path, std::ios::binary) << expected;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), expected) << "docs/cli.md is not what the command table says; TESSERA_BLESS=1 rewrites it";
}

}  // namespace
}  // namespace tessera::cli
