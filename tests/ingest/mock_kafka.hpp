// A cluster of Kafka inside the test (librdkafka's mock), somebody who writes to it, and somebody who asks how far a
// group has committed. Offsets are kept as long as the cluster lives, so consumers may come and be killed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>  // behind rdkafka.h

#include "core/time.hpp"

namespace tessera::ingest {

class MockKafka {
 public:
  explicit MockKafka(std::vector<std::pair<std::string, int>> topics) {
    keeper_ = client(RD_KAFKA_PRODUCER, {});
    cluster_ = rd_kafka_mock_cluster_new(keeper_, 1);
    for (const auto& [name, partitions] : topics)
      EXPECT_EQ(rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    producer_ = client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers()}, {"linger.ms", "5"}});
  }
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;
  ~MockKafka() {
    rd_kafka_destroy(producer_);
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(keeper_);
  }
  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

  // nullopt: a tombstone. On the broker after flush().
  void produce(const std::string& topic, int partition, std::optional<std::string_view> value) {
    char* const bytes = value ? const_cast<char*>(value->data()) : nullptr;
    const size_t size = value ? value->size() : 0;
    const auto error =
        rd_kafka_producev(producer_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_VALUE(bytes, size), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    ASSERT_EQ(error, RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(error);
  }
  void flush() { ASSERT_EQ(rd_kafka_flush(producer_, 30'000), RD_KAFKA_RESP_ERR_NO_ERROR); }

  void goes_down() { rd_kafka_mock_broker_set_down(cluster_, -1); }
  void comes_up() { rd_kafka_mock_broker_set_up(cluster_, -1); }

  // Where the group would go on; nullopt: nothing is committed.
  std::optional<int64_t> committed(const std::string& group, const std::string& topic, int partition) {
    rd_kafka_t* asking = client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers()}, {"group.id", group}});
    auto* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
    EXPECT_EQ(rd_kafka_committed(asking, list, 30'000), RD_KAFKA_RESP_ERR_NO_ERROR);
    const int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(asking);
    return offset < 0 ? std::nullopt : std::optional(offset);
  }

  // Until it holds, or for a minute.
  bool until(const std::function<bool()>& holds) {
    const SystemClock clock;
    const Instant begun = clock.now();
    while (!holds()) {
      if (clock.now() - begun > kMinute) return false;
      rd_kafka_poll(producer_, 10);
    }
    return true;
  }

 private:
  static rd_kafka_t* client(rd_kafka_type_t type, const std::vector<std::pair<std::string, std::string>>& properties) {
    char wrong[512];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [key, value] : properties)
      EXPECT_EQ(rd_kafka_conf_set(conf, key.c_str(), value.c_str(), wrong, sizeof wrong), RD_KAFKA_CONF_OK) << wrong;
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    rd_kafka_t* out = rd_kafka_new(type, conf, wrong, sizeof wrong);
    EXPECT_NE(out, nullptr) << wrong;
    return out;
  }

  rd_kafka_t *keeper_, *producer_;
  rd_kafka_mock_cluster_t* cluster_;
};

}  // namespace tessera::ingest
