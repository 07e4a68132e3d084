// The consumer against a cluster inside the test, with a log and a record that do as the test says.
#include "ingest/kafka.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "ingest/kafka_ledger.hpp"
#include "ingest/mock_kafka.hpp"
#include "ingest/segment_spec_body.hpp"

namespace tessera::ingest {
namespace {

using testing::HasSubstr;

TEST(Kafka, AnAddressIsBrokersAndTopics) {
  const auto one = parse_kafka("a:9092,b:9092/orders,page-views");
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->brokers, "a:9092,b:9092");
  EXPECT_EQ(one->topics, (std::vector<std::string>{"orders", "page-views"}));
  EXPECT_EQ(one->group, "tessera");
  EXPECT_EQ(parse_kafka("SSL://a:9093/t")->brokers, "SSL://a:9093");
  for (const char* const wrong : {"", "a:9092", "a:9092/", "/orders", "a,,b/orders", "a/orders,", "a/orders,orders",
                                  "a/^or.*", "a/or ders", "a/.."}) {
    const auto refused = parse_kafka(wrong);
    ASSERT_FALSE(refused.has_value()) << wrong;
    EXPECT_EQ(refused.error().blame, Blame::Usage) << wrong;
    EXPECT_THAT(refused.error().remedy.text(), HasSubstr("--kafka broker1:9092")) << wrong;
  }
}

TEST(Kafka, PropertiesThatBreakPromisesAreRefusedWithTheirPlace) {
  const auto good =
      parse_kafka_properties("# TLS\nsecurity.protocol = SASL_SSL\r\n\n sasl.password=a=b #c\n", "kafka.properties");
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(*good, (KafkaProperties{{"security.protocol", "SASL_SSL"}, {"sasl.password", "a=b #c"}}));
  const auto refused = parse_kafka_properties("client.rack=a\nenable.auto.commit=true\n", "kafka.properties");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().place, "kafka.properties:2");
  EXPECT_THAT(refused.error().message, HasSubstr("committed when the record has the messages"));
  for (const char* const key : {"group.id", "bootstrap.servers", "enable.auto.offset.store", "plugin.library.paths"})
    EXPECT_FALSE(parse_kafka_properties(std::string(key) + "=x", "f").has_value()) << key;
  const auto none = parse_kafka_properties("hunter2", "f");
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error().text(), testing::Not(HasSubstr("hunter2"))) << "it may be a password";
}

TEST(Kafka, NoOffsetPassesWhatIsNotRecorded) {
  rc::check("in whatever order the log speaks", [] {
    KafkaLedger ledger;
    std::map<int64_t, uint64_t> places;  // what was logged, by offset
    std::vector<int64_t> taken;
    int64_t offset = *rc::gen::inRange<int64_t>(0, 100);
    uint64_t recorded = 0;
    const int steps = *rc::gen::inRange(1, 200);
    for (int step = 0; step < steps; ++step) {
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          offset += *rc::gen::inRange<int64_t>(1, 4);
          ledger.take(offset);
          taken.push_back(offset);
          break;
        case 1:
          if (!taken.empty()) {
            const int64_t which = taken[*rc::gen::inRange<size_t>(0, taken.size())];
            const uint64_t place = *rc::gen::inRange<uint64_t>(0, 1'000);
            const auto landed = ledger.landed();
            if (places.contains(which) || (landed && which < *landed)) break;
            places[which] = place;
            ledger.log(which, place);
          }
          break;
        default:
          recorded += *rc::gen::inRange<uint64_t>(0, 50);
          (void)ledger.land(recorded);
      }
      std::optional<int64_t> expected;
      for (const int64_t each : taken) {
        if (!places.contains(each) || places[each] >= recorded) break;
        expected = each + 1;
      }
      RC_ASSERT(ledger.land(recorded) == expected);
    }
  });
}

// Stands for engine and record: takes, refuses or loses messages as it is told, and records them when it is told.
class FakeSink final : public KafkaSink {
 public:
  bool take(KafkaMessage message, std::function<void(Result<uint64_t>)> logged) override {
    const std::lock_guard lock(mutex_);
    if (busy_ > 0) {
      --busy_;
      return false;
    }
    if (lost_ > 0) {
      --lost_;
      logged(fail("the disk is full"));
      return true;
    }
    taken_.push_back(std::move(message));
    logged(uint64_t{taken_.size() - 1});
    return true;
  }
  uint64_t recorded_until() override {
    const std::lock_guard lock(mutex_);
    return records_all_ ? taken_.size() : recorded_;
  }
  Result<void> record_now() override {
    const std::lock_guard lock(mutex_);
    if (!records_all_) return fail("the record cannot be written");
    return {};
  }

  void is_busy(size_t times) {
    locked([&] { busy_ = times; });
  }
  void loses(size_t times) {
    locked([&] { lost_ = times; });
  }
  void records(uint64_t until) {
    locked([&] { recorded_ = until, records_all_ = false; });
  }
  void records_all() {
    locked([&] { records_all_ = true; });
  }
  size_t taken() {
    size_t out = 0;
    locked([&] { out = taken_.size(); });
    return out;
  }
  std::vector<KafkaMessage> messages() {
    std::vector<KafkaMessage> out;
    locked([&] { out = taken_; });
    return out;
  }
  std::map<std::string, int> by_origin() {
    std::map<std::string, int> out;
    for (const KafkaMessage& message : messages()) ++out[message.origin];
    return out;
  }

 private:
  template <typename Do>
  void locked(Do what) {
    const std::lock_guard lock(mutex_);
    what();
  }
  std::mutex mutex_;
  std::vector<KafkaMessage> taken_;
  size_t busy_ = 0, lost_ = 0;
  uint64_t recorded_ = 0;
  bool records_all_ = true;
};

class KafkaConsumer : public testing::Test {
 protected:
  std::unique_ptr<KafkaSource> start(KafkaSink& sink, KafkaProperties more = {}) {
    KafkaSettings settings = *parse_kafka(kafka.brokers() + "/orders");
    settings.properties = {{"session.timeout.ms", "4000"}, {"heartbeat.interval.ms", "100"}};
    settings.properties.insert(settings.properties.end(), more.begin(), more.end());
    settings.commit_every = Duration{20};
    auto source = KafkaSource::start(std::move(settings), sink, clock);
    EXPECT_TRUE(source.has_value()) << source.error().text();
    return source ? std::move(*source) : nullptr;
  }
  void produce(int from, int until) {
    for (int n = from; n < until; ++n)
      kafka.produce("orders", n % 2,
                    fmt::format(R"({{"type":"track","userId":"u","event":"E","properties":{{"n":{}}}}})", n));
    kafka.flush();
  }
  int64_t committed(int partition) { return kafka.committed("tessera", "orders", partition).value_or(0); }
  static double number(const Json& status, std::string_view name) { return status.find(name)->number_or(-1); }

  SystemClock clock;
  MockKafka kafka{{{"orders", 2}}};
};

TEST_F(KafkaConsumer, OffsetsFollowTheRecord) {
  produce(0, 100);
  FakeSink sink;
  sink.records(0);
  auto source = start(sink);
  ASSERT_TRUE(kafka.until([&] { return sink.taken() == 100; })) << source->status().dump();
  EXPECT_EQ(committed(0) + committed(1), 0) << "nothing is recorded";
  sink.records(30);
  const auto expected = [&](size_t recorded) {
    int64_t out = 0;
    const auto messages = sink.messages();
    for (size_t i = 0; i < recorded; ++i) out += messages[i].origin.starts_with("orders/0") ? 1 : 0;
    return out;
  };
  ASSERT_TRUE(kafka.until([&] { return committed(0) + committed(1) == 30; }));
  EXPECT_EQ(committed(0), expected(30));
  ASSERT_TRUE(kafka.until([&] { return number(source->status(), "lag") == 70; })) << source->status().dump();
  source.reset();  // the record cannot be written: what is recorded is committed, no more
  EXPECT_EQ(committed(0) + committed(1), 30);
  sink.records_all();
  source = start(sink);
  ASSERT_TRUE(kafka.until([&] { return sink.taken() == 170; })) << "the rest comes again";
  source->stop();
  EXPECT_EQ(committed(0), 50);
  EXPECT_EQ(committed(1), 50);
  for (const auto& [origin, times] : sink.by_origin()) EXPECT_LE(times, 2) << origin;
  EXPECT_EQ(sink.by_origin().size(), 100u);
}

TEST_F(KafkaConsumer, ABusyLogIsWaitedForAndALostMessageIsFetchedAgain) {
  FakeSink sink;
  sink.is_busy(3);
  auto source = start(sink);
  produce(0, 50);
  ASSERT_TRUE(kafka.until([&] { return sink.taken() == 50; })) << source->status().dump();
  EXPECT_GE(number(source->status(), "told_later"), 1);
  EXPECT_EQ(sink.by_origin().size(), 50u);
  for (const auto& [origin, times] : sink.by_origin()) EXPECT_EQ(times, 1) << origin;
  sink.loses(1);
  produce(50, 100);
  // Those behind the lost one were taken and come again: they are duplicates.
  ASSERT_TRUE(kafka.until([&] { return sink.by_origin().size() == 100 && committed(0) == 50 && committed(1) == 50; }))
      << source->status().dump();
  EXPECT_GE(number(source->status(), "fetched_again"), 1);
}

TEST_F(KafkaConsumer, WhatIsNoCallIsHandedOnWithItsPlace) {
  FakeSink sink;
  kafka.produce("orders", 0, std::nullopt);
  kafka.produce("orders", 0, "no json");
  kafka.produce("orders", 0, std::string(kLargestMessage + 1, 'x'));
  kafka.flush();
  auto source = start(sink);
  ASSERT_TRUE(kafka.until([&] { return sink.taken() == 3; })) << source->status().dump();
  const auto messages = sink.messages();
  EXPECT_EQ(messages[0].origin, "orders/0@0");
  EXPECT_EQ(messages[0].body, "");
  EXPECT_EQ(messages[1].body, "no json");
  EXPECT_EQ(messages[2].origin, "orders/0@2");
  EXPECT_EQ(messages[2].type, type_of_cut(kLargestMessage + 1));
  EXPECT_LT(messages[2].body.size(), 10'000u);
}

TEST_F(KafkaConsumer, BrokersThatGoAwayAreAskedAgain) {
  FakeSink sink;
  auto source = start(sink, {{"reconnect.backoff.max.ms", "200"}});
  produce(0, 10);
  ASSERT_TRUE(kafka.until([&] { return sink.taken() == 10; })) << source->status().dump();
  ASSERT_TRUE(kafka.until([&] { return source->status().find("state")->text_or("") == "reading"; }));
  kafka.goes_down();
  ASSERT_TRUE(kafka.until([&] { return source->status().find("state")->text_or("") == "no broker"; }))
      << source->status().dump();
  kafka.comes_up();
  produce(10, 30);
  ASSERT_TRUE(kafka.until([&] { return sink.by_origin().size() == 30; })) << source->status().dump();
  ASSERT_TRUE(kafka.until([&] { return committed(0) + committed(1) == 30; })) << source->status().dump();
}

TEST_F(KafkaConsumer, TwoOfAGroupShareThePartitions) {
  FakeSink first, second;
  auto one = start(first);
  produce(0, 40);
  ASSERT_TRUE(kafka.until([&] { return first.taken() == 40; })) << one->status().dump();
  auto two = start(second);
  const auto held_by = [](const KafkaSource& source) { return source.status().find("partitions")->as_array()->size(); };
  ASSERT_TRUE(kafka.until([&] { return held_by(*one) == 1 && held_by(*two) == 1; }))
      << one->status().dump() << two->status().dump();
  produce(40, 80);
  std::set<std::string> seen;
  const auto all = [&] {
    for (FakeSink* sink : {&first, &second})
      for (const auto& [origin, times] : sink->by_origin()) seen.insert(origin);
    return seen.size();
  };
  ASSERT_TRUE(kafka.until([&] { return all() == 80; })) << one->status().dump() << two->status().dump();
  EXPECT_GE(second.taken(), 20u) << "its partition's new ones";
  // The first one's record stands still: what it took and did not record goes to the second.
  first.records(first.taken());
  produce(80, 120);
  ASSERT_TRUE(kafka.until([&] { return all() == 120; }));
  const size_t had = second.taken();
  one.reset();
  ASSERT_TRUE(kafka.until([&] { return held_by(*two) == 2; })) << two->status().dump();
  ASSERT_TRUE(kafka.until([&] { return second.taken() >= had + 20; })) << two->status().dump();
  ASSERT_TRUE(kafka.until([&] { return committed(0) == 60 && committed(1) == 60; })) << two->status().dump();
}

}  // namespace
}  // namespace tessera::ingest
