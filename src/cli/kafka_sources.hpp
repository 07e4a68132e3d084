// What `tessera serve --kafka` adds to a server: a consumer for each --kafka, whose messages go to the engine.
#pragma once

#include <memory>
#include <vector>

#include "cli/command.hpp"
#include "core/json.hpp"
#include "ingest/kafka.hpp"
#include "live/engine.hpp"

namespace tessera::cli {

// Of --kafka, --kafka-group and --kafka-config; empty: there are none.
Result<std::vector<ingest::KafkaSettings>> kafka_settings(World& world, const Arguments& given);

class KafkaSources {
 public:
  // REQUIRES: engine and clock outlive it.
  static Result<std::unique_ptr<KafkaSources>> start(std::vector<ingest::KafkaSettings> settings, live::Engine& engine,
                                                     const Clock& clock);
  ~KafkaSources();
  // As KafkaSource::stop, one after the other; the engine must still run.
  void stop();
  Json status() const;  // a list

 private:
  KafkaSources() = default;
  std::unique_ptr<ingest::KafkaSink> sink_;
  std::vector<std::unique_ptr<ingest::KafkaSource>> sources_;
};

}  // namespace tessera::cli
