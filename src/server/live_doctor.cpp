#include "server/live_doctor.hpp"

#include "core/text.hpp"
#include "live/log_clock.hpp"

namespace tessera::server {

using profiles::Finding;
using profiles::Severity;

namespace {

constexpr uint64_t kMuchBehind = 64 << 20;  // bytes
constexpr Duration kClockBack = kSecond * 5;

Finding log_finding(const live::Status& status) {
  Finding out{.check = "what comes is logged"};
  out.found = fmt::format("the log ends at {}", status.log_end);
  if (status.log_failures == 0) return out;
  return {Severity::Notice, out.check,
          fmt::format("{}; {} times since the start it could not be written", out.found, status.log_failures),
          try_shell("df -h").note("is the disk of the log full? senders were told to try again")};
}

Finding tail_finding(const live::Status& status) {
  Finding out{.check = "the log was whole at the start"};
  if (status.torn_bytes == 0) return out;
  return {Severity::Notice, out.check,
          fmt::format("{} bytes, in which {} entries had begun, were cut off its end: a crash left a group that never "
                      "arrived whole",
                      status.torn_bytes, status.torn_entries),
          "nothing of it was acknowledged, unless the disk says what is not so: senders send it again"};
}

Finding record_finding(const live::Status& status) {
  Finding out{.check = "the record follows the log"};
  const uint64_t behind = status.log_end - std::min(status.log_end, status.recorded_until);
  out.found = fmt::format("{} bytes behind; {} bytes wait to be applied, {} to be logged", behind, status.bytes_behind,
                          status.bytes_queued);
  if (!status.record_trouble.empty())
    return {Severity::Problem, out.check, out.found + "; it cannot be written: " + status.record_trouble,
            try_shell("df -h").note("what was acknowledged is in the log, and is recorded when there is room")};
  if (behind > kMuchBehind)
    return {Severity::Notice, out.check, out.found, "more comes in than can be recorded, or the disk is slow"};
  return out;
}

Finding busy_finding(const live::Status& status) {
  Finding out{.check = "nobody is told to come again"};
  if (status.told_busy == 0) return out;
  return {Severity::Notice, out.check,
          fmt::format("{} requests since the start were told that too much waits", status.told_busy),
          "more comes in than can be logged or applied: fewer senders at once, or a faster machine"};
}

Finding freshness_finding(const live::Status& status) {
  Finding out{.check = "no source has fallen silent"};
  out.found = fmt::format("{} sources have sent", status.sources.size());
  std::vector<std::string> words;
  for (const live::SourceState& source : status.sources)
    if (source.is_silent) words.push_back(fmt::format("{} since {}", source.name, text_of(source.newest)));
  if (words.empty()) return out;
  return {Severity::Notice, out.check, "silent for more than three times their usual gap: " + join(words, ", "),
          "see whether what sends them still runs"};
}

Finding names_finding(const live::Status& status) {
  Finding out{.check = "no source pours in new names of events"};
  std::vector<std::string> words;
  for (const live::SourceState& source : status.sources)
    if (source.further_names > 0)
      words.push_back(fmt::format("{} has sent {} and {} more, the last '{}'", source.name, source.events.size(),
                                  source.further_names, source.further_name));
  if (words.empty()) return out;
  return {Severity::Notice, out.check, join(words, "; "),
          try_command("events list").flag("--rare").note("shows them; ids and titles belong into a property")};
}

Finding clock_finding(const live::Status& status) {
  Finding out{.check = "the log follows the clock"};
  if (const auto& held = status.held_clock) {
    out.severity = Severity::Notice;
    out.found = fmt::format("it says {}, and the log goes on at {}: the clock jumped by {}{} which nothing confirms",
                            text_of(held->clock), text_of(held->log), held->jump < Duration{} ? "-" : "",
                            text_of(Duration{std::abs(held->jump.ms)}));
    const bool is_too_far_back = held->jump < Duration{} - live::LogClock::kTakenAlone;
    const std::string otherwise = held->taken_in
                                      ? fmt::format("where it is right, it is taken in {}", text_of(*held->taken_in))
                                      : "where it is right, clock accept says so";
    if (is_too_far_back)
      out.remedy = try_command("clock back").note("when the server is stopped; or set the clock right (timedatectl)");
    else
      out.remedy = try_shell("timedatectl").note(otherwise);
    return out;
  }
  if (status.ahead < kClockBack) return out;
  return {Severity::Notice, out.check,
          fmt::format("the log is {} ahead of it: the clock was set back", text_of(status.ahead)),
          "until the clock has come to it, the log's time goes at half the pace"};
}

Finding types_finding(Service& service) {
  Finding out{.check = "segments see what is sent"};
  const uint64_t values = service.engine.other_values();
  if (values == 0) return out;
  return {
      Severity::Notice, out.check,
      fmt::format("{} values came in another type than a segment reads, and are unknown to it", values),
      try_get("/api/v1/segments").note("names them (other_values); mend the sender, or remove and apply the segment")};
}

Finding webhook_finding(Service& service) {
  Finding out{.check = "webhooks are delivered"};
  const auto all = service.webhooks.with([](channels::Deliveries& deliveries) { return deliveries.list(); });
  out.found = fmt::format("{} webhooks", all.size());
  std::vector<std::string> words;
  for (const channels::Webhook& webhook : all) {
    if (!webhook.disabled.empty())
      words.push_back(fmt::format("{} is switched off: {}", webhook.id, webhook.disabled));
    else if (webhook.attempts > 0)
      words.push_back(fmt::format("{} has failed {} times: {}", webhook.id, webhook.attempts, webhook.last_error));
  }
  if (words.empty()) return out;
  return {Severity::Notice, out.check, join(words, "; "),
          try_get("/api/v1/webhooks").note("shows them; docs/webhooks.md says how to go on")};
}

}  // namespace

std::vector<Finding> live_findings(Service& service) {
  const live::Status status = service.engine.status();
  std::vector<Finding> out{log_finding(status),  tail_finding(status),      record_finding(status),
                           busy_finding(status), freshness_finding(status), names_finding(status),
                           clock_finding(status)};
  out.push_back(types_finding(service));
  out.push_back(webhook_finding(service));
  return out;
}

}  // namespace tessera::server
