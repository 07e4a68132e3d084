// Commands against a running server say what they say of a file, byte for byte: every row of the command table has a
// line here or a reason why not.
#include <map>
#include <regex>

#include "cli/command.hpp"
#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

constexpr const char* kDefinitions = R"(
event order = "Order Completed"
let orders = count(order, last 365 days)
segment "Regulars" = orders at least 3
segment "Lost" = exactly 0 order in the last 90 days and at least 1 order
)";

// Makes the files that lines use: co/events.jsonl, my.tsl, more.tsl, wrong.tsl, lets.tsl.
void make_company(const Workplace& work) {
  work.write("my.tsl", kDefinitions);
  work.write("more.tsl", "segment \"Everybody\" = at least 1 any event\n");
  work.write("wrong.tsl", "segment \"Nobody\" = did \"Ordr Completed\"\n");
  work.write("broken.tsl", "segment = = =\n");
  const Ran made = work.sh(
      "tessera simulate --customers 150 --segments 4 --out co && "
      "tessera --store r.duckdb import co/events.jsonl --preset segment && "
      "tessera --store r.duckdb segments apply my.tsl");
  ASSERT_EQ(made.code, 0) << made.err;
}

struct Line {
  const char* command;  // its row of the table
  const char* words;
  std::vector<const char*> files{};  // that it writes
};

constexpr const char* kAt = "--as-of 2026-03-01 ";

const std::vector<Line> kLines = {
    {"rejects", "rejects"},
    {"rejects", "--format json rejects --limit 3 --reason no-such"},
    {"customer", "customer c0000001"},
    {"customer", "--format json customer c0000002 --identified"},
    {"customer", "customer nobody"},
    {"customers duplicates", "customers duplicates"},
    {"customers duplicates", "--format csv customers duplicates --identified"},
    {"events list", "events list"},
    {"events list", "--format json events list --rare"},
    {"discover",
     "discover --segments 3 --min-size 20 --out OUT --labels labels.csv",
     {"OUT/report.html", "OUT/segments.tsl", "OUT/discovery.json", "labels.csv"}},
    {"discover", "--format json discover --segments 2 --min-size 20"},
    {"discover", "discover --features absent.tsl"},
    {"discoveries", "discoveries"},
    {"discoveries", "--format json discoveries 1"},
    {"discoveries", "discoveries 2"},
    {"adopt", "adopt --dry-run"},
    {"adopt", "adopt 1"},
    {"adopt", "adopt 1 --only nobody --yes"},
    {"hunch", "hunch 'did \"Coupon Applied\"' then 'did \"Order Completed\" in the last 90 days'"},
    {"hunch", "--format json hunch 'orders at least 2' then 'in segment \"Lost\"' --horizon '60 days' -f my.tsl"},
    {"hunch", "hunch 'did \"Coupon Aplied\"' then 'at least 1 any event in the last 3 dasy'"},
    {"hunch", "hunch 'did \"Coupon Applied\"' so 'no any event'"},
    {"letter", "letter --since '7 days' --out OUT", {"OUT/letter.html", "OUT/letter.md"}},
    {"letter", "--format json letter --since 2026-02-01"},
    {"letter", "letter --since 2027-02-01"},
    {"segments check", "segments check my.tsl more.tsl"},
    {"segments check", "segments check wrong.tsl"},
    {"segments check", "segments check broken.tsl"},
    {"segments check", "segments check absent.tsl"},
    {"segments count", "segments count Regulars"},
    {"segments count", "--format json segments count -e 'orders at least 2'"},
    {"segments count", "segments count Everybody -f more.tsl"},
    {"segments count", "segments count Everbody -f more.tsl"},
    {"segments count", "segments count -e 'did \"Ordr Completed\"'"},
    {"segments members", "segments members Lost"},
    {"segments members", "--known-at 2020-01-01 --format json segments members -e 'at least 1 any event'"},
    {"segments explain", "segments explain Regulars --customer c0000001"},
    {"segments explain", "segments explain Lost --customer nobody"},
    {"segments list", "segments list"},
    {"segments list", "segments list --text"},
    {"segments list", "--format json segments list"},
    {"segments library", "segments library"},
    {"segments library", "segments library --text"},
    {"segments library", "segments library 'Frequent shoppers'"},
    {"export", "export Regulars"},
    {"export", "export Regulars --identified --for mailchimp --out list.csv", {"list.csv"}},
    {"export", "export Regulars --for mailchimp"},
    {"sql", "sql 'SELECT * FROM customers ORDER BY customer'"},
    {"sql", "--format json sql 'SELECT count(*) AS n, max(time) AS last FROM order_completed'"},
    {"sql", "sql 'SELECT * FROM absent'"},
    {"sql", "sql 'SELECT * FROM tessera.source'"},
    {"sql", "sql 'DELETE FROM customers'"},
    {"sql", "sql \"SELECT * FROM read_text('/etc/passwd')\""},
    {"sql", "sql 'SELECT 1) ; DROP VIEW main.customers; FROM (SELECT 1'"},
    {"keys list", "keys list"},
    {"keys add", "keys add web-shop"},
    {"keys add", "keys add"},
    {"keys revoke", "keys revoke wk_none"},
    {"zone", "zone"},
    {"zone", "--format json zone"},
    {"currency", "currency"},
    {"currency", "--format json currency"},
    {"segments apply", "segments apply my.tsl"},
    {"segments apply", "--format json segments apply more.tsl my.tsl"},
    {"segments apply", "segments apply wrong.tsl"},
    {"segments apply", "segments apply absent.tsl"},
    {"segments list", "segments list --text"},
    {"segments members", "segments members Everybody"},
    {"segments remove", "segments remove Everbody"},
    {"segments remove", "--format json segments remove everybody"},
    {"segments remove", "segments remove Everybody"},
    {"segments remove", "segments remove lost"},
    {"segments list", "segments list --text"},
    {"adopt", "adopt 1 --yes"},
    {"adopt", "--format json adopt 2 --retire --yes"},
    {"discoveries", "discoveries"},
    {"segments list", "segments list"},
    {"customers mark", "customers mark c0000001 --as staff --reason 'works here'"},
    {"customers mark", "customers mark c0000001 --as wizard"},
    {"customers marked", "--format json customers marked"},
    {"customers unmark", "customers unmark c0000001"},
    {"customers link", "customers link user_id:c0000002 anonymous_id:kiosk-1 --reason 'their kiosk'"},
    {"customers link", "customers link user_id:c0000002 user_id:c0000003 --reason 'one household'"},
    {"customers link", "sql 'SELECT count(*) AS n FROM customers'"},
    {"customers unlink", "customers unlink user_id:c0000002 user_id:c0000003"},
    {"customers link", "sql 'SELECT count(*) AS n FROM customers'"},
    {"customers unlink", "customers unlink user_id:c0000002 anonymous_id:kiosk-1"},
    {"customers consent", "customers consent c0000004 --profiling no"},
    {"customers consent", "customers consent c0000004 --profiling perhaps"},
    {"customers block", "customers block anonymous_id:kiosk-2"},
    {"customers unblock", "customers unblock anonymous_id:kiosk-2"},
    {"customers allow", "customers allow anonymous_id:kiosk-3"},
    {"customers staff", "customers staff shop.com"},
    {"customers marked", "--format json customers marked"},
    {"keys add", "--format json keys add --admin"},
    {"tokens make", "tokens make --name dashboard --scopes read,identified --expires 2100-01-01"},
    {"tokens make", "tokens make --name dashboard --scopes all"},
    {"tokens list", "tokens list"},
    {"tokens revoke", "tokens revoke dashboard"},
    {"tokens revoke", "tokens revoke nobody"},
};

// Tested apart: their answers are of the moment.
const std::map<std::string, const char*> kApart = {
    {"doctor", "FindsWhatItFindsInTheFileAndMore"},     {"backup", "tests/cli/running_test.cpp"},
    {"import", "tests/cli/running_test.cpp"},           {"clock accept", "tests/cli/clock_test.cpp"},
    {"segments rename", "tests/cli/segments_test.cpp"}, {"audit list", "tests/cli/audit_test.cpp"},
    {"audit verify", "tests/cli/audit_test.cpp"},
};

// Where the record is differs.
std::string without_store(const std::string& text) {
  return std::regex_replace(text, std::regex("--store [^ ]+"), "--store STORE");
}

// Keys and instants of now differ too; only a server says at once what changed.
std::string comparable(std::string text) {
  text = std::regex_replace(without_store(text), std::regex("done; [0-9]+ changes"), "done");
  text = std::regex_replace(text, std::regex("(wk_|tsk_|sha256:)[0-9a-f]+"), "$1X");
  return std::regex_replace(text, std::regex("2[0-9]{3}-[0-9-]+T[0-9:]+(\\.[0-9]{3})?Z"), "INSTANT");
}

class AgainstAServer : public testing::Test {
 protected:
  void SetUp() override {
    make_company(work);
    server.start();
    ASSERT_TRUE(server.is_up()) << server.errors();
    ASSERT_EQ(server.stop(), 0);
    // The same record twice: one lies there, the other is served.
    for (const char* const end : {"", ".keys"})
      std::filesystem::copy_file(work.path(fmt::format("r.duckdb{}", end)),
                                 work.path(fmt::format("file.duckdb{}", end)));
    server.start();
    ASSERT_TRUE(server.is_up()) << server.errors();
    address = fmt::format("http://127.0.0.1:{}", server.port());
  }
  Workplace work;
  Serving server{work.path("r.duckdb")};
  std::string address;
};

TEST_F(AgainstAServer, EveryCommandSaysWhatItSaysOfTheFile) {
  for (const Line& line : kLines) {
    SCOPED_TRACE(line.words);
    const Ran here = work.sh(fmt::format("tessera --store file.duckdb {}{}", kAt, line.words));
    std::map<std::string, std::string> written;
    for (const char* file : line.files) {
      written[file] = work.read(file);
      EXPECT_FALSE(written[file].empty()) << file;
      std::filesystem::remove(work.path(file));
    }
    const Ran there = work.sh(fmt::format("tessera --store {} {}{}", address, kAt, line.words));
    EXPECT_EQ(there.code, here.code) << there.err;
    EXPECT_EQ(comparable(there.out), comparable(here.out));
    EXPECT_EQ(std::regex_replace(comparable(there.err), std::regex(address), "file.duckdb"), comparable(here.err));
    for (const auto& [file, text] : written) EXPECT_EQ(without_store(work.read(file)), without_store(text)) << file;
  }
}

TEST_F(AgainstAServer, EveryCommandOfTheTableHasAnAnswer) {
  for (const Command& command : commands()) {
    SCOPED_TRACE(command.path);
    const bool has_line = std::ranges::any_of(kLines, [&](const Line& line) { return line.command == command.path; });
    switch (command.remote) {
      case Remote::Unsaid:
        ADD_FAILURE() << "say in its row what --store http://... means to it";
        break;
      case Remote::There:
        EXPECT_TRUE(has_line || kApart.contains(std::string(command.path)));
        break;
      case Remote::Itself:
        EXPECT_TRUE(kApart.contains(std::string(command.path)));
        break;
      case Remote::Never: {
        EXPECT_FALSE(command.why_never.empty());
        std::string words(command.path);
        for (const Option& option : command.options)
          if (option.required) words += option.name.starts_with("-") ? fmt::format(" {} x", option.name) : " x";
        const Ran ran = work.sh(fmt::format("tessera --store {} {}", address, words));
        EXPECT_EQ(ran.code, 2) << ran.err;
        EXPECT_NE(ran.err.find(command.why_never), std::string::npos) << ran.err;
        break;
      }
    }
  }
}

TEST_F(AgainstAServer, DoctorFindsWhatItFindsInTheFileAndMore) {
  const Ran here = work.sh("tessera --store file.duckdb doctor"),
            there = work.sh("tessera --store " + address + " doctor");
  EXPECT_EQ(here.code, 0) << here.out;
  EXPECT_EQ(there.code, 0) << there.out << there.err;
  std::istringstream lines(here.out);
  for (std::string line; std::getline(lines, line);)
    if (line.find("MB free") == std::string::npos && line.find("versions") == std::string::npos &&
        line.find("the audit is") == std::string::npos) {  // in which the one there stands
      EXPECT_NE(there.out.find(line), std::string::npos) << line << "\n" << there.out;
    }
  for (const char* check : {"what comes is logged", "the record follows the log", "no source has fallen silent",
                            "the log follows the clock", "webhooks are delivered"})
    EXPECT_NE(there.out.find(fmt::format("fine    {}", check)), std::string::npos) << check << "\n" << there.out;
}

TEST_F(AgainstAServer, WhatIsSaidWhereNobodyAnswersOrNobodyMayAsk) {
  const Ran nobody = work.sh("tessera --store http://127.0.0.1:1 segments list");
  EXPECT_EQ(nobody.code, 1);
  EXPECT_NE(nobody.err.find("curl http://127.0.0.1:1/healthz"), std::string::npos) << nobody.err;
  const std::string& secret = server.token();
  const Ran without = work.sh("TESSERA_TOKEN= tessera --store " + address + " segments list");
  EXPECT_EQ(without.code, 2);
  EXPECT_NE(without.err.find("TESSERA_TOKEN"), std::string::npos) << without.err;
  EXPECT_EQ(work.sh("tessera --store " + address + " --token " + secret + " segments list").code, 0);
  EXPECT_EQ(work.sh("TESSERA_TOKEN=" + secret + " tessera --store " + address + "/ segments list").code, 0);
  EXPECT_EQ(work.sh("tessera --store=" + address + " --token=tsk_wrong segments list").code, 2);
}

TEST_F(AgainstAServer, DoctorNamesCopiesThatWereCutOff) {
  for (const auto& [file, store] : {std::pair<std::string, std::string>("file.duckdb.backup-00ff", "file.duckdb"),
                                    {"r.duckdb.backup-00ff", address}}) {
    work.write(file, "half a copy");
    const Ran said = work.sh("tessera --store " + store + " doctor");
    EXPECT_EQ(said.code, 0) << said.err;
    EXPECT_NE(said.out.find("1 files of commands that were cut off"), std::string::npos) << said.out;
    EXPECT_NE(said.out.find(file), std::string::npos) << said.out;
  }
}

// A file on the server is never opened by a client's words, and none is made.
TEST_F(AgainstAServer, NothingOfTheServersDiskIsReadOrWritten) {
  work.write("secret.tsl", "segment \"Secret\" = at least 1 any event\n");
  const auto ask = [&](std::string_view words) {
    return server.ask("POST", "/api/v1/commands", fmt::format(R"({{"words": {}}})", words));
  };
  const auto read = ask(fmt::format(R"(["segments", "check", "{}"])", work.path("secret.tsl").string()));
  EXPECT_EQ(read.status, 200);
  EXPECT_NE(read.body.find("was not sent along"), std::string::npos) << read.body;
  const auto written = ask(fmt::format(R"(["export", "Regulars", "--out", "{}"])", work.path("made.csv").string()));
  EXPECT_NE(written.body.find("file "), std::string::npos) << written.body;
  EXPECT_FALSE(std::filesystem::exists(work.path("made.csv")));
  for (const char* words : {R"(["serve"])", R"(["import", "x"])", R"(["--help"])", R"([])", R"(["no-such"])"})
    EXPECT_EQ(ask(words).status, 200) << words;
  EXPECT_EQ(ask("7").status, 400);
  EXPECT_EQ(server.ask("POST", "/api/v1/commands", "{").status, 400);
}

}  // namespace
}  // namespace tessera::cli
