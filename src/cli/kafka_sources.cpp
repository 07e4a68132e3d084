#include "cli/kafka_sources.hpp"

namespace tessera::cli {

namespace {

class EngineSink final : public ingest::KafkaSink {
 public:
  explicit EngineSink(live::Engine& engine) : engine_(engine) {}
  bool take(ingest::KafkaMessage message, std::function<void(Result<uint64_t>)> logged) override {
    live::Submission submission{std::move(message.origin), std::move(message.type), std::move(message.body)};
    return engine_.submit(std::move(submission), std::move(logged)) == live::Taken::Yes;
  }
  uint64_t recorded_until() override { return engine_.recorded_until(); }
  Result<void> record_now() override { return engine_.record_now(); }

 private:
  live::Engine& engine_;
};

}  // namespace

Result<std::vector<ingest::KafkaSettings>> kafka_settings(World& world, const Arguments& given) {
  std::vector<ingest::KafkaSettings> out;
  ingest::KafkaProperties properties;
  if (const auto file = given.text("kafka-config"))
    properties = TRY(ingest::parse_kafka_properties(TRY(world.read(*file)), *file));
  for (const std::string& address : given.all("kafka")) {
    ingest::KafkaSettings settings = TRY(ingest::parse_kafka(address));
    settings.group = given.text("kafka-group").value_or(settings.group);
    settings.properties = properties;
    out.push_back(std::move(settings));
  }
  if (out.empty() && (given.has("kafka-group") || given.has("kafka-config")))
    return usage("--kafka-group and --kafka-config go with --kafka",
                 try_again().option("--kafka", "broker:9092/orders"));
  return out;
}

Result<std::unique_ptr<KafkaSources>> KafkaSources::start(std::vector<ingest::KafkaSettings> settings,
                                                          live::Engine& engine, const Clock& clock) {
  std::unique_ptr<KafkaSources> out(new KafkaSources());
  out->sink_ = std::make_unique<EngineSink>(engine);
  for (ingest::KafkaSettings& each : settings)
    out->sources_.push_back(TRY(ingest::KafkaSource::start(std::move(each), *out->sink_, clock)));
  return out;
}

KafkaSources::~KafkaSources() = default;

void KafkaSources::stop() {
  for (const auto& source : sources_) source->stop();
}

Json KafkaSources::status() const {
  Json list = Json::array();
  for (const auto& source : sources_) list.add(source->status());
  return list;
}

}  // namespace tessera::cli
