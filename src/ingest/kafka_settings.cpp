#include <algorithm>

#include "core/text.hpp"
#include "ingest/kafka.hpp"

namespace tessera::ingest {

namespace {

Remedy example() {
  return try_again().option("--kafka", "broker1:9092,broker2:9092/orders,page-views");
}

constexpr size_t kLongestTopic = 249;  // Kafka's own limit

// What a file of properties may not say.
struct Refused {
  std::string_view key, why;
};
constexpr std::string_view kByRecord = "offsets are committed when the record has the messages, not before";
constexpr std::string_view kInAddress = "the brokers stand in --kafka BROKERS/TOPIC";
constexpr std::string_view kBounded = "what is fetched ahead is bounded, so that memory is";
constexpr std::string_view kOurs = "it is set here";
constexpr Refused kRefused[] = {
    {"enable.auto.commit", kByRecord},
    {"auto.commit.enable", kByRecord},
    {"auto.commit.interval.ms", kByRecord},
    {"enable.auto.offset.store", kByRecord},
    {"offset.store.method", kByRecord},
    {"offset.store.path", kByRecord},
    {"offset.store.sync.interval.ms", kByRecord},
    {"bootstrap.servers", kInAddress},
    {"metadata.broker.list", kInAddress},
    {"group.id", "the group is --kafka-group"},
    {"queued.max.messages.kbytes", kBounded},
    {"queued.min.messages", kBounded},
    {"statistics.interval.ms", kOurs},
    {"enable.partition.eof", kOurs},
    {"enable.sasl.oauthbearer.unsecure.jwt", "tokens that nobody signed protect nothing"},
    {"plugin.library.paths", "other code is not loaded into the server"},
    {"test.mock.num.brokers", "it would read from a cluster that does not exist"},
};

bool is_topic(std::string_view name) {
  if (name.empty() || name.size() > kLongestTopic || name == "." || name == "..") return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  });
}

}  // namespace

Result<KafkaSettings> parse_kafka(std::string_view address) {
  KafkaSettings out;
  const size_t slash = address.rfind('/');
  if (slash == std::string_view::npos) return usage(fmt::format("'{}' names no topic", address), example());
  for (const std::string_view broker : split(address.substr(0, slash), ',')) {
    if (trim(broker).empty()) return usage(fmt::format("'{}' has a broker without a name", address), example());
    out.brokers += (out.brokers.empty() ? "" : ",") + std::string(trim(broker));
  }
  for (const std::string_view each : split(address.substr(slash + 1), ',')) {
    const std::string topic(trim(each));
    if (!is_topic(topic))
      return usage(
          fmt::format("'{}' is no name of a topic: 1 to {} letters, digits, '.', '_' and '-'", topic, kLongestTopic),
          example());
    if (std::ranges::find(out.topics, topic) != out.topics.end())
      return usage(fmt::format("the topic '{}' is named twice", topic), example());
    out.topics.push_back(topic);
  }
  return out;
}

Result<KafkaProperties> parse_kafka_properties(std::string_view text, std::string_view name) {
  KafkaProperties out;
  size_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.starts_with('#')) continue;
    const std::string place = fmt::format("{}:{}", name, number);
    const size_t equals = line.find('=');
    // The line itself is not shown: it may be a password.
    if (equals == std::string_view::npos || trim(line.substr(0, equals)).empty())
      return fail("a line is key=value", place, "security.protocol=SASL_SSL");
    const std::string key(trim(line.substr(0, equals)));
    if (const auto* refused = std::ranges::find(kRefused, key, &Refused::key); refused != std::end(kRefused))
      return fail(fmt::format("'{}' may not be set: {}", key, refused->why), place, "leave the line out");
    out.emplace_back(key, trim(line.substr(equals + 1)));
  }
  return out;
}

}  // namespace tessera::ingest
