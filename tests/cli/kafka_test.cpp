// tessera serve --kafka against a cluster inside the test: killed again and again, and with messages that are no calls
// between the good ones. Each is in the record once, and no offset is committed before its messages are there.
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "ingest/mock_kafka.hpp"
#include "profiles/doctor.hpp"
#include "profiles/system_facts.hpp"
#include "soak.hpp"
#include "store/record.hpp"

namespace tessera::cli {
namespace {

using ingest::MockKafka;
using testing::HasSubstr;

constexpr int kPartitions = 3;

struct Sent {
  int partition;
  int64_t offset;
  bool is_good;
};

class KafkaServer : public testing::Test {
 protected:
  void SetUp() override {
    // The dead are given up soon.
    work.write("kafka.properties",
               "session.timeout.ms=4000\nheartbeat.interval.ms=100\nreconnect.backoff.max.ms=200\n");
  }
  void start() {
    server.start({"--kafka", kafka.brokers() + "/orders", "--kafka-group", "shop", "--kafka-config",
                  work.path("kafka.properties").string()});
  }
  // The n-th message: mostly a call, some with a name of their own, some batches, some nothing that can be used.
  void produce(int count) {
    for (; count > 0; --count) {
      const int n = static_cast<int>(sent.size()), partition = n % kPartitions;
      const auto call = [n](std::string_view more) {
        return fmt::format(R"({{"type":"track","userId":"u{}","event":"E","properties":{{"n":{}}}{}}})", n % 7, n,
                           more);
      };
      const int kind = n % 11;
      if (kind == 3) kafka.produce("orders", partition, std::nullopt);
      if (kind == 5) kafka.produce("orders", partition, fmt::format("{{\"type\":\"track\",\"n\":{}", n));
      if (kind == 7) kafka.produce("orders", partition, n % 4 == 0 ? std::string(600'000, 'x') : "[7]");
      if (kind == 9) kafka.produce("orders", partition, fmt::format(R"({{"batch":[{}]}})", call("")));
      if (kind % 2 == 0) kafka.produce("orders", partition, call(fmt::format(R"(,"messageId":"m{}")", n)));
      if (kind == 1) kafka.produce("orders", partition, call(""));
      sent.push_back({partition, ends[partition]++, kind != 3 && kind != 5 && kind != 7});
    }
    kafka.flush();
  }
  Json status() { return parse_json(server.ask("GET", "/api/v1/status").body).value_or(Json()); }
  // Of its one consumer.
  double number(std::string_view name) {
    const Json all = status();
    const Json* consumers = all.find("kafka");
    return consumers ? consumers->as_array()->front().find(name)->number_or(-1) : -1;
  }
  bool has_read_all() {
    const Json all = status();
    const Json& consumer = all.find("kafka")->as_array()->front();
    const auto& partitions = *consumer.find("partitions")->as_array();
    if (partitions.size() != kPartitions) return false;
    for (const Json& partition : partitions)
      if (partition.find("end")->number_or(-1) !=
              static_cast<double>(ends[static_cast<size_t>(partition.find("partition")->number_or(0))]) ||
          partition.find("lag")->number_or(-1) != 0)
        return false;
    return true;
  }
  // With the server dead: what is in the record by the messages' numbers, and of rejects by place.
  struct Found {
    std::map<size_t, int> events;
    std::map<std::string, int> rejects;
  };
  Found found() {
    Found out;
    auto record = store::Record::open(work.path("s.db"), store::OpenMode::ReadOnly, clock);
    EXPECT_TRUE(record.has_value()) << record.error().text();
    auto& connection = (*record)->connection();
    const auto tables =
        *connection.integer("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'main' AND table_name = 'e'");
    const auto numbers = *connection.rows(tables > 0 ? "SELECT n::BIGINT FROM main.e" : "SELECT 0 WHERE false");
    for (const auto& row : numbers) ++out.events[std::stoul(*row[0])];
    const auto places = *connection.rows("SELECT source FROM tessera.reject");
    for (const auto& row : places) ++out.rejects[*row[0]];
    const auto findings = profiles::examine(**record);
    EXPECT_TRUE(findings.has_value() && !profiles::has_problems(*findings));
    return out;
  }
  std::string place(const Sent& message) const {
    return fmt::format("orders/{}@{}", message.partition, message.offset);
  }
  // What is committed is in the record.
  void expect_committed_is_recorded(const Found& record) {
    for (int partition = 0; partition < kPartitions; ++partition) {
      const int64_t committed = kafka.committed("shop", "orders", partition).value_or(0);
      committed_seen += committed;
      for (size_t n = 0; n < sent.size(); ++n) {
        if (sent[n].partition != partition || sent[n].offset >= committed) continue;
        EXPECT_EQ(sent[n].is_good ? record.events.count(n) : record.rejects.count(place(sent[n])), 1u)
            << place(sent[n]) << " is committed (until " << committed << ") and not recorded";
      }
    }
  }
  void expect_each_once(const Found& record) {
    for (size_t n = 0; n < sent.size(); ++n) {
      const auto event = record.events.find(n);
      const auto reject = record.rejects.find(place(sent[n]));
      EXPECT_EQ(event == record.events.end() ? 0 : event->second, sent[n].is_good ? 1 : 0) << place(sent[n]);
      EXPECT_EQ(reject == record.rejects.end() ? 0 : reject->second, sent[n].is_good ? 0 : 1) << place(sent[n]);
    }
  }

  Workplace work;
  SystemClock clock;
  MockKafka kafka{{{"orders", kPartitions}}};
  Serving server{work.path("s.db")};
  std::vector<Sent> sent;
  std::vector<int64_t> ends = std::vector<int64_t>(kPartitions, 0);
  int64_t committed_seen = 0;
};

TEST_F(KafkaServer, KilledAgainAndAgainEachMessageIsRecordedOnce) {
  const int kills = static_cast<int>(tries("TESSERA_KILLS", 3));
  Rng rng(5);
  for (int round = 0; round < kills; ++round) {
    start();
    ASSERT_TRUE(server.is_up()) << server.errors();
    const double before = number("messages");
    produce(60);
    const auto wanted = before + 1 + static_cast<double>(rng.below(40));
    ASSERT_TRUE(kafka.until([&] { return number("messages") >= wanted; })) << status().dump();
    // Some are killed before the record has them, some after they were committed.
    if (round % 2 == 1) {
      ASSERT_TRUE(kafka.until([&] { return number("commits") > 0; })) << status().dump();
    }
    server.kill();
    expect_committed_is_recorded(found());
  }
  start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  ASSERT_TRUE(kafka.until([&] { return has_read_all(); })) << status().dump();
  const Json now = status();
  std::set<std::string> sources;
  for (const Json& source : *now.find("engine")->find("sources")->as_array())
    sources.insert(source.find("source")->text_or(""));
  EXPECT_TRUE(sources.contains("orders")) << now.dump();
  EXPECT_EQ(server.stop(), 0) << server.errors();
  for (int partition = 0; partition < kPartitions; ++partition)
    EXPECT_EQ(kafka.committed("shop", "orders", partition), ends[static_cast<size_t>(partition)]) << "at a stop";
  const Found record = found();
  expect_each_once(record);
  expect_committed_is_recorded(record);
  EXPECT_GT(committed_seen, static_cast<int64_t>(sent.size()));
  // What was rejected, and why.
  const Ran reasons = work.sh(
      "tessera --store s.db --format csv sql 'SELECT reason, count(*) > 0 FROM tessera.reject GROUP BY 1 ORDER BY 1'");
  EXPECT_THAT(reasons.out, HasSubstr("invalid-json,true\nno-value,true\nnot-an-object,true\ntoo-large,true\n"));
  figure("{} kills, {} messages of which {} are rejects, each once; {} duplicates were dropped after the last kill",
         kills, sent.size(), record.rejects.size(), now.find("engine")->find("duplicates")->number_or(-1));
}

TEST_F(KafkaServer, ABrokerThatGoesAwayIsShownAndComesBack) {
  start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  produce(30);
  ASSERT_TRUE(kafka.until([&] { return has_read_all(); })) << status().dump();
  EXPECT_EQ(server.ask("GET", "/readyz?strict").status, 200);
  const std::string metrics = server.ask("GET", "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("tessera_kafka_lag{group=\"shop\",topic=\"orders\",partition=\"0\"} 0\n"));
  kafka.goes_down();
  ASSERT_TRUE(kafka.until([&] { return server.ask("GET", "/readyz?strict").status == 503; })) << status().dump();
  EXPECT_THAT(server.ask("GET", "/readyz?strict").body, HasSubstr("no Kafka"));
  EXPECT_EQ(server.ask("GET", "/readyz").status, 200) << "events still come in over HTTP";
  kafka.comes_up();
  produce(30);
  ASSERT_TRUE(kafka.until([&] { return has_read_all(); })) << status().dump();
  EXPECT_EQ(server.ask("GET", "/readyz?strict").status, 200);
  EXPECT_EQ(server.stop(), 0) << server.errors();
  expect_each_once(found());
}

TEST_F(KafkaServer, NoMessageSaysAFactOfTheSystem) {
  start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  produce(kPartitions);
  for (const profiles::SystemStreamRow& row : profiles::kSystemStreams) {
    kafka.produce(
        "orders", 0,
        fmt::format(
            R"({{"type":"track","userId":"u","event":"{}","properties":{{"$marked":"bot","$profiling":false}}}})",
            row.name));
    sent.push_back({0, ends[0]++, false});
  }
  kafka.flush();
  ASSERT_TRUE(kafka.until([&] { return has_read_all(); })) << status().dump();
  EXPECT_EQ(server.stop(), 0) << server.errors();
  expect_each_once(found());
  auto record = store::Record::open(work.path("s.db"), store::OpenMode::ReadOnly, clock);
  ASSERT_TRUE(record.has_value()) << record.error().text();
  EXPECT_EQ(*(*record)->connection().integer("SELECT count(*) FROM tessera.catalogue WHERE system > 0"), 0);
}

TEST(KafkaUsage, WhatIsWrongWithTheOptionsIsSaid) {
  const Workplace work;
  work.write("commits.properties", "security.protocol=plaintext\nenable.auto.commit=true\n");
  work.write("unknown.properties", "securty.protocol=ssl\n");
  const auto serve = [&](const std::string& options) {
    return work.sh("tessera --store s.db serve --listen 127.0.0.1:0 " + options);
  };
  const Ran no_topic = serve("--kafka localhost:9092");
  EXPECT_EQ(no_topic.code, 2);
  EXPECT_THAT(no_topic.err, HasSubstr("names no topic"));
  const Ran refused = serve("--kafka localhost:9092/a --kafka-config commits.properties");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("commits.properties:2"));
  const Ran unknown = serve("--kafka localhost:9092/a --kafka-config unknown.properties");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("securty.protocol"));
  EXPECT_EQ(serve("--kafka-group shop").code, 2);
}

}  // namespace
}  // namespace tessera::cli
