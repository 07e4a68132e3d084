// The published SDKs, unmodified, against the server: what they send is taken, and is what the reader understands.
#include <fstream>

#include <sys/wait.h>

#include "ingest/recording.hpp"
#include "ingest/segment_spec_body.hpp"
#include "server/fake.hpp"

namespace tessera::server {
namespace {

const std::string kFolder = TESSERA_SOURCE_DIR "/tests/server/sdk";

// Why the SDKs cannot be run here; empty: they can.
std::string missing() {
  if (std::system("node --version >/dev/null 2>&1") != 0) return "node is not installed";
  if (!std::filesystem::exists(kFolder + "/node_modules/@segment/analytics-node"))
    return "the SDKs are not installed: tools/fetch_npm tests/server/sdk";
  return "";
}

class Sdk : public Served {
 protected:
  void SetUp() override {
    if (const std::string why = missing(); !why.empty()) GTEST_SKIP() << why;
  }
  // Runs a script of the folder with the server's address and the write key; what it printed is shown where it fails.
  void run(std::string_view script, std::string_view path, std::string_view more) {
    const std::string line = fmt::format("cd '{}' && timeout 60 node {} http://127.0.0.1:{}{} {} {} >'{}' 2>&1",
                                         kFolder, script, server->port(), path, key, more, scratch.file("out"));
    const int code = std::system(line.c_str());
    std::ifstream file(scratch.file("out"));
    const std::string said((std::istreambuf_iterator<char>(file)), {});
    EXPECT_EQ(WEXITSTATUS(code), 0) << line << "\n" << said;
  }
  // All that came, read: kinds of events, and no reject.
  std::map<std::string, int> events() {
    ingest::RecordingIntake intake;
    ingest::SegmentBody body(intake);
    for (const live::Submission& one : pad.taken()) {
      EXPECT_EQ(one.source, "web");
      body.read(one.source, one.type, one.body, clock.now());
    }
    for (const profiles::Reject& reject : intake.rejects) ADD_FAILURE() << reject.reason << ": " << reject.row;
    std::map<std::string, int> counts;
    for (const ingest::RecordedRow& row : intake.rows) ++counts[row.event];
    return counts;
  }
  std::string key = add_key("web");
  testing_support::Scratch scratch;
};

using Counts = std::map<std::string, int>;

TEST_F(Sdk, SegmentsForNode) {
  run("node.mjs", "", "segment");
  EXPECT_EQ(
      events(),
      (Counts{{"$group", 1}, {"$identify", 2}, {"Order Completed", 1}, {"Page Viewed", 1}, {"Screen Viewed", 1}}));
}

TEST_F(Sdk, RudderStacksForNode) {
  for (const std::string_view path : {"", "/rudder"}) {
    run("node.mjs", path, "rudder");
    EXPECT_EQ(
        events(),
        (Counts{{"$group", 1}, {"$identify", 2}, {"Order Completed", 1}, {"Page Viewed", 1}, {"Screen Viewed", 1}}));
  }
}

TEST_F(Sdk, SegmentsInABrowser) {
  if (std::system("command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "no browser is installed (apt-get install chromium)";
  run("browser.mjs", "", "");
  EXPECT_EQ(events(), (Counts{{"$group", 1}, {"$identify", 2}, {"Page Viewed", 1}, {"Product Added", 1}}));
}

}  // namespace
}  // namespace tessera::server
