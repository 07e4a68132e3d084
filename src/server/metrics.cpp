#include "server/metrics.hpp"

#include "profiles/people.hpp"
#include "store/database_memory.hpp"

namespace tessera::server {

namespace {

using Samples = std::vector<Sample>;

Samples one(uint64_t value) {
  return {{"", std::to_string(value)}};
}

// A number or a text of a JSON object, as it stands in a line.
std::string text_at(const Json& object, std::string_view name) {
  const Json* found = object.find(name);
  const Json::Literal* number = found ? found->as_literal() : nullptr;
  return number ? number->text : found ? found->text_or("") : std::string();
}

Samples of_consumers(const Snapshot& now, std::string_view name) {
  Samples out;
  for (const Json& consumer : *now.kafka.as_array())
    out.push_back({fmt::format("{{brokers={},group={}}}", quoted_json(text_at(consumer, "brokers")),
                               quoted_json(text_at(consumer, "group"))),
                   text_at(consumer, name)});
  return out;
}

Samples of_partitions(const Snapshot& now, std::string_view name) {
  Samples out;
  for (const Json& consumer : *now.kafka.as_array())
    for (const Json& partition : *consumer.find("partitions")->as_array())
      if (const std::string value = text_at(partition, name); !value.empty())
        out.push_back(
            {fmt::format("{{group={},topic=\"{}\",partition=\"{}\"}}", quoted_json(text_at(consumer, "group")),
                         text_at(partition, "topic"), text_at(partition, "partition")),
             value});
  return out;
}

Samples refused_by_source(const Snapshot& now) {
  Samples out;
  for (const auto& [source, count] : now.engine.refused_by_source)
    out.push_back({fmt::format("{{source={}}}", quoted_json(source)), std::to_string(count)});
  return out;
}

Samples refused_by_reason(const Snapshot& now) {
  Samples out;
  for (size_t i = 0; i < http::kRefusals; ++i)
    out.push_back({fmt::format("{{reason=\"{}\"}}", http::kRefusedNames[i]), std::to_string(now.http.refused_by[i])});
  return out;
}

Samples barred_by_reason(const Snapshot& now) {
  Samples out;
  for (size_t i = 0; i < kBarredNames.size(); ++i)
    out.push_back({fmt::format("{{reason=\"{}\"}}", kBarredNames[i]), std::to_string(now.tracking.barred[i])});
  return out;
}

Samples identifiers_a_customer(const Snapshot& now) {
  Samples out;
  for (size_t kind = 1; kind < now.engine.limits.most.size(); ++kind)
    out.push_back({fmt::format("{{kind=\"{}\"}}", profiles::name_of(static_cast<profiles::IdentifierKind>(kind))),
                   std::to_string(now.engine.limits.most[kind])});
  return out;
}

Samples names_by_source(const Snapshot& now) {
  Samples out;
  for (const live::SourceState& source : now.engine.sources)
    out.push_back({fmt::format("{{source={}}}", quoted_json(source.name)),
                   std::to_string(source.events.size() + source.further_names)});
  return out;
}

Samples silent_sources(const Snapshot& now) {
  uint64_t silent = 0;
  for (const live::SourceState& source : now.engine.sources) silent += source.is_silent ? 1 : 0;
  return one(silent);
}

using enum MetricType;
using Now = const Snapshot&;

constexpr Metric kMetrics[] = {
    // --- the live engine
    {"engine_customers", Gauge, "Customers known.", [](Now s) { return one(s.engine.customers); }},
    {"engine_identifiers", Gauge, "Identifiers known.", [](Now s) { return one(s.engine.identifiers); }},
    {"engine_facts_in_memory", Gauge, "Facts held in memory.", [](Now s) { return one(s.engine.facts_in_memory); }},
    {"engine_bytes_in_memory", Gauge, "Bytes that these and what is known of them take.",
     [](Now s) { return one(s.engine.bytes_in_memory); }},
    {"engine_received", Counter, "Rows received.", [](Now s) { return one(s.engine.received); }},
    {"engine_duplicates", Counter, "Rows that had come before.", [](Now s) { return one(s.engine.duplicates); }},
    {"engine_rejects", Counter, "Rows that could not be used; the record has them with the reason.",
     [](Now s) { return one(s.engine.rejects); }},
    {"engine_refused", Counter, "Rows not let in: their customer refused to be recorded.",
     [](Now s) { return one(s.engine.refused); }},
    {"engine_refused_by_source", Counter, "The same by source.", refused_by_source},
    {"engine_refused_identifiers", Gauge,
     "Identifiers, known by fingerprints alone, of customers who refused to be recorded.",
     [](Now s) { return one(s.engine.refused_identifiers); }},
    {"engine_identifiers_a_customer", Gauge, "Identifiers of a kind that one customer may have.",
     identifiers_a_customer},
    {"engine_looks", Counter, "Times that a customer's memberships were worked out.",
     [](Now s) { return one(s.engine.looks); }},
    {"engine_walks", Counter, "Times that a customer's past was worked out anew, after a late fact or a link.",
     [](Now s) { return one(s.engine.walks); }},
    {"engine_timers_fired", Counter, "Customers looked at because time had come.",
     [](Now s) { return one(s.engine.timers_fired); }},
    {"engine_changes", Counter, "Changes of memberships.", [](Now s) { return one(s.engine.changes); }},
    {"engine_event_names_by_source", Gauge, "Names of events that a source has sent; above 1000 it pours in new ones.",
     names_by_source},
    {"engine_definitions", Gauge, "Definitions in force.", [](Now s) { return one(s.engine.definitions); }},
    {"engine_definitions_set_aside", Gauge, "Of these, those that cannot be run; /api/v1/segments says why.",
     [](Now s) { return one(s.engine.set_aside.size()); }},
    {"engine_values_of_other_types", Gauge,
     "Values that came in another type than a segment reads, and are unknown to it.",
     [](Now s) { return one(s.other_values); }},
    {"engine_silent_sources", Gauge, "Sources that are silent for longer than is usual of them.", silent_sources},
    {"engine_log_end", Gauge, "Offset of the log's end.", [](Now s) { return one(s.engine.log_end); }},
    {"engine_applied_until", Gauge, "Offset up to which entries are in the segments.",
     [](Now s) { return one(s.engine.applied_until); }},
    {"engine_recorded_until", Gauge, "Offset up to which entries are in the record.",
     [](Now s) { return one(s.engine.recorded_until); }},
    {"engine_bytes_behind", Gauge, "Bytes logged and not yet in the segments.",
     [](Now s) { return one(s.engine.bytes_behind); }},
    {"engine_bytes_queued", Gauge, "Bytes taken and not yet logged.", [](Now s) { return one(s.engine.bytes_queued); }},
    {"engine_clock_jump_held_ms", Gauge,
     "By how much the clock has jumped where the log does not follow it, in milliseconds, less than 0 back; else 0.",
     [](Now s) -> Samples { return {{"", std::to_string(s.engine.held_clock ? s.engine.held_clock->jump.ms : 0)}}; }},
    {"engine_ahead_ms", Gauge, "How far the log's time is ahead of the clock that is believed, in milliseconds.",
     [](Now s) -> Samples { return {{"", std::to_string(s.engine.ahead.ms)}}; }},
    {"engine_torn_bytes", Gauge, "Bytes cut off the end of the log at the start: of a group that never arrived whole.",
     [](Now s) { return one(s.engine.torn_bytes); }},
    {"engine_torn_entries", Gauge, "Entries that had begun in these.",
     [](Now s) { return one(s.engine.torn_entries); }},
    {"engine_log_failures", Counter, "Groups that could not be logged: a full or failing disk.",
     [](Now s) { return one(s.engine.log_failures); }},
    {"engine_record_in_trouble", Gauge, "1 while the record cannot be written, else 0.",
     [](Now s) { return one(s.engine.record_trouble.empty() ? 0 : 1); }},
    {"engine_recording_stopped", Gauge, "1 while nothing is recorded until somebody decides, else 0.",
     [](Now s) { return one(s.engine.recording_stopped.empty() ? 0 : 1); }},
    {"engine_told_busy", Counter, "Submissions told to come again, from any door.",
     [](Now s) { return one(s.engine.told_busy); }},
    // --- the tracking API
    {"tracking_requests", Counter, "Requests whose events are on disk.",
     [](Now s) { return one(s.tracking.requests); }},
    {"tracking_events", Counter, "Events of these.", [](Now s) { return one(s.tracking.events); }},
    {"tracking_refused", Counter, "Requests told that they are wrong.", [](Now s) { return one(s.tracking.refused); }},
    {"tracking_unknown_write_keys", Counter, "Requests with a write key that is not in force.",
     [](Now s) { return one(s.tracking.unknown_keys); }},
    {"tracking_told_to_retry", Counter, "Requests told to come again: the queue was full.",
     [](Now s) { return one(s.tracking.busy); }},
    {"tracking_told_to_wait", Counter, "Requests told to wait: beyond the rate of a write key or an address.",
     [](Now s) { return one(s.tracking.too_often); }},
    {"tracking_not_written", Counter, "Requests that the disk did not take.",
     [](Now s) { return one(s.tracking.not_written); }},
    // --- the management API
    {"management_not_let_in", Counter, "Requests to the management API not let in, by reason.", barred_by_reason},
    // --- HTTP
    {"http_requests", Counter, "Requests of any kind.", [](Now s) { return one(s.http.requests); }},
    {"http_in_progress", Gauge, "Requests being answered.", [](Now s) { return one(s.http.in_progress); }},
    {"http_streams", Gauge, "Long answers being read.", [](Now s) { return one(s.http.streams); }},
    {"http_slow_readers", Counter, "Long answers cut off because nothing of them was taken.",
     [](Now s) { return one(s.http.slow_readers); }},
    {"http_malformed", Counter, "Connections that sent no HTTP, or too much of it.",
     [](Now s) { return one(s.http.refused); }},
    {"http_refused", Counter, "Connections and requests not taken, by reason.", refused_by_reason},
    // --- memory for what others set off
    {"memory_budget", Gauge, "Bytes that bodies, commands, questions and imports may take together.",
     [](Now s) { return one(s.memory_budget); }},
    {"memory_taken", Gauge, "Bytes that they take.", [](Now s) { return one(s.memory.taken); }},
    {"memory_refused", Counter, "Times that there was too little for one of them.",
     [](Now s) { return one(s.memory.refused); }},
    {"memory_database", Gauge, "Bytes that the database has taken of the system.",
     [](Now) { return one(store::database_memory_mapped()); }},
    // --- Kafka: where there are consumers
    {"kafka_brokers_up", Gauge, "Brokers that answer.", [](Now s) { return of_consumers(s, "brokers_up"); }},
    {"kafka_messages", Counter, "Messages taken.", [](Now s) { return of_consumers(s, "messages"); }},
    {"kafka_in_flight", Gauge, "Messages taken and not yet logged.",
     [](Now s) { return of_consumers(s, "in_flight"); }},
    {"kafka_told_later", Counter, "Times that the log was full and a message had to wait.",
     [](Now s) { return of_consumers(s, "told_later"); }},
    {"kafka_fetched_again", Counter, "Messages fetched again.", [](Now s) { return of_consumers(s, "fetched_again"); }},
    {"kafka_commits", Counter, "Commits of offsets.", [](Now s) { return of_consumers(s, "commits"); }},
    {"kafka_lag", Gauge, "Messages left in a partition.", [](Now s) { return of_partitions(s, "lag"); }},
    {"kafka_committed", Gauge, "Offset committed of a partition.", [](Now s) { return of_partitions(s, "committed"); }},
    {"kafka_end", Gauge, "Offset of a partition's end.", [](Now s) { return of_partitions(s, "end"); }},
};

}  // namespace

std::span<const Metric> metrics() {
  return kMetrics;
}

std::string_view name_of(MetricType type) {
  return type == MetricType::Counter ? "counter" : "gauge";
}

std::string metrics_text(const Snapshot& now) {
  std::string out;
  for (const Metric& metric : kMetrics) {
    const Samples samples = metric.samples(now);
    if (samples.empty()) continue;
    out +=
        fmt::format("# HELP tessera_{0} {1}\n# TYPE tessera_{0} {2}\n", metric.name, metric.help, name_of(metric.type));
    for (const auto& [labels, value] : samples) out += fmt::format("tessera_{}{} {}\n", metric.name, labels, value);
  }
  return out;
}

}  // namespace tessera::server
