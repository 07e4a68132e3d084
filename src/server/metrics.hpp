// What /metrics says, as one table: name, type, what it means, and how it is read. The page, the golden list of the tests
// and the monitoring of whoever keeps the server running are made from its rows; names stay.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/site.hpp"

namespace tessera::server {

// Everything that is counted, at one moment.
struct Snapshot {
  live::Status engine;
  uint64_t other_values = 0;  // Engine::other_values()
  const Counters& tracking;
  http::HttpServer::Counts http;
  Json kafka;  // a list, what each consumer says
  MemoryBudget::Counts memory{};
  uint64_t memory_budget = 0;
};

enum class MetricType : uint8_t {
  Counter,  // of something since the start: never less than before
  Gauge,    // how it is now
};

struct Sample {
  std::string labels;  // {source="web"}; empty: the only one
  std::string value;
};

struct Metric {
  std::string_view name;  // without "tessera_"
  MetricType type;
  std::string_view help;
  std::vector<Sample> (*samples)(const Snapshot&);  // none: not said now
};

std::span<const Metric> metrics();
std::string_view name_of(MetricType type);

// The text format of Prometheus, version 0.0.4.
std::string metrics_text(const Snapshot& now);

}  // namespace tessera::server
