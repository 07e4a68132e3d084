// A server in use: files imported into it, copies of its record made while events come, records of an older release
// taken over.
#include <atomic>
#include <thread>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

class Running : public testing::Test {
 protected:
  void serve() {
    server.start();
    ASSERT_TRUE(server.is_up()) << server.errors();
    address = fmt::format("http://127.0.0.1:{}", server.port());
  }
  std::string sql(const std::string& store, const std::string& question) const {
    const Ran ran = work.sh(fmt::format("tessera --store {} --format csv sql \"{}\"", store, question));
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  }
  // Everything that rows say, in an order of its own.
  std::string rows_of(const std::string& store) const {
    return sql(store, "SELECT * EXCLUDE (seq) FROM v_order_completed ORDER BY ALL") +
           sql(store, "SELECT * EXCLUDE (seq) FROM v_identify ORDER BY ALL") +
           sql(store, "SELECT * FROM customers ORDER BY customer");
  }
  Workplace work;
  Serving server{work.path("live.duckdb")};
  std::string address;
};

TEST_F(Running, AFileImportedIntoItIsWhatItIsInAFile) {
  ASSERT_EQ(work.sh("tessera simulate --customers 120 --segments 3 --out co").code, 0);
  const Ran here = work.sh("tessera --store file.duckdb import co/events.jsonl --preset segment");
  ASSERT_EQ(here.code, 0) << here.err;
  serve();
  const std::string import = fmt::format("tessera --store {} import co/events.jsonl --preset segment", address);
  const Ran there = work.sh(import);
  ASSERT_EQ(there.code, 0) << there.err;
  // Classes of personal data are the server's to say.
  EXPECT_EQ(there.out, here.out.substr(0, here.out.find("personal data")));
  EXPECT_EQ(rows_of(address), rows_of("file.duckdb"));
  // Once more, also after a restart, changes nothing.
  const Ran again = work.sh(import);
  EXPECT_NE(again.out.find("           0  events stored"), std::string::npos) << again.out;
  server.kill();
  serve();
  ASSERT_EQ(work.sh(fmt::format("tessera --store {} import co/events.jsonl --preset segment", address)).code, 0);
  EXPECT_EQ(rows_of(address), rows_of("file.duckdb"));
  EXPECT_EQ(work.sh("tessera --store " + address + " doctor").code, 0);
}

TEST_F(Running, ImportsAreRefusedAsTheyAreOfAFile) {
  work.write("orders.csv", "customer,time,item,price\na,2024-01-05,pen,3\na,2024-01-06,pen,-4\n");
  serve();
  const Ran odd = work.sh("tessera --store " + address + " import orders.csv --preset transactions --zone UTC");
  EXPECT_EQ(odd.code, 1);
  EXPECT_NE(odd.err.find("orders.csv:3"), std::string::npos) << odd.err;
  EXPECT_NE(odd.err.find("--keep negative-price"), std::string::npos) << odd.err;
  EXPECT_EQ(sql(address, "SELECT count(*) FROM customers"), "count_star()\n0\n");
  const auto whole =
      server.ask("POST", "/api/v1/imports?preset=transactions&zone=UTC&keep=negative-price", work.read("orders.csv"));
  EXPECT_EQ(whole.status, 200) << whole.body;
  EXPECT_NE(whole.body.find("\"events_stored\":2"), std::string::npos) << whole.body;
  const auto refused = server.ask("POST", "/api/v1/imports?preset=transactions&zone=UTC", "customer,time\n,\n");
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_EQ(refused.body.find("live.duckdb"), std::string::npos) << refused.body;
  EXPECT_EQ(server.ask("POST", "/api/v1/imports?preset=no-such", "a,b\n1,2\n").status, 400);
  http::Raw raw(server.port());
  ASSERT_TRUE(
      raw.send(request("POST", "/api/v1/imports?id=x", "TSR1Q", "Content-Type: application/vnd.tessera.rows\r\n")));
  EXPECT_EQ(raw.answer().status, 400);
  EXPECT_NE(server.ask("GET", "/api/v1/imports", "").body.find("import over HTTP"), std::string::npos);
  for (const auto& entry : std::filesystem::directory_iterator(work.path(".")))
    EXPECT_FALSE(entry.path().filename().string().starts_with("import-")) << entry.path();
}

// Sends events until told to stop, each of its own customer, numbered.
class Sender {
 public:
  explicit Sender(const Serving& server) : server_(server), thread_([this] { run(); }) {}
  ~Sender() { stop(); }
  uint64_t stop() {
    is_over_ = true;
    if (thread_.joinable()) thread_.join();
    return sent_;
  }

 private:
  void run() {
    http::Raw raw(server_.port());
    while (!is_over_) {
      std::string batch;
      for (int i = 0; i < 200; ++i)
        batch +=
            fmt::format(R"({}{{"type":"track","userId":"u{}","event":"Order Completed","properties":{{"total":{}}}}})",
                        i == 0 ? "" : ",", sent_ + static_cast<uint64_t>(i), i);
      if (!raw.send(request("POST", "/v1/batch",
                            fmt::format(R"({{"writeKey":"{}","batch":[{}]}})", server_.key(), batch),
                            "Content-Type: application/json\r\n")) ||
          raw.answer().status != 200)
        return;
      sent_ += 200;
    }
  }
  const Serving& server_;
  std::atomic<uint64_t> sent_{0};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

TEST_F(Running, ABackupUnderLoadIsTheRecordOfOneMoment) {
  serve();
  Sender sender(server);
  std::vector<std::string> copies;
  for (int i = 0; i < 3; ++i) {
    copies.push_back(fmt::format("copy{}.duckdb", i));
    const Ran made = work.sh(fmt::format("tessera --store {} backup {}", address, copies.back()));
    ASSERT_EQ(made.code, 0) << made.err << server.errors();
  }
  const uint64_t sent = sender.stop();
  ASSERT_GT(sent, 1000u);
  EXPECT_EQ(work.sh("tessera --store " + address + " backup copy0.duckdb").code, 1);  // it is there
  EXPECT_EQ(sql(address, "SELECT count(*) FROM order_completed"), fmt::format("count_star()\n{}\n", sent));
  for (const std::string& copy : copies) {
    EXPECT_EQ(work.sh("tessera --store " + copy + " doctor").code, 0);
    // Whatever it has is the beginning of what the server has.
    const std::string until = sql(copy, "SELECT coalesce(max(until_seq), 0) FROM tessera.entry");
    const std::string rows = "SELECT seq, customer, total FROM v_order_completed WHERE seq < " +
                             until.substr(until.find('\n') + 1) + " ORDER BY seq";
    EXPECT_EQ(sql(copy, rows), sql(address, rows));
  }
  // A server goes on from one of them, with a log of its own.
  ASSERT_EQ(work.sh("tessera --store back.duckdb restore copy2.duckdb").code, 0);
  const std::string before = sql("back.duckdb", "SELECT count(*) AS n FROM order_completed");
  Serving restored(work.path("back.duckdb"));
  restored.start();
  ASSERT_TRUE(restored.is_up()) << restored.errors();
  setenv("TESSERA_TOKEN", server.token().c_str(), 1);  // it is in the record
  EXPECT_EQ(sql(fmt::format("http://127.0.0.1:{}", restored.port()), "SELECT count(*) AS n FROM order_completed"),
            before);
  EXPECT_EQ(restored.stop(), 0);
}

TEST_F(Running, ACustomersHistoryAndWhy) {
  work.write("s.tsl", "segment \"Buyers\" = did \"Order Completed\"\n");
  serve();
  const auto send = [&](std::string_view body) {
    return server.ask("POST", "/v1/batch", fmt::format(R"({{"writeKey":"{}","batch":[{}]}})", server.key(), body))
        .status;
  };
  ASSERT_EQ(send(R"({"type":"identify","userId":"ann","traits":{"email":"ann@mail.example","country":"DE"}},
                    {"type":"track","userId":"ann","event":"Order Completed","timestamp":"2026-01-02T00:00:00Z",
                     "properties":{"total":12.5}},
                    {"type":"track","userId":"ann","event":"Order Completed","timestamp":"2026-01-01T00:00:00Z"},
                    {"type":"track","userId":"bob","event":"Order Completed"})"),
            200);
  ASSERT_EQ(work.sh("tessera --store " + address + " segments apply s.tsl").code, 0);
  const auto of = [&](const std::string& target) {
    const auto answer = server.ask("GET", target);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return *parse_json(answer.body);
  };
  const Json all = of("/api/v1/customers/ann@mail.example/history");
  EXPECT_EQ(all.find("customer")->text_or(""), "ann");
  ASSERT_EQ(all.find("facts")->as_array()->size(), 3u) << all.dump();
  const Json first = of("/api/v1/customers/ann/history?as_of=2026-01-03&limit=1");
  const Json& order = first.find("facts")->as_array()->at(0);
  EXPECT_EQ(order.find("time")->text_or(""), "2026-01-02T00:00:00Z");
  EXPECT_EQ(order.find("properties")->find("total")->number_or(0), 12.5) << order.dump();
  const Json second = of("/api/v1/customers/ann/history?before=" + first.find("next")->text_or(""));
  ASSERT_EQ(second.find("facts")->as_array()->size(), 1u) << second.dump();
  EXPECT_EQ(second.find("facts")->as_array()->at(0).find("time")->text_or(""), "2026-01-01T00:00:00Z");
  EXPECT_TRUE(second.find("next")->is_null());
  EXPECT_TRUE(of("/api/v1/customers/ann/history?known_at=2026-01-03").find("facts")->as_array()->empty());
  EXPECT_EQ(server.ask("GET", "/api/v1/customers/ann/history?before=x").status, 400);
  EXPECT_EQ(server.ask("GET", "/api/v1/customers/nobody/history").status, 404);
  const Json why = of("/api/v1/customers/ann/segments");
  ASSERT_EQ(why.find("segments")->as_array()->size(), 1u);
  EXPECT_TRUE(*why.find("segments")->as_array()->at(0).find("is_member")->as_bool());
  const Ran said = work.sh("tessera --store " + address + " segments explain Buyers --customer ann");
  EXPECT_NE(said.out.find(why.find("segments")->as_array()->at(0).find("text")->text_or("?")), std::string::npos)
      << said.out << why.dump();
}

TEST_F(Running, ASubscriberThatDoesNotReadHoldsNobodyUp) {
  serve();
  http::Raw raw(server.port());
  ASSERT_TRUE(raw.send("GET /api/v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"));
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(server.stop(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
}

// tests/cli/upgrade/make.sh says how the record came to be.
TEST(Upgrade, ARecordOfTheFirstReleaseSaysWhatItSaid) {
  const Workplace work;
  const std::string kept = TESSERA_SOURCE_DIR "/tests/cli/upgrade/";
  ASSERT_EQ(work.sh("gunzip -c " + kept + "record.duckdb.gz > old.duckdb && cp old.duckdb served.duckdb").code, 0);
  const Ran first = work.sh("tessera --store old.duckdb doctor");
  EXPECT_EQ(first.code, 0) << first.out << first.err;
  EXPECT_NE(first.err.find("was brought up to this version"), std::string::npos) << first.err;
  const std::string ask = "sh " + kept + "questions.sh " TESSERA_BINARY " ";
  const Ran answers = work.sh(ask + "old.duckdb 2>&1");
  EXPECT_EQ(answers.code, 0) << answers.out;
  work.write("now.txt", answers.out);
  const Ran different = work.sh("diff " + kept + "answers.txt now.txt");
  EXPECT_EQ(different.code, 0) << different.out;
  // A server takes it over too.
  Serving server(work.path("served.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const Ran there = work.sh(
      ask + fmt::format("http://127.0.0.1:{} > there.txt 2>&1; diff {}answers.txt there.txt", server.port(), kept));
  EXPECT_EQ(there.code, 0) << there.out;
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace tessera::cli
