// Topics of Kafka as sources: a consumer in a group, whose messages are Segment calls or batches (as bodies of
// /v1/batch). Kafka delivers each at least once; what is known by its message id, or by its place, is dropped when it
// comes again; so each is in the record once.
//
// An offset is committed only when everything before it is in the record (kafka_ledger.hpp). What cannot be used is
// handed on too, and becomes a reject of the place "TOPIC/PARTITION@OFFSET": nothing stops the stream. When the sink
// takes nothing more, the partitions are paused; what is held meanwhile is one message, and what librdkafka fetched
// before (at most 16 MB). Brokers that go away are asked again, without an end.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera::ingest {

inline constexpr size_t kLargestMessage = 500
                                          << 10;  // bytes of a value; of a larger one the beginning becomes a reject

using KafkaProperties = std::vector<std::pair<std::string, std::string>>;

struct KafkaSettings {
  std::string brokers;              // "host:9092,other:9092"
  std::vector<std::string> topics;  // by name, at least one
  std::string group = "tessera";
  KafkaProperties properties;  // more of librdkafka's
  Duration commit_every = kSecond;
};

// "BROKERS/TOPIC[,TOPIC...]". Error: of usage, with an example.
Result<KafkaSettings> parse_kafka(std::string_view address);
// Lines of key=value, '#' begins a comment; `name` is the file's. Error: a line that is none, or a property that would
// break what is promised above, with its place and why.
Result<KafkaProperties> parse_kafka_properties(std::string_view text, std::string_view name);

struct KafkaMessage {
  std::string origin;  // "TOPIC/PARTITION@OFFSET": the source, and the place in it
  std::string type;    // for SegmentBody: empty, or that the body was too large
  std::string body;
};

// Who takes the messages. Called on the consumer's thread.
class KafkaSink {
 public:
  virtual ~KafkaSink() = default;
  // False: not now, nothing was taken. Else `logged` is called once, on any thread, with the message's place in the
  // log, or with why it could not be written (it is fetched again).
  virtual bool take(KafkaMessage message, std::function<void(Result<uint64_t>)> logged) = 0;
  // What was logged at places before this is in the record.
  virtual uint64_t recorded_until() = 0;
  // Waits until what was logged before this call is in the record. Error: it cannot be now.
  virtual Result<void> record_now() = 0;
};

class KafkaSource {
 public:
  // Connects behind the scenes: that no broker answers is no error but a state. Error: of usage, a property is wrong.
  // REQUIRES: sink and clock outlive it.
  static Result<std::unique_ptr<KafkaSource>> start(KafkaSettings settings, KafkaSink& sink, const Clock& clock);
  ~KafkaSource();
  // Takes nothing more, waits until what was taken is in the record, commits, leaves the group.
  void stop();

  // From any thread: state, brokers that are connected, the last error, counts; of each partition how far it is
  // committed and how much is left (lag).
  Json status() const;

  struct State;

 private:
  explicit KafkaSource(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tessera::ingest
